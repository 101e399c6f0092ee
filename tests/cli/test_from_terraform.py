"""``vpcep-pulumi from-terraform``: a state in, declarations on standard output."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.convert.reading import of_configuration, of_program
from vpcep_pulumi.cli import from_terraform
from vpcep_pulumi.cli.commands import app

STATE = Path(__file__).parent.parent / "convert" / "real.tfstate"


def run(*arguments: str, content: bytes = b""):
    return CliRunner().invoke(app, ["from-terraform", *arguments], input=content)


def test_both_formats_of_a_file():
    program, configuration = run(str(STATE)), run(str(STATE), "--format", "config")
    assert (program.exit_code, program.stderr) == (configuration.exit_code, configuration.stderr) == (0, "")
    assert of_program(program.stdout) == of_configuration(configuration.stdout)
    assert list(of_program(program.stdout)) == [
        "billing-705290f3",
        "counted-3f3c8d52",
        "partner-1f3c8d52",
        "partner-2f3c8d52",
    ]


def test_a_hyphen_is_standard_input():
    assert run("-", content=STATE.read_bytes()).stdout == run(str(STATE)).stdout
    result = run("-", content=b"{}")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("vpcep-pulumi: standard input: this is no Terraform state")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "terraform.tfstate: cannot be read: No such file or directory"),
        ("resource {}", "terraform.tfstate: this is no Terraform state: it is not JSON"),
        ('{"version": 4, "resources": []}', "terraform.tfstate: this state has no resource of type huaweicloud_vpcep_"),
    ],
)
def test_what_is_wrong_is_on_standard_error(tmp_path, monkeypatch, content, expected):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path("terraform.tfstate").write_text(content)
    result = run("terraform.tfstate")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"vpcep-pulumi: {expected}")


def test_a_file_without_an_end_is_not_read_forever(monkeypatch):
    monkeypatch.setattr(from_terraform, "LARGEST_BYTES", 1024 * 1024)
    result = run("/dev/zero")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "/dev/zero: is larger than 1 MiB" in result.stderr
