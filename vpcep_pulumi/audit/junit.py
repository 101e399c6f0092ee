"""An audit as a JUnit report, which CI systems show as tests. Pure.

Each live connection is a test case of its service, and so is whatever else a finding is about. A finding is a failure;
what could not be judged is an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from vpcep_pulumi.audit.report import Report
from vpcep_pulumi.audit.rules import Finding

WHOLE = "the service"
UNJUDGED = "could not be judged"


def junit_of(report: Report) -> str:
    """The report as XML."""
    cases: dict[tuple[str, str | None], list[Finding]] = {
        (row.service_id, row.connection.id): [] for row in report.rows
    }
    for finding in report.findings:
        cases.setdefault((finding.service_id, finding.endpoint_id), []).append(finding)
    failed = sum(map(bool, cases.values()))
    counts = {
        "tests": str(len(cases) + len(report.unjudged)),
        "failures": str(failed),
        "errors": str(len(report.unjudged)),
    }
    root = ET.Element("testsuites", {"name": "vpcep-pulumi audit", **counts})
    stamp = report.judged_at.strftime("%Y-%m-%dT%H:%M:%S")
    suite = ET.SubElement(
        root, "testsuite", {"name": "vpcep-pulumi audit", **counts, "skipped": "0", "timestamp": stamp}
    )
    for (service, endpoint), findings in cases.items():
        case = ET.SubElement(suite, "testcase", {"classname": service, "name": endpoint or WHOLE, "time": "0"})
        if findings:
            _fail(case, findings)
    for each in report.unjudged:
        case = ET.SubElement(suite, "testcase", {"classname": UNJUDGED, "name": each.about, "time": "0"})
        ET.SubElement(case, "error", {"type": "could-not-tell", "message": each.reason})
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _fail(case: ET.Element, findings: Iterable[Finding]) -> None:
    """One failure with all findings: readers expect at most one in a test case."""
    found = list(findings)
    rules = ", ".join(dict.fromkeys(each.rule for each in found))
    failure = ET.SubElement(case, "failure", {"type": rules, "message": found[0].message})
    failure.text = "\n".join(f"{each.severity}: {each.rule}: {each.message}. To do: {each.advice}." for each in found)
