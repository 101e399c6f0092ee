"""Reads what was written: a program with a recorder in the resource's place, a configuration with a YAML loader."""

from __future__ import annotations

import ast
import builtins
from types import SimpleNamespace
from typing import Any

import yaml

from vpcep_pulumi.convert.configuration import KEY
from vpcep_pulumi.convert.declarations import Conversion

SAFE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PLAIN: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""One knows types, the other takes every value as a text."""
Declared = dict[str, dict[str, str]]


def wanted(conversion: Conversion) -> Declared:
    """By name: the arguments of each declaration."""
    return {each.name: dict(each.arguments()) for each in conversion.declarations}


def of_program(text: str) -> Declared:
    """By name: the arguments that a program declares. It consists of nothing but literals, and calls of the resource."""
    for each in ast.parse(text).body:
        assert isinstance(each, ast.Expr | ast.ImportFrom | ast.Assign)
    found: Declared = {}

    def record(name: str, **arguments: str) -> None:
        assert name not in found
        found[name] = arguments

    def imported(module: str, *_: Any) -> SimpleNamespace:
        assert module == "vpcep_pulumi"
        return SimpleNamespace(EndpointConnectionApproval=record)

    exec(compile(text, "__main__.py", "exec"), {"__builtins__": {**vars(builtins), "__import__": imported}})
    return found


def of_configuration(text: str) -> Declared:
    """By name: the arguments that a configuration declares, whether or not its reader knows types."""
    found, plain = (yaml.load(text, Loader=loader) for loader in (SAFE, PLAIN))
    assert found == plain
    assert list(found) == ["config"]
    assert list(found["config"]) == [KEY]
    declared: Declared = found["config"][KEY]
    return declared
