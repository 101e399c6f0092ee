"""Where settings come from: the first place wins, and a credential comes from one place whole."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from vpcep_pulumi.api.credentials import AccessKey, Token
from vpcep_pulumi.errors import SettingsError
from vpcep_pulumi.settings.keys import CONFIG, ENVIRONMENT
from vpcep_pulumi.settings.resolve import Settings, is_loopback, resolve

REGION = {"vpcep:region": "cn-north-4"}
KEY = {"HUAWEICLOUD_SDK_AK": "ak", "HUAWEICLOUD_SDK_SK": "sk"}


def found(config=REGION, environ=KEY, home=Path("/nowhere"), **arguments) -> Settings:
    return resolve(config=config, environ=environ, home=home, **arguments)


def sdk_profile(home: Path, text: str) -> Path:
    path = home / ".huaweicloud" / "credentials"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def cli_profile(home: Path, document) -> Path:
    path = home / ".hcloud" / "config.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(document))
    return path


def test_the_least_that_is_needed():
    assert found() == Settings(
        region="cn-north-4",
        project_id=None,
        project_name="cn-north-4",
        endpoint="https://vpcep.cn-north-4.myhuaweicloud.com",
        iam_endpoint="https://iam.cn-north-4.myhuaweicloud.com",
        credential=AccessKey("ak", SecretStr("sk")),
    )


def test_the_european_region_has_hosts_of_its_own():
    settings = found({"vpcep:region": "eu-west-101"})
    assert (settings.endpoint, settings.iam_endpoint) == (
        "https://vpcep.eu-west-101.myhuaweicloud.eu",
        "https://iam.eu-west-101.myhuaweicloud.eu",
    )


def test_arguments_come_before_configuration_before_the_environment():
    environ = {**KEY, "HW_REGION_NAME": "ap-southeast-1", "HW_PROJECT_ID": "p3"}
    config = {**REGION, "vpcep:projectId": "p2"}
    assert (found(config, environ).region, found(config, environ).project_id) == ("cn-north-4", "p2")
    settings = found(config, environ, region="ap-southeast-3", project_id="p1")
    assert (settings.region, settings.project_id) == ("ap-southeast-3", "p1")
    assert (found({}, environ).region, found({}, environ).project_id) == ("ap-southeast-1", "p3")


SPELLINGS = [dict(keys) for _, keys in ENVIRONMENT if "access_key" in keys]


@pytest.mark.parametrize("keys", [dict(CONFIG), *SPELLINGS], ids=lambda keys: keys["access_key"])
@pytest.mark.parametrize("temporary", [False, True])
def test_an_access_key_in_every_spelling(keys, temporary):
    values = {keys["access_key"]: "ak", keys["secret_key"]: "sk"}
    if temporary and "security_token" in keys:
        values[keys["security_token"]] = "st"
    in_config = keys == dict(CONFIG)
    settings = found(REGION | values if in_config else REGION, {} if in_config else values)
    token = SecretStr("st") if temporary and "security_token" in keys else None
    assert settings.credential == AccessKey("ak", SecretStr("sk"), token)


@pytest.mark.parametrize("keys", [dict(CONFIG), *SPELLINGS], ids=lambda keys: keys["access_key"])
@pytest.mark.parametrize("half", ["access_key", "secret_key", "security_token"])
@pytest.mark.parametrize(
    "elsewhere", [{}, {"CLOUD_SDK_AK": "other", "CLOUD_SDK_SK": "other"}], ids=["alone", "completed elsewhere"]
)
def test_half_a_credential_is_never_completed_from_elsewhere(keys, half, elsewhere):
    if half not in keys or (elsewhere and keys["access_key"] in elsewhere):
        return
    in_config = keys == dict(CONFIG)
    values = {keys[half]: "x"}
    with pytest.raises(SettingsError, match="half a credential") as error:
        found(REGION | values if in_config else REGION, elsewhere if in_config else elsewhere | values)
    assert keys[half] in str(error.value)


def test_a_token_is_taken_before_a_key_of_the_same_place():
    environ = {"HW_AUTH_TOKEN": "t", "HW_ACCESS_KEY": "ak", "HW_SECRET_KEY": "sk"}
    assert found(environ=environ).credential == Token(SecretStr("t"))


def test_empty_values_are_not_there():
    environ = {"HUAWEICLOUD_SDK_AK": "", "HUAWEICLOUD_SDK_SK": "  ", "HW_ACCESS_KEY": "ak", "HW_SECRET_KEY": "sk\n"}
    assert found(environ=environ).credential == AccessKey("ak", SecretStr("sk"))


def test_the_sdks_profile(tmp_path):
    sdk_profile(tmp_path, "[basic]\nak = ak\nsk = s%k\nproject_id = p\niam_endpoint = https://iam.example\n")
    settings = found(environ={}, home=tmp_path)
    assert settings.credential == AccessKey("ak", SecretStr("s%k"))
    assert (settings.project_id, settings.iam_endpoint) == ("p", "https://iam.example")


def test_the_sdks_profile_moved(tmp_path):
    moved = sdk_profile(tmp_path, "[basic]\nak = ak\nsk = sk\n").rename(tmp_path / "moved")
    for path in (str(moved), "~/moved"):
        environ = {"HUAWEICLOUD_SDK_CREDENTIALS_FILE": path}
        assert found(environ=environ, home=tmp_path).credential == AccessKey("ak", SecretStr("sk"))


PROFILES = {
    "current": "one",
    "profiles": [
        {"name": "one", "accessKeyId": "ak1", "secretAccessKey": "sk1", "region": "cn-north-4", "projectId": "p1"},
        {"name": "two", "accessKeyId": "ak2", "secretAccessKey": "sk2", "region": "eu-west-101"},
    ],
}


@pytest.mark.parametrize(
    ("chosen", "key", "region"), [({}, "ak1", "cn-north-4"), ({"HW_PROFILE": "two"}, "ak2", "eu-west-101")]
)
def test_the_command_lines_profile(tmp_path, chosen, key, region):
    cli_profile(tmp_path, PROFILES)
    settings = found({}, chosen, tmp_path)
    assert isinstance(settings.credential, AccessKey)
    assert (settings.credential.access_key, settings.region) == (key, region)


def test_a_profile_that_is_not_there_is_an_error_where_it_was_named(tmp_path):
    cli_profile(tmp_path, PROFILES)
    with pytest.raises(SettingsError, match="no profile 'three', which HW_PROFILE names"):
        found({}, {"HW_PROFILE": "three"}, tmp_path)


def test_a_broken_profile_is_an_error_only_where_it_is_needed(tmp_path):
    sdk_profile(tmp_path, "ak = s3cr3t\n")
    assert found(
        {**REGION, "vpcep:projectId": "p", "vpcep:endpoint": "https://x", "vpcep:iamEndpoint": "https://y"},
        {**KEY, "HW_PROJECT_NAME": "n"},
        tmp_path,
    )
    with pytest.raises(SettingsError, match="is not an INI file") as error:
        found(environ={}, home=tmp_path)
    assert "s3cr3t" not in str(error.value)


def test_no_region_names_every_place():
    with pytest.raises(SettingsError, match="no region") as error:
        found({}, KEY)
    for place in ("vpcep:region", "HW_REGION_NAME", "/nowhere/.hcloud/config.json", "pulumi config set vpcep:region"):
        assert place in str(error.value)


def test_no_credentials_names_every_place():
    with pytest.raises(SettingsError, match="no credentials") as error:
        found(environ={})
    for place in (
        "vpcep:accessKey",
        "HUAWEICLOUD_SDK_AK",
        "HW_ACCESS_KEY",
        "CLOUD_SDK_AK",
        "/nowhere/.huaweicloud/credentials",
    ):
        assert place in str(error.value)


@pytest.mark.parametrize("region", ["CN-NORTH-4", "x", "evil.example/", "a b", "cn-north-4\n#"])
def test_a_malformed_region_goes_into_no_host_name(region):
    with pytest.raises(SettingsError, match="is not a region"):
        found({}, KEY, region=region)


@pytest.mark.parametrize(
    ("config", "environ", "endpoint"),
    [
        ({"vpcep:endpoint": "https://a.example/"}, {"VPCEP_ENDPOINT": "https://b.example"}, "https://a.example"),
        ({}, {"VPCEP_ENDPOINT": "https://b.example:8443/x/"}, "https://b.example:8443"),
        ({}, {"VPCEP_ENDPOINT": "b.example"}, "https://b.example"),
        ({}, {"HUAWEICLOUD_SDK_REGION_VPCEP_CN_NORTH_4": "https://c.example"}, "https://c.example"),
        ({}, {"VPCEP_ENDPOINT": "http://127.0.0.1:8080"}, "http://127.0.0.1:8080"),
        ({}, {"VPCEP_ENDPOINT": "http://[::1]:8080"}, "http://[::1]:8080"),
    ],
)
def test_the_services_address(config, environ, endpoint):
    assert found(REGION | config, KEY | environ).endpoint == endpoint


def test_terraforms_address_of_iam_ends_in_v3():
    assert found(environ={**KEY, "HW_AUTH_URL": "https://iam.example:443/v3"}).iam_endpoint == "https://iam.example:443"


@pytest.mark.parametrize(
    "address",
    [
        "http://vpcep.example",
        "http://127.0.0.1.example",
        "http://169.254.169.254",
        "ftp://127.0.0.1",
        "https://",
        "https://u:p@x",
        "https://x:port",
        "https://[::1",
    ],
)
def test_credentials_go_over_https_save_to_this_machine(address):
    with pytest.raises(SettingsError) as error:
        found({**REGION, "vpcep:endpoint": address})
    assert "u:p" not in str(error.value)


@given(st.text())
def test_an_address_is_an_address_or_an_error(text):
    try:
        settings = found({**REGION, "vpcep:endpoint": text})
    except SettingsError:
        return
    assert settings.endpoint.startswith("https://") or is_loopback(settings.endpoint)


@pytest.mark.parametrize("value", ["bad\nkey", "schlüssel", "a\x00b"])
def test_a_credential_that_no_header_takes_is_refused_unseen(value):
    with pytest.raises(SettingsError, match="HUAWEICLOUD_SDK_SK") as error:
        found(environ={"HUAWEICLOUD_SDK_AK": "ak", "HUAWEICLOUD_SDK_SK": value})
    assert value not in str(error.value)


def test_no_repr_shows_a_secret():
    assert "s3cr3t" not in repr(found(environ={"HUAWEICLOUD_SDK_AK": "ak", "HUAWEICLOUD_SDK_SK": "s3cr3t"}))
