"""Profiles: two accounts in two regions in one program, on both engines."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.contract.conftest import APPROVAL, Deployment, steps
from vpcep_pulumi.testing.engine.secrets import Passphrase
from vpcep_pulumi.testing.results import Result
from vpcep_pulumi.testing.simulator import Simulator
from vpcep_pulumi.testing.simulator.api import project_id

CANARY = "s3cr3t-canary"
BOTH = """
Approval("north", service_id="svc", endpoint_id="ep1", profile="north")
Approval("europe", service_id="svc", endpoint_id="ep2", profile="europe")
"""
REGIONS = {"north": "cn-north-4", "europe": "eu-west-101"}


class Accounts:
    """Two accounts, each with a service of the same id at an address of its own, and a deployment for both."""

    def __init__(self, deployment: Deployment, north: Simulator, europe: Simulator) -> None:
        self.deployment, self.north, self.europe = deployment, north, europe
        self.entries = {
            "north": {
                "region": REGIONS["north"],
                "endpoint": north.url,
                "accessKey": "AKNORTH",
                "secretKey": f"{CANARY}-north",
            },
            "europe": {"region": REGIONS["europe"], "endpoint": europe.url, "token": f"{CANARY}-europe"},
        }
        self.configure()
        # Another account's settings, which nobody but its own resources may use.
        deployment.environ |= {"HUAWEICLOUD_SDK_PROJECT_ID": "another", "HW_PROJECT_NAME": "another"}

    def configure(self) -> None:
        """Write the profiles into the stack's configuration."""
        self.deployment.secret_config({"vpcep:profiles": json.dumps(self.entries)})

    def posts(self) -> dict[str, list[tuple[str, str, str]]]:
        """Project, action and endpoint of what was sent to each account since the last time this was asked."""
        found = {}
        for name, simulator in (("north", self.north), ("europe", self.europe)):
            calls = simulator.calls("POST")
            simulator.clear_calls()
            found[name] = [
                (call["path"].split("/")[2], call["body"]["action"], call["body"]["endpoints"][0]) for call in calls
            ]
        return found

    def statuses(self) -> list[str]:
        return [self.north.status("svc", "ep1"), self.europe.status("svc", "ep2")]


@pytest.fixture
def accounts(deployment: Deployment) -> Iterator[Accounts]:
    with (
        Simulator.start(access_keys={"AKNORTH": f"{CANARY}-north"}) as north,
        Simulator.start(tokens=[f"{CANARY}-europe"]) as europe,
    ):
        north.connect("svc", "ep1", domain="d1")
        europe.connect("svc", "ep2", domain="d2")
        found = Accounts(deployment, north, europe)
        deployment.program(BOTH)
        yield found
        assert deployment.simulator.calls() == [], "what has a profile asks nobody else"
        assert CANARY not in deployment.state_text()


def good(result: Result) -> Result:
    assert result.ok, result
    assert CANARY not in str(result) + result.diff
    return result


def errors(result: Result) -> str:
    assert not result.ok
    shown = "\n".join(result.messages("error"))
    assert CANARY not in shown + str(result) + result.diff
    assert "Traceback" not in shown
    return shown


NORTH, EUROPE = project_id(REGIONS["north"]), project_id(REGIONS["europe"])
RECEIVED = {"north": [(NORTH, "receive", "ep1")], "europe": [(EUROPE, "receive", "ep2")]}
REJECTED = {"north": [(NORTH, "reject", "ep1")], "europe": [(EUROPE, "reject", "ep2")]}
NOTHING: dict[str, list[object]] = {"north": [], "europe": []}


