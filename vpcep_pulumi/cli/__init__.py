"""The ``vpcep-pulumi`` command. Extra ``cli``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command, or say what is missing for it."""
    try:
        from vpcep_pulumi.cli.commands import app  # noqa: PLC0415 -- the extra may not be installed
    except ModuleNotFoundError as error:
        sys.exit(f"vpcep-pulumi needs {error.name}: install it with `pip install 'vpcep-pulumi[cli]'`")
    app()
