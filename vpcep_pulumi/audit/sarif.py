"""An audit as SARIF 2.1.0, for code scanning. Pure.

Source: "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", OASIS standard.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from vpcep_pulumi.audit.report import Report
from vpcep_pulumi.audit.rules import RULES, Finding, Rule

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif_of(report: Report, version: str) -> dict[str, Any]:
    """The log of one run.

    :param version: of this package.
    """
    driver = {"name": "vpcep-pulumi audit", "version": version, "rules": [_rule(each) for each in RULES.values()]}
    invocation: dict[str, Any] = {
        "executionSuccessful": not report.unjudged,
        "exitCode": report.exit_code,
        "endTimeUtc": report.judged_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "toolExecutionNotifications": [
            {"level": "error", "message": {"text": f"{each.about}: {each.reason}"}} for each in report.unjudged
        ],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "utf16CodeUnits",
        "results": [_result(each, report) for each in report.findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.id.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.help},
        "help": {"text": rule.help},
        "defaultConfiguration": {"level": str(rule.severity)},
    }


def _result(finding: Finding, report: Report) -> dict[str, Any]:
    subject = "/".join(filter(None, [finding.service_id, finding.endpoint_id]))
    declared = ",".join(sorted(each.urn for each in finding.declared_by))
    fingerprint = hashlib.sha256(f"{finding.rule} {subject} {declared}".encode()).hexdigest()
    return {
        "ruleId": finding.rule,
        "ruleIndex": list(RULES).index(finding.rule),
        "level": str(finding.severity),
        "message": {"text": f"{subject}: {finding.message}. To do: {finding.advice}."},
        "locations": [_location(finding, subject, report)],
        "partialFingerprints": {"subject/v1": fingerprint},
    }


def _location(finding: Finding, subject: str, report: Report) -> dict[str, Any]:
    """Where it is: the connection, and the export that declares it; code scanning asks for a file."""
    files = [each.export for each in finding.declared_by] or list(report.exports)
    return {
        "physicalLocation": {"artifactLocation": {"uri": _uri(files[0])}},
        "logicalLocations": [
            {"fullyQualifiedName": subject, "kind": "resource"},
            *({"fullyQualifiedName": each.urn, "kind": "resource"} for each in finding.declared_by),
        ],
    }


def _uri(name: str) -> str:
    if name == "-":
        return "stdin"
    path = Path(name)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
