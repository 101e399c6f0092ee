"""What can happen in the stateful test: the names of the machine's methods, and what they are called with. Data."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from vpcep_pulumi.testing.simulator.faults import KINDS

OWNERS = ("d1", "d2")
NUMBERS = st.integers(0, 7)
STATUSES = st.sampled_from(["accepted", "rejected"])
OWNED = st.sampled_from([None, None, "d1", "d2"])
RETAINED = st.sampled_from([False, False, False, True])


def _event(what: str, /, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """A method of the machine, and what it is called with."""
    return st.tuples(st.just(what), st.fixed_dictionaries(arguments))


FLAGS = ("replace", "replace everything", "target", "exclude", "taint")
"""What an update with flags is told, about one resource of the state."""
WORLD = st.one_of(
    _event("connect", owner=st.sampled_from(OWNERS), status=st.sampled_from([None, None, "creating", "failed"])),
    _event("leave", number=NUMBERS),
    *[
        _event(
            "somebody_else",
            number=NUMBERS,
            status=st.sampled_from(
                ["accepted", "rejected", "accepted", "rejected", "creating", "failed", "deleting", "frozen"]
            ),
        )
    ]
    * 3,
    _event("time_passes", seconds=st.sampled_from([1.0, 20.0, 400.0])),
    *[
        _event(
            "fault",
            number=st.integers(0, len(KINDS) - 1),
            method=st.sampled_from([None, None, "POST", "GET"]),
            times=st.integers(1, 3),
            skip=st.integers(0, 1),
        )
    ]
    * 5,
)
"""What others do, and the weather."""
PROGRAM = st.one_of(
    *[_event("declare", number=NUMBERS, status=STATUSES, owner=OWNED, described=st.booleans(), retain=RETAINED)] * 3,
    _event("undeclare", number=NUMBERS),
    *[_event("rename", number=NUMBERS, alias=st.booleans())] * 2,
    _event("flip", number=NUMBERS),
    _event("change", number=NUMBERS, owner=OWNED, retain=RETAINED, first=st.booleans()),
    _event("swap", number=NUMBERS, other=NUMBERS),
    *[
        _event(
            "decide_all",
            number=NUMBERS,
            otherwise=st.sampled_from(["leave", "leave", "reject"]),
            most=st.sampled_from([8, 0, 1]),
        )
    ]
    * 2,
    _event("decide_none"),
)
"""What the team does."""
ENGINE = st.one_of(
    *[_event("up")] * 4,
    *[_event("preview_and_up")] * 2,
    _event("preview"),
    _event("refresh"),
    _event("destroy"),
    *[
        _event(
            "kill",
            victim=st.sampled_from(["engine", "host", "program"]),
            at=st.integers(1, 4),
            carried_out=st.booleans(),
            what=st.sampled_from(["up", "up", "up", "refresh", "destroy"]),
        )
    ]
    * 4,
    *[_event("flags", number=NUMBERS, flag=st.sampled_from(FLAGS), continue_on_error=st.booleans())] * 3,
    _event("heal"),
)
"""What the pipeline does."""
