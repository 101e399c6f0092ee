"""What runs in the processes that the engine starts: the program, or the SDK's own dynamic provider host.

``python -u -m vpcep_pulumi.testing.child program|host …``. A child ends when its standard input does: its
engine is gone, whatever became of it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import runpy
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SHOWN = 32
"""The exit code of a program that has said itself what went wrong, as Pulumi's own executor has it."""


def run_host(address: str) -> None:
    """The SDK's dynamic provider host; it prints its port and serves until it is ended."""
    sys.argv = ["pulumi.dynamic", address]
    runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)


def run_program(path: str, monitor: str, engine: str, dry_run: str, parallel: str) -> int:
    """A Pulumi program, as Pulumi's own executor runs it; its configuration is in the environment.

    Source: sdk/python/cmd/pulumi-language-python-exec
    """
    import pulumi  # noqa: PLC0415 -- the host does without
    from pulumi import runtime  # noqa: PLC0415

    environ = os.environ
    runtime.set_all_config(runtime.get_config_env(), runtime.get_config_secret_keys_env())
    runtime.configure(
        runtime.Settings(
            monitor=monitor,
            engine=engine,
            project=environ["PULUMI_PROJECT"],
            stack=environ["PULUMI_STACK"],
            organization=environ["PULUMI_ORGANIZATION"],
            root_directory=environ["PULUMI_ROOT"],
            parallel=int(parallel),
            dry_run=dry_run == "true",
        )
    )
    # Pulumi's programs leave futures behind when they fail; that is no news to their users.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    executor = ThreadPoolExecutor(max_workers=int(parallel) * 4)
    loop.set_default_executor(executor)
    sys.argv = [path]
    try:
        loop.run_until_complete(runtime.run_in_stack(lambda: _run(path)))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return 1
    except Exception as error:  # whatever a program raises is its user's to see
        pulumi.log.error(f"Program failed with an unhandled exception:\n{_trace(error, Path(path))}")
        return SHOWN
    finally:
        executor.shutdown(wait=True)
        loop.close()
    return 0


def _run(path: str) -> None:
    runpy.run_path(path, run_name="__main__")


def _trace(error: Exception, program: Path) -> str:
    """The traceback from the program's own first frame on."""
    frames = traceback.extract_tb(error.__traceback__)
    own = program / "__main__.py" if program.is_dir() else program
    first = next((index for index, frame in enumerate(frames) if Path(frame.filename) == own), 0)
    return "".join(traceback.format_exception(type(error), error, error.__traceback__, limit=first - len(frames)))


def _end_with(stream: int) -> None:
    """Leave at once when the engine does."""
    while os.read(stream, 1024):
        pass
    os._exit(1)


def main() -> None:
    """Watch the engine, then be what was asked for."""
    threading.Thread(target=_end_with, args=(0,), daemon=True).start()
    role, *arguments = sys.argv[1:]
    if role == "host":
        run_host(*arguments)
    else:
        code = run_program(*arguments)
        sys.stdout.flush()
        sys.stderr.flush()
        # Threads of a failed program may still wait for an answer that nobody gives.
        os._exit(code)


if __name__ == "__main__":
    main()
