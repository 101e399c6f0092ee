"""Projects and configuration in every form that the CLI takes, on both engines."""

from __future__ import annotations

import json
import re

import pytest
from pulumi.automation import CommandError

from tests.contract.conftest import steps
from vpcep_pulumi.testing.engine import EngineError
from vpcep_pulumi.testing.engine.secrets import Passphrase

SAYS = """
import json, os, pulumi
pulumi.export("project", pulumi.get_project())
pulumi.export("values", json.dumps(json.loads(os.environ.get("PULUMI_CONFIG", "{}")), sort_keys=True))
pulumi.export("secrets", json.dumps(sorted(json.loads(os.environ.get("PULUMI_CONFIG_SECRET_KEYS", "[]")))))
"""
SCALARS = {
    "yes": "yes",
    "No": "No",
    "TRUE": "true",
    "0o17": "15",
    "017": "15",
    "0x1F": "31",
    "0b11": "3",
    "1_000": "1000",
    ".5": "0.5",
    "1e3": "1000",
    "1.50": "1.5",
    "1.": "1",
    "+1": "1",
    "1e21": "1e+21",
    "1.5e-7": "1.5e-7",
    "0.00001": "0.00001",
    "12345678901234567890": "12345678901234567890",
    "~": "",
    "12:30:45": "12:30:45",
    "2026-01-02": "2026-01-02 00:00:00 +0000 UTC",
    "2026-01-02T03:04:05Z": "2026-01-02 03:04:05 +0000 UTC",
    "=": "=",
    "{yes: <&ä>, 1: [1.0, null, off], t: 2026-01-02}": (
        '{"1":[1,null,"off"],"t":"2026-01-02 00:00:00 +0000 UTC","yes":"\\u003c\\u0026ä\\u003e"}'
    ),
}
"""What stands in the stack's file, and what a program is given."""


@pytest.fixture
def project(deployment):
    """Writes a project's files, and runs it: what it was given."""
    (deployment.folder / "Pulumi.yaml").unlink()
    (deployment.folder / "__main__.py").write_text(SAYS)

    def project(**files: str):
        for name, text in files.items():
            path = deployment.folder / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        result = deployment.up()
        assert result.ok, result
        outputs = {name: each if isinstance(each, str) else each.value for name, each in result.outputs.items()}
        return outputs["project"], json.loads(outputs["values"]), json.loads(outputs["secrets"])

    return project


YAML = "name: other\nruntime: python\n"
JSON = '{"name": "other", "runtime": "python"}'
SIZE = "config:\n  size: 3\n"


class TestFiles:
    @pytest.mark.parametrize(
        "files",
        [
            {"Pulumi_yml": YAML, "Pulumi_dev_yml": SIZE},
            {"Pulumi_json": JSON, "Pulumi_dev_json": '{"config": {"size": 3}}'},
            {"Pulumi_yaml": f"{YAML}stackConfigDir: stacks\n", "stacks__Pulumi_dev_yaml": SIZE},
            {"Pulumi_yaml": f"{YAML}config: stacks\n", "stacks__Pulumi_dev_yaml": SIZE},
            {
                "Pulumi_json": JSON,
                "Pulumi_dev_json": '{"config": {"size": 3}}',
                "Pulumi_yaml": "name: a\nruntime: go\n",
            },
            {"Pulumi_yaml": YAML, "Pulumi_dev_yaml": SIZE, "Pulumi_yml": "name: a\nruntime: go\n"},
            {"Pulumi_yaml": f"\ufeff{YAML}", "Pulumi_dev_yaml": f"\ufeff{SIZE}"},
        ],
        ids=["yml", "json", "stackConfigDir", "config as a folder", "json comes first", "yaml before yml", "marked"],
    )
    def test_it_is_found_with_its_stack(self, project, files):
        assert project(**files) == ("other", {"other:size": "3"}, [])

    def test_the_stacks_file_ends_as_the_projects(self, project):
        assert project(Pulumi_yml=YAML, Pulumi_dev_yaml=SIZE) == ("other", {}, [])

    def test_a_refresh_that_the_project_asks_for(self, deployment):
        deployment.simulator.connect("svc", "ep1")
        (deployment.folder / "Pulumi.yaml").write_text("name: story\nruntime: python\noptions: {refresh: always}\n")
        deployment.program('Approval("one", service_id="svc", endpoint_id="ep1")')
        assert deployment.up().ok
        deployment.simulator.reject("svc", "ep1")
        assert "rejected" in deployment.preview().diff
        assert deployment.up().ok
        assert deployment.simulator.status("svc", "ep1") == "accepted"


