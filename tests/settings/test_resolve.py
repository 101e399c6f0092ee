"""Where settings come from: the first place wins, and a credential comes from one place whole."""

import json
import os
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from vpcep_pulumi.api.credentials import AccessKey, Token
from vpcep_pulumi.errors import SettingsError
from vpcep_pulumi.settings.hosts import is_loopback
from vpcep_pulumi.settings.keys import CONFIG, ENVIRONMENT
from vpcep_pulumi.settings.resolve import Settings, resolve

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


@pytest.mark.parametrize(
    ("region", "cloud", "domain"),
    [
        ("cn-north-4", None, "myhuaweicloud.com"),
        ("eu-west-0", None, "myhuaweicloud.com"),
        ("eu-west-101", None, "myhuaweicloud.eu"),
        ("eu-west-102", None, "myhuaweicloud.eu"),
        ("eu-west-199", None, "myhuaweicloud.eu"),
        ("eu-west-101", "myhuaweicloud.com", "myhuaweicloud.com"),
        ("eu-west-0", "prod-cloud-ocb.orange-business.com", "prod-cloud-ocb.orange-business.com"),
        ("eu-de", "OTC.T-Systems.com", "otc.t-systems.com"),
    ],
)
def test_a_regions_hosts(region, cloud, domain):
    environ = KEY if cloud is None else {**KEY, "HW_CLOUD": cloud}
    settings = found({"vpcep:region": region}, environ)
    assert (settings.endpoint, settings.iam_endpoint) == (
        f"https://vpcep.{region}.{domain}",
        f"https://iam.{region}.{domain}",
    )


@pytest.mark.parametrize(
    "cloud",
    ["https://x.com", "x", "x.com/", "x.com:443", "u@x.com", "-x.com", "x..com", "127.0.0.1", "x.com\n#", "ä.com"],
)
def test_a_cloud_that_is_no_domain_goes_into_no_host_name(cloud):
    with pytest.raises(SettingsError, match=r"HW_CLOUD.* is not a cloud's domain"):
        found(environ={**KEY, "HW_CLOUD": f"x{cloud}" if cloud == "x.com\n#" else cloud})


PARTNER = "https://iam.eu-west-0.prod-cloud-ocb.orange-business.com/v3"


@pytest.mark.parametrize("variable", ["HW_AUTH_URL", "HUAWEICLOUD_SDK_IAM_ENDPOINT", "vpcep:iamEndpoint"])
@pytest.mark.parametrize("project", [{}, {"vpcep:projectId": "p"}])
def test_credentials_of_a_partners_cloud_go_to_no_other(variable, project):
    """With HW_AUTH_URL alone, the token went to myhuaweicloud.com."""
    elsewhere = {variable: PARTNER}
    config = {"vpcep:region": "eu-west-0", **project, **(elsewhere if ":" in variable else {})}
    environ = {"HW_AUTH_TOKEN": "t", **({} if ":" in variable else elsewhere)}
    with pytest.raises(SettingsError) as error:
        found(config, environ)
    for named in (
        "iam.eu-west-0.prod-cloud-ocb.orange-business.com",
        "vpcep.eu-west-0.myhuaweicloud.com",
        "HW_CLOUD",
        "VPCEP_ENDPOINT",
        "vpcep:endpoint",
    ):
        assert named in str(error.value)
    settings = found(config, {**environ, "HW_CLOUD": "prod-cloud-ocb.orange-business.com"})
    assert settings.endpoint == "https://vpcep.eu-west-0.prod-cloud-ocb.orange-business.com"
    settings = found(config, {**environ, "VPCEP_ENDPOINT": "https://vpcep.example"})
    assert settings.endpoint == "https://vpcep.example"


def test_iam_of_another_cloud_is_asked_for_no_project():
    environ = {**KEY, "VPCEP_ENDPOINT": "https://vpcep.example"}
    with pytest.raises(SettingsError) as error:
        found(environ=environ)
    for named in ("vpcep.example", "iam.cn-north-4.myhuaweicloud.com", "vpcep:projectId", "vpcep:iamEndpoint"):
        assert named in str(error.value)
    assert found({**REGION, "vpcep:projectId": "p"}, environ).endpoint == "https://vpcep.example"


