"""Faults: what goes wrong, where and how often. Data; :mod:`vpcep_pulumi.testing.simulator.chaos` carries them out.

Each kind says whether the request is carried out all the same, and where it was seen.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from vpcep_pulumi.testing.simulator.model import check_seconds, known_method


class When(Enum):
    """What becomes of the request."""

    REFUSED = "not carried out"
    CARRIED_OUT = "carried out, and the answer lost"
    DELAYED = "carried out, and answered late"
    ANSWERED = "carried out, and the answer spoilt"


class Kind(NamedTuple):
    """One kind of fault.

    :ivar seen: where it was seen, or who says that it happens.
    """

    when: When
    what: str
    seen: str


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "throttled": Kind(When.REFUSED, "429, APIGW.0308, without Retry-After", "debug logs in public issues"),
        "busy": Kind(When.REFUSED, "400, EndPoint.0022: too many requests", "the error codes of the API reference"),
        "failed": Kind(When.REFUSED, "500, EndPoint.0001", "the error codes of the API reference"),
        "failed_after": Kind(When.CARRIED_OUT, "500, EndPoint.0001", "assumed: the same code does not say"),
        "timed_out": Kind(When.CARRIED_OUT, "504, EndPoint.0013", "the error codes of the API reference"),
        "null_body": Kind(When.REFUSED, "504, EndPoint.0011: a lost body", "the error codes of the API reference"),
        "bad_gateway": Kind(When.REFUSED, "502, HTML", "any proxy in between"),
        "unavailable": Kind(When.REFUSED, "503, an empty body", "any proxy in between"),
        "forbidden": Kind(When.REFUSED, "403, EndPoint.0004", "the error codes of the API reference"),
        "expired": Kind(When.REFUSED, "401, APIGW.0301: the token expired", "the API reference: tokens last 24 hours"),
        "skewed": Kind(When.REFUSED, "401, APIGW.0301: a date 15 minutes off", "the API reference on signatures"),
        "cut": Kind(When.REFUSED, "the connection is closed without a byte", "any network"),
        "lost": Kind(When.CARRIED_OUT, "the connection is closed without a byte", "any network"),
        "broken_off": Kind(When.CARRIED_OUT, "the connection is closed in the middle of the answer", "any network"),
        "slow": Kind(When.DELAYED, "the request waits for `seconds` first", "any network"),
        "late": Kind(When.DELAYED, "the answer waits for `seconds`", "any network"),
        "trickled": Kind(When.DELAYED, "the answer comes in pieces, over `seconds`", "any network"),
        "truncated": Kind(When.ANSWERED, "half of the JSON, as if it were all", "any proxy in between"),
        "html": Kind(When.ANSWERED, "200, HTML", "any proxy in between"),
        "empty": Kind(When.ANSWERED, "200, an empty body", "any proxy in between"),
        "other_id": Kind(When.ANSWERED, "other ids than asked for", "the API reference's own example"),
        "duplicated": Kind(When.ANSWERED, "each connection twice", "pages that shift while they are read"),
        "shifted": Kind(When.ANSWERED, "a page without its first connection", "pages that shift while they are read"),
        "stale": Kind(When.ANSWERED, "the former status, for `seconds` after a change", "assumed"),
        "unknown_status": Kind(When.ANSWERED, "a status that is not documented", "assumed: a newer service"),
        "missing_fields": Kind(
            When.ANSWERED, "nothing but id and status", "the API reference: every field is optional"
        ),
        "error_object": Kind(When.ANSWERED, "`error` as an object, not a list", "answers in public issues"),
        "huge_number": Kind(When.ANSWERED, "a marker_id of 400 digits", "nobody: an attack on the parser"),
    }
)


@dataclass
class Fault:
    """What goes wrong, where and how often.

    :ivar kind: one of :data:`KINDS`.
    :ivar method: an HTTP method; None is any.
    :ivar path: a part of the path, such as ``/action``.
    :ivar rate: the probability, from 0 to 1.
    :ivar skip: how many such requests are spared first.
    :ivar times: how often at most; None is without an end.
    :ivar seconds: for the kinds that take time.
    :ivar applied: how often it has come.
    :raises ValueError: there is no such kind, or a number is out of its range.
    """

    kind: str
    method: str | None = None
    path: str = ""
    rate: float = 1.0
    skip: int = 0
    times: int | None = None
    seconds: float = 0.0
    applied: int = 0
    met: int = field(default=0, repr=False)
    lifted: bool = field(default=False, repr=False)
    """Whether it was taken away: then nobody waits for it any more."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is no fault; these are: {', '.join(KINDS)}")
        if self.method is not None:
            self.method = known_method(self.method)
        check_seconds("seconds", self.seconds)
        if not 0 <= self.rate <= 1:
            raise ValueError(f"rate is {self.rate}: it takes from 0 to 1")
        for name, value in (("skip", self.skip), ("times", self.times)):
            if value is not None and value < 0:
                raise ValueError(f"{name} is {value}: it cannot be negative")


CHAOS = (
    Fault("throttled", rate=0.02),
    Fault("busy", rate=0.01),
    Fault("failed", rate=0.01),
    Fault("failed_after", rate=0.01),
    Fault("timed_out", rate=0.01),
    Fault("cut", rate=0.01),
    Fault("lost", rate=0.02),
    Fault("slow", rate=0.05, seconds=0.2),
    Fault("stale", rate=0.1, seconds=5),
)
"""What a service does on a bad day."""


class Faults:
    """The faults that there are now, drawn under a seed. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self.put(())

    def put(self, faults: Iterable[Fault], *, seed: int = 0) -> None:
        """These from now on, and no others; what waits because of one goes on."""
        with self._lock:
            for fault in self._faults:
                fault.lifted = True
            self._faults = list(faults)
            self._random = random.Random(seed)

    def add(self, fault: Fault) -> None:
        """One more; the first that hits counts."""
        with self._lock:
            self._faults.append(fault)

    def all(self) -> list[Fault]:
        """Those that there are."""
        with self._lock:
            return list(self._faults)

    def draw(self, method: str, path: str) -> Fault | None:
        """What happens to a request."""
        with self._lock:
            for fault in self._faults:
                if fault.method not in (None, method) or fault.path not in path:
                    continue
                if fault.times is not None and fault.applied >= fault.times:
                    continue
                fault.met += 1
                if fault.met <= fault.skip or self._random.random() >= fault.rate:
                    continue
                fault.applied += 1
                return fault
        return None
