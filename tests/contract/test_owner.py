"""``expected_domain_id``, where nothing is left to be done: on both engines."""


def test_anothers_endpoint_that_appears_accepted_is_red_and_bears_no_note_of_ours(deployment):
    """A service that needs no approval: the list lacks the connection at first, as if it were still to come."""
    deployment.simulator.service("svc", approval_enabled=False)
    deployment.simulator.connect("svc", "ep1", domain="intruder")
    deployment.program(
        """
        Approval("one", service_id="svc", endpoint_id="ep1", expected_domain_id="d1", description="ticket 1")
        """
    )
    deployment.simulator.fault("shifted", method="GET", times=2)  # the page, and the look-up by id
    result = deployment.up()
    assert not result.ok
    expected = "connection ep1 of service svc belongs to account intruder, not to the expected d1: nothing is sent"
    assert any(expected in each for each in result.messages("error"))
    assert {call["method"] for call in deployment.simulator.calls()} == {"GET"}
    assert deployment.urn("one") not in deployment.state_text()
