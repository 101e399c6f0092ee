"""What an attacker tried, what comes of it, and the tests that say so: the table in docs/faults.md. Data alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parent.parent


class Attack(NamedTuple):
    """One attack.

    :ivar by: who can do it.
    :ivar tests: ``<file below tests/>::<name>``, each of which fails where the attack works.
    """

    by: str
    what: str
    comes_of_it: str
    tests: tuple[str, ...]


ATTACKS = (
    Attack(
        "a consumer",
        "an endpoint of another account than expected appears, accepted already",
        "red and named, whatever its status; never described",
        (
            "contract/test_owner.py::test_anothers_endpoint_that_appears_accepted_is_red_and_bears_no_note_of_ours",
            "provider/test_owner.py::TestAnothersEndpoint",
        ),
    ),
    Attack(
        "the endpoint",
        "an answer names another account than the list did, or none",
        "red and named; what was sent is recorded; an answer that names none does not change what is known",
        (
            "provider/test_owner.py::TestEachAnswer",
            "provider/test_owner.py::test_a_read_after_a_lost_answer_names_the_owner_as_well",
        ),
    ),
    Attack(
        "the endpoint",
        "any bytes for an answer: status line, headers, chunks, body",
        "an answer, or an error of this package; after a POST nothing loses the record",
        (
            "api/test_bytes.py::test_whatever_bytes_come_they_are_an_answer_or_an_error_of_ours",
            "faults/test_hostile.py::test_an_approval_comes_to_one_of_our_own_ends",
            "faults/test_hostile.py::test_a_number_that_cannot_be_read_loses_no_record",
            "provider/test_nothing_lost.py::TestNothingSentIsLost",
        ),
    ),
    Attack(
        "the endpoint",
        "16 MB of empty objects, a number of a million digits, an object that names a field twice",
        "refused before it costs memory or time",
        (
            "api/test_models.py::test_more_than_was_asked_for_is_refused_before_it_costs_memory",
            "api/test_models.py::test_a_count_that_is_none_is_refused_at_once",
            "api/test_models.py::test_an_object_that_names_something_twice_is_no_answer",
        ),
    ),
    Attack(
        "the endpoint, a proxy",
        "a flood of 1xx answers; headers, chunk extensions or trailers that trickle without an end",
        "60 s for a whole exchange, and a bound on its bytes",
        (
            "api/test_wire.py::test_an_exchange_takes_only_so_long_whatever_trickles",
            "api/test_wire.py::test_an_exchange_takes_only_so_many_bytes_whatever_comes_in_floods",
        ),
    ),
    Attack(
        "the endpoint, a proxy",
        "`Retry-After: 0` again and again",
        "never a shorter pause than our own, and 40 attempts at the most",
        (
            "api/test_client.py::test_retry_after_zero_is_no_busy_loop",
            "api/test_client.py::test_time_that_stands_still_is_no_endless_loop",
        ),
    ),
    Attack(
        "a consumer, the endpoint, a proxy",
        "escape sequences, newlines, marks of direction, megabytes: in ids, reasons, request ids, descriptions",
        "one short printable line",
        (
            "api/test_text.py::test_no_mark_gets_through",
            "api/test_models.py::test_every_text_of_a_connection_can_be_shown_and_is_short",
            "faults/test_hostile.py::test_nothing_that_others_say_reaches_the_terminal_as_it_is",
        ),
    ),
    Attack(
        "a consumer",
        "a plan that deceives: 300 reasons, faked punctuation, look-alike letters, characters that nobody sees",
        "the owner comes first, an id shows foreign characters as `\\uXXXX`, others' texts stand in quotes",
        (
            "lifecycle/test_plan.py::TestWhateverTheApiSays",
            "api/test_text.py::test_nothing_but_an_id_looks_like_one",
        ),
    ),
    Attack(
        "whoever sets the configuration",
        "an endpoint that is not the region's own",
        "the preview says once where requests go",
        ("operation/test_projects.py::test_where_requests_go_is_said_once",),
    ),
    Attack(
        "the endpoint, a proxy",
        "a credential repeated in any spelling: JSON or percent escapes, base64, in headers, cut short",
        "masked, or the whole text withheld",
        ("api/test_masking.py", "api/test_client.py::test_a_secret_goes_no_further_wherever_it_is_repeated"),
    ),
    Attack(
        "whoever sets the configuration",
        "only IAM's address names a partner's cloud",
        "refused, naming both hosts: a credential goes to no other cloud",
        ("settings/test_resolve.py::test_credentials_of_a_partners_cloud_go_to_no_other",),
    ),
    Attack(
        "another user of the machine",
        "a provider host that outlives its engine",
        "a host ends with its engine, and sends nothing more",
        (
            "provider/test_dynamic_host.py::test_a_host_ends_with_its_engine",
            "provider/test_dynamic_host.py::test_what_is_still_queued_is_not_sent",
        ),
    ),
    Attack(
        "another user of the machine",
        "planted links and folders where a state or claims are to be written; a state that others can read",
        "refused or not followed; files are the user's alone",
        ("testing/engine/test_files.py", "operation/test_shared.py::TestFolder"),
    ),
    Attack(
        "a web page",
        "DNS rebinding on the simulator; an infinite clock",
        "any other `Host` or `Origin` is refused, and times are finite",
        (
            "testing/test_guard.py::test_another_host_is_refused_whatever_is_asked",
            "testing/test_guard.py::test_another_site_is_refused_whatever_is_asked",
            "testing/test_guard.py::test_no_number_puts_time_out_of_joint",
        ),
    ),
    Attack(
        "whoever writes to the home folder",
        "a profile that is a pipe, a device, or endless",
        "refused at once",
        (
            "settings/test_resolve.py::test_a_profile_that_is_no_file_is_refused_at_once",
            "settings/test_resolve.py::test_a_profile_has_an_end",
        ),
    ),
    Attack(
        "whoever reads a failing test's output",
        "passphrase, environment, credentials and descriptions among the locals and the API calls",
        "not shown",
        ("testing/test_reports.py::test_no_canary_is_shown_however_a_test_fails",),
    ),
    Attack(
        "whoever reads the state, a plan or a log",
        "a secret `expected_domain_id`, repeated by the plan, an error and `domain_id`",
        "`[secret]`, and a secret in the state",
        ("contract/test_secrets.py::TestASecretOwner",),
    ),
)


def table() -> str:
    """The attacks, for the documentation."""
    lines = ["| who | what | what comes of it | tests |", "|---|---|---|---|"]
    lines += [f"| {each.by} | {each.what} | {each.comes_of_it} | {len(each.tests)} |" for each in ATTACKS]
    count = sum(len(each.tests) for each in ATTACKS)
    return "\n".join(
        [*lines, "", f"{len(ATTACKS)} attacks, held off by {count} named tests (`tests/faults/attacks.py`)."]
    )


def missing() -> Iterator[str]:
    """Tests that are named and are not there."""
    for attack in ATTACKS:
        for test in attack.tests:
            file, _, name = test.partition("::")
            path = TESTS / file
            there = path.exists() and (
                not name or f"def {name}(" in path.read_text(encoding="utf-8") or f"class {name}" in path.read_text()
            )
            if not there:
                yield test
