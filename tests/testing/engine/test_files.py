"""The files of a state are the user's alone, and names that somebody else has planted are never written through."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from vpcep_pulumi.testing.engine.errors import EngineError
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.state import State

VICTIM = "precious\n"
SUFFIXES = (".new", ".journal", ".lock")
"""Of the files that stand beside the state."""


@pytest.fixture(autouse=True)
def permissive() -> Iterator[None]:
    """Whatever the user's mask is: it is not what keeps the files to the user."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "victim"
    path.write_text(VICTIM)
    path.chmod(0o640)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "shared").mkdir(mode=0o777)
    return tmp_path / "shared" / "dev.json"


def written(path: Path, *, leave: bool = True) -> State:
    """A state with one entry; its journal lies there while it is open."""
    state = State(path, "p", writes=True).__enter__()
    state.put((Resource(urn="urn:a", type="t", custom=True, id="a"), None))
    if leave:
        state.__exit__(None, None, None)
    return state


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def untouched(victim: Path) -> bool:
    return victim.read_text() == VICTIM and mode(victim) == 0o640


def test_all_of_them_are_for_the_user_alone(path):
    state = written(path, leave=False)
    open_files = {each.name: mode(each) for each in path.parent.iterdir()}
    state.__exit__(None, None, None)
    assert open_files == {"dev.json.journal": 0o600, "dev.json.lock": 0o600}
    assert {each.name: mode(each) for each in path.parent.iterdir()} == {"dev.json": 0o600, "dev.json.lock": 0o600}


def test_a_state_that_others_could_read_is_the_users_alone_from_the_next_operation_on(path):
    written(path)
    path.chmod(0o644)
    written(path)
    assert mode(path) == 0o600


def test_so_are_the_folders_that_are_made_and_no_others(tmp_path):
    tmp_path.chmod(0o755)
    written(tmp_path / "one" / "two" / "dev.json")
    assert [mode(each) for each in (tmp_path, tmp_path / "one", tmp_path / "one/two")] == [0o755, 0o700, 0o700]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("plant", [os.symlink, os.link], ids=["symbolic", "hard"])
def test_nothing_is_written_through_a_planted_link(path, victim, suffix, plant):
    plant(victim, f"{path}{suffix}")
    try:
        written(path)
    except EngineError as error:
        assert "is not a file of the engine's own" in str(error)  # noqa: PT017 -- refusing is as good as replacing
        assert suffix != ".new"
    else:
        assert suffix == ".new"
        assert not path.is_symlink()
    assert untouched(victim)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_nor_through_one_to_a_file_that_is_not_there(path, tmp_path, suffix):
    Path(f"{path}{suffix}").symlink_to(tmp_path / "new")
    try:
        written(path)
    except EngineError:
        assert suffix != ".new"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("plant", [os.symlink, os.link], ids=["symbolic", "hard"])
def test_a_link_that_is_planted_while_an_engine_works(path, victim, plant):
    """Between the opening of the state and its end, somebody puts a link where the new file will be written."""
    state = written(path, leave=False)
    plant(victim, f"{path}.new")
    state.__exit__(None, None, None)
    assert untouched(victim)
    with State(path, "p", writes=False) as found:
        assert [each.id for each in found.all()] == ["a"]


def test_a_state_that_is_a_link_is_replaced_and_what_it_named_stays(path, tmp_path):
    written(tmp_path / "elsewhere.json")
    before = (tmp_path / "elsewhere.json").read_bytes()
    path.symlink_to(tmp_path / "elsewhere.json")
    written(path)
    assert not path.is_symlink()
    assert (tmp_path / "elsewhere.json").read_bytes() == before


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_folder_in_the_way_is_an_error_with_words(path, suffix):
    Path(f"{path}{suffix}").mkdir()
    with pytest.raises(EngineError, match=r"dev\.json"):
        written(path)


def test_what_a_killed_engine_left_is_in_nobodys_way(path):
    Path(f"{path}.new").write_text("half a st")
    written(path)
    with State(path, "p", writes=False) as found:
        assert [each.id for each in found.all()] == ["a"]
