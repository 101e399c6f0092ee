"""One suite of stories, run over both engines: the local one always, the pulumi CLI where it is on PATH."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.conftest import undated
from vpcep_pulumi.testing.cli_engine import CliEngine, is_on_path
from vpcep_pulumi.testing.engine import LocalEngine
from vpcep_pulumi.testing.engine.secrets import Passphrase
from vpcep_pulumi.testing.results import Result
from vpcep_pulumi.testing.simulator import Simulator

APPROVAL = "pulumi-python:dynamic/vpcep:EndpointConnectionApproval"
HEADER = """
import pulumi
from vpcep_pulumi import EndpointConnectionApproval as Approval
"""
ECHO = '''
import typing
from pulumi import dynamic

class EchoProvider(dynamic.ResourceProvider):
    """Gives back what it is given; a change of `replaced` replaces."""

    def create(self, props):
        if props.get("fails"):
            raise Exception("echo fails")
        return dynamic.CreateResult("echo-id", dict(props))

    def diff(self, _id, olds, news):
        names = ("value", "replaced")
        return dynamic.DiffResult(
            changes=any(olds.get(name) != news.get(name) for name in names),
            replaces=["replaced"] if olds.get("replaced") != news.get("replaced") else [],
        )

    def update(self, _id, _olds, news):
        return dynamic.UpdateResult(dict(news))

class Echo(dynamic.Resource):
    value: pulumi.Output[typing.Any]
    def __init__(self, name, value=None, replaced=None, fails=None, opts=None):
        super().__init__(EchoProvider(), name, {"value": value, "replaced": replaced, "fails": fails}, opts)
'''


class Deployment:
    """A program, its stack on one of the engines, and the service that it talks to."""

    def __init__(self, engine: str, folder: Path, simulator: Simulator) -> None:
        self.engine_name = engine
        self.simulator = simulator
        self.folder = folder / "program"
        self.folder.mkdir()
        (self.folder / "Pulumi.yaml").write_text("name: story\nruntime: python\n")
        self.state = folder / "state"
        self.environ = {**os.environ, **simulator.environment, "PULUMI_CONFIG_PASSPHRASE": "correct horse"}
        self.config: dict[str, str] = {}

    def program(self, text: str) -> None:
        """What the program is from now on."""
        (self.folder / "__main__.py").write_text(HEADER + dedent(text))

    @cached_property
    def engine(self) -> LocalEngine | CliEngine:
        return self.another_engine()

    def another_engine(self, stack: str = "dev") -> LocalEngine | CliEngine:
        """On the same state, or on another stack's."""
        options: Any = {"stack": stack, "environ": self.environ, "config": self.config}
        if self.engine_name == "local":
            return LocalEngine(self.folder, self.state / f"{stack}.json", **options)
        return CliEngine(self.folder, self.state, **options)

    def secret_config(self, values: Mapping[str, str]) -> None:
        """Configuration as ``pulumi config set --secret`` writes it, with the means of the local engine."""
        crypter = Passphrase(self.environ["PULUMI_CONFIG_PASSPHRASE"])
        lines = [f"encryptionsalt: {crypter.salt}", "config:"]
        for key, value in values.items():
            lines += [f"  {key}:", f"    secure: {crypter.encrypt(value)}"]
        text = "\n".join(lines) + "\n"
        (self.folder / "Pulumi.dev.yaml").write_text(text)
        used = self.state / "project" / "Pulumi.dev.yaml"
        if used.exists():  # the CLI's own copy, which it keeps from its first operation on
            used.write_text(text)

    def preview(self, **options: Any) -> Result:
        return self._done("preview", options)

    def up(self, **options: Any) -> Result:
        return self._done("up", options)

    def refresh(self, **options: Any) -> Result:
        return self._done("refresh", options)

    def destroy(self, **options: Any) -> Result:
        return self._done("destroy", options)

    def _done(self, what: str, options: Mapping[str, Any]) -> Result:
        self.simulator.clear_calls()
        result: Result = getattr(self.engine, what)(**options)
        return result

    def urn(self, name: str, type_: str = APPROVAL) -> str:
        return f"urn:pulumi:dev::story::{type_}::{name}"

    def connect(self, *owners: str) -> None:
        """One connection to ``svc`` for each owner: ``ep0``, ``ep1`` and so on."""
        for number, owner in enumerate(owners):
            self.simulator.connect("svc", f"ep{number}", domain=owner)

    def posts(self) -> list[tuple[str, str]]:
        """Action and endpoint of each decision that the last operation sent, in no particular order."""
        return sorted((call["body"]["action"], call["body"]["endpoints"][0]) for call in self.simulator.calls("POST"))

    def reads(self) -> int:
        return len([call for call in self.simulator.calls("GET") if call["path"].endswith("/connections")])

    def state_text(self) -> str:
        """Every file of the state, as it lies on the disk."""
        files = [path for path in self.state.rglob("*") if path.is_file()]
        return "\n".join(path.read_text(errors="replace") for path in files)


def cli_only(reason: str) -> pytest.MarkDecorator:
    """On the CLI only: the local engine does not do what the test asks for.

    :param reason: what it lacks.
    """
    assert reason
    return pytest.mark.parametrize("deployment", ["cli"], indirect=True)


def shown(result: Result) -> str:
    """What an engine showed, without the padding that aligns its columns, and without times."""
    return undated(re.sub(r" +: ", ": ", result.diff))


def steps(result: Result) -> dict[str, str]:
    """By name: the stories' names are unambiguous."""
    return {urn.rpartition("::")[2]: op for urn, op in result.steps.items()}


@pytest.fixture(params=["local", "cli"])
def deployment(request: pytest.FixtureRequest, tmp_path: Path, simulator: Simulator) -> Deployment:
    if request.param == "cli" and not is_on_path():
        if os.environ.get("VPCEP_REQUIRE_PULUMI") == "1":
            pytest.fail("VPCEP_REQUIRE_PULUMI=1, but there is no pulumi CLI on PATH")
        pytest.skip("there is no pulumi CLI on PATH")
    return Deployment(request.param, tmp_path, simulator)


@pytest.fixture
def connected(deployment: Deployment) -> Deployment:
    """Three consumers wait for a decision."""
    for number in (1, 2, 3):
        deployment.simulator.connect("svc", f"ep{number}", domain="d1")
    return deployment
