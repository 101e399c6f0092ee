"""What a failing test shows of an operation: enough to understand it, no secret, and no frame of this package.

pytest's ``-l`` shows the locals of every frame. Those below a method of a fixture hold the environment, passphrases and
configuration, in the standard library's frames as well, so a traceback ends where this package begins.
"""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any

from vpcep_pulumi.testing.results import Steps

PACKAGE = __name__.partition(".")[0]
SHORT = 6
"""A secret of fewer characters is hidden where it stands alone: it may be a part of any word."""
COMPARISONS = ("assertEqual", "assertNotEqual", "assertDictEqual", "assertCountEqual")
"""unittest's, which know nothing of what they compare."""


def end_where_the_package_begins(error: BaseException) -> str:
    """Cut this package's frames, and those below, from an error's traceback and its causes'.

    :return: them, as text without any locals; empty where there are none.
    """
    text: list[str] = []
    for each in _chain(error):
        entry = each.__traceback__
        if entry is not None and _is_own(entry):
            text += traceback.format_tb(entry)
            each.__traceback__ = None
        while entry is not None and entry.tb_next is not None:
            if _is_own(entry.tb_next):
                text += traceback.format_tb(entry.tb_next)
                entry.tb_next = None
            entry = entry.tb_next
    return "".join(text)


def differences(error: BaseException) -> list[str]:
    """How the steps differ that an assertion of unittest compared, a line each."""
    for frame, _line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_name in COMPARISONS and frame.f_globals.get("__name__") == "unittest.case":
            steps = [each for each in frame.f_locals.values() if isinstance(each, Steps)]
            others = [each for each in frame.f_locals.values() if isinstance(each, Mapping) and each not in steps[:1]]
            if steps and others:
                return steps[0].differences(others[0])
    return []


def masking(secrets: Iterable[Any]) -> Callable[[str], str]:
    """What hides secrets in texts: each, its parts, and how JSON writes it."""
    texts = {text for secret in secrets for text in _texts(secret)}
    forms = {form for text in texts for form in (text, json.dumps(text)[1:-1]) if form.strip()}
    longest_first = sorted(forms, key=len, reverse=True)
    parts = [re.escape(form) if len(form) >= SHORT else rf"(?<!\w){re.escape(form)}(?!\w)" for form in longest_first]
    if not parts:
        return str
    pattern = re.compile("|".join(parts))
    return lambda text: pattern.sub("[secret]", text)


def _texts(secret: Any) -> Iterator[str]:
    if isinstance(secret, str):
        yield secret
        if secret[:1] in ("{", "["):
            try:
                yield from _texts(json.loads(secret))
            except ValueError:
                return
    elif isinstance(secret, Mapping):
        for each in secret.values():
            yield from _texts(each)
    elif isinstance(secret, list | tuple):
        for each in secret:
            yield from _texts(each)
    elif secret is not None and not isinstance(secret, bool):
        yield str(secret)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error, and what it came of."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and each not in seen:
            seen.append(each)
            waiting += [each.__cause__, each.__context__]
    return iter(seen)


def _is_own(entry: TracebackType) -> bool:
    return str(entry.tb_frame.f_globals.get("__name__", "")).partition(".")[0] == PACKAGE
