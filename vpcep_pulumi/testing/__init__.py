"""What a program's own tests use: a simulator of the API, an engine in small, fixtures of both. Extra ``testing``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from vpcep_pulumi.testing.results import Diagnostic, OperationFailed, Result, Steps

if TYPE_CHECKING:
    from vpcep_pulumi.testing.engine import EngineError
    from vpcep_pulumi.testing.engine.values import Secret
    from vpcep_pulumi.testing.simulator import Simulator
    from vpcep_pulumi.testing.stack import Stack
else:
    _WHERE = {
        "EngineError": "vpcep_pulumi.testing.engine",
        "Secret": "vpcep_pulumi.testing.engine.values",
        "Simulator": "vpcep_pulumi.testing.simulator",
        "Stack": "vpcep_pulumi.testing.stack",
    }

    def __getattr__(name: str) -> Any:
        """What needs the extra is imported when it is first asked for: pytest loads this package in every run."""
        if name not in _WHERE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            return getattr(importlib.import_module(_WHERE[name]), name)
        except ModuleNotFoundError as error:
            raise ImportError(f"{name} needs {error.name}: pip install 'vpcep-pulumi[testing]'") from error


__all__ = ["Diagnostic", "EngineError", "OperationFailed", "Result", "Secret", "Simulator", "Stack", "Steps"]
