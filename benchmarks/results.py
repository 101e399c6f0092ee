"""What was measured, where and with what: one schema for every measure, kept as JSON."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Self

from pydantic import TypeAdapter

FILE = Path(__file__).parent / "results.json"
PACKAGES = (
    "pulumi",
    "grpcio",
    "httpx",
    "httpcore",
    "pydantic",
    "tenacity",
    "fastapi",
    "uvicorn",
    "pytest",
    "huaweicloudsdkcore",
    "huaweicloudsdkvpcep",
)
"""What the figures depend on."""
DIGITS = 4
"""The significant digits that are kept: no measure here repeats better."""


class NotComparable(ValueError):
    """Measures of another machine, of other versions, or of a trial cannot stand beside these."""


@dataclass(frozen=True)
class Series:
    """The values of one thing, in the order in which they were taken.

    :ivar what: what was measured, such as ``a no-op resource``.
    :ivar unit: of the values, such as ``s``; ``x`` for a ratio.
    """

    what: str
    unit: str
    values: tuple[float, ...]
    median: float
    least: float
    most: float

    @classmethod
    def of(cls, what: str, unit: str, values: Iterable[float]) -> Self:
        """A series with its median and its spread."""
        kept = tuple(float(f"{value:.{DIGITS}g}") for value in values)
        return cls(what, unit, kept, float(f"{median(kept):.{DIGITS}g}"), min(kept), max(kept))


@dataclass(frozen=True)
class Measure:
    """One measure, and what was measured in turn with it.

    :ivar subject: the module of ``benchmarks/measures`` that took it.
    :ivar case: what was done, such as ``up, local engine``.
    :ivar count: how many of them: resources, connections.
    :ivar beside: what was measured in turn with it; None if there is nothing to compare with.
    :ivar ratio: of each pair, ``series`` by ``beside``.
    """

    subject: str
    case: str
    count: int
    series: Series
    beside: Series | None = None
    ratio: Series | None = None


@dataclass(frozen=True)
class Machine:
    """What the measures were taken on. Neither its name nor its paths."""

    system: str
    architecture: str
    processor: str
    cores: int
    python: str

    @classmethod
    def this(cls) -> Self:
        """This one."""
        python = f"{platform.python_implementation()} {platform.python_version()}"
        return cls(platform.system(), platform.machine(), _processor(), os.cpu_count() or 1, python)


@dataclass(frozen=True)
class Results:
    """Everything.

    :ivar date: the day of the last measure.
    :ivar versions: of this package, of what it depends on, and of the pulumi CLI where it is on PATH.
    :ivar trial: whether the counts were tiny: such figures show that everything runs, and nothing else.
    """

    date: str
    trial: bool
    machine: Machine
    versions: dict[str, str]
    measures: tuple[Measure, ...]

    @classmethod
    def begin(cls, *, trial: bool) -> Self:
        """Those of this machine, none so far."""
        return cls(_today(), trial, Machine.this(), _versions(), ())

    def with_subject(self, subject: str, measures: Sequence[Measure]) -> Results:
        """With the measures of a subject in the place of those that it had."""
        others = [each for each in self.measures if each.subject != subject]
        return replace(self, date=_today(), measures=(*others, *measures))

    def same_as(self, other: Results) -> bool:
        """Whether both are of the same machine and versions."""
        return (self.trial, self.machine, self.versions) == (other.trial, other.machine, other.versions)

    def of(self, subject: str) -> list[Measure]:
        """The measures of a subject."""
        return [each for each in self.measures if each.subject == subject]

    def to_json(self) -> str:
        """As it is kept."""
        return json.dumps(asdict(self), indent=1) + "\n"


def read(path: Path = FILE) -> Results:
    """The results that are kept."""
    return TypeAdapter(Results).validate_json(path.read_bytes())


def begun(path: Path | None, *, trial: bool, anew: bool) -> Results:
    """The results to which measures are added.

    :param anew: whether none of the file's are kept.
    :raises NotComparable: the file's were taken elsewhere.
    """
    results = Results.begin(trial=trial)
    if anew or path is None or not path.exists():
        return results
    kept = read(path)
    if not kept.same_as(results):
        raise NotComparable(
            f"{path.name} is of another machine, of other versions or a trial: measure every subject, "
            "or name another file with --output"
        )
    return kept


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _versions() -> dict[str, str]:
    found = {name: version(name) for name in ("vpcep-pulumi", *PACKAGES)}
    if shutil.which("pulumi"):
        command = ["pulumi", "version"]
        told = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 -- our own command
        found["pulumi CLI"] = told.stdout.strip().removeprefix("v")
    return found


def _processor() -> str:
    """The model, where the system tells it."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