@pytest.mark.parametrize(
    "address",
    ["https://iam.myhuaweicloud.com/v3", "https://iam.cn-east-3.myhuaweicloud.com", "HTTPS://IAM.MyHuaweiCloud.com"],
)
def test_another_host_of_the_same_cloud_is_no_other_cloud(address):
    assert found(environ={**KEY, "HW_AUTH_URL": address}).endpoint == "https://vpcep.cn-north-4.myhuaweicloud.com"


@pytest.mark.parametrize(
    "address",
    ["https://iam.notmyhuaweicloud.com", "https://myhuaweicloud.com.evil.example", "https://iam.myhuaweicloud.eu"],
)
def test_a_host_that_looks_like_the_clouds_is_another(address):
    with pytest.raises(SettingsError, match="another cloud"):
        found(environ={**KEY, "HW_AUTH_URL": address})


def test_the_simulator_needs_one_address():
    settings = found(environ={**KEY, "VPCEP_ENDPOINT": "http://127.0.0.1:8080"})
    assert (settings.endpoint, settings.iam_endpoint) == ("http://127.0.0.1:8080", "http://127.0.0.1:8080")


@pytest.mark.parametrize(
    ("environ", "default"),
    [
        ({}, True),
        ({"VPCEP_ENDPOINT": "https://vpcep.cn-north-4.myhuaweicloud.com"}, True),
        ({"VPCEP_ENDPOINT": "https://vpcep.cn-north-4.myhuaweicloud.com:443/v1"}, True),
        ({"VPCEP_ENDPOINT": "https://vpcep.cn-north-4.myhuaweicloud.com:8443"}, False),
        ({"VPCEP_ENDPOINT": "https://vpcep.cn-east-3.myhuaweicloud.com"}, False),
        ({"VPCEP_ENDPOINT": "http://127.0.0.1:8080"}, False),
        ({"HW_CLOUD": "evil.example"}, False),
    ],
)
def test_whether_requests_go_to_the_regions_own_host(environ, default):
    assert found({**REGION, "vpcep:projectId": "p"}, {**KEY, **environ}).is_default_endpoint is default


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
    sdk_profile(tmp_path, "[basic]\nak = ak\nsk = s%k\nproject_id = p\niam_endpoint = https://iam.myhuaweicloud.com\n")
    settings = found(environ={}, home=tmp_path)
    assert settings.credential == AccessKey("ak", SecretStr("s%k"))
    assert (settings.project_id, settings.iam_endpoint) == ("p", "https://iam.myhuaweicloud.com")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_profile_with_a_byte_order_mark(tmp_path, encoding):
    """As editors and shells of Windows write it: one place was "not an INI file", the other "not JSON"."""
    sdk_profile(tmp_path, "").write_text("[basic]\nak = ak\nsk = sk\nproject_id = p\n", encoding=encoding)
    cli_profile(tmp_path, {}).write_text(json.dumps(PROFILES), encoding=encoding)
    settings = found({}, {"HW_PROFILE": "two"}, tmp_path)
    assert (settings.region, settings.project_id) == ("eu-west-101", "p")


@pytest.mark.parametrize(
    ("config", "environ", "endpoint", "iam"),
    [
        ({}, {}, "the region cn-north-4 (vpcep:region)", "the region cn-north-4 (vpcep:region)"),
        ({"vpcep:endpoint": "https://x"}, {}, "vpcep:endpoint", "the region cn-north-4 (vpcep:region)"),
        ({}, {"VPCEP_ENDPOINT": "http://127.0.0.1:1"}, "VPCEP_ENDPOINT", "VPCEP_ENDPOINT"),
        (
            {},
            {"HUAWEICLOUD_SDK_REGION_VPCEP_CN_NORTH_4": "https://x", "HW_AUTH_URL": "https://y"},
            "HUAWEICLOUD_SDK_REGION_VPCEP_CN_NORTH_4",
            "HW_AUTH_URL",
        ),
    ],
)
def test_what_names_an_address_is_known(config, environ, endpoint, iam):
    settings = found({**REGION, "vpcep:projectId": "p", **config}, {**KEY, **environ})
    assert (settings.endpoint_named_by, settings.iam_named_by) == (endpoint, iam)


