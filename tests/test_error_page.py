"""The page on errors has every message of the code, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import messages

MESSAGES = messages.messages()
PAGE = (Path(__file__).parent.parent / "docs/errors.md").read_text(encoding="utf-8")
SPAN = re.compile(r"(?<!`)(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)")

PARTS = {
    # What a request is about: it stands before its error.
    "connection … of service …",
    "list the connections of service …",
    "look up connection … of service …",
    "… connection … of service …",
    "describe connection … of service …",
    "list the endpoint services",
    "look up the project …",
    # How a connection is, what was sent and what a step is called: docs/lifecycle.md and docs/previews.md.
    "the connection is… absent",
    "the connection, …, is… ………",
    "whose owner the API does not name",
    "…: the connection is absent: its consumer has left",
    "there is no such connection yet; once it appears, …",
    "nothing is sent",
    "`…` was sent, and may have been carried out",
    "`…` was sent already",
    "as it stands",
    "wait, then reject",
    "wait for it to appear",
    "nothing, its consumer has left",
    "not known yet",
    "connection … is to be …",
    "less than two minutes",
    "time of creation",
    # Where a setting comes from, or how to set it: docs/settings.md.
    "the environment as the SDKs spell it",
    "the environment as Terraform spells it",
    "the environment as the documentation spells it",
    "the resource's arguments",
    "the stack's configuration",
    "the SDKs' profile …",
    "the entry of …",
    "the system's proxy settings",
    "through the proxy … (…)",
    "`pulumi config set vpcep:projectId <id>`",
    "VPCEP_ENDPOINT or `pulumi config set vpcep:endpoint <url>`",
    "HUAWEICLOUD_SDK_IAM_ENDPOINT or `pulumi config set vpcep:iamEndpoint <url>`",
    "projectId in the profile, or project_id of the resource",
    "endpoint in the profile's entry of …",
    "iamEndpoint in the profile's entry of …",
    "cloud in the profile's entry of …",
    "the profile's own",
    "the region's host in the profile's cloud",
    # No user sees these: a header, a text that is compared, defects of a caller.
    "… Access=…, SignedHeaders=…, Signature=…",
    "unexpected end of data",
    "… must be signed",
    "the provider was not configured by a dynamic provider host",
}
"""The texts that are no message by themselves."""


def listed() -> list[str]:
    """The messages in the first column of the page's tables."""
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    return [span[2].strip().replace("\\|", "|") for row in rows for span in SPAN.finditer(row.split(" | ", 1)[0])]


def test_every_message_is_on_the_page():
    lacking = {text: module for text, module in MESSAGES.items() if text not in {*listed(), *PARTS}}
    assert lacking == {}, "say in docs/errors.md why each of them comes, and what to do"


def test_the_page_has_no_message_that_the_code_does_not_have():
    assert [text for text in [*listed(), *PARTS] if text not in MESSAGES] == []


def test_no_message_is_on_it_twice():
    assert len(listed()) == len(set(listed()))


@pytest.mark.parametrize("row", [line for line in PAGE.splitlines() if line.startswith("| `")])
def test_a_message_has_a_reason_and_a_remedy(row):
    cells = row.strip("| ").split(" | ")
    assert len(cells) == 3
    assert all(cells)


def test_a_new_message_would_be_found(tmp_path, monkeypatch):
    (tmp_path / "module.py").write_text(
        'raise SettingsError(f"{name}: there is a new problem" + (f" with {x}" if x else ""))\n'
        'def rule(value):\n    """Not this one, it is a docstring."""\n    return None if value else "must be something new"\n'
    )
    monkeypatch.setattr(messages, "PACKAGE", tmp_path)
    assert set(messages.messages()) == {"…: there is a new problem…", "must be something new"}
