"""The whole audit as a value, from which every form of output is made. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.audit.connections import Row, rows_of
from vpcep_pulumi.audit.declared import Declared, Export, Source, Unjudged
from vpcep_pulumi.audit.judge import Limits, judge
from vpcep_pulumi.audit.rules import Finding, Rule, Severity

CLEAN: Final = 0
COULD_NOT_TELL: Final = 1
FOUND: Final = 2


@dataclass(frozen=True)
class Scope:
    """What is judged.

    :ivar services: those that were asked for; None: all of the project.
    """

    region: str
    project_id: str
    services: tuple[str, ...] | None = None

    def takes(self, declared: Declared) -> bool:
        """Whether a declaration is about what is judged, if it is in its region and project."""
        return self.services is None or declared.service_id in self.services

    def problem(self, declared: Declared) -> str | None:
        """Why a declaration cannot be judged here; None if it can."""
        what = declared.what
        if (what.region, what.project_id) == (self.region, self.project_id):
            return None
        return (
            f"it is about region {what.region}, project {what.project_id}, and what was read is region {self.region}, "
            f"project {self.project_id}: audit that one as well, with --region and --project-id"
        )


@dataclass(frozen=True)
class Report:
    """What an audit found.

    :ivar judged_at: when, with a zone.
    :ivar services: those that were judged.
    :ivar exports: the files that were read, as they were named.
    :ivar rows: the live connections.
    :ivar declared_by: by service and endpoint: what declares the connection.
    :ivar declared: how many declarations were judged.
    :ivar unjudged: what could not be judged.
    """

    scope: Scope
    judged_at: datetime
    services: tuple[str, ...]
    exports: tuple[str, ...]
    rows: tuple[Row, ...]
    declared_by: Mapping[tuple[str, str], tuple[Source, ...]]
    declared: int
    findings: tuple[Finding, ...]
    unjudged: tuple[Unjudged, ...]

    @property
    def exit_code(self) -> int:
        """0: all is as declared. 2: something is not. 1: something could not be judged, so nobody can tell."""
        if self.unjudged:
            return COULD_NOT_TELL
        return FOUND if self.findings else CLEAN

    def of(self, severity: Severity) -> list[Finding]:
        """The findings of a severity."""
        return [each for each in self.findings if each.severity is severity]

    def under(self, rule: Rule) -> list[Finding]:
        """The findings of a rule."""
        return [each for each in self.findings if each.rule == rule.id]

    def sources_of(self, row: Row) -> tuple[Source, ...]:
        """What declares a connection."""
        return self.declared_by.get((row.service_id, row.connection.id or ""), ())

    def findings_of(self, row: Row) -> list[Finding]:
        """The findings about a connection."""
        return self._by_connection.get((row.service_id, row.connection.id), [])

    @cached_property
    def _by_connection(self) -> Mapping[tuple[str, str | None], list[Finding]]:
        found: dict[tuple[str, str | None], list[Finding]] = {}
        for each in self.findings:
            found.setdefault((each.service_id, each.endpoint_id), []).append(each)
        return found

    @property
    def summary(self) -> str:
        """What was judged, and what came of it, in a sentence."""
        errors, warnings = len(self.of(Severity.ERROR)), len(self.of(Severity.WARNING))
        found = f"{_count(errors, 'error')}, {_count(warnings, 'warning')}" if self.findings else "nothing found"
        left = f", {len(self.unjudged)} could not be judged" if self.unjudged else ""
        return (
            f"{_count(len(self.rows), 'connection')} of {_count(len(self.services), 'service')}, "
            f"{_count(self.declared, 'declaration')}: {found}{left}"
        )


def report_of(
    scope: Scope,
    live: Mapping[str, Sequence[Connection] | None],
    exports: Sequence[Export],
    now: datetime,
    limits: Limits,
) -> Report:
    """Judge what was read.

    :param live: by service: its connections; None: there is no such service.
    :param now: with a zone.
    """
    every = [each for export in exports for each in export.declared if scope.takes(each)]
    unjudged = [each for export in exports for each in export.unjudged]
    here: list[Declared] = []
    for each in every:
        problem = scope.problem(each)
        unjudged += [Unjudged(str(each.source), reason) for reason in ([problem] if problem else each.doubts)]
        here += [] if problem else [each]
    judged = {
        service: judge(service, found, [each for each in here if each.service_id == service], now, limits)
        for service, found in live.items()
    }
    findings = [finding for each in judged.values() for finding in each.findings]
    return Report(
        scope=scope,
        judged_at=now,
        services=tuple(live),
        exports=tuple(each.name for each in exports),
        rows=tuple(rows_of({service: found or () for service, found in live.items()})),
        declared_by={
            (service, endpoint): sources
            for service, each in judged.items()
            for endpoint, sources in each.declared_by.items()
        },
        declared=len(here),
        findings=tuple(sorted(findings, key=lambda each: each.order)),
        unjudged=tuple(unjudged),
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
