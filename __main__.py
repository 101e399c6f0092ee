"""The program of Pulumi.yaml: examples/approvals.

It stands here, and Pulumi.yaml has no ``main:``, because Pulumi starts a dynamic provider in the program's folder and
looks for a relative ``virtualenv`` there, but for the program's own in the project's.
"""

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).parent / "examples" / "approvals"), run_name="__main__")
