"""Profiles: whose credential and project a resource has, and that it has no other's."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from vpcep_pulumi.api.credentials import AccessKey, Token
from vpcep_pulumi.errors import SettingsError
from vpcep_pulumi.settings.keys import CONFIG, ENVIRONMENT, PROFILE_KEYS, PROFILES, SECRET_CONFIG
from vpcep_pulumi.settings.resolve import Settings, resolve

CANARY = "s3cr3t-canary"
NOWHERE = Path("/nowhere")
OTHERS = {
    "vpcep:projectId": "p-config",
    "vpcep:token": "t-config",
    "vpcep:accessKey": "ak-config",
    "vpcep:secretKey": "sk-config",
}
ENVIRON = {
    "HUAWEICLOUD_SDK_AK": "ak-sdk",
    "HUAWEICLOUD_SDK_SK": "sk-sdk",
    "HUAWEICLOUD_SDK_PROJECT_ID": "p-sdk",
    "HW_AUTH_TOKEN": "t-terraform",
    "HW_PROJECT_ID": "p-terraform",
    "HW_PROJECT_NAME": "name-terraform",
}
REGION = {"vpcep:region": "cn-north-4"}


def configured(profiles: object, **config: str) -> dict[str, str]:
    return {PROFILES: profiles if isinstance(profiles, str) else json.dumps(profiles), **config}


def found(profile: str | None = "prod", *, config=None, environ=None, home=NOWHERE, **arguments) -> Settings:
    config = {**REGION, **(config or {})}
    return resolve(profile=profile, config=config, environ=environ or {}, home=home, **arguments)


def refusal(*args, **options) -> str:
    with pytest.raises(SettingsError) as error:
        found(*args, **options)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__ or error.value.__context__ is None
    return str(error.value)


def cli_file(home: Path, *profiles: dict[str, str], current: str = "one") -> Path:
    path = home / ".hcloud" / "config.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"current": current, "profiles": profiles}))
    return path


def sdk_file(home: Path, text: str) -> None:
    path = home / ".huaweicloud" / "credentials"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


PROD = {"accessKey": "ak", "secretKey": "sk"}


class TestWhatAProfileHas:
    def test_everything(self):
        entry = {
            "region": "eu-west-101",
            "projectId": "p",
            "endpoint": "https://vpcep.example",
            "iamEndpoint": "https://iam.example/v3",
            "accessKey": "ak",
            "secretKey": "sk",
            "securityToken": "st",
        }
        assert found(config=configured({"prod": entry}), environ=ENVIRON) == Settings(
            region="eu-west-101",
            project_id="p",
            project_name="eu-west-101",
            endpoint="https://vpcep.example",
            iam_endpoint="https://iam.example",
            credential=AccessKey("ak", SecretStr("sk"), SecretStr("st")),
        )

    def test_a_token(self):
        settings = found(config=configured({"prod": {"token": "t", **PROD}}))
        assert settings.credential == Token(SecretStr("t"))

    def test_it_is_asked_of_iam_which_project_it_is(self):
        """No source's project, and no source's name of one: they belong to another account."""
        settings = found(config=configured({"prod": PROD}, **OTHERS), environ=ENVIRON)
        assert (settings.project_id, settings.project_name) == (None, "cn-north-4")

    def test_the_resources_own_project_and_region_come_first(self):
        config = configured({"prod": {**PROD, "projectId": "p", "region": "eu-west-101"}}, **OTHERS)
        settings = found(config=config, environ=ENVIRON, region="cn-east-3", project_id="own")
        assert (settings.region, settings.project_id) == ("cn-east-3", "own")

    @pytest.mark.parametrize(
        ("entry", "environ", "region"),
        [
            ({}, {}, "cn-north-4"),
            ({}, {"HW_REGION_NAME": "cn-south-1"}, "cn-north-4"),
            ({"region": "cn-east-3"}, {"HW_REGION_NAME": "cn-south-1"}, "cn-east-3"),
        ],
    )
    def test_the_region_may_be_another_sources(self, entry, environ, region):
        assert found(config=configured({"prod": {**PROD, **entry}}), environ=environ).region == region

    def test_a_resource_without_one_is_as_it_was(self):
        assert found(None, config=configured({"prod": PROD}, **OTHERS)).credential == Token(SecretStr("t-config"))
        assert found(None, config={PROFILES: "not JSON", **OTHERS}).credential == Token(SecretStr("t-config"))


TWO = {"name": "two", "accessKeyId": "ak2", "secretAccessKey": "sk2", "region": "eu-west-101", "projectId": "p2"}
ONE = {"name": "one", "accessKeyId": "ak1", "secretAccessKey": "sk1", "region": "cn-east-3", "projectId": "p1"}


class TestKooclis:
    def test_one_of_its_profiles(self, tmp_path):
        cli_file(tmp_path, ONE, TWO)
        settings = found("two", environ=ENVIRON, home=tmp_path)
        assert settings.credential == AccessKey("ak2", SecretStr("sk2"))
        assert (settings.region, settings.project_id) == ("eu-west-101", "p2")

    def test_the_stacks_configuration_comes_first(self, tmp_path):
        cli_file(tmp_path, ONE, TWO)
        settings = found("two", config=configured({"two": PROD}), home=tmp_path)
        assert settings.credential == AccessKey("ak", SecretStr("sk"))
        assert (settings.region, settings.project_id) == ("cn-north-4", None)

    def test_the_one_that_hw_profile_selects_is_another(self, tmp_path):
        cli_file(tmp_path, ONE, {"name": "bare"})
        assert "no credentials" in refusal("bare", environ={"HW_PROFILE": "one"}, home=tmp_path)

    def test_the_first_of_two_with_one_name(self, tmp_path):
        cli_file(tmp_path, TWO, {**ONE, "name": "two"})
        assert found("two", home=tmp_path).project_id == "p2"

    def test_the_file_is_moved(self, tmp_path):
        moved = cli_file(tmp_path, TWO).rename(tmp_path / "moved")
        assert found("two", environ={"HW_SHARED_CONFIG_FILE": str(moved)}).project_id == "p2"

    def test_it_is_not_read_where_the_configuration_has_the_profile(self, tmp_path):
        cli_file(tmp_path).write_text("not JSON")
        assert found(config=configured({"prod": PROD}), home=tmp_path).credential == AccessKey("ak", SecretStr("sk"))
        assert refusal("two", home=tmp_path) == (
            f"profile 'two': the profile {tmp_path}/.hcloud/config.json is not JSON"
        )

    def test_a_broken_file_of_the_sdks_is_not_read(self, tmp_path):
        """It can have neither the credential nor the project."""
        sdk_file(tmp_path, f"ak = {CANARY}\n")
        cli_file(tmp_path, TWO)
        with pytest.raises(SettingsError, match="not an INI file"):
            found(None, home=tmp_path)
        environ = {"VPCEP_ENDPOINT": "http://127.0.0.1:1", "HW_AUTH_URL": "http://127.0.0.1:1"}
        assert found("two", environ=environ, home=tmp_path).project_id == "p2"


class TestThatIsNotThere:
    def test_both_places_are_named_and_what_is_there(self, tmp_path):
        path = cli_file(tmp_path, {"name": "one", "accessKeyId": CANARY}, {"name": "two"})
        config = configured({"test": {"secretKey": CANARY}, "dev": {}})
        assert refusal(config=config, home=tmp_path) == (
            "profile 'prod': there is no such profile: vpcep:profiles in the stack's configuration has 'dev', 'test', "
            f"and KooCLI's file {path} has 'one', 'two'"
        )

    @pytest.mark.parametrize("config", [{}, {PROFILES: ""}, {PROFILES: " "}, {PROFILES: "{}"}])
    def test_nothing_is_there(self, config):
        assert refusal(config=config) == (
            "profile 'prod': there is no such profile: vpcep:profiles in the stack's configuration has none, and "
            "KooCLI's file /nowhere/.hcloud/config.json is not there"
        )


IT_TAKES = 'it takes a JSON object of objects, such as {"prod": {"accessKey": "…", "secretKey": "…"}}'


class TestMalformed:
    @pytest.mark.parametrize(
        ("profiles", "said"),
        [
            (f"{{{CANARY}", f"vpcep:profiles is not JSON; {IT_TAKES}"),
            ("[" * 100_000, f"vpcep:profiles is not JSON; {IT_TAKES}"),
            ([CANARY], f"vpcep:profiles is not an object; {IT_TAKES}"),
            (json.dumps(CANARY), f"vpcep:profiles is not an object; {IT_TAKES}"),
            ({"token": CANARY}, f"vpcep:profiles: the entry 'token' is not an object; {IT_TAKES}"),
            (
                {"prod": {"secretkey": CANARY}},
                "vpcep:profiles: its entry has the key 'secretkey', which is read by nobody; is secretKey meant?",
            ),
            (
                {"prod": {"acess_key": CANARY}},
                "vpcep:profiles: its entry has the key 'acess_key', which is read by nobody; is accessKey meant?",
            ),
            (
                {"prod": PROD, "dev": {"x": CANARY}},
                "vpcep:profiles: the entry 'dev' has the key 'x', which is read by nobody; there are accessKey, "
                "cloud, endpoint, iamEndpoint, projectId, region, secretKey, securityToken, token",
            ),
            ({"prod": {"token": [CANARY]}}, "vpcep:profiles: its entry has no string as its token"),
            ({"prod": {"token": None}}, "vpcep:profiles: its entry has no string as its token"),
            ({"prod": {"projectId": 4711}}, "vpcep:profiles: its entry has no string as its projectId"),
        ],
    )
    def test_the_configuration(self, profiles, said):
        assert refusal(config=configured(profiles)) == f"profile 'prod': {said}"

    @pytest.mark.parametrize(
        ("entry", "said"),
        [
            (
                {"accessKey": CANARY},
                "half a credential: the entry of vpcep:profiles has accessKey but not secretKey. Set both there, or "
                "neither: a credential is never put together from two places",
            ),
            (
                {"projectId": "p"},
                "no credentials; looked in the entry of vpcep:profiles (accessKey). Only the profile's own are used: "
                "add them",
            ),
            (
                {"accessKey": "ak", "secretKey": f"{CANARY}\x00"},
                "secretKey in the entry of vpcep:profiles holds characters that no credential has",
            ),
            ({**PROD, "region": CANARY + "/"}, "region in the entry of vpcep:profiles is not a region; one looks like"),
            ({**PROD, "endpoint": f"{CANARY}:x"}, "endpoint: its value is not an address such as"),
            ({**PROD, "endpoint": f"https:///{CANARY}"}, "endpoint: its value is not an address such as"),
            ({**PROD, "endpoint": f"http://{CANARY}"}, "endpoint: its value is plain http;"),
            ({**PROD, "iamEndpoint": f"https://x/{CANARY}"}, "iamEndpoint: its value has a path, which nothing"),
            ({**PROD, "iamEndpoint": f"u:{CANARY}@x"}, "iamEndpoint: an address must not hold a user name"),
        ],
    )
    def test_the_profile(self, entry, said):
        found = refusal(config=configured({"prod": entry}, **OTHERS), environ=ENVIRON)
        assert found.startswith(f"profile 'prod': {said}")
        assert found.count("prod") == 1
        assert CANARY not in found

    def test_half_of_one_in_kooclis_file(self, tmp_path):
        path = cli_file(tmp_path, {"name": "prod", "accessKeyId": "ak"})
        assert refusal(environ=ENVIRON, home=tmp_path).startswith(
            f"profile 'prod': half a credential: the entry of {path} has accessKeyId but not secretAccessKey."
        )

    def test_no_region_names_every_place(self):
        with pytest.raises(SettingsError) as error:
            resolve(profile="prod", config=configured({"prod": PROD}), environ={}, home=NOWHERE)
        assert str(error.value) == (
            "profile 'prod': no region; looked in the resource's arguments (region), the entry of vpcep:profiles "
            "(region), the stack's configuration (vpcep:region), the environment as Terraform spells it "
            "(HW_REGION_NAME), KooCLI's profile /nowhere/.hcloud/config.json (region). Set it with "
            "`pulumi config set vpcep:region <region>`"
        )


ORANGE = "prod-cloud-ocb.orange-business.com"


class TestWhereACredentialGoes:
    """An address of another source was not written for the profile's credential."""

    def test_the_simulator_needs_one_address(self):
        environ = {"VPCEP_ENDPOINT": "http://127.0.0.1:8080"}
        settings = found(config=configured({"prod": PROD}), environ=environ)
        assert (settings.endpoint, settings.iam_endpoint) == ("http://127.0.0.1:8080", "http://127.0.0.1:8080")
        assert settings.endpoint_named_by == "VPCEP_ENDPOINT"

    @pytest.mark.parametrize(
        "environ",
        [
            {"VPCEP_ENDPOINT": f"https://vpcep.cn-north-4.{ORANGE}"},
            {"HW_AUTH_URL": f"https://iam.cn-north-4.{ORANGE}/v3"},
            {
                "HUAWEICLOUD_SDK_REGION_VPCEP_CN_NORTH_4": f"https://vpcep.cn-north-4.{ORANGE}",
                "HUAWEICLOUD_SDK_IAM_ENDPOINT": f"https://iam.cn-north-4.{ORANGE}",
            },
        ],
    )
    @pytest.mark.parametrize("project", [{}, {"projectId": "p"}])
    def test_another_cloud_in_the_environment(self, environ, project):
        config = configured({"prod": {**PROD, **project}})
        variable, address = next(iter(environ.items()))
        host = address.removeprefix("https://").removesuffix("/v3")
        key = "endpoint" if "vpcep" in host else "iamEndpoint"
        assert refusal(config=config, environ=environ) == (
            f"profile 'prod': {variable} names {host}, which is in another cloud than the region cn-north-4 "
            "(myhuaweicloud.com): this profile's credentials are not sent there. To go on, set cloud in the profile's "
            f"entry of vpcep:profiles to the cloud's domain, or name the address with {key} in the profile's entry of "
            "vpcep:profiles"
        )
        assert refusal(config=config, environ={**environ, "HW_CLOUD": ORANGE}) == refusal(
            config=config, environ=environ
        )
        config = configured({"prod": {**PROD, **project, "cloud": ORANGE}})
        settings = found(config=config, environ=environ)
        assert settings.endpoint == f"https://vpcep.cn-north-4.{ORANGE}"

    @pytest.mark.parametrize("region", ["cn-north-4", "eu-west-101"])
    def test_the_environments_cloud_is_another_credentials(self, region):
        config = configured({"prod": {**PROD, "region": region}})
        settings = found(config=config, environ={"HW_CLOUD": ORANGE})
        assert settings == found(config=config)
        domain = "myhuaweicloud.eu" if region == "eu-west-101" else "myhuaweicloud.com"
        assert (settings.endpoint, settings.iam_endpoint) == tuple(
            f"https://{each}.{region}.{domain}" for each in ("vpcep", "iam")
        )

    def test_nor_is_it_for_a_profile_of_kooclis(self, tmp_path):
        cli_file(tmp_path, TWO)
        assert found("two", environ={"HW_CLOUD": ORANGE}, home=tmp_path) == found("two", home=tmp_path)

    def test_a_cloud_of_its_own(self):
        config = configured({"prod": {**PROD, "cloud": ORANGE.upper()}})
        settings = found(config=config, environ={"HW_CLOUD": "myhuaweicloud.com"})
        assert settings.endpoint == f"https://vpcep.cn-north-4.{ORANGE}"
        assert settings.iam_endpoint == f"https://iam.cn-north-4.{ORANGE}"

    def test_a_cloud_of_its_own_is_not_shown(self):
        environ = {"VPCEP_ENDPOINT": "https://vpcep.cn-north-4.myhuaweicloud.com"}
        config = configured({"prod": {**PROD, "cloud": f"{CANARY}.example"}})
        assert refusal(config=config, environ=environ).startswith(
            "profile 'prod': VPCEP_ENDPOINT names vpcep.cn-north-4.myhuaweicloud.com, which is in another cloud than "
            "the region cn-north-4 (the profile's own): this"
        )
        entry = {**PROD, "cloud": f"{CANARY}.example", "endpoint": "https://other.example"}
        assert refusal(config=configured({"prod": entry})).startswith(
            "profile 'prod': requests go to endpoint in the entry of vpcep:profiles, but IAM would be asked for the "
            "project at the region's host in the profile's cloud, which is another cloud"
        )
        assert refusal(config=configured({"prod": {**PROD, "cloud": CANARY}})) == (
            "profile 'prod': the entry of vpcep:profiles (cloud): its value is not a cloud's domain such as "
            "myhuaweicloud.com"
        )

    def test_a_profiles_own_address_is_not_paired_with_anothers(self):
        environ = {"HW_AUTH_URL": "https://iam.myhuaweicloud.com"}
        entry = {**PROD, "endpoint": "https://vpcep.example"}
        assert refusal(config=configured({"prod": entry}), environ=environ) == (
            "profile 'prod': requests go to endpoint in the entry of vpcep:profiles, but IAM would be asked for the project "
            "at iam.cn-north-4.myhuaweicloud.com, which is another cloud: these credentials are not sent there. Set "
            "the project's id with projectId in the profile, or project_id of the resource, or set cloud in the "
            "profile's entry of vpcep:profiles to the cloud's domain, or name the address with iamEndpoint in the "
            "profile's entry of vpcep:profiles"
        )
        settings = found(config=configured({"prod": {**entry, "projectId": "p"}}), environ=environ)
        assert settings.endpoint == "https://vpcep.example"

    def test_an_iam_of_its_own_and_a_service_of_another(self):
        entry = {**PROD, "iamEndpoint": f"https://iam.{ORANGE}"}
        environ = {"VPCEP_ENDPOINT": "https://vpcep.cn-north-4.myhuaweicloud.com"}
        assert refusal(config=configured({"prod": entry}), environ=environ).startswith(
            "profile 'prod': IAM is at iamEndpoint in the entry of vpcep:profiles, but requests would go to "
            "vpcep.cn-north-4.myhuaweicloud.com, which is another cloud: these credentials are not sent there. To go "
            "on, set cloud in the profile's entry of vpcep:profiles to"
        )

    @pytest.mark.parametrize(
        "entry",
        [
            {"endpoint": "https://vpcep.example"},
            {"iamEndpoint": "https://iam.myhuaweicloud.com"},
            {"endpoint": "https://vpcep.example", "iamEndpoint": "https://iam.example"},
        ],
    )
    @pytest.mark.parametrize("iam", [{}, {"HW_AUTH_URL": "http://127.0.0.1:2"}, {"HW_AUTH_URL": "https://iam.example"}])
    def test_a_test_reaches_nothing_but_this_machine(self, entry, iam):
        """Whatever addresses a profile names: the stack fixture promises it."""
        here = "http://127.0.0.1:1"
        config = configured({"prod": {**PROD, **entry}})
        expected = (here, iam["HW_AUTH_URL"] if "127" in str(iam) else here)
        settings = found(config=config, environ={"VPCEP_ENDPOINT": here, **iam})
        assert (settings.endpoint, settings.iam_endpoint, settings.endpoint_named_by) == (*expected, "VPCEP_ENDPOINT")
        settings = found(config={**config, "vpcep:endpoint": here, "vpcep:iamEndpoint": here})
        assert (settings.endpoint, settings.iam_endpoint, settings.endpoint_named_by) == (here, here, "vpcep:endpoint")

    def test_a_profile_of_a_test_may_be_at_a_simulator_of_its_own(self):
        config = configured(
            {"prod": {**PROD, "endpoint": "http://127.0.0.1:2"}}, **{"vpcep:endpoint": "http://[::1]:1"}
        )
        settings = found(config=config, environ={"HW_AUTH_URL": "http://127.0.0.1:1"})
        assert (settings.endpoint, settings.iam_endpoint) == ("http://127.0.0.1:2", "http://127.0.0.1:2")

    def test_an_address_of_its_own_comes_before_anothers(self):
        entry = {**PROD, "endpoint": "https://a.example", "iamEndpoint": "https://b.example"}
        environ = {"VPCEP_ENDPOINT": "https://c.example", "HW_AUTH_URL": "https://d.example"}
        settings = found(config=configured({"prod": entry}), environ=environ)
        assert (settings.endpoint, settings.iam_endpoint) == ("https://a.example", "https://b.example")

    def test_another_host_of_the_same_cloud(self):
        environ = {"HW_AUTH_URL": "https://iam.myhuaweicloud.com/v3"}
        settings = found(config=configured({"prod": PROD}), environ=environ)
        assert (settings.iam_endpoint, settings.iam_named_by) == ("https://iam.myhuaweicloud.com", "HW_AUTH_URL")

    @pytest.mark.parametrize(
        ("entry", "by"),
        [
            ({"endpoint": "https://x", "iamEndpoint": "https://y"}, "endpoint in the entry of vpcep:profiles"),
            ({"region": "cn-east-3"}, "the region cn-east-3 (region in the entry of vpcep:profiles)"),
        ],
    )
    def test_what_names_it_is_known(self, entry, by):
        assert found(config=configured({"prod": {**PROD, **entry}})).endpoint_named_by == by


