"""Every form of output says the same, and none of them lets text of others act."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.audit.worlds import (
    NOW,
    SERVICE,
    approval,
    approvals,
    connection,
    export,
    judged,
    live,
    policies,
    policy,
    sealed,
    shown,
)
from vpcep_pulumi.api.models import Connection
from vpcep_pulumi.audit.charts import accounts, ages
from vpcep_pulumi.audit.connections import COLUMNS, Row, age_words, as_csv, rows_of
from vpcep_pulumi.audit.json_report import json_of
from vpcep_pulumi.audit.junit import junit_of
from vpcep_pulumi.audit.page import page_of
from vpcep_pulumi.audit.report import Report
from vpcep_pulumi.audit.rules import RULES
from vpcep_pulumi.audit.sarif import sarif_of

ATTACKS = (
    "</script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "{{ report }}{% include 'x' %}",
    "</style><svg onload=alert(1)>",
    "<!--",
    "]]>",
    "&amp;",
)
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


class Page(HTMLParser):
    """What a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture
def report() -> Report:
    """One with everything in it, and hostile text wherever there can be any."""
    connections = [
        *(connection(f"ep{n}", description=each, days=10**n % 500) for n, each in enumerate(ATTACKS)),
        connection("fa", "failed", error=[{"error_code": "<b>", "error_message": ATTACKS[0]}]),
        connection("un", "<i>frozen</i>", domain_id="<u>"),
        connection("pe", "pendingAcceptance", days=8),
    ]
    hostile = approval("ep1", name=ATTACKS[0], expected_domain_id=shown("secret-account"))
    return judged(connections, export(hostile, approval("gone"), approval("ep2", expected_domain_id=sealed())))


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=50)
@given(live(), approvals(), policies(), approvals())
def test_every_form_holds_the_same_findings(connections, some, more, others):
    found = judged(connections, export(*some, *more, stack="one"), export(*others, stack="two"))
    expected = sorted((each.rule, each.message) for each in found.findings)
    as_json = json.loads(json.dumps(json_of(found)))
    assert sorted((each["rule"], each["message"]) for each in as_json["findings"]) == expected
    results = sarif_of(found, "1.0")["runs"][0]["results"]
    assert [each["ruleId"] for each in results] == [each.rule for each in found.findings]
    assert all(each.message in one["message"]["text"] for each, one in zip(found.findings, results, strict=True))
    failures = "\n".join(each.text or "" for each in ET.fromstring(junit_of(found)).iter("failure"))
    assert all(f"{rule}: {message}. " in failures for rule, message in expected)
    assert len(failures.splitlines()) == len(expected)
    words = Page(page_of(found)).text
    assert all(message in words for _, message in expected)
    for each in found.unjudged:
        assert each.reason in words
        assert each.reason in str(as_json["could_not_tell"])
        assert each.reason in str(sarif_of(found, "1.0")["runs"][0]["invocations"])


def test_the_keys_of_json_are_stable(report):
    found = json_of(report)
    assert list(found) == [
        "region",
        "project_id",
        "judged_at",
        "services",
        "summary",
        "findings",
        "could_not_tell",
        "connections",
    ]
    assert list(found["findings"][0]) == [
        "rule",
        "severity",
        "service_id",
        "endpoint_id",
        "domain_id",
        "status",
        "message",
        "advice",
        "declared_by",
    ]
    assert list(found["connections"][0]) == [*COLUMNS, "declared_by"]
    assert found["summary"] == {
        "connections": 10,
        "declarations": 3,
        "errors": 6,
        "warnings": 3,
        "could_not_tell": 1,
    }


