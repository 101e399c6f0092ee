"""What a program and a configuration say besides their declarations. Pure.

Everything here is ASCII. Text from elsewhere stands in it only as an id or in quotes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from vpcep_pulumi.api.text import CUT
from vpcep_pulumi.convert.declarations import Conversion, LeftOut

WIDTH = 100
"""The most columns of a comment, unless a single word is longer."""

NEXT = (
    "Next: run `pulumi preview`. It must show one step for each connection: a create whose plan is `adopt`. Stop if it "
    "shows `receive`, `reject` or `wait`: that connection has changed, or the settings lead to another project. Then "
    "run `pulumi up`. It sends nothing. From then on, previews show what others do to these connections."
)
LATER = (
    "An approval that is removed from here later is deleted, and its connection is rejected. `retain_on_delete` leaves "
    "the connection as it is."
)
NOTHING = "There is nothing to declare."


def introduction(conversion: Conversion) -> list[str]:
    """The lines at the beginning, wrapped, with an empty one between two paragraphs."""
    lines = wrapped(f"{conversion.origin} {_counted(conversion)}")
    for each in conversion.notes:
        lines += ["", *wrapped(each, first="- ", others="  ")]
    for each in (NEXT, LATER) if conversion.declarations else (NOTHING,):
        lines += ["", *wrapped(each)]
    return lines


def not_declared(left_out: Iterable[LeftOut]) -> Iterator[str]:
    """A line or more for each connection that is not declared, by service. The caller makes comments of them."""
    service = None
    for each in left_out:
        if service is None:
            yield "Not declared:"
        if each.service_id != service:
            service = each.service_id
            yield f"- of service {service}:"
        yield from wrapped(f"{each.endpoint_id}: {each.reason}", first="  - ", others="    ")


def commented(lines: Iterable[str], indent: str = "") -> Iterator[str]:
    """Lines as comments."""
    for each in lines:
        yield f"{indent}# {each}" if each else f"{indent}#"


def wrapped(text: str, *, first: str = "", others: str = "") -> list[str]:
    """A text in lines of at most :data:`WIDTH` columns.

    :param first: what the first line begins with.
    :param others: what every other line begins with.
    """
    return wrap(
        text.replace(CUT, "..."),
        WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _counted(conversion: Conversion) -> str:
    statuses = [each.status for each in conversion.declarations]
    accepted, rejected = statuses.count("accepted"), statuses.count("rejected")
    return f"Accepted: {accepted}, rejected: {rejected}, not declared: {len(conversion.left_out)}."
