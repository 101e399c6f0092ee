"""A wait ends when its process is told to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcep_pulumi.errors import CancelledError
from vpcep_pulumi.provider.interrupt import LOOK_SECONDS, interruptible


@given(st.floats(0, 1000), st.integers(0, 20))
def test_it_ends_at_the_next_look_and_sleeps_no_longer_than_told(seconds, looks):
    slept: list[float] = []
    wait = interruptible(lambda: len(slept) >= looks, slept.append)
    if seconds > looks * LOOK_SECONDS or looks == 0:
        with pytest.raises(CancelledError, match="interrupted while it waited"):
            wait(seconds)
        assert len(slept) == looks
    else:
        wait(seconds)
        assert sum(slept) == pytest.approx(seconds)
    assert all(each <= LOOK_SECONDS for each in slept)