PARTS = ("project_id", "access_key", "secret_key", "security_token", "token", "project_name")
places = {"config": dict(CONFIG), **{name: dict(keys) for name, keys in ENVIRONMENT}}
of_account = st.fixed_dictionaries(
    {name: st.sets(st.sampled_from([part for part in PARTS if part in keys])) for name, keys in places.items()}
)
entries = st.sets(st.sampled_from(["project_id", "access_key", "secret_key", "security_token", "token"]))


@given(of_account, entries, st.booleans(), st.booleans())
def test_no_credential_and_no_project_ever_comes_from_elsewhere(others, own, in_file, with_files):
    """Whatever the sources have, the profile's settings are those that it would have alone."""
    values = {key: f"{name}-{part}" for name, parts in others.items() for part in parts for key in [places[name][part]]}
    config = {**REGION, **{key: value for key, value in values.items() if ":" in key}}
    environ = {key: value for key, value in values.items() if ":" not in key}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        koocli = {"access_key": "accessKeyId", "secret_key": "secretAccessKey", "security_token": "securityToken"}
        keys = {**koocli, "project_id": "projectId"} if in_file else dict(PROFILE_KEYS)
        entry = {keys[part]: f"own-{part}" for part in own if part in keys}
        current = {"name": "one", "accessKeyId": "x", "secretAccessKey": "x", "projectId": "x"} if with_files else {}
        cli_file(home, current, {"name": "prod", **entry} if in_file else {})
        if with_files:
            sdk_file(home, "[basic]\nak = x\nsk = x\nproject_id = x\n")
        config |= {} if in_file else configured({"prod": entry})

        def resolved(config, environ) -> Settings | str:
            try:
                return resolve(profile="prod", config=config, environ=environ, home=home)
            except SettingsError as error:
                return str(error)

        alone = {key: value for key, value in config.items() if key in (PROFILES, "vpcep:region")}
        came = resolved(config, environ)
        assert came == resolved(alone, {})
        assert not any(value in str(came) for value in values.values())


@given(st.dictionaries(st.sampled_from([*PROFILE_KEYS.values(), "other"]), st.just(CANARY) | st.just(f"{CANARY}/\x00")))
def test_no_secret_is_in_a_message_or_a_repr(entry):
    try:
        settings = found(config=configured({"prod": {**entry, "region": "cn-north-4"}}))
    except SettingsError as error:
        shown = str(error) + repr(error)
    else:
        shown = repr(settings.credential)
    assert CANARY not in shown


def test_profiles_are_a_secret():
    assert PROFILES in SECRET_CONFIG