class TestSarif:
    def test_the_structure_that_the_schema_requires(self, report):
        log = sarif_of(report, "1.0")
        assert log["version"] == "2.1.0"
        (run,) = log["runs"]
        driver = run["tool"]["driver"]
        assert driver["name"]
        for rule in driver["rules"]:
            assert rule["help"]["text"]
            assert rule["shortDescription"]["text"]
            assert rule["defaultConfiguration"]["level"] in ("error", "warning")
        assert len({rule["id"] for rule in driver["rules"]}) == len(RULES)
        assert run["results"]
        for result in run["results"]:
            assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
            assert result["level"] in ("error", "warning")
            assert result["message"]["text"]
            (location,) = result["locations"]
            assert re.fullmatch(r"[!-~]+", location["physicalLocation"]["artifactLocation"]["uri"])
        (invocation,) = run["invocations"]
        assert invocation["executionSuccessful"] is False
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", invocation["endTimeUtc"])

    def test_fingerprints_tell_findings_apart_and_stay(self, report):
        prints = [each["partialFingerprints"]["subject/v1"] for each in sarif_of(report, "1.0")["runs"][0]["results"]]
        assert len(set(prints)) == len(prints)
        assert prints == [
            each["partialFingerprints"]["subject/v1"] for each in sarif_of(report, "2")["runs"][0]["results"]
        ]


def test_junit_counts_what_it_holds(report):
    root = ET.fromstring(junit_of(report))
    (suite,) = root
    assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
    assert int(suite.get("failures", "")) == len(list(suite.iter("failure")))
    assert int(suite.get("errors", "")) == len(list(suite.iter("error"))) == 1
    assert suite.find(f"testcase[@classname='{SERVICE}'][@name='gone']/failure") is not None


