"""An audit as JSON, for other programs: they rely on its keys. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vpcep_pulumi.audit.connections import as_json
from vpcep_pulumi.audit.declared import Source
from vpcep_pulumi.audit.report import Report
from vpcep_pulumi.audit.rules import Severity


def json_of(report: Report) -> dict[str, Any]:
    """The whole report."""
    return {
        "region": report.scope.region,
        "project_id": report.scope.project_id,
        "judged_at": report.judged_at.isoformat(timespec="seconds"),
        "services": list(report.services),
        "summary": {
            "connections": len(report.rows),
            "declarations": report.declared,
            "errors": len(report.of(Severity.ERROR)),
            "warnings": len(report.of(Severity.WARNING)),
            "could_not_tell": len(report.unjudged),
        },
        "findings": [
            {
                "rule": each.rule,
                "severity": str(each.severity),
                "service_id": each.service_id,
                "endpoint_id": each.endpoint_id,
                "domain_id": each.domain_id,
                "status": each.status,
                "message": each.message,
                "advice": each.advice,
                "declared_by": _sources(each.declared_by),
            }
            for each in report.findings
        ],
        "could_not_tell": [{"about": each.about, "reason": each.reason} for each in report.unjudged],
        "connections": [{**as_json(row), "declared_by": _sources(report.sources_of(row))} for row in report.rows],
    }


def _sources(sources: Iterable[Source]) -> list[dict[str, str]]:
    return [{"export": each.export, "urn": each.urn} for each in sources]