class TestTwoAccounts:
    def test_the_whole_life(self, accounts):
        deployment = accounts.deployment
        assert steps(good(deployment.preview())) == {"north": "create", "europe": "create"}
        assert accounts.posts() == NOTHING
        good(deployment.up())
        assert accounts.posts() == RECEIVED
        assert steps(good(deployment.up())) == {}
        accounts.europe.reject("svc", "ep2")
        assert steps(good(deployment.preview())) == {"europe": "update"}
        good(deployment.refresh())
        good(deployment.up())
        assert accounts.posts() == {"north": [], "europe": RECEIVED["europe"]}
        assert accounts.statuses() == ["accepted", "accepted"]
        good(deployment.destroy())
        assert accounts.posts() == REJECTED

    def test_the_state_holds_the_name_and_no_secret(self, accounts):
        good(accounts.deployment.up())
        text = accounts.deployment.state_text().replace('": "', '":"')
        for name in ("north", "europe"):
            assert f'"profile":"{name}"' in text
        assert "AKNORTH" not in text
        assert accounts.north.url not in text

    def test_profiles_as_an_object_of_secrets_and_of_what_is_none(self, accounts):
        """As ``pulumi config set --path`` writes them."""
        crypter = Passphrase(accounts.deployment.environ["PULUMI_CONFIG_PASSPHRASE"])
        lines = [f"encryptionsalt: {crypter.salt}", "config:", "  vpcep:profiles:"]
        for name, entry in accounts.entries.items():
            lines.append(f"    {name}:")
            for key, value in entry.items():
                is_plain = key in ("region", "endpoint")
                lines.append(f"      {key}: {value if is_plain else {'secure': crypter.encrypt(value)}}")
        (accounts.deployment.folder / "Pulumi.dev.yaml").write_text("\n".join(lines) + "\n")
        good(accounts.deployment.up())
        assert accounts.posts() == RECEIVED

    def test_what_is_removed_from_the_program_is_rejected_under_its_profile(self, accounts):
        good(accounts.deployment.up())
        accounts.posts()
        accounts.deployment.program(BOTH.splitlines()[1])
        assert steps(good(accounts.deployment.up())) == {"europe": "delete"}
        assert accounts.posts() == {"north": [], "europe": REJECTED["europe"]}

    def test_what_another_owes_is_rejected_under_its_profile(self, accounts):
        """``two`` names what ``one`` gives up, but keeps its own: so the former is rejected afterwards."""
        for number in (1, 3):
            accounts.europe.connect("svc", f"ep{number}", domain="d2")
        program = """
            one = Approval("one", service_id="svc", endpoint_id="{}", profile="europe",
                           opts=pulumi.ResourceOptions(delete_before_replace=True))
            Approval("two", service_id="svc", endpoint_id="{}", profile="europe",
                     opts=pulumi.ResourceOptions(depends_on=[one], ignore_changes=["endpoint_id"]))
            """
        accounts.deployment.program(program.format("ep1", "ep2"))
        good(accounts.deployment.up())
        accounts.posts()
        accounts.deployment.program(program.format("ep3", "ep1"))
        good(accounts.deployment.up())
        assert accounts.posts() == {"north": [], "europe": [(EUROPE, "receive", "ep3"), (EUROPE, "reject", "ep1")]}

    def test_the_same_ids_in_two_accounts_are_two_connections(self, accounts):
        accounts.europe.connect("svc", "ep1", domain="d3")
        accounts.deployment.program(BOTH.replace("ep2", "ep1"))
        good(accounts.deployment.up())
        assert accounts.posts() == {"north": RECEIVED["north"], "europe": [(EUROPE, "receive", "ep1")]}

    def test_a_profile_that_is_not_known_before_the_update(self, accounts):
        deployment = accounts.deployment
        deployment.program(
            """
            from pulumi import dynamic

            class Named(dynamic.ResourceProvider):
                def create(self, props):
                    return dynamic.CreateResult("europe", props)

            class Name(dynamic.Resource):
                pass

            made = Name(Named(), "name", {})
            Approval("late", service_id="svc", endpoint_id="ep2", profile=made.id)
            """
        )
        assert steps(good(deployment.preview()))["late"] == "create"
        good(deployment.up())
        assert accounts.posts() == {"north": [], "europe": RECEIVED["europe"]}
        assert steps(good(deployment.up())) == {}


class TestAnotherName:
    """The same account under another name: an update in place that sends nothing."""

    def test_it_is_an_update(self, accounts):
        good(accounts.deployment.up())
        accounts.posts()
        accounts.entries["renamed"] = accounts.entries.pop("europe")
        accounts.configure()
        accounts.deployment.program(BOTH.replace('profile="europe"', 'profile="renamed"'))
        assert steps(good(accounts.deployment.preview())) == {"europe": "update"}
        assert steps(good(accounts.deployment.up())) == {"europe": "update"}
        assert accounts.posts() == NOTHING
        assert steps(good(accounts.deployment.up())) == {}
        good(accounts.deployment.destroy())
        assert accounts.posts() == REJECTED

    def test_another_account_replaces(self, accounts):
        good(accounts.deployment.up())
        accounts.posts()
        accounts.north.connect("svc", "ep2", domain="d2")
        accounts.deployment.program(BOTH.replace('profile="europe"', 'profile="north"'))
        assert steps(good(accounts.deployment.up())) == {"europe": "replace"}
        assert accounts.posts() == {"north": [(NORTH, "receive", "ep2")], "europe": REJECTED["europe"]}