class TestPage:
    def test_text_of_others_stays_text(self, report):
        page = Page(page_of(report))
        tags = [tag for tag, _ in page.tags]
        assert "img" not in tags
        assert "b" in tags  # our own
        assert (tags.count("script"), tags.count("style")) == (1, 1)
        for _, attributes in page.tags:
            assert not any(name.startswith("on") for name in attributes)
            assert not {"src", "href", "action"} & set(attributes)
        for each in ATTACKS:
            assert each in page.text

    def test_it_asks_nothing_of_anywhere(self, report):
        text = page_of(report)
        policy_ = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
        assert ("meta", {"http-equiv": "Content-Security-Policy", "content": policy_}) in Page(text).tags
        for word in ("http:", "https:", "url(", "@import", "fetch(", "eval("):
            assert word not in text

    def test_a_clean_one_says_so(self):
        assert "Everything is as declared." in page_of(judged([connection()], export(approval())))
        assert "There are no connections." in page_of(judged([]))

    @pytest.mark.skipif(BROWSER is None, reason="there is no chromium and no chrome on PATH")
    def test_a_browser_shows_and_sorts_it(self, report, tmp_path):
        probe = (
            '<script>const h = document.querySelectorAll("#connections th button"); h[3].click(); h[3].click();'
            'document.body.dataset.first = document.querySelector("#connections tbody tr .age").dataset.value;'
            "document.body.dataset.wide = document.documentElement.scrollWidth > innerWidth;"
            "document.body.dataset.images = document.images.length;</script></body>"
        )
        page = tmp_path / "page.html"
        page.write_text(page_of(report).replace("</body>", probe))
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--window-size=390,900",
            f"--user-data-dir={tmp_path}",
        ]
        found = subprocess.run(
            [str(BROWSER), *options, "--dump-dom", page.as_uri()],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        body = re.search(r"<body[^>]*>", found.stdout)
        assert body is not None
        oldest = int(timedelta(days=10**2).total_seconds())
        assert f'data-first="{oldest}"' in body[0]
        assert 'data-wide="false"' in body[0]
        assert 'data-images="0"' in body[0]


def test_secrets_are_in_no_form(report):
    forms = [json.dumps(json_of(report)), json.dumps(sarif_of(report, "1")), junit_of(report), page_of(report)]
    assert all("secret-account" not in each for each in forms)
    rules = shown([{"action": "accept", "domain_ids": ["secret-account"], "expires_at": "2026-11-24T13:00:00Z"}])
    for accepted in (connection(), connection(domain_id=None), connection(domain_id="secret-account")):
        found = judged([accepted], export(policy(rules=rules)))
        assert all("13:00" not in f"{each.message}{each.advice}" for each in found.findings)
        assert all(
            "secret-account" not in each.message.replace("owned by secret-account", "") for each in found.findings
        )


@given(live())
def test_charts_count_every_connection(connections):
    rows = rows_of({SERVICE: connections})
    for bars in (ages(rows, NOW), accounts(rows)):
        assert sum(each.total for each in bars) == len(rows)
        for bar in bars:
            assert sum(each.count for each in bar.segments) == bar.total
            assert sum(each.width for each in bar.segments) <= 100.1


def test_many_accounts_share_the_last_bar():
    rows = rows_of({SERVICE: [connection(f"ep{n}", domain_id=f"d{n:02}") for n in range(20)]})
    assert [each.label for each in accounts(rows)][-1] == "12 more accounts"


class TestCsv:
    @pytest.mark.parametrize("note", ["=1+1", "+1", "-1", "@x", " =1", "\uff1d1", "\t=1"])
    def test_no_note_is_a_formula(self, note):
        (row,) = csv.DictReader(io.StringIO(as_csv(rows_of({"s": [connection(description=note)]}))))
        assert row["description"].startswith(("'", "\\u"))

    @given(st.text() | st.text("a =+;\t\r\n\"'", max_size=8))
    def test_a_note_stays_in_its_cell(self, note):
        rows = rows_of({"s": [connection(description=note)]})
        (row,) = csv.DictReader(io.StringIO(as_csv(rows), newline=""))
        assert list(row) == list(COLUMNS)
        assert row["description"].replace("'", "") == (rows[0].connection.description or "").replace("'", "")

    @pytest.mark.parametrize("between", [";", "\t", "\r", "\n", "\r\n", "; ", ';"', ';""', "\n ;"])
    @pytest.mark.parametrize("sign", "=+-@\uff1d\uff0b\uff0d\uff20")
    @pytest.mark.parametrize("name", ["description", "created_at"])
    def test_no_part_of_a_text_is_one(self, between, sign, name):
        """A spreadsheet may take another separator than the comma, and no quotes in the middle of a cell."""
        values: dict[str, Any] = {"id": "e", "status": "accepted", name: f"x{between}{sign}1"}
        written = as_csv([Row("s", Connection.model_construct(**values))])
        for part in re.split("[;\t\r\n]", written):
            assert not part.lstrip(' "').startswith(sign)

    def test_signs_elsewhere_are_left(self):
        text = "a=b; c-d; 5 + 3, x@y"
        assert text in as_csv([Row("s", connection(description=text))])

    @given(st.text('a=+; \t\r\n"', max_size=8))
    def test_no_cell_in_a_reader_with_semicolons_is_one(self, note):
        written = as_csv([Row("s", Connection.model_construct(id="e", status="accepted", description=note))])
        for dialect in (";", "\t"):
            for row in csv.reader(io.StringIO(written, newline=""), delimiter=dialect):
                assert not any(each.strip(' "\t\r\n').startswith(("=", "+")) for each in row)


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (None, "?"),
        (timedelta(0), "0 min"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=23.9), "23 h"),
        (timedelta(days=364), "364 d"),
        (timedelta(days=800), "2 y"),
    ],
)
def test_ages_in_words(age, words):
    assert age_words(age) == words


def test_those_that_wait_come_first_and_the_oldest_of_them():
    found = [
        connection("a", "rejected"),
        connection("b", "accepted"),
        connection("c", "pendingAcceptance", 1),
        connection("d", "pendingAcceptance", 9),
        connection("e", "frozen"),
        Connection(id="f"),
    ]
    assert [each.connection.id for each in rows_of({"s": found})] == ["d", "c", "f", "e", "b", "a"]
