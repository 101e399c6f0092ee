"""An approval that holds until a moment, on both engines."""

from datetime import UTC, datetime, timedelta

from tests.contract.conftest import shown, steps

PROGRAM = 'Approval("one", service_id="svc", endpoint_id="ep1", expires_at="{}")'


def at(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat(timespec="seconds")


def test_it_is_accepted_until_then_and_rejected_from_then_on(connected):
    soon, past = at(5), at(-1)
    connected.program(PROGRAM.format(soon))
    accepted = connected.up()
    assert accepted.ok
    assert connected.posts() == [("receive", "ep1")]
    assert any(f"expires at {soon}, in " in each for each in accepted.messages("warning"))
    assert any(f"expires at {soon}, in " in each for each in connected.preview().messages("warning"))
    connected.program(PROGRAM.format(past))
    preview = connected.preview()
    assert f"it expired at {past}" in shown(preview)
    assert steps(preview) == {"one": "update"}
    assert connected.up().ok
    assert connected.posts() == [("reject", "ep1")]
    assert steps(connected.preview()) == {}
    connected.program(PROGRAM.format(at(48)))
    assert connected.up().ok
    assert connected.posts() == [("receive", "ep1")]


def test_what_is_no_time_is_refused_by_the_program(connected):
    connected.program(PROGRAM.format("2027-06-30"))
    result = connected.preview()
    assert not result.ok
    assert any("expires_at must be a time with a zone" in each for each in result.messages("error"))


def test_a_secret_moment_is_in_no_plan_and_no_warning(connected):
    past = at(-1)
    connected.program(PROGRAM.replace('"{}"', f'pulumi.Output.secret("{past}")'))
    for do in (connected.preview, connected.up):
        result = do()
        assert result.ok
        assert past not in result.diff + str(result.diagnostics)
    assert connected.posts() == [("reject", "ep1")]
    assert past not in connected.state_text()
