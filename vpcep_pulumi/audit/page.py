"""An audit as one page of HTML, to read and to forward: nothing is loaded from anywhere. Needs the extra ``cli``."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from vpcep_pulumi.audit.charts import SEGMENTS, accounts, ages
from vpcep_pulumi.audit.connections import age_of, age_words
from vpcep_pulumi.audit.report import Report
from vpcep_pulumi.audit.rules import RULES, Severity


def page_of(report: Report) -> str:
    """The page. Whatever is put into it is escaped."""
    environment = Environment(
        loader=PackageLoader("vpcep_pulumi.audit", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    rows = []
    for row in report.rows:
        age = age_of(row.connection, report.judged_at)
        rows.append(
            {
                "row": row,
                "age": age_words(age),
                "seconds": int(age.total_seconds()) if age is not None else -1,
                "findings": report.findings_of(row),
                "sources": report.sources_of(row),
            }
        )
    return environment.get_template("page.html").render(
        report=report,
        rows=rows,
        groups=[(rule, found) for rule in RULES.values() if (found := report.under(rule))],
        severities=[(each, report.of(each)) for each in Severity],
        charts=[("Accounts", accounts(report.rows)), ("Ages", ages(report.rows, report.judged_at))],
        segments=SEGMENTS,
        judged_at=report.judged_at.strftime("%Y-%m-%d %H:%M UTC"),
    )
