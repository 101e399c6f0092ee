"""What a provider's host prints before its port, on both engines."""

from __future__ import annotations

import pytest

from tests.contract.conftest import ECHO, steps

GREETING = """
import sys
if {{"pulumi.dynamic", "host"}} & set(sys.orig_argv):
    {}
"""
"""A ``sitecustomize`` that only the host hears, started by either engine."""


@pytest.fixture
def greeted(deployment, tmp_path):
    """The program's engine, whose host greets."""
    deployment.program(ECHO + 'Echo("one", 1)')
    # The local engine forks its processes from one that is started with the first engine's environment.
    assert deployment.preview().ok

    def greeted(greeting: str):
        (tmp_path / "sitecustomize.py").write_text(GREETING.format(greeting))
        deployment.environ |= {"PYTHONPATH": str(tmp_path)}
        return deployment.another_engine()

    return greeted


@pytest.mark.parametrize(
    ("greeting", "said"),
    [
        ('print("a warning", file=sys.stderr)', "a warning"),
        ('print("1234\\n\\n5678", file=sys.stderr)', "1234"),
        ('sys.stderr.write("half a line, ")', None),
    ],
    ids=["a line", "numbers", "half a line"],
)
def test_on_standard_error_it_is_news(greeted, greeting, said):
    result = greeted(greeting).up()
    assert result.ok, result
    assert steps(result) == {"one": "create"}
    assert said is None or any(said in each for each in result.messages("info"))


@pytest.mark.parametrize("greeting", ['print("welcome")', "print()"], ids=["a line", "nothing"])
def test_on_standard_output_it_is_refused(greeted, greeting):
    """The CLI takes the first line for the port."""
    result = greeted(greeting).up()
    assert not result.ok
    assert any("port" in each or "did not start" in each for each in result.messages("error"))
