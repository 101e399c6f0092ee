"""What the export of a stack says, whoever wrote it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.audit.worlds import NOW, approval, export, policy, sealed, shown, text
from vpcep_pulumi.audit.exports import read_export
from vpcep_pulumi.errors import InputError
from vpcep_pulumi.lifecycle.schema import APPROVAL_TYPE

SECRET = "account-of-nobody"


def test_approvals_and_policies_are_read():
    found = export(approval(), policy({"action": "leave"}), {"urn": "urn:pulumi:a::b::c::d", "type": "c"})
    assert [(each.source.name, each.source.stack) for each in found.declared] == [
        ("a-ep0", "demo/prod"),
        ("partners", "demo/prod"),
    ]
    assert found.unjudged == ()


@pytest.mark.parametrize("mark", [{"delete": True}, {"external": True}])
def test_what_is_no_declaration(mark):
    assert export(approval() | mark).declared == ()


def test_a_replacement_that_was_interrupted_cannot_be_judged():
    found = export(approval() | {"pendingReplacement": True})
    assert (found.declared, len(found.unjudged)) == ((), 1)


@pytest.mark.parametrize("form", ["cli", "local"])
def test_a_step_that_was_under_way_is_told(form):
    step = {"type": "creating", **({"resource": approval()} if form == "cli" else {"urn": approval()["urn"]})}
    other = {"type": "creating", "resource": {"urn": "urn:pulumi:prod::demo::aws:s3:Bucket::b"}}
    found = export(pending_operations=[step, other])
    assert len(found.unjudged) == 1
    assert 'approval "a-ep0" of demo/prod' in found.unjudged[0].about


def test_ids_that_are_secrets_are_in_the_resources_id():
    one = approval() | {"inputs": approval()["inputs"] | {"service_id": sealed(), "endpoint_id": sealed()}}
    (found,) = export(one).declared
    assert found.service_id == "svc"
    assert found.is_known


def test_a_component_is_a_parent_in_the_urn():
    one = approval() | {"urn": f"urn:pulumi:prod::demo::mine:Group${APPROVAL_TYPE}::mine"}
    assert export(one).declared[0].source.name == "mine"


@pytest.mark.parametrize("key", ["region", "project_id"])
def test_a_place_that_is_not_there_cannot_be_judged(key):
    values: dict[str, Any] = {key: None}
    found = export(approval(**values))
    assert found.declared == ()
    assert f"{key} is not in the export" in found.unjudged[0].reason


def test_values_that_nobody_can_judge_are_named_and_not_shown():
    found = export(approval(expires_at=SECRET), policy({"action": SECRET}))
    assert found.declared == ()
    assert "expires_at must be a time" in found.unjudged[0].reason
    assert "rule 1: action must be" in found.unjudged[1].reason
    assert SECRET not in str(found.unjudged)


def test_secrets_in_plain_are_opened():
    (found,) = export(policy(rules=shown([{"action": "accept", "domain_ids": [SECRET]}]))).declared
    assert found.is_known
    assert found.hidden == {"rules"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "it is not JSON"),
        ("[" * 100_000, "it is nested too deep"),
        ("[]", "it has no `deployment`"),
        ('{"version": 3}', "it has no `deployment`"),
        ('{"version": 3, "deployment": null}', "it has no `deployment`"),
        ('{"version": 2, "deployment": {}}', "its version is 2"),
        ('{"version": 3, "deployment": {"resources": 5}}', "its `resources` is not a list"),
        ('{"version": 3, "deployment": {"resources": [5]}}', "its `resources` is not a list"),
        (text(approval() | {"urn": "x"}), "the URN 'x' is none"),
    ],
)
def test_what_is_no_export(content, problem):
    with pytest.raises(InputError, match=r"my\.json: ") as caught:
        read_export("my.json", content, NOW)
    assert problem in str(caught.value)


DEPTHS = (700, 1_500, 20_000)
"""Versions of Python differ: at one of these depths, JSON is read, but what it holds is too deep to be judged."""


@pytest.mark.parametrize("deep", [lambda n: "[" * n + "]" * n, lambda n: '{"a":' * n + "1" + "}" * n], ids=["[", "{"])
@pytest.mark.parametrize("name", ["rules", "status", "service_id", "profile"])
def test_a_declaration_that_is_nested_too_deep_cannot_be_judged(name, deep):
    one = policy(name="deep") if name == "rules" else approval("ep1", "deep")
    content = text(one | {"inputs": one["inputs"] | {name: "DEEP"}}, approval())
    reasons = []
    for depth in DEPTHS:
        with suppress(InputError):
            found = read_export("my.json", content.replace('"DEEP"', deep(depth)), NOW)
            assert "a-ep0" in [each.source.name for each in found.declared]
            assert all('"deep" of demo/prod' in each.about for each in found.unjudged)
            reasons += [each.reason for each in found.unjudged]
    assert any("it is nested too deep" in each for each in reasons)


@pytest.mark.parametrize("key", ["type", "urn", "id"])
def test_whatever_is_nested_too_deep_is_no_crash(key):
    content = text(approval() | {key: "DEEP"}).replace('"DEEP"', "[" * 900 + "]" * 900)
    with suppress(InputError):
        assert len(read_export("my.json", content, NOW).declared) <= 1


def test_a_stack_that_was_never_updated():
    assert read_export("my.json", '{"version": 3, "deployment": {}}', NOW).declared == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.just(sealed()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
def test_whatever_stands_in_an_export_is_read_or_refused(data: Any):
    whole = json.loads(text(approval(), policy({"action": "accept", "domain_ids": ["d1"]})))
    spot = whole["deployment"]["resources"][data.draw(st.integers(0, 1))]
    if data.draw(st.booleans()):
        spot = spot["inputs"]
    spot[data.draw(st.sampled_from(sorted(spot)))] = data.draw(JSON)
    try:
        found = read_export("my.json", json.dumps(whole), NOW)
    except InputError:
        return
    assert len(found.declared) + len(found.unjudged) <= 2
