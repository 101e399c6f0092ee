"""The state: written whole or not at all, never a secret in plain, one engine at a time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpcep_pulumi.testing.engine.errors import EngineError
from vpcep_pulumi.testing.engine.resource import Resource
from vpcep_pulumi.testing.engine.state import Pending, State
from vpcep_pulumi.testing.engine.values import Secret


def resource(name: str, **fields) -> Resource:
    return Resource(urn=f"urn:{name}", type="t", custom=True, id=name, **fields)


def opened(path: Path, phrase: str | None = "p", *, writes: bool = True) -> State:
    return State(path, phrase, writes=writes)


def names(path: Path) -> list[str]:
    with opened(path, writes=False) as state:
        return [each.id for each in state.all()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "dev.json"


def test_what_was_put_is_there(path):
    with opened(path) as state:
        state.put((resource("a", inputs={"x": [1, {"y": "z"}]}, protect=True, dependencies=["urn:b"]), None))
    with opened(path) as state:
        (found,) = state.all()
    assert (found.inputs, found.protect, found.dependencies) == ({"x": [1, {"y": "z"}]}, True, ["urn:b"])


def test_it_has_the_shape_of_a_pulumi_deployment(path):
    with opened(path) as state:
        state.put((resource("a", property_dependencies={"x": ["urn:b"]}, retain_on_delete=True), None))
    document = json.loads(path.read_text())
    assert document["version"] == 3
    assert document["deployment"]["resources"] == [
        {
            "urn": "urn:a",
            "type": "t",
            "custom": True,
            "id": "a",
            "propertyDependencies": {"x": ["urn:b"]},
            "retainOnDelete": True,
        }
    ]


def test_a_preview_writes_nothing(path):
    with opened(path, writes=False) as state:
        state.put((resource("a"), None))
        assert [each.id for each in state.all()] == ["a"]
    assert [file.name for file in path.parent.iterdir()] in ([], ["dev.json.lock"])


def test_what_did_not_change_is_not_written(path):
    with opened(path) as state:
        state.put((resource("a"), None))
    before = path.stat().st_mtime_ns
    with opened(path) as state:
        (found,) = state.all()
        state.put((resource("a"), found), changed=False)
    assert path.stat().st_mtime_ns == before


def test_a_second_engine_is_told_that_there_is_a_first(path):
    with opened(path), pytest.raises(EngineError, match="another engine is at work on"), opened(path):
        pass
    with opened(path):
        pass


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 3}', '{"version": 3, "deployment": {}}'])
def test_what_is_no_state_is_refused_and_left_alone(path, text):
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(EngineError, match="is not a state of the local engine"), opened(path):
        pass
    assert path.read_text() == text


class TestSecrets:
    def test_they_are_encrypted(self, path):
        with opened(path) as state:
            state.put((resource("a", inputs={"x": Secret({"y": "canary"})}), None))
        assert "canary" not in path.read_text()
        with opened(path) as state:
            assert state.all()[0].inputs == {"x": Secret({"y": "canary"})}

    def test_without_a_passphrase_none_is_written(self, path):
        with opened(path, None) as state:
            assert not state.can_hold({"x": [Secret("canary")]})
            with pytest.raises(EngineError, match="PULUMI_CONFIG_PASSPHRASE"):
                state.put((resource("a", inputs={"x": Secret("canary")}), None))

    def test_another_passphrase_opens_nothing(self, path):
        with opened(path) as state:
            state.put((resource("a", inputs={"x": Secret("canary")}), None))
        for phrase in ("q", None):
            with pytest.raises(EngineError, match=r"passphrase|PASSPHRASE"), opened(path, phrase):
                pass

    def test_they_survive_a_kill_as_well(self, path):
        killed(path, lambda state: state.put((resource("a", inputs={"x": Secret("canary")}), None)))
        assert "canary" not in Path(f"{path}.journal").read_text()
        with opened(path) as state:
            assert state.all()[0].inputs == {"x": Secret("canary")}


def killed(path: Path, do) -> None:
    """An engine that is killed after so much: neither its files nor its lock are put in order."""
    state = opened(path)
    state.__enter__()
    do(state)
    state.close(save=False)  # what the system does for a process that ends


class TestKills:
    def test_what_was_done_is_kept_and_what_was_under_way_is_known(self, path):
        with opened(path) as state:
            state.put((resource("a"), None), (resource("b"), None))

        def work(state: State) -> None:
            a, b = state.all()
            state.begin("updating", a.urn)
            state.put((resource("a", inputs={"x": 1}), a))
            state.remove(b)
            state.begin("creating", "urn:c")
            state.begin("creating", "urn:d")
            state.abandon("urn:d")

        killed(path, work)
        with opened(path) as state:
            assert [(each.id, each.inputs) for each in state.all()] == [("a", {"x": 1})]
            assert state.interrupted == [Pending("creating", "urn:c")]
            state.put((resource("c"), None))
        with opened(path) as state:
            assert state.interrupted == [Pending("creating", "urn:c")], "only a good end settles it"
            state.settled()
            state.remove(state.all()[0])
        with opened(path) as state:
            assert state.interrupted == []

    def test_a_torn_line_never_happened(self, path):
        def work(state: State) -> None:
            state.put((resource("a"), None))
            state.put((resource("b"), None))

        killed(path, work)
        journal = Path(f"{path}.journal")
        whole = journal.read_bytes()
        for length in range(len(whole)):
            journal.write_bytes(whole[:length])
            assert names(path) == ["a", "b"][: max(whole[:length].count(b"\n") - 1, 0)]

    def test_a_journal_of_a_file_that_was_written_since_is_ignored(self, path):
        """Killed between renaming the new file and dropping the journal."""
        killed(path, lambda state: state.put((resource("a"), None)))
        journal = Path(f"{path}.journal")
        lines = journal.read_text()
        assert names(path) == ["a"]
        with opened(path):
            pass
        journal.write_text(lines)
        assert names(path) == ["a"]

    @settings(max_examples=60)
    @given(
        st.lists(st.tuples(st.sampled_from(["put", "replace", "mark", "remove"]), st.integers(0, 3)), max_size=12),
        st.data(),
    )
    def test_wherever_it_is_killed_the_steps_before_are_kept(self, tmp_path_factory, steps, data):
        path = tmp_path_factory.mktemp("state") / "dev.json"
        expected: list[list[tuple[str, bool]]] = [[]]

        def work(state: State) -> None:
            for number, (what, which) in enumerate(steps):
                entries = state.all()
                chosen = entries[which % len(entries)] if entries else None
                if what == "put" or chosen is None:
                    state.put((resource(f"r{number}"), None))
                elif what == "replace":
                    state.put((resource(f"r{number}"), chosen))
                elif what == "mark":
                    marked = resource(chosen.id, delete=True)
                    state.put((resource(f"r{number}"), None), (marked, chosen))
                else:
                    state.remove(chosen)
                expected.append(sorted((each.id, each.delete) for each in state.all()))

        if not steps:
            return
        killed(path, work)
        journal = Path(f"{path}.journal")
        lines = journal.read_text().splitlines(keepends=True)
        kept = data.draw(st.integers(0, len(steps)))
        journal.write_text("".join(lines[: kept + 1]))
        with opened(path) as state:
            assert sorted((each.id, each.delete) for each in state.all()) == expected[kept]
        with opened(path) as state:
            assert sorted((each.id, each.delete) for each in state.all()) == expected[kept]