def test_scalars_mean_what_they_mean_to_the_cli(project):
    lines = [f"  v{number}: {written}\n" for number, written in enumerate(SCALARS)]
    _, values, _ = project(Pulumi_yaml=YAML, Pulumi_dev_yaml="config:\n  on: key\n" + "".join(lines))
    assert values.pop("other:on") == "key"
    assert {written: values[f"other:v{number}"] for number, written in enumerate(SCALARS)} == SCALARS


class TestGiven:
    """Configuration of the test's own, which the fixtures pass as text."""

    def test_a_list_and_an_object_that_the_project_declares(self, deployment, project):
        deployment.config |= {"ids": '["a", "b"]', "one": '{"a": {"b": [1]}}', "text": "[1, 2]"}
        declared = "config: {ids: {type: array, items: {type: string}}, one: {type: object}, text: {type: string}}\n"
        _, values, secrets = project(Pulumi_yaml=YAML + declared)
        assert values == {"other:ids": '["a","b"]', "other:one": '{"a":{"b":[1]}}', "other:text": "[1, 2]"}
        assert secrets == []

    def test_what_is_neither_is_refused(self, deployment, project):
        deployment.config["ids"] = "a, b"
        with pytest.raises((EngineError, AssertionError), match="'ids' must be of type 'array<string>'"):
            project(Pulumi_yaml=f"{YAML}config: {{ids: {{type: array, items: {{type: string}}}}}}\n")


class TestPlaces:
    """A program that is the `main` of a project above it has that project's name and configuration."""

    @pytest.mark.parametrize("main", ["infra", "infra/", "infra/app.py"])
    def test_the_project_above(self, deployment, main):
        root = deployment.folder
        (root / "Pulumi.yaml").write_text(f"name: above\nruntime: python\nmain: {main}\n")
        (root / "Pulumi.dev.yaml").write_text(SIZE)
        (root / "infra").mkdir()
        program = root / ("infra/app.py" if main.endswith("py") else "infra/__main__.py")
        program.write_text(SAYS)
        deployment.folder = program if main.endswith("py") else program.parent
        result = deployment.up()
        assert (result.outputs["project"], json.loads(result.outputs["values"])) == ("above", {"above:size": "3"})

    def test_another_program_of_its_is_none_of_it(self, deployment):
        (deployment.folder / "Pulumi.yaml").write_text("name: above\nruntime: python\nmain: infra\n")
        (deployment.folder / "other").mkdir()
        deployment.folder /= "other"
        (deployment.folder / "__main__.py").write_text(SAYS)
        assert deployment.up().outputs["project"] == "program"


