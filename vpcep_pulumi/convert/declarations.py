"""Declarations as values: what was found, what is declared of it, and what is left out. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Declaration:
    """An approval to declare. Every text of it that is an argument is a valid one.

    The connection's own description is never declared: so nothing is ever written.

    :ivar name: the resource's name, unique among the declarations.
    :ivar status: ``accepted`` or ``rejected``.
    :ivar expected_domain_id: the account that the endpoint belongs to; None: it is not known.
    :ivar region: None: it comes from the settings, likewise the project.
    :ivar profile: the name of a profile; None: the settings without one.
    :ivar remark: what to say beside it, as one line that is fit for a comment; may be empty.
    """

    name: str
    service_id: str
    endpoint_id: str
    status: str
    expected_domain_id: str | None = None
    region: str | None = None
    project_id: str | None = None
    profile: str | None = None
    remark: str = ""

    def arguments(self) -> Iterator[tuple[str, str]]:
        """The arguments of the approval, by name, without those that are not given."""
        for name in ARGUMENTS:
            value = getattr(self, name)
            if value is not None:
                yield name, value


ARGUMENTS = ("service_id", "endpoint_id", "status", "expected_domain_id", "region", "project_id", "profile")
"""The arguments that a declaration has, in the order in which they are written."""


@dataclass(frozen=True)
class LeftOut:
    """A connection that was found, and is not declared.

    :ivar reason: what it is, and why; one line that is fit for a comment.
    """

    service_id: str
    endpoint_id: str
    reason: str


@dataclass(frozen=True)
class Conversion:
    """What was found somewhere, as declarations.

    :ivar origin: a sentence that says what they were made from; of our own words.
    :ivar notes: sentences: what the reader has to know; lines that are fit for a comment.
    """

    origin: str
    declarations: tuple[Declaration, ...]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
