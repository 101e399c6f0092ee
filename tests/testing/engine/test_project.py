"""A project's files, its configuration and its secrets, in Pulumi's own form."""

from __future__ import annotations

from pathlib import Path

import pytest

from vpcep_pulumi.testing.engine.errors import EngineError, Unsupported
from vpcep_pulumi.testing.engine.project import load
from vpcep_pulumi.testing.engine.secrets import Passphrase, phrase_of

# Made by `pulumi config set --secret vpcep:secretKey verysecretkey` of CLI 3.260 with the passphrase "x".
BY_THE_CLI = """
encryptionsalt: v1:L3MM9sebNog=:v1:jWOuPk49Tg4bYXMI:AF3ZfgN6v7EjAo+FwRZc7KCJr9Kg9A==
config:
  vpcep:secretKey:
    secure: v1:u10adfXzKZm57Ew+:ihX+fynUAkuahT5S/FsnhUVseZLojs8Zpevhgq8=
  vpcep:accessKey: AKAKAK
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: story\nruntime: python\n")
    return tmp_path


def test_what_the_cli_encrypted_can_be_read(folder):
    (folder / "Pulumi.dev.yaml").write_text(BY_THE_CLI)
    config = load(folder).config("dev", "x")
    assert config.values == {"vpcep:secretKey": "verysecretkey", "vpcep:accessKey": "AKAKAK"}
    assert config.secrets == {"vpcep:secretKey"}
    assert "verysecretkey" not in repr(config)


@pytest.mark.parametrize(("phrase", "problem"), [("y", "incorrect passphrase"), (None, "set PULUMI_CONFIG_PASSPHRASE")])
def test_without_the_passphrase_it_cannot(folder, phrase, problem):
    (folder / "Pulumi.dev.yaml").write_text(BY_THE_CLI)
    with pytest.raises(EngineError, match=problem):
        load(folder).config("dev", phrase)


def test_defaults_of_the_project_the_stack_and_what_is_given(folder):
    (folder / "Pulumi.yaml").write_text(
        """
name: story
runtime: {name: python, options: {virtualenv: .venv}}
config:
  size: {type: integer, default: 3}
  color: {value: red}
  vpcep:region: cn-north-4
  list: {default: [1, {a: b}]}
"""
    )
    (folder / "Pulumi.dev.yaml").write_text("config:\n  story:color: green\n  flag: true\n")
    values = load(folder).config("dev", None, {"vpcep:projectId": "p", "size": "4"}).values
    assert values == {
        "story:size": "4",
        "story:color": "green",
        "vpcep:region": "cn-north-4",
        "story:list": '[1,{"a":"b"}]',
        "story:flag": "true",
        "vpcep:projectId": "p",
    }


def test_a_program_can_stand_elsewhere(folder):
    (folder / "Pulumi.yaml").write_text("name: story\nruntime: python\nmain: examples/one\n")
    with pytest.raises(EngineError, match="there is nothing at main: examples/one"):
        load(folder)
    (folder / "examples/one").mkdir(parents=True)
    project = load(folder)
    assert (project.root, project.program) == (folder, folder / "examples" / "one")


def test_a_folder_or_a_file_is_enough(tmp_path):
    file = tmp_path / "one.py"
    file.write_text("")
    assert (load(file).name, load(file).program) == ("program", file)
    (tmp_path / "__main__.py").write_text("")
    assert load(tmp_path).program == tmp_path


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: story\nruntime: go\n", "programs in go"),
        ("runtime: python\n", "the project needs a name"),
        ("name: [\n", "is not YAML"),
        ("- x\n", "a mapping is needed"),
    ],
)
def test_what_cannot_be_read_is_said(folder, text, problem):
    (folder / "Pulumi.yaml").write_text(text)
    with pytest.raises(EngineError, match=problem):
        load(folder)


def test_other_languages_are_refused_by_name(folder):
    (folder / "Pulumi.yaml").write_text("name: story\nruntime: nodejs\n")
    with pytest.raises(Unsupported, match="the local engine does not do programs in nodejs; the pulumi CLI does"):
        load(folder)


def test_nothing_there(tmp_path):
    with pytest.raises(EngineError, match=r"there is no Pulumi\.yaml"):
        load(tmp_path)


def test_a_passphrase_opens_what_it_closed():
    one = Passphrase("p")
    assert Passphrase("p", one.salt).decrypt(one.encrypt("ä")) == "ä"
    assert one.encrypt("x") != one.encrypt("x")


@pytest.mark.parametrize("salt", ["", "v2:a:b", "v1:AAAA"])
def test_an_unknown_salt_is_refused(salt):
    with pytest.raises(EngineError):
        Passphrase("p", salt)


@pytest.mark.parametrize("text", ["", "v1:a", "v2:AAAA:AAAA", "v1:AAAAAAAAAAAAAAAA:AAAA"])
def test_what_was_never_encrypted_is_refused(text):
    with pytest.raises(EngineError):
        Passphrase("p").decrypt(text)


def test_where_a_passphrase_comes_from(tmp_path):
    file = tmp_path / "phrase"
    file.write_text("from a file\n")
    assert phrase_of({}) is None
    assert phrase_of({"PULUMI_CONFIG_PASSPHRASE": ""}) == ""
    assert phrase_of({"PULUMI_CONFIG_PASSPHRASE_FILE": str(file)}) == "from a file"
    with pytest.raises(EngineError, match="PULUMI_CONFIG_PASSPHRASE_FILE"):
        phrase_of({"PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize(
    "stack",
    [
        "secretsprovider: awskms://alias/key\nencryptedkey: AAAA\nconfig: {key: {secure: AAAA}}\n",
        "encryptedkey: AAAA\nconfig: {key: {secure: AAAA}}\n",
        "config: {key: {secure: AAAA}}\n",
        "environment: [prod]\n",
    ],
    ids=["a provider", "a key alone", "the service's", "an environment"],
)
def test_what_only_the_cli_opens_is_refused_by_name(folder, stack):
    (folder / "Pulumi.dev.yaml").write_text(stack)
    with pytest.raises(Unsupported, match=r"the local engine does not do .*; the pulumi CLI does"):
        load(folder).config("dev", "x")


def test_another_provider_is_no_matter_where_nothing_is_secret(folder):
    (folder / "Pulumi.dev.yaml").write_text("secretsprovider: awskms://alias/key\nencryptedkey: AAAA\nconfig: {a: 1}\n")
    assert load(folder).config("dev", None).values == {"story:a": "1"}


@pytest.mark.parametrize(("name", "text"), [("Pulumi.json", "{"), ("Pulumi.yml", "name: [")])
def test_a_file_that_cannot_be_read_is_said_with_its_form(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(EngineError, match=r"is not (JSON|YAML): "):
        load(tmp_path)
