"""A project's files as the CLI finds and reads them: ``Pulumi.json``, ``Pulumi.yaml`` or ``Pulumi.yml``, and the
stack's beside it with the same ending.

YAML's plain scalars mean what they mean to the CLI, whose reader follows YAML 1.2: ``yes`` is a text, ``1e3`` is a
number, ``12:30`` is no number.

Source: sdk/go/common/workspace/paths.go, sdk/go/common/encoding/marshal.go
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml

from vpcep_pulumi.testing.engine.errors import EngineError

ENDINGS: Final = (".json", ".yaml", ".yml")
"""The first that is there is taken."""
SCALARS: Final = {
    "null": (r"~|null|Null|NULL|", "~nN"),
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)", "-+0123456789"),
    "float": (
        r"[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
    "timestamp": (
        r"\d{4}-\d\d?-\d\d?(?:(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?[ \t]*(?:Z|[-+]\d\d?(?::?\d\d)?)?)?",
        "0123456789",
    ),
    "merge": (r"<<", "<"),
}
"""What a plain scalar is: an expression, and what it begins with. Everything else is a text."""


class _Loader(yaml.SafeLoader):
    """PyYAML's, with the CLI's scalars."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 -- PyYAML's own


for _tag, (_expression, _first) in SCALARS.items():
    _begins = [*_first, ""] if _tag == "null" else list(_first)
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_expression})\\Z"), _begins)


def find(folder: Path) -> Path | None:
    """The project's file in a folder; None where there is none."""
    return next((path for path in (folder / f"Pulumi{ending}" for ending in ENDINGS) if path.is_file()), None)


def read(path: Path) -> Mapping[str, Any]:
    """What is in a file. Its keys are texts, at any depth.

    :raises EngineError: it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        document = json.loads(text) if path.suffix == ".json" else yaml.load(text, _Loader)  # noqa: S506 -- a safe one
    except OSError as error:
        raise EngineError(f"cannot read {path}: {error.strerror}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise EngineError(f"{path} is not {'JSON' if path.suffix == '.json' else 'YAML'}: {error}") from None
    return mapping(_with_texts_as_keys(document), str(path))


def mapping(document: Any, where: str) -> Mapping[str, Any]:
    """A mapping, an empty one where there is nothing.

    :raises EngineError: it is something else.
    """
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise EngineError(f"{where}: a mapping is needed")
    return document


def _with_texts_as_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {_key(key): _with_texts_as_keys(each) for key, each in value.items()}
    return [_with_texts_as_keys(each) for each in value] if isinstance(value, list) else value


def _key(key: Any) -> str:
    return key if isinstance(key, str) else "<nil>" if key is None else text(key)


def text(value: Any) -> str:
    """A value as the CLI passes it to programs: a text as it is, anything else as Go writes it in JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else _moment(value) if isinstance(value, date) else _json(value)


def _json(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(key)}:{_json(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, date):
        return _quoted(_moment(value))
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(value: str) -> str:
    quoted = json.dumps(value, ensure_ascii=False)
    return re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _number(value: float) -> str:
    """As Go writes it: the shortest digits, with an exponent for the very large and the very small."""
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    if abs(value) >= 1e21 or abs(value) < 1e-6:
        return re.sub(r"e([-+])0*", r"e\1", repr(value))
    return f"{Decimal(repr(value)):f}"


def _moment(value: date) -> str:
    """A date or a time, as Go writes it."""
    if not isinstance(value, datetime):
        return f"{value} 00:00:00 +0000 UTC"
    fraction = f".{value.microsecond:06d}".rstrip("0") if value.microsecond else ""
    offset = value.strftime("%z") if value.utcoffset() else ""
    return f"{value:%Y-%m-%d %H:%M:%S}{fraction} {offset or '+0000'} {offset or 'UTC'}"
