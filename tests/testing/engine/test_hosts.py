"""Provider hosts as processes: one for each provider resource, none left behind, one address for all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from vpcep_pulumi.testing.engine import LocalEngine
from vpcep_pulumi.testing.results import Result

PROGRAM = """
import json, os, pathlib, pulumi
from pulumi import dynamic

def write(what, **more):
    with open(os.environ["TRACE"], "a") as file:
        argv = pathlib.Path("/proc/self/cmdline").read_text().rstrip("\\0").split("\\0")
        file.write(json.dumps({"what": what, "pid": os.getpid(), "arguments": argv, **more}) + "\\n")

class Provider(dynamic.ResourceProvider):
    def configure(self, request):
        write("configure", size=request.config.get("size"))

    def create(self, props):
        write("create")
        return dynamic.CreateResult("id", props)

    def delete(self, _id, _props):
        write("delete")

class Thing(dynamic.Resource):
    def __init__(self, name, opts=None):
        super().__init__(Provider(), name, {}, opts)

write("program")
"""


class Traced:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        environ = {**os.environ, "PULUMI_CONFIG_PASSPHRASE": "p", "TRACE": str(folder / "trace")}
        (folder / "Pulumi.yaml").write_text("name: story\nruntime: python\nconfig: {size: {value: large}}\n")
        self.program("")
        self._engine = LocalEngine(folder, folder / "state" / "dev.json", environ=environ)

    def program(self, text: str) -> None:
        (self._folder / "__main__.py").write_text(PROGRAM + text)

    def run(self, operation: str, **flags: object) -> tuple[Result, list[dict[str, Any]]]:
        """An operation, and what its processes wrote."""
        trace = self._folder / "trace"
        trace.write_text("")
        result: Result = getattr(self._engine, operation)(**flags)
        return result, [json.loads(line) for line in trace.read_text().splitlines()]


@pytest.fixture
def traced(tmp_path: Path) -> Traced:
    return Traced(tmp_path)


def test_a_replaced_provider_has_a_process_of_its_own(traced):
    traced.program("Thing('one')\nThing('two')")
    _, first = traced.run("up")
    assert len({each["pid"] for each in first if each["what"] != "program"}) == 1
    result, lines = traced.run("up", replace=["**"])
    assert result.ok
    pids = {what: {each["pid"] for each in lines if each["what"] == what} for what in ("create", "delete")}
    assert [len(each) for each in pids.values()] == [1, 1]
    assert pids["create"] != pids["delete"]
    for pid in pids["create"] | pids["delete"]:
        assert not Path(f"/proc/{pid}").exists()


def test_all_hosts_are_told_the_same_engine(traced):
    traced.program(
        "mine = pulumi.ProviderResource('pulumi-python', 'mine', {})\nThing('one')\n"
        "Thing('two', pulumi.ResourceOptions(provider=mine))"
    )
    traced.run("up")
    _, lines = traced.run("up", replace=["**"])
    hosts = [each for each in lines if each["what"] in ("create", "delete")]
    assert len({each["pid"] for each in hosts}) == 4
    (address,) = {each["arguments"][-1] for each in hosts}
    (program,) = [each for each in lines if each["what"] == "program"]
    assert address in program["arguments"]


def test_an_explicit_provider_has_its_own_configuration(traced):
    text = (
        "mine = pulumi.ProviderResource('pulumi-python', 'mine', {{'story:size': '{}'}})\n"
        "bare = pulumi.ProviderResource('pulumi-python', 'bare', {{}})\n"
        "Thing('one')\n"
        "Thing('two', pulumi.ResourceOptions(provider=mine))\n"
        "Thing('three', pulumi.ResourceOptions(provider=bare))\n"
    )

    def sizes(lines: list[dict[str, Any]]) -> list[object]:
        return sorted((each["size"] for each in lines if each["what"] == "configure"), key=str)

    traced.program(text.format("small"))
    _, lines = traced.run("up")
    assert sizes(lines) == [None, "large", "small"]
    traced.program(text.format("tiny"))
    result, lines = traced.run("up", refresh=True)
    assert result.ok
    assert sizes(lines) == [None, "large", "small", "tiny"]
    _, lines = traced.run("destroy")
    assert sizes(lines) == [None, "large", "tiny"]