class TestAProfileThatIsGone:
    SAID = (
        "profile 'europe': there is no such profile: vpcep:profiles in the stack's configuration has 'north', and "
        "KooCLI's file {path} is not there"
    )

    @pytest.fixture
    def gone(self, accounts):
        good(accounts.deployment.up())
        accounts.posts()
        del accounts.entries["europe"]
        accounts.configure()
        return accounts

    @pytest.mark.parametrize("what", ["preview", "up", "refresh", "destroy"])
    def test_it_is_said_and_nothing_is_sent_for_it(self, gone, what, tmp_path):
        if gone.deployment.engine_name == "cli" and what in ("refresh", "destroy"):
            # Without the program, the CLI configures the provider as its last update did, by the encrypted state.
            good(getattr(gone.deployment, what)())
            return
        said = errors(getattr(gone.deployment, what)())
        assert self.SAID.format(path=tmp_path / ".hcloud/config.json") in said
        assert gone.posts()["europe"] == []
        assert gone.europe.status("svc", "ep2") == "accepted"

    def test_it_may_be_in_kooclis_file_instead(self, accounts, tmp_path):
        """That file has no addresses. Those of the environment are the simulator's."""
        addresses = dict.fromkeys(("VPCEP_ENDPOINT", "HUAWEICLOUD_SDK_IAM_ENDPOINT"), accounts.europe.url)
        accounts.deployment.environ |= addresses
        good(accounts.deployment.up())
        accounts.posts()
        del accounts.entries["europe"]
        accounts.configure()
        accounts.europe.world.settings.access_keys = {"AKEUROPE": f"{CANARY}-koocli"}
        accounts.europe.world.settings.tokens = []
        keys = {"accessKeyId": "AKEUROPE", "secretAccessKey": f"{CANARY}-koocli"}
        path = tmp_path / ".hcloud/config.json"
        path.parent.mkdir()
        path.write_text(json.dumps({"profiles": [{"name": "europe", "region": REGIONS["europe"], **keys}]}))
        assert steps(good(accounts.deployment.up())) == {}
        good(accounts.deployment.destroy())
        assert accounts.posts() == REJECTED


class TestRefusals:
    @pytest.mark.parametrize(
        ("project", "asked"),
        [({}, "look up the project eu-west-101"), ({"projectId": EUROPE}, "list the connections of service svc")],
    )
    def test_the_apis_refusal_names_the_profile(self, accounts, project, asked):
        accounts.entries["europe"] |= project
        accounts.configure()
        accounts.europe.world.settings.tokens = ["another"]
        said = errors(accounts.deployment.up())
        assert (
            f"{asked} (profile 'europe'): Incorrect IAM authentication information: decrypt token fail (APIGW" in said
        )
        assert said.count("'europe')") == 1
        assert "'north'" not in said

    def test_what_an_update_sends_is_named_as_well(self, accounts):
        accounts.europe.fault("throttled", "POST", times=1)
        accounts.europe.fault("forbidden", "POST")
        result = accounts.deployment.up()
        said = errors(result)
        assert "receive connection ep2 of service svc (profile 'europe'): Authentication information" in said
        assert "grant the IAM action vpcep:endpointServices:updateConnections" in said
        (warning,) = [each for each in result.messages("warning") if "trying again" in each]
        assert warning.startswith("vpcep: receive connection ep2 of service svc (profile 'europe'): ")
        assert accounts.north.status("svc", "ep1") == "accepted"

    def test_profiles_in_plain_text(self, accounts):
        (accounts.deployment.folder / "Pulumi.dev.yaml").unlink()
        accounts.deployment.config = {"vpcep:profiles": json.dumps(accounts.entries)}
        assert (
            "vpcep:profiles stands in plain text in the stack's configuration, and would in the state. Set it again "
            "with `pulumi config set --secret vpcep:profiles`, or use KooCLI's file instead"
        ) in errors(accounts.deployment.preview())
        for file in accounts.deployment.state.rglob("*.yaml"):
            file.unlink()  # what the test itself has set stands in the CLI's copy

    def test_a_malformed_one(self, accounts):
        accounts.entries["north"]["secretkey"] = CANARY
        accounts.configure()
        said = errors(accounts.deployment.preview())
        problem = "has the key 'secretkey', which is read by nobody; is secretKey meant?"
        assert f"profile 'north': vpcep:profiles: its entry {problem}" in said
        assert f"profile 'europe': vpcep:profiles: the entry 'north' {problem}" in said

    @pytest.mark.parametrize(
        ("profile", "said"),
        [
            ('""', "must be a profile's name: 1 to 64 printable characters, with no space at either end, not ''"),
            ("7", "must be a string, not 7"),
        ],
    )
    @pytest.mark.parametrize(
        "program",
        [
            'Approval("north", service_id="svc", endpoint_id="ep1", profile={})',
            'Approval.get("north", "svc/ep1", profile={})',
        ],
    )
    def test_what_is_no_name(self, accounts, profile, said, program):
        accounts.deployment.program(program.format(profile))
        assert f"north: profile {said}" in errors(accounts.deployment.preview())

    def test_what_turns_out_to_be_no_name(self, accounts):
        accounts.deployment.program('Approval.get("north", "svc/ep1", profile=pulumi.Output.from_input(""))')
        assert "profile: must be a profile's name" in errors(accounts.deployment.up())

    def test_two_of_one_connection_under_two_names(self, accounts):
        accounts.entries["again"] = accounts.entries["north"]
        accounts.configure()
        accounts.deployment.program(BOTH.replace("ep2", "ep1").replace('profile="europe"', 'profile="again"'))
        assert "connection ep1 of service svc is declared twice, also by '" in errors(accounts.deployment.up())


