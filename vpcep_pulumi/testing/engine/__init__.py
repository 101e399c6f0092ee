"""Pulumi's engine in small: preview, up, refresh and destroy of a program with dynamic resources, without the CLI.

Read it in this order: ``operation`` (one from start to end), ``deployment`` (what the program declares, and what is
left), ``decision`` and ``replacement`` (what becomes of each resource), ``steps`` (how that is done), ``services``
(what the program asks), ``hosts`` and ``host`` (what the providers are asked), ``state`` (what is kept). The other
modules are values, names and text.
"""

from vpcep_pulumi.testing.engine.engine import LocalEngine
from vpcep_pulumi.testing.engine.errors import EngineError, Unsupported

__all__ = ["EngineError", "LocalEngine", "Unsupported"]