def test_what_names_the_region_is_known():
    assert found({}, KEY, region="cn-east-3").endpoint_named_by == (
        "the region cn-east-3 (region in the resource's arguments)"
    )


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
    config = {**REGION, "vpcep:projectId": "p", "vpcep:endpoint": "https://x", "vpcep:iamEndpoint": "https://y"}
    assert found(config, {**KEY, "HW_PROJECT_NAME": "n"}, tmp_path)
    with pytest.raises(SettingsError, match="is not an INI file") as error:
        found(environ={}, home=tmp_path)
    assert "s3cr3t" not in str(error.value)


@pytest.mark.parametrize("variable", ["HUAWEICLOUD_SDK_CREDENTIALS_FILE", "HW_SHARED_CONFIG_FILE"])
@pytest.mark.parametrize("kind", ["a pipe", "a device", "a socket", "a folder"])
def test_a_profile_that_is_no_file_is_refused_at_once(tmp_path, variable, kind):
    """A pipe was waited for until somebody wrote into it; /dev/zero was read until memory ended."""
    path = tmp_path / "p"
    with ExitStack() as held:
        if kind == "a pipe":
            os.mkfifo(path)
        elif kind == "a device":
            path = Path("/dev/zero")
        elif kind == "a socket":
            held.enter_context(socket.socket(socket.AF_UNIX)).bind(str(path))
        else:
            path.mkdir()
        with pytest.raises(SettingsError, match="cannot read the profile"):
            found(environ={variable: str(path)}, home=tmp_path)


def test_a_profile_has_an_end(tmp_path):
    path = tmp_path / "p"
    with path.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(SettingsError, match="it has more than 1048576 bytes"):
        found(environ={"HUAWEICLOUD_SDK_CREDENTIALS_FILE": str(path)}, home=tmp_path)


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
        ({}, {"VPCEP_ENDPOINT": "https://b.example:8443/v1/"}, "https://b.example:8443"),
        ({}, {"VPCEP_ENDPOINT": "b.example"}, "https://b.example"),
        ({}, {"HUAWEICLOUD_SDK_REGION_VPCEP_CN_NORTH_4": "https://c.example"}, "https://c.example"),
        ({}, {"VPCEP_ENDPOINT": "http://127.0.0.1:8080"}, "http://127.0.0.1:8080"),
        ({}, {"VPCEP_ENDPOINT": "http://[::1]:8080"}, "http://[::1]:8080"),
    ],
)
def test_the_services_address(config, environ, endpoint):
    assert found({**REGION, "vpcep:projectId": "p"} | config, KEY | environ).endpoint == endpoint


@pytest.mark.parametrize("address", ["https://b.example/gateway", "https://b.example/v1/x", "https://b.example?x=1"])
def test_an_address_with_a_path_is_refused(tmp_path, address):
    """Nothing would be sent to the path, and credentials to a host that was not meant alone."""
    environ = {"HW_REGION_NAME": "r-1", "HW_AUTH_TOKEN": "t", "VPCEP_ENDPOINT": address}
    with pytest.raises(SettingsError, match="has a path, which nothing would be sent to"):
        resolve(config={}, environ=environ, home=tmp_path)


def test_terraforms_address_of_iam_ends_in_v3():
    environ = {**KEY, "HW_AUTH_URL": "https://iam.myhuaweicloud.com:443/v3"}
    assert found(environ=environ).iam_endpoint == "https://iam.myhuaweicloud.com:443"


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
