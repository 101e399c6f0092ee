"""A project's files for the CLI, in a folder of their own: the CLI writes to them."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

from vpcep_pulumi.testing.engine.project import Project


def lay_out(project: Project, stack: str, folder: Path) -> None:
    """Write the project's files where the CLI may write to them; the stack's are kept from the first time on."""
    runtime: dict[str, Any] = {"name": "python"}
    if sys.prefix != sys.base_prefix:
        runtime["options"] = {"virtualenv": sys.prefix}
    main = project.program if isinstance(project.program, Path) else project.folder
    document = {**project.document, "name": project.name, "runtime": runtime, "main": str(main)}
    if isinstance(document.get("config"), str):
        del document["config"]
    document.pop("stackConfigDir", None)  # the copy of the stack's file stands beside this one
    document.pop("backend", None)
    written = json.dumps(document) if project.ending == ".json" else yaml.safe_dump(document)
    (folder / f"Pulumi{project.ending}").write_text(written, encoding="utf-8")
    settings = project.stack_file(stack)
    if settings.exists() and not (folder / settings.name).exists():
        shutil.copy(settings, folder)
