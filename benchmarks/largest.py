"""Runs a command, and prints how many bytes the largest process that it started had in memory.

    python -m benchmarks.largest COMMAND [ARGUMENT ...]

It is small itself: a process that is started may be counted with the size of the one that started it.
"""

import resource
import subprocess
import sys

UNIT = 1 if sys.platform == "darwin" else 1024
"""The bytes in a unit of ``ru_maxrss``."""


def main() -> None:
    """Run and print."""
    subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 -- the command of a measure
    sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * UNIT}\n")


if __name__ == "__main__":
    main()
