"""The live view: how often the API is asked, and what is believed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from vpcep_pulumi.api.client import Client
from vpcep_pulumi.api.credentials import Token
from vpcep_pulumi.api.operations import PAGE_LIMIT, act_on_connection
from vpcep_pulumi.errors import AnswerError, ApiError
from vpcep_pulumi.lifecycle.messages import READ_LAG
from vpcep_pulumi.operation.view import MAX_AGE, LiveView
from vpcep_pulumi.testing.simulator import Simulator

SERVICE = "svc"


@pytest.fixture
def client(patient, time):
    with Client(patient.url, Token(SecretStr("t")), clock=time.clock(), trust_env=False) as client:
        yield client


@pytest.fixture
def view(client, time):
    return LiveView(client, "p", time.clock())


def reads(simulator: Simulator) -> int:
    found = len(simulator.calls("GET"))
    simulator.clear_calls()
    return found


def fill(simulator: Simulator, count: int) -> list[str]:
    """So many connections; the first ones made are the last ones listed."""
    return [simulator.connect(SERVICE, f"ep-{number}", domain="d").id for number in range(count)]


def test_three_hundred_connections_of_a_service_are_one_read(patient, view):
    ids = fill(patient, 300)
    assert [view.find(SERVICE, each).id for each in ids] == ids
    assert reads(patient) == 1


def test_each_service_is_read_for_itself(patient, view):
    fill(patient, 1)
    patient.connect("other", "ep-0", status="rejected")
    assert view.find(SERVICE, "ep-0").status == "pendingAcceptance"
    assert view.find("other", "ep-0").status == "rejected"
    assert reads(patient) == 2


def test_a_connection_that_is_not_there_needs_no_second_read(patient, view):
    fill(patient, 3)
    assert view.find(SERVICE, "ep-0") is not None
    assert view.find(SERVICE, "none") is None
    assert reads(patient) == 1


def test_what_was_read_is_believed_for_a_while(patient, view, time):
    fill(patient, 1)
    view.find(SERVICE, "ep-0")
    patient.accept(SERVICE, "ep-0")
    time.now += MAX_AGE
    assert view.find(SERVICE, "ep-0").status == "pendingAcceptance"
    time.now += 0.1
    assert view.find(SERVICE, "ep-0").status == "accepted"
    assert reads(patient) == 2


def test_a_fresher_reading_can_be_asked_for(patient, view, time):
    fill(patient, 1)
    view.find(SERVICE, "ep-0")
    patient.accept(SERVICE, "ep-0")
    time.now += 1
    assert view.find(SERVICE, "ep-0", since=time.now).status == "accepted"
    assert view.find(SERVICE, "ep-0", since=time.now - 1).status == "accepted"
    assert reads(patient) == 2


def test_many_who_ask_at_once_share_one_read(patient, view):
    ids = fill(patient, 40)
    patient.world.settings.latency_s = 0.05
    barrier, found = threading.Barrier(len(ids)), []

    def ask(endpoint_id: str) -> None:
        barrier.wait()
        found.append(view.find(SERVICE, endpoint_id).id)

    threads = [threading.Thread(target=ask, args=(each,)) for each in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(ids)
    assert reads(patient) == 1


def test_a_refusal_is_shared_as_well(patient, view):
    for _ in range(10):
        with pytest.raises(ApiError):
            view.find("none", "ep")
    assert reads(patient) == 1


class TestOurOwnActions:
    def test_the_view_is_corrected_by_what_they_were_answered(self, patient, view, client):
        fill(patient, 2)
        view.find(SERVICE, "ep-0")
        view.apply_response(
            SERVICE, client.send(act_on_connection("p", SERVICE, "ep-0", "receive")), before="pendingAcceptance"
        )
        assert view.find(SERVICE, "ep-0").status == "accepted"
        assert view.find(SERVICE, "ep-1").status == "pendingAcceptance"
        assert reads(patient) == 1

    @pytest.mark.parametrize(("after", "believed"), [(1.0, "accepted"), (READ_LAG + 0.1, "pendingAcceptance")])
    def test_a_late_read_is_borne_for_a_short_grace(self, patient, view, client, time, after, believed):
        fill(patient, 1)
        view.find(SERVICE, "ep-0")
        view.apply_response(
            SERVICE, client.send(act_on_connection("p", SERVICE, "ep-0", "receive")), before="pendingAcceptance"
        )
        patient.world.put(SERVICE, "ep-0", "pendingAcceptance")  # what a replica behind would show
        time.now += after
        assert view.find(SERVICE, "ep-0", since=time.now).status == believed

    def test_what_somebody_else_did_afterwards_is_seen_at_once(self, patient, view, client, time):
        fill(patient, 1)
        view.apply_response(
            SERVICE, client.send(act_on_connection("p", SERVICE, "ep-0", "receive")), before="pendingAcceptance"
        )
        time.now += 1
        patient.reject(SERVICE, "ep-0")
        assert view.find(SERVICE, "ep-0", since=time.now).status == "rejected"


class TestLargeServices:
    """More than one page: by id while that is cheaper, then the other pages."""

    @pytest.fixture
    def view(self, client, time):
        """A thousand connections a page make slow tests; the arithmetic is the same with ten."""
        return LiveView(client, "p", time.clock(), page_limit=10)

    @pytest.mark.parametrize(("asked", "expected"), [(1, 2), (3, 4), (4, 5), (5, 9), (40, 9)])
    def test_how_often_a_service_of_five_pages_is_asked(self, patient, view, asked, expected):
        ids = fill(patient, 50)
        for each in ids[:asked]:  # the oldest: none of them is on the first page
            assert view.find(SERVICE, each).id == each
        assert reads(patient) == expected

    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.integers(0, 45), st.data())
    def test_never_more_than_the_documented_bound(self, patient, client, time, count, data):
        service = f"svc-{time.now:.0f}"
        time.now += 1000
        ids = [patient.connect(service, f"{service}-{number}").id for number in range(count)] or ["none"]
        patient.connect(service, f"{service}-last")
        asked = data.draw(st.lists(st.sampled_from(ids), unique=True))
        patient.clear_calls()
        view = LiveView(client, "p", time.clock(), page_limit=10)
        for each in asked:
            found = view.find(service, each)
            assert (found.id if found is not None else "none") == each
        pages = -(-(count + 1) // 10)
        absent = 1 if asked == ["none"] and pages > 1 else 0
        bound = 1 + len(asked) if len(asked) < pages else 1 + 2 * (pages - 1)
        assert reads(patient) <= (bound + absent if asked else 0)

    def test_one_that_is_absent_is_asked_for_by_id(self, patient, view):
        """Pages shift while they are read: missing from all of them is not yet absent."""
        ids = fill(patient, 25)
        for each in ids:
            view.find(SERVICE, each)
        reads(patient)
        assert view.find(SERVICE, "none") is None
        assert reads(patient) == 1

    def test_a_look_at_one_connection_is_one_read(self, patient, view, time):
        fill(patient, 25)
        view.find(SERVICE, "ep-0")
        reads(patient)
        for _ in range(2):
            time.now += 1
            view.find(SERVICE, "ep-0", since=time.now)
        assert reads(patient) == 2

    def test_an_answer_without_an_end_is_an_error(self, patient, client, time):
        view = LiveView(client, "p", time.clock(), page_limit=10, most_pages=3)
        ids = fill(patient, 50)
        for each in ids[:4]:
            view.find(SERVICE, each)
        with pytest.raises(AnswerError, match="goes on after 3 pages"):
            view.find(SERVICE, ids[4])


def test_a_page_holds_what_the_api_allows():
    assert PAGE_LIMIT == 1000


class TestAll:
    """Every connection of a service at once."""

    def test_it_is_read_once_and_believed_for_a_while(self, patient, view, time):
        ids = fill(patient, 30)
        assert {each.id for each in view.find_all(SERVICE)} == set(ids)
        assert view.find_all(SERVICE)
        assert reads(patient) == 1
        time.now += MAX_AGE + 1
        assert len(view.find_all(SERVICE)) == 30
        assert reads(patient) == 1

    def test_pages_are_read_until_there_are_no_more(self, patient, client, time):
        view = LiveView(client, "p", time.clock(), page_limit=10)
        ids = fill(patient, 25)
        view.find(SERVICE, ids[-1])  # a first page is not everything
        assert {each.id for each in view.find_all(SERVICE)} == set(ids)
        assert reads(patient) == 1 + 3

    def test_many_who_ask_at_once_share_one_read(self, patient, view):
        fill(patient, 5)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: len(view.find_all(SERVICE)), range(8)))
        assert found == [5] * 8
        assert reads(patient) == 1

    def test_a_service_that_is_not_there(self, view):
        for _ in range(2):
            with pytest.raises(ApiError, match="EndPoint"):
                view.find_all("none")
