"""Draws the tables and charts of docs/benchmarks.md from benchmarks/results.json. ``docs.draw`` writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from textwrap import fill
from types import MappingProxyType

from benchmarks.chart import Group, chart
from benchmarks.results import Measure, Results, Series, read
from benchmarks.words import figure, value

SUBJECTS = ("approvals", "policy", "latency", "requests", "imports", "reads", "memory", "decisions", "growth")
TRIAL = """**These are the figures of a trial with tiny counts. They show that everything runs. Do not draw conclusions
from them.**"""
COLUMNS = 120
NO_OPS, EACH = "no-ops with the same state", "an approval for each connection"
SHORT = (
    (
        "approvals",
        "up, {engine}",
        NO_OPS,
        """On the {engine}, `up` of {count} approvals takes {ratio} times as long as `up` of as many resources that do
        nothing: {ours} against {theirs}.""",
    ),
    (
        "approvals",
        "preview, {engine}",
        NO_OPS,
        "A preview of them, on the {engine}, takes {ratio} times as long: {ours} against {theirs}.",
    ),
    (
        "policy",
        "up, {engine}",
        EACH,
        """On the {engine}, `up` of one policy of {count} connections takes {ratio} times as long as `up` of as many
        approvals: {ours} against {theirs}.""",
    ),
    (
        "policy",
        "preview, {engine}",
        EACH,
        "A preview of it, on the {engine}, takes {ratio} times as long: {ours} against {theirs}.",
    ),
)
"""A sentence for each engine: the subject, the case, what was measured beside it, and the words."""
ENGINES = ("local engine", "pulumi CLI")
SHORT_OF_CLIENTS = (
    (
        "a page, signed, processor time",
        "Reading a page of {count} connections takes {ratio} times the processor time of {beside}.",
    ),
    ("a decision, signed, processor time", "Sending a decision takes {ratio} times the processor time of {beside}."),
)


def machine() -> str:
    """Where and with what everything was measured."""
    results = read()
    where = results.machine
    processor = f" ({where.processor})" if where.processor else ""
    parts = [
        TRIAL if results.trial else "",
        f"""Measured on {results.date}, with {where.python} on {where.system} ({where.architecture}),
        on {where.cores} cores{processor}.""",
        f"Versions: {', '.join(f'{name} {number}' for name, number in results.versions.items())}.",
    ]
    return "\n\n".join(_wrapped(part) for part in parts if part)


def short() -> str:
    """The most important ratios, as sentences."""
    results = read()
    lines = [
        _sentence(words.replace("{engine}", engine), largest)
        for engine in ENGINES
        for subject, case, beside, words in SHORT
        if (largest := _largest(results, subject, case.format(engine=engine), beside))
    ]
    for case, words in SHORT_OF_CLIENTS:
        lines += [_sentence(words, each) for each in results.of("requests") if each.case == case]
    return "\n".join(_wrapped(f"- {line}", "  ") for line in lines)


def _wrapped(text: str, indent: str = "") -> str:
    return fill(
        " ".join(text.split()), COLUMNS, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _largest(results: Results, subject: str, case: str, beside: str) -> Measure | None:
    """The measure with the largest count."""
    found = [
        each
        for each in results.of(subject)
        if each.case == case and each.beside is not None and each.beside.what == beside
    ]
    return max(found, key=lambda each: each.count, default=None)


def _sentence(words: str, measure: Measure) -> str:
    assert measure.beside is not None
    assert measure.ratio is not None
    return words.format(
        count=f"{measure.count:,}",
        ratio=value(measure.ratio),
        ours=value(measure.series),
        theirs=value(measure.beside),
        beside=measure.beside.what,
    )


def tables(subject: str) -> str:
    """A subject's measures: a table for everything that was compared with the same thing."""
    found: dict[tuple[str, str], list[Measure]] = {}
    for each in read().of(subject):
        found.setdefault((each.series.what, each.beside.what if each.beside else ""), []).append(each)
    return "\n\n".join(_table(*what, measures) for what, measures in found.items())


def _table(what: str, beside: str, measures: list[Measure]) -> str:
    if not beside:
        lines = [f"| | count | {what} |", "|---|---:|---|"]
        lines += [f"| {each.case} | {each.count:,} | {value(each.series)} |" for each in measures]
        return "\n".join(lines)
    lines = [f"| | count | {what} | {beside} | ratio |", "|---|---:|---|---|---|"]
    for each in measures:
        assert each.beside is not None
        assert each.ratio is not None
        lines.append(
            f"| {each.case} | {each.count:,} | {value(each.series)} | {value(each.beside)} | {value(each.ratio)} |"
        )
    return "\n".join(lines)


def picture(title: str, subject: str, part: str = "") -> str:
    """A chart of a subject's cases with the largest count.

    :param part: what the names of its cases begin with; the rest is their heading.
    """
    measures = [each for each in read().of(subject) if each.case.startswith(part) and each.beside is not None]
    most = max((each.count for each in measures), default=0)
    groups: dict[str, dict[str, Series]] = {}
    for each in measures:
        if each.count == most and each.beside is not None and "by the clock" not in each.case:
            bars = groups.setdefault(each.case.removeprefix(part), {})
            bars |= {series.what: series for series in (each.series, each.beside)}
    return chart(
        title.format(count=figure(most)), [Group(heading, list(bars.values())) for heading, bars in groups.items()]
    )


PARTS: Mapping[str, Callable[[], str]] = MappingProxyType(
    {"machine": machine, "short": short, **{subject: partial(tables, subject) for subject in SUBJECTS}}
)
"""The parts of docs/benchmarks.md, by the name in their marker."""

PICTURES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "docs/benchmarks/approvals.svg": partial(
            picture, "{count} approvals, and resources that do nothing", "approvals"
        ),
        "docs/benchmarks/policy.svg": partial(picture, "One policy, and {count} approvals", "policy"),
        "docs/benchmarks/page.svg": partial(picture, "Reading a page of {count} connections", "requests", "a page, "),
        "docs/benchmarks/decision.svg": partial(picture, "Sending a decision", "requests", "a decision, "),
        "docs/benchmarks/imports.svg": partial(picture, "Imports", "imports"),
    }
)
"""The charts, by their file."""
