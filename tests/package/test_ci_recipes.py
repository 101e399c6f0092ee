"""The recipes for CI, and this project's own workflows: their syntax, their commands, and what the commands come to."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from tests.package.conftest import ROOT
from tests.package.make_states import STATES, engine, world
from vpcep_pulumi.cli.commands import app

RECIPES = {
    ROOT / "examples/ci/github/pulumi.yml": "vendor.github-workflows",
    ROOT / "examples/ci/gitlab/.gitlab-ci.yml": "vendor.gitlab-ci",
}
SCHEMAS = {
    **RECIPES,
    **dict.fromkeys((ROOT / ".github/workflows").glob("*.yml"), "vendor.github-workflows"),
    **dict.fromkeys((ROOT / ".github/ISSUE_TEMPLATE").glob("[!c]*.yml"), "vendor.github-issue-forms"),
    ROOT / ".github/ISSUE_TEMPLATE/config.yml": "vendor.github-issue-config",
}
FLAGS = {
    ("install",): set[str](),
    ("preview",): {"--stack", "--diff", "--color", "--non-interactive", "--expect-no-changes"},
    ("up",): {"--stack", "--yes", "--non-interactive"},
    ("stack", "export"): {"--stack", "--file"},
}
"""The commands of the ``pulumi`` CLI that recipes may use, and the flags. Compared with the CLI where it is on PATH."""
SEPARATORS = re.compile(r"\s(?:\|\|?|&&|;)\s|\n")
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")


def texts(value: Any, keys: tuple[str, ...]) -> Iterator[str]:
    """Every text under one of these keys, wherever it stands."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key in keys:
                yield from [each] if isinstance(each, str) else filter(lambda text: isinstance(text, str), each)
            yield from texts(each, keys)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each, keys)


def commands(path: Path) -> list[list[str]]:
    """The words of each call of ``pulumi`` and ``vpcep-pulumi``."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    lines = [line for text in texts(document, ("run", "script", "before_script")) for line in SEPARATORS.split(text)]
    words = [shlex.split(line) for line in lines if line.strip()]
    return [each for each in words if each and each[0] in ("pulumi", "vpcep-pulumi")]


def flags(words: list[str]) -> set[str]:
    return {word.partition("=")[0] for word in words if word.startswith("--")}


def audit_arguments() -> list[str]:
    """What the recipes call ``vpcep-pulumi`` with; all of them alike."""
    found = {tuple(each[1:]) for path in RECIPES for each in commands(path) if each[0] == "vpcep-pulumi"}
    (arguments,) = found
    return list(arguments)


def without_secrets(folder: Path) -> Path:
    """A program whose declarations can be read from an export that shows no secrets."""
    shutil.copytree(STATES / "v0_1_0", folder)
    program = folder / "__main__.py"
    text = program.read_text(encoding="utf-8")
    program.write_text(re.sub(r"pulumi\.Output\.secret\((.+?)\)", r"\1", text), encoding="utf-8")
    return folder


@pytest.mark.parametrize("schema", sorted(set(SCHEMAS.values())))
def test_the_syntax_is_that_of_the_published_schema(schema):
    if importlib.util.find_spec("check_jsonschema") is None:
        pytest.skip("check-jsonschema, which ships the schemas, is not installed")
    paths = [str(path) for path, kind in SCHEMAS.items() if kind == schema]
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *paths]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_a_recipe_previews_updates_and_looks_for_drift(path):
    calls = [" ".join(each) for each in commands(path)]
    for wanted in (
        r"pulumi preview .*--diff",
        r"pulumi up .*--yes",
        r"pulumi preview .*--expect-no-changes",
        r"pulumi stack export .*--file state\.json",
        r"vpcep-pulumi audit --stack-export state\.json .*--html report\.html .*--junit report\.xml",
    ):
        assert any(re.match(wanted, call) for call in calls), wanted
    text = path.read_text(encoding="utf-8")
    for variable in ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HW_REGION_NAME", "VPCEP_MAX_APPEAR_TIMEOUT"):
        assert variable in text


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_its_calls_of_pulumi_are_known(path):
    for words in commands(path):
        if words[0] == "pulumi":
            command = tuple(words[1:3]) if tuple(words[1:3]) in FLAGS else tuple(words[1:2])
            assert flags(words) <= FLAGS[command], words


@pytest.mark.parametrize("command", FLAGS, ids=" ".join)
def test_the_cli_has_these_flags(command):
    if shutil.which("pulumi") is None:
        pytest.skip("there is no pulumi CLI on PATH")
    shown = subprocess.run(["pulumi", *command, "--help"], capture_output=True, text=True, check=True).stdout
    assert [flag for flag in FLAGS[command] if not re.search(rf"{flag}\b", shown)] == []


def test_its_calls_of_our_command_are_understood():
    """Every option is one that the command has."""
    name, *arguments = audit_arguments()
    command: Any = get_command(app)
    known = {option for each in command.commands[name].params for option in each.opts}
    assert flags(arguments) <= known


def test_the_nightly_check_finds_drift_and_nothing_else(tmp_path, monkeypatch):
    """The recipe's own arguments: 0 where nothing has changed, 2 where something has, and reports in both cases."""
    arguments = audit_arguments()
    monkeypatch.chdir(tmp_path)
    with world() as simulator:
        stack = engine(without_secrets(tmp_path / "program"), tmp_path / "state.json", simulator)
        assert stack.up().ok
        environ = {**simulator.environment, "HW_REGION_NAME": "eu-west-101", "PULUMI_CONFIG_PASSPHRASE": "test"}
        runner = CliRunner(env=environ)
        clean = runner.invoke(app, arguments)
        assert clean.exit_code == 0, clean.output
        assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!")
        simulator.reject("billing", "endpoint-1")
        assert stack.preview().steps != {}
        drifted = runner.invoke(app, arguments)
        assert drifted.exit_code == 2, drifted.output
        assert "billing/endpoint-1" in drifted.output
        assert "endpoint-1" in (tmp_path / "report.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_no_secret_stands_in_a_file(path):
    """A credential is only ever named, as a variable of the CI's own store."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for key in ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "PULUMI_ACCESS_TOKEN"):
        for value in texts(document, (key,)):
            assert value == f"${{{{ secrets.{key} }}}}"


@pytest.mark.parametrize("path", [path for path, kind in SCHEMAS.items() if kind == "vendor.github-workflows"], ids=str)
def test_every_action_is_pinned_and_every_right_is_asked_for(path):
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for used in texts(document, ("uses",)):
        assert PINNED.fullmatch(used) or used.startswith("./"), used
    assert document["permissions"] == {}
    for job in document["jobs"].values():
        assert job["permissions"]


def test_the_release_is_published_without_a_token():
    """By trusted publishing; the tests have passed before."""
    text = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")
    publish = yaml.safe_load(text)["jobs"]["publish"]
    assert publish["permissions"] == {"id-token": "write"}
    assert publish["environment"] == "release"
    assert set(publish["needs"]) == {"test", "build"}
    assert "secrets." not in text


def test_the_workflow_runs_every_version_that_the_metadata_names():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    named = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', text)
    jobs = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8"))["jobs"]
    assert jobs["test"]["strategy"]["matrix"]["python"] == named


def test_the_workflows_call_targets_that_there_are():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        for target in re.findall(r"\bmake ([a-z-]+)", path.read_text(encoding="utf-8")):
            assert target in targets
