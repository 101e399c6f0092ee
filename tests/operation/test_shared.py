"""Events that processes share: real files, real processes, real kills."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.errors import SharedEventsError
from vpcep_pulumi.operation.claims import Claims
from vpcep_pulumi.operation.keys import ConnectionKey
from vpcep_pulumi.operation.rules import Deletion
from vpcep_pulumi.operation.shared import SharedEvents, events_of, new_folder, own_folders

ENGINE, OTHER = "127.0.0.1:35701", "127.0.0.1:35702"
PROGRAM = """
import sys, pathlib
from vpcep_pulumi.operation.claims import Claims
from vpcep_pulumi.operation.shared import SharedEvents
claims = Claims(SharedEvents(sys.argv[1], [pathlib.Path(sys.argv[2])], makes=True))
claims.tell("declared", "1", name="'one'", connection=("svc", "ep1", None))
print("declared", flush=True)
sys.stdin.readline()
claims.close()
"""


class Program:
    """A process that declares one connection and waits."""

    def __init__(self, engine: str, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, engine, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "declared\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def end(self) -> None:
        self.process.communicate("\n")


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Any]:
    made: list[Program] = []

    def start(engine: str = ENGINE) -> Program:
        made.append(Program(engine, tmp_path))
        return made[-1]

    yield start
    for each in made:
        each.kill()


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Any]:
    """Makes what a provider host has."""
    made: list[Claims] = []

    def start(engine: str = ENGINE) -> Claims:
        made.append(Claims(SharedEvents(engine, [tmp_path], makes=False)))
        return made[-1]

    yield start
    for each in made:
        each.close()


X = ConnectionKey("svc", "ep1", "https://here")
RECORDED = {"status": "accepted", "region": "cn-north-4", "project_id": "p"}


def deletion(claims: Claims) -> Deletion:
    return claims.on_delete(X, None, **RECORDED).deletion


def test_hosts_of_one_operation_know_what_its_program_declares_and_what_each_of_them_did(programs, host):
    programs()
    first, second = host(), host()
    assert deletion(second) is Deletion.KEEP_FOR_NOW
    assert first.check("1 urn:pulumi:dev::story::type::one", X) is None
    first.outcome("recorded", X)
    assert deletion(second) is Deletion.KEEP
    assert second.urn_of(X) == "urn:pulumi:dev::story::type::one"
    assert deletion(host(OTHER)) is Deletion.REJECT


def test_nothing_is_left_behind(programs, tmp_path):
    program = programs()
    assert len(list(tmp_path.glob("*/*"))) == 1
    program.end()
    assert list(tmp_path.glob("*/*")) == []


def test_what_a_killed_program_declared_is_not_believed_and_is_removed(programs, tmp_path, host):
    programs().kill()
    assert len(list(tmp_path.glob("*/*"))) == 1
    assert deletion(host()) is Deletion.REJECT
    assert list(tmp_path.glob("*/*")) == []


def test_a_host_goes_on_with_what_it_knew_when_its_program_was_killed(programs, host):
    program, claims = programs(), host()
    assert deletion(claims) is Deletion.KEEP_FOR_NOW
    program.kill()
    assert deletion(claims) is Deletion.KEEP_FOR_NOW


def test_another_operation_removes_what_was_left_over_and_nothing_else(programs, tmp_path, host):
    programs().kill()
    alive = programs(OTHER)
    assert len(list(tmp_path.glob("*/*"))) == 1
    assert deletion(host(OTHER)) is Deletion.KEEP_FOR_NOW
    alive.end()


def test_two_programs_of_one_operation(programs, tmp_path, host):
    """A component provider in another process makes approvals as well."""
    programs()
    component = Claims(SharedEvents(ENGINE, [tmp_path], makes=True))
    component.tell("declared", "2", name="'two'", connection=("svc", "ep2", None))
    claims = host()
    assert deletion(claims) is Deletion.KEEP_FOR_NOW
    assert claims.on_delete(X._replace(endpoint_id="ep2"), None, **RECORDED).deletion is Deletion.KEEP_FOR_NOW
    component.close()


def test_a_provider_that_cannot_find_the_claim_of_its_program_refuses(host):
    with pytest.raises(SharedEventsError, match="cannot be found by its provider"):
        host().check("4711.1 urn", X)


def test_one_resource_may_be_checked_twice_and_two_may_not(programs, host):
    programs()
    claims = host()
    claims.tell("declared", "2", name="'two'", connection=None)
    assert claims.check("1 urn1", X) is None
    assert claims.check("1 urn1", X) is None
    other = host().check("2 urn2", X)
    assert other is not None
    assert other.name == "'one'"


@given(st.lists(st.text(max_size=30), max_size=20))
def test_every_event_arrives_once_and_in_order(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("shared")
    program, reader = (SharedEvents(ENGINE, [folder], makes=makes) for makes in (True, False))
    found: list[Any] = []
    for name in names:
        program.add({"event": "declared", "name": name})
        found += reader.new()
    assert [each["name"] for each in found] == names
    assert [each["name"] for each in program.new()] == names
    program.close()
    reader.close()


def test_a_line_that_is_not_whole_yet_waits(tmp_path):
    program, reader = (SharedEvents(ENGINE, [tmp_path], makes=makes) for makes in (True, False))
    program.add({"event": "declared"})
    assert len(list(reader.new())) == 1
    (path,) = tmp_path.glob("*/*.events")
    line = json.dumps({"event": "answered"}) + "\n"
    with path.open("a") as file:
        file.write(line[:7])
    assert list(reader.new()) == []
    with path.open("a") as file:
        file.write(line[7:])
    assert list(reader.new()) == [{"event": "answered"}]
    program.close()
    reader.close()


def test_a_line_that_is_broken_is_an_error_each_time(tmp_path):
    """A full disk: half a line, and another one behind it. What it said must not be passed over."""
    program, reader = (SharedEvents(ENGINE, [tmp_path], makes=makes) for makes in (True, False))
    program.add({"event": "declared"})
    (path,) = tmp_path.glob("*/*.events")
    with path.open("a") as file:
        file.write('{"event": "decl{"event": "answered"}\n')
    for _ in range(2):
        with pytest.raises(SharedEventsError, match="cannot be passed to its provider"):
            reader.new()
    program.close()
    reader.close()


def test_a_forked_child_leaves_the_file_to_its_parent(tmp_path):
    program, reader = (SharedEvents(ENGINE, [tmp_path], makes=makes) for makes in (True, False))
    program.add({"event": "declared"})
    program._maker = os.getpid() + 1  # as a child has it
    program.close()
    assert len(list(tmp_path.glob("*/*.events"))) == 1
    reader.close()


class TestFolder:
    def test_it_is_made_for_its_user_alone(self, tmp_path):
        folder = new_folder([tmp_path / "none", tmp_path])
        assert folder.stat().st_mode & 0o777 == 0o700
        assert new_folder([tmp_path]) == folder
        assert own_folders([tmp_path / "none", tmp_path]) == [folder]

    @pytest.mark.parametrize("plant", ["open to others", "a link", "a link to nothing", "a file"])
    def test_what_somebody_else_has_planted_is_passed_by(self, tmp_path, plant):
        first, second = tmp_path / "first", tmp_path / "second"
        first.mkdir()
        second.mkdir()
        planted = first / f"vpcep-pulumi-{os.getuid()}"
        if plant == "open to others":
            planted.mkdir(mode=0o755)
        elif plant == "a file":
            planted.write_text("")
        else:
            target = tmp_path / "target"
            if plant == "a link":
                target.mkdir(mode=0o700)
            planted.symlink_to(target)
        assert new_folder([first, second]).parent == second
        with pytest.raises(SharedEventsError, match=r"of this user alone \(mode 0700\)"):
            new_folder([first])

    def test_a_destroy_needs_none(self, tmp_path, host):
        claims = Claims(SharedEvents(ENGINE, [tmp_path / "none"], makes=False))
        assert deletion(claims) is Deletion.REJECT
        claims.close()

    def test_processes_that_prefer_other_folders_find_each_other(self, tmp_path):
        """``/run/user/<uid>`` comes and goes with the user's logins."""
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
        program = SharedEvents(ENGINE, [tmp_path / "two"], makes=True)
        program.add({"event": "declared"})
        (tmp_path / "one" / f"vpcep-pulumi-{os.getuid()}").mkdir(mode=0o700)
        reader = SharedEvents(ENGINE, [tmp_path / "one", tmp_path / "two"], makes=False)
        assert list(reader.new()) == [{"event": "declared"}]
        program.close()
        reader.close()

    def test_the_environment_does_not_matter(self, monkeypatch, tmp_path):
        """An inline program and its engine need not have the same."""
        program = events_of(ENGINE, makes=True)
        program.add({"event": "declared"})
        for name in ("HOME", "TMPDIR", "XDG_RUNTIME_DIR"):
            monkeypatch.setenv(name, str(tmp_path))
        reader = events_of(ENGINE, makes=False)
        assert list(reader.new()) == [{"event": "declared"}]
        program.close()
        reader.close()
