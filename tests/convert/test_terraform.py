"""A Terraform state, as declarations.

``real.tfstate`` was written by Terraform 1.11.4 and the vendor's provider, unmodified, run against the simulator: a
plain resource, one with ``count``, and two in modules with ``for_each`` and a provider alias. One connection was
rejected by somebody else later, and the state was refreshed. Only the host in its providers' addresses was changed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.convert.reading import of_configuration, of_program, wanted
from vpcep_pulumi.convert.configuration import as_configuration
from vpcep_pulumi.convert.program import as_program
from vpcep_pulumi.convert.terraform import TYPE, StateError, from_terraform

REAL = (Path(__file__).parent / "real.tfstate").read_bytes()
FIRST, REJECTED = "705290f3-0d00-41f2-aedc-71f09844e879", "0b0dd4c1-8c1f-4f4e-9d3a-1f4f1c1de2aa"
ACCOUNT, PARTNER = "6e9dfd51d1124e8d8498dce894923a0d", "c5a2f1c7f0a94b0d8c3f2f4c1d7e9b60"
BILLING, MARKET = "4189d3c2-8882-4871-a3c2-d380272eed88", "9b1d0e5c-3c1b-4f0f-8a53-5a1f9d6d2f11"


def resource(*endpoints: str, name: str = "billing", service: str = "svc", **attributes: Any) -> dict[str, Any]:
    """A resource as a state has it."""
    given = {"service_id": service, "id": service, "region": "r", "endpoints": list(endpoints), "connections": []}
    return {
        "mode": "managed",
        "type": TYPE,
        "name": name,
        "provider": 'provider["registry.example.com/huaweicloud/huaweicloud"]',
        "instances": [{"schema_version": 0, "attributes": {**given, **attributes}}],
    }


def state(*resources: dict[str, Any], **others: Any) -> bytes:
    return json.dumps({"version": 4, "terraform_version": "1.11.4", "resources": resources, **others}).encode()


def connection(endpoint: str, status: str, account: str | None = "d1") -> dict[str, Any]:
    return {"endpoint_id": endpoint, "status": status, "domain_id": account, "packet_id": 422321321312321321}


def problem(content: bytes) -> str:
    with pytest.raises(StateError) as error:
        from_terraform(content)
    return str(error.value)


def test_a_real_state():
    conversion = from_terraform(REAL)
    place = {"status": "accepted", "region": "cn-north-4"}
    assert wanted(conversion) == {
        "billing-705290f3": {"service_id": BILLING, "endpoint_id": FIRST, "expected_domain_id": ACCOUNT, **place},
        "counted-3f3c8d52": {
            "service_id": "2f7c3a1e-6a0d-4c55-9a4e-0d1c2b3a4958",
            "endpoint_id": "3f3c8d52-7b1e-4c0a-9d64-2e8f5a7b9c1d",
            "expected_domain_id": ACCOUNT,
            **place,
        },
        "partner-1f3c8d52": {
            "service_id": MARKET,
            "endpoint_id": "1f3c8d52-7b1e-4c0a-9d64-2e8f5a7b9c1d",
            "expected_domain_id": PARTNER,
            **place,
        },
        "partner-2f3c8d52": {
            "service_id": MARKET,
            "endpoint_id": "2f3c8d52-7b1e-4c0a-9d64-2e8f5a7b9c1d",
            "expected_domain_id": PARTNER,
            **place,
        },
    }
    (left_out,) = conversion.left_out
    assert (left_out.service_id, left_out.endpoint_id) == (BILLING, REJECTED)
    assert "'huaweicloud_vpcep_approval.billing' accepted it, but the state says that it was 'rejected'" in (
        left_out.reason
    )
    program = as_program(conversion)
    assert of_program(program) == of_configuration(as_configuration(conversion)) == wanted(conversion)
    joined = " ".join(program.replace("\n# ", " ").split())
    assert (
        'In Terraform: \'module.partners["d.\\u00e9"].huaweicloud_vpcep_approval.partner'
        '["2f3c8d52-7b1e-4c0a-9d64-2e8f5a7b9c1d"]\', of '
        "'provider[\"registry.example.com/huaweicloud/huaweicloud\"].second'."
    ) in joined
    assert "several provider configurations" in joined
    assert "It cannot say what others decided" in joined
    assert "The state names no project" in joined


def test_what_the_state_does_not_know_of_an_endpoint():
    """An old version of the provider recorded ten connections at most."""
    (declared, pending) = from_terraform(
        state(resource("ep1", "ep2", connections=[connection("ep2", "creating", None), connection("ep9", "accepted")]))
    ).declarations
    assert (declared.status, declared.expected_domain_id) == ("accepted", None)
    assert "The state does not name its account" in declared.remark
    assert (pending.status, pending.expected_domain_id) == ("accepted", None)
    assert "It was not ready yet at the last refresh" in pending.remark


def test_what_is_not_terraforms_decision_is_no_declaration():
    data = {**resource("ep2"), "mode": "data"}
    other = {**resource("ep3"), "type": "huaweicloud_vpcep_endpoint"}
    deposed = resource("ep4", name="replaced")
    deposed["instances"][0]["deposed"] = "0123abcd"
    conversion = from_terraform(state(data, other, deposed, resource("ep1")))
    assert [each.endpoint_id for each in conversion.declarations] == ["ep1"]
    assert not conversion.left_out


def test_an_imported_resource_has_no_endpoints():
    conversion = from_terraform(state(resource(endpoints=None)))
    assert not conversion.declarations
    assert any("have no endpoints, as an import leaves them" in each for each in conversion.notes)
    assert of_program(as_program(conversion)) == {}


def test_a_program_never_ends_its_docstring_early():
    hostile = '"""\nimport os\n"""'
    content = state(
        {**resource("ep1", name=hostile, service="svc1"), "provider": hostile},
        {**resource("ep1", name=hostile, service="svc2"), "provider": "\\", "module": f'module.x["{hostile}"]'},
    )
    conversion = from_terraform(content)
    assert of_program(as_program(conversion)) == of_configuration(as_configuration(conversion)) == wanted(conversion)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "this is no Terraform state: it is not JSON"),
        (b"\xff\xfe{}", "this is no Terraform state: it is not JSON: it is not UTF-8"),
        (b'resource "x" {}', "this is no Terraform state: it is not JSON"),
        (b"[4]", "this is no Terraform state: it is not an object with a version"),
        (b'{"resources": []}', "this is no Terraform state: it is not an object with a version"),
        (
            b'{"version": 3, "modules": []}',
            "this is a Terraform state of version 3, and version 4 is needed: `terraform",
        ),
        (
            b'{"serial":1,"lineage":"l","meta":{},"encrypted_data":"aGk=","encryption_version":"v0"}',
            "this state is encrypted: let OpenTofu decrypt it, with `tofu state pull | vpcep-pulumi from-terraform -`",
        ),
        (state(), f"this state has no resource of type {TYPE}; it has none at all"),
        (
            state({**resource(), "type": "b"}, {**resource(), "type": "a"}, {**resource(), "type": "a"}),
            f"this state has no resource of type {TYPE}; it has 'a', 'b'",
        ),
        (
            state(*({**resource(), "type": f"t{at}"} for at in range(10))),
            "it has 't0', 't1', 't2', 't3', 't4', 't5', 't6', 't7', and 2 more types",
        ),
        (
            state(resource("ep 1")),
            f"'{TYPE}.billing': endpoint_id must be an id of 1 to 64 letters, digits, '-' or '_', not 'ep 1'",
        ),
        (state(resource("ep1", service_id=None, id=None)), "service_id must be a string, not 'None'"),
        (
            state({**resource(), "instances": [{"attributes_flat": {"endpoints.#": "1"}, "index_key": "a"}]}),
            f"'{TYPE}.billing[\"a\"]' has no attributes that this version can read",
        ),
    ],
)
def test_what_is_wrong_is_said(content, expected):
    assert expected in problem(content)


def test_an_endpoint_that_two_resources_accept():
    again = {**resource("ep1", name="again"), "module": "module.old"}
    said = problem(state(resource("ep1", "ep2"), again))
    assert said.splitlines() == [
        f"endpoint ep1 of service svc is accepted by '{TYPE}.billing' and by 'module.old.{TYPE}.again'",
        "Remove it from one of the two: `terraform state rm` forgets a resource, and sends nothing",
    ]
    assert len(from_terraform(state(resource("ep1"), resource("ep1", service="svc2"))).declarations) == 2


@pytest.mark.parametrize("missing", [None, "", 5, "not a region"])
def test_a_region_that_the_state_does_not_name_may_be_any(missing):
    unplaced = resource("ep1", name="unplaced", region=missing)
    for resources in ([resource("ep1"), unplaced], [unplaced, resource("ep1")], [unplaced, {**unplaced, "name": "b"}]):
        assert "endpoint ep1 of service svc is accepted by" in problem(state(*resources))
    others = [resource("ep1", name=each, region=each) for each in ("one", "two")]
    assert len(problem(state(*others, unplaced)).splitlines()) == 2


def test_one_endpoint_in_two_regions():
    conversion = from_terraform(state(*(resource("ep1", region=each) for each in ("eu-west-101", "eu-west-204"))))
    assert {each.name: each.region for each in conversion.declarations} == {
        "connection-eu-west-101.svc.ep1": "eu-west-101",
        "connection-eu-west-204.svc.ep1": "eu-west-204",
    }
    assert of_program(as_program(conversion)) == of_configuration(as_configuration(conversion)) == wanted(conversion)


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20) | st.just("accepted"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with these fields, each of which may be missing, or be anything."""
    return st.fixed_dictionaries({}, optional={name: each | VALUES for name, each in fields.items()})


IDS = st.text("ab1-", min_size=1, max_size=8)
ATTRIBUTES = some(
    service_id=IDS,
    id=IDS,
    region=IDS,
    endpoints=st.lists(IDS, max_size=4),
    connections=st.lists(some(endpoint_id=IDS, status=st.just("accepted"), domain_id=IDS), max_size=4),
)
RESOURCES = some(
    mode=st.just("managed"),
    type=st.just(TYPE),
    name=st.text(max_size=10),
    module=st.text(max_size=10),
    provider=st.text(max_size=10),
    instances=st.lists(some(attributes=ATTRIBUTES, index_key=st.integers() | st.text(max_size=5)), max_size=3),
)


@given(st.lists(RESOURCES, max_size=3) | VALUES)
def test_whatever_the_state_holds_there_is_an_answer(resources: Any):
    try:
        conversion = from_terraform(json.dumps({"version": 4, "resources": resources}).encode())
    except StateError:
        return
    assert of_program(as_program(conversion)) == of_configuration(as_configuration(conversion)) == wanted(conversion)
