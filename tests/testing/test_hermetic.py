"""Nothing of whoever runs the tests reaches a program under test, whatever is in their home folder or environment."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from vpcep_pulumi.settings import keys
from vpcep_pulumi.testing.engine.secrets import Passphrase
from vpcep_pulumi.testing.loopback import reached_directly
from vpcep_pulumi.testing.pytest_plugin import PROFILES

PROGRAM = """
from vpcep_pulumi import EndpointConnectionApproval

EndpointConnectionApproval("billing", service_id="svc", endpoint_id="ep")
"""
TESTS = """
import json
from vpcep_pulumi import EndpointConnectionApproval

def function():
    EndpointConnectionApproval("billing", service_id="svc", endpoint_id="ep")

def projects(vpcep):
    return {call["path"].split("/")[2] for call in vpcep.calls() if call["path"].startswith("/v1/")}

def test_nothing_of_theirs_is_read(vpcep, stack):
    vpcep.connect("svc", "ep")
    for program in ("infra/", function):
        stack.up(program)
    stack.destroy()
    assert "of-theirs" not in str(projects(vpcep)), projects(vpcep)

def test_ones_own_is(vpcep, stack, tmp_path, monkeypatch):
    vpcep.connect("svc", "ep")
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"current": "a", "profiles": [{"name": "a", "projectId": "of-the-test"}]}))
    monkeypatch.setenv("HW_SHARED_CONFIG_FILE", str(path))
    stack.up("infra/")
    assert projects(vpcep) == {"of-the-test"}

def profiled():
    EndpointConnectionApproval("billing", service_id="svc", endpoint_id="ep", profile="prod")

def test_an_address_of_a_profile_is_not_reached(vpcep, stack):
    vpcep.connect("svc", "ep")
    addresses = {"endpoint": "https://vpcep.example", "iamEndpoint": "https://iam.example"}
    stack.config["vpcep:profiles"] = stack.secret({"prod": {"token": "any", "projectId": "of-the-profile", **addresses}})
    stack.up(profiled)
    assert projects(vpcep) == {"of-the-profile"}
"""
THEIRS = {
    "that name a project": (
        "[basic]\nak = AK\nsk = SK\nproject_id = of-theirs\n",
        json.dumps({"current": "a", "profiles": [{"name": "a", "projectId": "of-theirs", "region": "of-theirs"}]}),
    ),
    "that are broken": ("no INI", "{"),
}


@pytest.mark.parametrize("where", ["home", "variables"])
@pytest.mark.parametrize("profiles", THEIRS.values(), ids=THEIRS)
def test_profiles(pytester: pytest.Pytester, monkeypatch, tmp_path: Path, profiles, where):
    infra = pytester.mkdir("infra")
    (infra / "Pulumi.yaml").write_text("name: infra\nruntime: python\n")
    (infra / "__main__.py").write_text(PROGRAM)
    for (variable, path), text in zip((keys.SDK_PROFILE, keys.CLI_PROFILE), profiles, strict=True):
        file = tmp_path / "theirs" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        if where == "variables":
            monkeypatch.setenv(variable, str(file))
    if where == "home":
        monkeypatch.setenv("HOME", str(tmp_path / "theirs"))
    pytester.makepyfile(test_infra=TESTS)
    pytester.runpytest_subprocess("-pno:cacheprovider", "-pno:schemathesis").assert_outcomes(passed=3)


def test_every_profile_is_cut_off():
    """The plugin knows them by name: it imports nothing of the settings."""
    assert set(PROFILES) == {keys.SDK_PROFILE[0], keys.CLI_PROFILE[0]}


def test_lists_of_hosts_without_a_proxy_are_kept(pytester: pytest.Pytester, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "example.com")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    pytester.makepyfile(
        test_infra="""
import os, urllib.request, httpx

def test_it(vpcep):
    assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == "example.com,127.0.0.1,localhost,::1"
    assert httpx.get(vpcep.url).status_code == urllib.request.urlopen(vpcep.url).status == 200
"""
    )
    pytester.runpytest_subprocess("-pno:cacheprovider", "-pno:schemathesis").assert_outcomes(passed=1)


@pytest.mark.parametrize("named", ["variable", "file"])
def test_a_passphrase_of_ones_own_opens_the_stacks_file(pytester: pytest.Pytester, monkeypatch, named):
    """Without one, the fixture has its own."""
    infra, crypter = pytester.mkdir("infra"), Passphrase("of the team")
    (infra / "Pulumi.yaml").write_text("name: infra\nruntime: python\n")
    (infra / "Pulumi.test.yaml").write_text(
        f"encryptionsalt: {crypter.salt}\nconfig: {{key: {{secure: {crypter.encrypt('CANARY')}}}}}\n"
    )
    (infra / "__main__.py").write_text("import pulumi\npulumi.export('key', pulumi.Config().require_secret('key'))\n")
    if named == "variable":
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "of the team")
    else:
        (pytester.path / "phrase").write_text("of the team\n")
        monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", "phrase")
    pytester.makepyfile(
        test_infra="def test_it(stack):\n    assert stack.up('infra/').outputs['key'].value == 'CANARY'\n"
    )
    pytester.runpytest_subprocess("-pno:cacheprovider", "-pno:schemathesis").assert_outcomes(passed=1)


def test_several_functions_at_once_share_a_variable(monkeypatch):
    """The last that ends puts it back, and no other."""
    monkeypatch.setenv("no_proxy", "example.com")
    before = dict(os.environ)
    first, second = reached_directly(), reached_directly()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert os.environ["no_grpc_proxy"] == "example.com,127.0.0.1,localhost,::1"  # noqa: SIM112 -- gRPC knows no other
    second.__exit__(None, None, None)
    assert dict(os.environ) == before
