"""Canaries in every place that a credential can come from: a whole story, with faults and debug logging, shows none."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from vpcep_pulumi.testing.engine import LocalEngine
from vpcep_pulumi.testing.engine.secrets import Passphrase
from vpcep_pulumi.testing.simulator import Simulator

SECRET, TOKEN = "CANARY-secret-key", "CANARY-token-of-some-length"
KEY = "CANARYACCESSKEY"
PHRASE = "CANARY-passphrase"
PROGRAM = """
import pulumi
from vpcep_pulumi import EndpointConnectionApproval as Approval
for number in (1, 2):
    approval = Approval(f"a{number}", service_id="svc", endpoint_id=f"ep{number}", description="ticket")
    pulumi.export(f"a{number}", approval.status)
"""
WATCHER = """
import logging, os, sys, tempfile, warnings
logging.basicConfig(filename=os.path.join(os.environ["WATCHED"], f"debug-{os.getpid()}.log"), level=logging.DEBUG)
logging.debug("started as %s in %s", sys.argv, os.getcwd())
logging.captureWarnings(True)
"""
"""Python imports it in every process that it starts in: everything is logged, in debug."""


@dataclass
class Place:
    """Where credentials are put."""

    folder: Path
    environ: dict[str, str]


def _profile(place: Place, variable: str, text: str) -> None:
    path = place.folder.parent / f"profile-{variable}"
    path.write_text(text)
    place.environ[variable] = str(path)


def _config(place: Place, **values: str) -> None:
    crypter = Passphrase(PHRASE)
    lines = [f"encryptionsalt: {crypter.salt}", "config:"]
    for name, value in values.items():
        lines += [f"  vpcep:{name}:", f"    secure: {crypter.encrypt(value)}"]
    (place.folder / "Pulumi.dev.yaml").write_text("\n".join(lines) + "\n")


CLI_PROFILE = {"current": "p", "profiles": [{"name": "p", "accessKeyId": KEY, "secretAccessKey": SECRET}]}
PLACES: dict[str, Callable[[Place], None]] = {
    "the SDKs' environment": lambda place: place.environ.update(HUAWEICLOUD_SDK_AK=KEY, HUAWEICLOUD_SDK_SK=SECRET),
    "Terraform's environment": lambda place: place.environ.update(HW_ACCESS_KEY=KEY, HW_SECRET_KEY=SECRET),
    "the documentation's environment": lambda place: place.environ.update(CLOUD_SDK_AK=KEY, CLOUD_SDK_SK=SECRET),
    "a token in the environment": lambda place: place.environ.update(HW_AUTH_TOKEN=TOKEN),
    "a temporary key": lambda place: place.environ.update(
        HW_ACCESS_KEY=KEY, HW_SECRET_KEY=SECRET, HW_SECURITY_TOKEN=TOKEN
    ),
    "the SDKs' profile": lambda place: _profile(
        place, "HUAWEICLOUD_SDK_CREDENTIALS_FILE", f"[basic]\nak = {KEY}\nsk = {SECRET}\n"
    ),
    "KooCLI's profile": lambda place: _profile(place, "HW_SHARED_CONFIG_FILE", json.dumps(CLI_PROFILE)),
    "secret configuration": lambda place: _config(place, accessKey=KEY, secretKey=SECRET),
    "a token in secret configuration": lambda place: _config(place, token=TOKEN),
}
TOLD_WHOLE = ("the SDKs' environment", "a temporary key", "secret configuration")
"""The places whose story is told to its end: what comes after the first update is the same for all of them."""
FAULTS = ("html", "other_id", "lost", "forbidden", "expired")
"""Those that say something, and few pauses between."""


@pytest.mark.parametrize("place", PLACES)
def test_no_canary_is_shown(tmp_path, place):
    program, watched = tmp_path / "program", tmp_path / "watched"
    for folder in (program, watched, watched / "tmp", tmp_path / "site"):
        folder.mkdir()
    (tmp_path / "site/sitecustomize.py").write_text(WATCHER)
    (program / "Pulumi.yaml").write_text("name: story\nruntime: python\n")
    (program / "__main__.py").write_text(PROGRAM)
    with Simulator.start(access_keys={KEY: SECRET}, tokens=[TOKEN]) as simulator:
        for number in (1, 2):
            simulator.connect("svc", f"ep{number}", domain="d1")
        found = Place(program, {"VPCEP_ENDPOINT": simulator.url, "HUAWEICLOUD_SDK_IAM_ENDPOINT": simulator.url})
        PLACES[place](found)
        environ = {
            **os.environ,
            **found.environ,
            "HW_REGION_NAME": "cn-north-4",
            "VPCEP_LOG": "debug",
            "PULUMI_CONFIG_PASSPHRASE": PHRASE,
            "WATCHED": str(watched),
            "TMPDIR": str(watched / "tmp"),
            "PYTHONPATH": os.pathsep.join([str(tmp_path / "site"), str(Path(__file__).parents[2])]),
        }
        engine = LocalEngine(program, watched / "dev.json", environ=environ)
        for kind in FAULTS:
            simulator.fault(kind, "POST", times=1)
        said = [engine.up()]
        simulator.clear_faults()
        if place in TOLD_WHOLE:
            said.append(engine.up())
            assert said[-1].ok
            simulator.reject("svc", "ep1")
            said.append(engine.up())
            simulator.fault("expired", times=1)
            said.append(engine.preview(refresh=True))
            simulator.clear_faults()
            said.append(engine.refresh())
        simulator.world.settings.access_keys, simulator.world.settings.tokens = {"other": "key"}, ["other-token"]
        said.append(engine.destroy() if place in TOLD_WHOLE else engine.preview())
        assert not said[-1].ok, "the credential is refused by now"
    text = "\n".join(f"{result}\n{result.diff}" for result in said)
    for path in watched.rglob("*"):
        text += f"\n{path}\n" + (path.read_text(errors="replace") if path.is_file() else "")
    assert "started as" in text, "the processes were watched"
    assert "/vpc-endpoint-services/svc/connections/action -> " in text, "so were the requests"
    for canary in (SECRET, TOKEN, PHRASE):
        assert canary not in text
