"""Files of approvals, under Pulumi's mocks: what is declared, and what is refused before anything is."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pulumi
import pytest

from vpcep_pulumi import approvals_from
from vpcep_pulumi.resources import approvals_from as module

ROW = "billing:\n  service_id: svc\n  endpoint_id: ep\n"
PROGRAM = """
import asyncio
import unittest
import pulumi
from pulumi.runtime import mocks
from vpcep_pulumi import approvals_from

made = {}

class Mocks(mocks.Mocks):
    def new_resource(self, args):
        made[args.name] = args.inputs
        return f"{args.name}-id", args.inputs

    def call(self, args):
        return {}

# Pulumi's SDK asks for the thread's event loop, which Python 3.14 does not make by itself.
asyncio.set_event_loop(asyncio.new_event_loop())
mocks.set_mocks(Mocks(), preview=False)

async def later():
    return "svc-later"

class Tests(unittest.TestCase):
    @pulumi.runtime.test
    def test_rows(self):
        found = approvals_from("rows.csv", service_id=pulumi.Output.from_input("svc"))
        self.assertEqual(list(found), ["b", "a"])
        ids = pulumi.Output.all(*(each.endpoint_id for each in found.values()))
        return ids.apply(lambda known: self.assertEqual(known, ["0123", "1e5"]))

    @pulumi.runtime.test
    def test_a_coroutine_is_a_default_of_many(self):
        found = approvals_from("rows.csv", service_id=later())
        ids = pulumi.Output.all(*(each.service_id for each in found.values()))
        return ids.apply(lambda known: self.assertEqual(known, ["svc-later"] * 2))

    def test_nothing_is_declared_if_one_row_is_wrong(self):
        before = dict(made)
        with self.assertRaises(pulumi.RunError) as raised:
            approvals_from("wrong.yaml")
        self.assertEqual(str(raised.exception).splitlines(), [
            "wrong.yaml, line 6, endpoint_id: must be an id of 1 to 64 letters, digits, '-' or '_', not 'e e'",
            "wrong.yaml, line 7, service_id: is required",
        ])
        self.assertEqual(made, before)

    def test_options_are_those_of_each(self):
        with self.assertRaisesRegex(pulumi.RunError, "b: Pulumi cannot import"):
            approvals_from("rows.csv", service_id="svc", opts=pulumi.ResourceOptions(import_="x"))

unittest.main(argv=["tests", "-v"])
"""


def test_under_mocks(tmp_path):
    (tmp_path / "rows.csv").write_text("\ufeffname;endpoint_id\r\nb;0123\r\na;1e5\r\n", encoding="utf-8")
    wrong = (
        "a:\n  service_id: svc\n  endpoint_id: ep\nb:\n  service_id: svc\n  endpoint_id: e e\nc:\n  endpoint_id: x\n"
    )
    (tmp_path / "wrong.yaml").write_text(wrong)
    environ = {"PYTHONPATH": str(Path(__file__).parents[2])}
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=False, env=environ
    )
    assert found.returncode == 0, found.stderr
    assert "Ran 4 tests" in found.stderr


@pytest.fixture
def refusal(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def refused(name: str, content: bytes | None = None, **defaults: object) -> str:
        if content is not None:
            Path(name).write_bytes(content)
        with pytest.raises(pulumi.RunError) as raised:
            approvals_from(name, **defaults)  # type: ignore[arg-type]  # wrong ones as well
        return str(raised.value).replace(str(tmp_path), "HERE")

    return refused


def test_what_cannot_be_read(refusal, tmp_path, monkeypatch):
    assert refusal("approvals.yaml") == "approvals.yaml: there is no such file in HERE"
    (tmp_path / "folder.yaml").mkdir()
    assert refusal("folder.yaml") == "folder.yaml: is not a file"
    assert refusal(f"{'x' * 300}.yaml").endswith(": cannot be read: File name too long")
    assert refusal("a.json", b"{}") == "a.json: the name of the file must end in .yaml, .yml, .csv"
    assert refusal("a.yaml", b"") == ("a.yaml, line 1: the file is empty: if nothing is to be declared, it must say {}")
    assert refusal("a.CSV", b"name\nb\xe4\n") == "a.CSV, line 2: is not UTF-8: save the file with that encoding"
    assert refusal("b.yml", ROW.encode("utf-16")) == "b.yml, line 1: is not UTF-8: save the file with that encoding"
    assert refusal("c.yaml", b"a: \x07\n") == "c.yaml, line 1: contains the control character U+0007"
    monkeypatch.setattr(module, "LARGEST_BYTES", 3 * 1024**2)
    assert refusal("d.csv", b"x" * (3 * 1024**2 + 1)) == "d.csv: is larger than 3 MiB"


@pytest.mark.parametrize(
    ("defaults", "told"),
    [
        ({"service": "svc"}, "service is not an argument of an approval; did you mean service_id?"),
        ({"service_id": "a b"}, "service_id must be an id of 1 to 64 letters, digits, '-' or '_', not 'a b'"),
        ({"expected_domain_id": None}, "expected_domain_id is None: give it a value, or leave it out"),
        ({"endpoint_id": "ep"}, "endpoint_id is no default: each row has its own"),
    ],
)
def test_a_wrong_default(refusal, defaults, told):
    assert refusal("a.yaml", ROW.encode(), **defaults) == f"approvals_from: {told}"


def test_its_documentation_says_what_a_user_must_know():
    text = inspect.getdoc(approvals_from) or ""
    for word in ("must not contain secrets", "``*``", "working directory", "byte order mark", "rejected"):
        assert word in text
