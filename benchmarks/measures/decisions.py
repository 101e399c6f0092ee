"""What a policy's decisions about many connections take, beside the parsing of the pages that they are made from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from benchmarks.pairs import MILLISECONDS, in_turn, timed
from benchmarks.results import Measure
from benchmarks.sizes import Sizes
from vpcep_pulumi.api.models import Connection, ConnectionPage, parse_json
from vpcep_pulumi.lifecycle.policy import Policy, evaluate
from vpcep_pulumi.lifecycle.policy_rule import rule_of

ACCOUNTS = 50
RULES: tuple[dict[str, Any], ...] = (
    {"action": "reject", "endpoint_ids": ["ep1"]},
    {"action": "leave", "description": "manual*"},
    {"action": "accept", "domain_ids": [f"d{number}" for number in range(25)], "limit": 100},
    {"action": "accept", "domain_ids": [f"d{number}" for number in range(25, 40)]},
)
MOST_TOKENS = 10**9


def pages(count: int) -> list[bytes]:
    """The API's answers with so many connections."""
    entries = [
        {
            "id": f"ep{number}",
            "status": ("pendingAcceptance", "accepted", "rejected")[number % 3],
            "domain_id": f"d{number % ACCOUNTS}",
            "created_at": "2026-11-24T10:02:11Z",
            "description": "ticket 1234",
        }
        for number in range(count)
    ]
    return [json.dumps({"connections": entries[at : at + 1000]}).encode() for at in range(0, count, 1000)]


def parsed(answers: list[bytes]) -> list[Connection]:
    """The connections of all pages."""
    documents = (parse_json(page, MOST_TOKENS) for page in answers)
    return [each for document in documents for each in ConnectionPage.model_validate(document).connections]


def work(count: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """Decide, and parse."""
    answers, now = pages(count), datetime.now(UTC)
    policy = Policy("svc", tuple(map(rule_of, RULES)), "cn-north-4", "p")
    connections = parsed(answers)
    return lambda: evaluate(policy, connections, now), lambda: parsed(answers)


def measure(sizes: Sizes) -> Iterator[Measure]:
    """Four rules, with lists of accounts, a pattern and a limit."""
    decide, parse = work(sizes.large)
    pair = ("deciding", "parsing their pages")
    things = {pair[0]: lambda: {"seconds": timed(decide)}, pair[1]: lambda: {"seconds": timed(parse)}}
    rounds = in_turn(things, rounds=sizes.quick_rounds)
    yield rounds.compared("decisions", "four rules", sizes.large, pair=pair, quantity="seconds", unit=MILLISECONDS)