class TestSecrets:
    @pytest.fixture
    def crypter(self):
        return Passphrase("correct horse")

    def test_nested_ones_are_decrypted_and_their_key_is_secret(self, project, crypter):
        text = f"""
encryptionsalt: {crypter.salt}
config:
  approvals:
    billing: {{expected_domain_id: {{secure: {crypter.encrypt("CANARY-1")}}}, status: accepted}}
  list: [{{secure: {crypter.encrypt("CANARY-2")}}}, 2]
  whole: {{secure: {crypter.encrypt("CANARY-3")}}}
  open: {{secure: 3}}
  also: {{secure: text, other: 1}}
"""
        _, values, secrets = project(Pulumi_yaml=YAML, Pulumi_dev_yaml=text)
        assert values == {
            "other:approvals": '{"billing":{"expected_domain_id":"CANARY-1","status":"accepted"}}',
            "other:list": '["CANARY-2",2]',
            "other:whole": "CANARY-3",
            "other:open": '{"secure":3}',
            "other:also": '{"other":1,"secure":"text"}',
        }
        assert secrets == ["other:approvals", "other:list", "other:whole"]

    def test_they_reach_an_approval(self, deployment, crypter):
        deployment.simulator.connect("svc", "ep1", domain="CANARY-domain")
        (deployment.folder / "Pulumi.dev.yaml").write_text(
            f"encryptionsalt: {crypter.salt}\nconfig:\n"
            f"  approvals: {{billing: {{expected_domain_id: {{secure: {crypter.encrypt('CANARY-domain')}}}}}}}\n"
        )
        deployment.program(
            """
            settings = pulumi.Config().require_secret_object("approvals").apply(lambda found: found["billing"])
            Approval("one", service_id="svc", endpoint_id="ep1",
                     expected_domain_id=settings.apply(lambda found: found["expected_domain_id"]))
            """
        )
        result = deployment.up()
        assert result.ok, result
        assert steps(result) == {"one": "create"}
        assert "CANARY" not in deployment.state_text() + result.diff

    def test_a_passphrase_from_a_file(self, deployment, project, crypter, tmp_path, monkeypatch):
        """Also one whose path is relative: this process's folder is meant."""
        monkeypatch.chdir(tmp_path)
        (tmp_path / "phrase").write_text("correct horse\n")
        del deployment.environ["PULUMI_CONFIG_PASSPHRASE"]
        deployment.environ["PULUMI_CONFIG_PASSPHRASE_FILE"] = "phrase"
        text = f"encryptionsalt: {crypter.salt}\nconfig:\n  whole: {{secure: {crypter.encrypt('CANARY')}}}\n"
        assert project(Pulumi_yaml=YAML, Pulumi_dev_yaml=text)[1] == {"other:whole": "CANARY"}

    def test_the_wrong_passphrase(self, deployment, project, crypter):
        deployment.environ["PULUMI_CONFIG_PASSPHRASE"] = "wrong"
        text = f"encryptionsalt: {crypter.salt}\nconfig:\n  whole: {{secure: {crypter.encrypt('CANARY')}}}\n"
        with pytest.raises((EngineError, CommandError), match="incorrect passphrase"):
            project(Pulumi_yaml=YAML, Pulumi_dev_yaml=text)


class TestWhatTheProjectDeclares:
    @pytest.mark.parametrize(
        ("declared", "stack", "problem"),
        [
            ("needed: {type: string}", "{}", "is missing configuration value 'needed'"),
            ("size: {type: integer}", "{size: large}", "with configuration key 'size' must be of type 'integer'"),
            ("yes: {type: boolean}", "{yes: 1}", "with configuration key 'yes' must be of type 'boolean'"),
            ("ids: {type: array, items: {type: string}}", "{ids: [1]}", "must be of type 'array<string>'"),
            ("one: {type: object}", "{one: [1]}", "must be of type 'object'"),
            ("one: {type: string}", "{one: [1]}", "must be of type 'string'"),
            ("key: {type: string, secret: true}", "{key: open}", "'key' must be encrypted as it's secret"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, deployment, declared, stack, problem):
        (deployment.folder / "Pulumi.yaml").write_text(f"name: story\nruntime: python\nconfig:\n  {declared}\n")
        (deployment.folder / "Pulumi.dev.yaml").write_text(f"config: {stack}\n")
        deployment.program("")
        if deployment.engine_name == "local":
            with pytest.raises(EngineError, match=re.escape(problem)):
                deployment.up()
        else:
            assert any(problem in each for each in deployment.up().messages("error"))

    def test_what_fits(self, project):
        declared = """
  size: {type: integer}
  one: {type: integer, default: 7}
  list: [1, {b: 2, a: x}]
  ids: {type: array, items: {type: array, items: {type: integer}}}
  flag: {type: boolean}
  text: {type: string, default: x}
  float: {default: 1.50}
  vpcep:region: {value: cn-north-4}
"""
        stack = 'config: {size: "3", ids: [[1, 2], []], flag: "true", text: 3}\n'
        assert project(Pulumi_yaml=f"{YAML}config:{declared}", Pulumi_dev_yaml=stack)[1] == {
            "other:size": "3",
            "other:one": "7",
            "other:list": '[1,{"a":"x","b":2}]',
            "other:ids": "[[1,2],[]]",
            "other:flag": "true",
            "other:text": "3",
            "other:float": "1.5",
            "vpcep:region": "cn-north-4",
        }