QUERIES = """
from vpcep_pulumi import get_connections, get_connections_output

pulumi.export("north", [each.endpoint_id for each in get_connections("svc", profile="north")])
later = get_connections_output("svc", profile=pulumi.Output.from_input("europe"))
pulumi.export("europe", later.apply(lambda found: [each.endpoint_id for each in found]))
"""


class TestReading:
    def test_queries(self, accounts):
        accounts.deployment.program(QUERIES)
        good(accounts.deployment.preview())
        outputs = good(accounts.deployment.up()).outputs
        assert (outputs["north"], outputs["europe"]) == (["ep1"], ["ep2"])

    @pytest.mark.parametrize(
        ("profile", "said"),
        [
            ('"other"', "get_connections: profile 'other': there is no such profile: vpcep:profiles in the stack's"),
            ('""', "get_connections: profile must be a profile's name: 1 to 64 printable characters"),
        ],
    )
    def test_a_query_that_cannot_be(self, accounts, profile, said):
        accounts.deployment.program(
            f"from vpcep_pulumi import get_connections\nget_connections('svc', profile={profile})"
        )
        assert said in errors(accounts.deployment.preview())

    def test_get(self, accounts):
        accounts.deployment.program(
            """
            one = Approval.get("europe", "svc/ep2", profile="europe")
            pulumi.export("read", pulumi.Output.all(one.status, one.region, one.project_id))
            """
        )
        found = good(accounts.deployment.up()).outputs["read"]
        assert found == ["pendingAcceptance", REGIONS["europe"], EUROPE]
        good(accounts.deployment.refresh())
        good(accounts.deployment.destroy())
        assert accounts.posts() == NOTHING

    def test_a_secret_name_stays_one(self, accounts):
        accounts.entries["CANARYname"] = accounts.entries["europe"]
        accounts.configure()
        accounts.deployment.program(
            """
            Approval("one", service_id="svc", endpoint_id="ep2", profile=pulumi.Output.secret("CANARYname"))
            Approval.get("two", "svc/ep2", profile=pulumi.Output.secret("CANARYname"))
            """
        )
        for do in (accounts.deployment.preview, accounts.deployment.up, accounts.deployment.refresh):
            result = good(do())
            assert "CANARYname" not in str(result) + result.diff + accounts.deployment.state_text()
        accounts.europe.world.settings.tokens = ["another"]
        said = errors(accounts.deployment.up())
        assert "CANARYname" not in said
        assert "(profile '[secret]')" in said


def test_the_urn_is_as_before(accounts):
    """A profile is no part of a resource's identity."""
    good(accounts.deployment.up())
    assert f"urn:pulumi:dev::story::{APPROVAL}::north" in accounts.deployment.state_text()
