"""A secret that a server repeats, in every spelling that one meets."""

import base64
import html
import json
import string
from collections.abc import Callable
from functools import partial
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vpcep_pulumi.api.masking import MASK, OVERLONG, WITHHELD, Mask

SECRET = 'MIIE/s3cr3t+"key"=='

SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON, every character": lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
    "JSON, upper case": lambda text: "".join(f"\\u{ord(c):04X}" for c in text),
    "JSON, slashes": lambda text: text.replace("/", "\\/"),
    "JSON in JSON": lambda text: json.dumps([json.dumps(text)]),
    "percent": partial(quote, safe=""),
    "percent, lower case": lambda text: "".join(f"%{ord(c):02x}" for c in text),
    "percent, twice": lambda text: quote(quote(text, safe=""), safe=""),
    "HTML": html.escape,
    "HTML, every character": lambda text: "".join(f"&#x{ord(c):x};" for c in text),
    "Python's repr": lambda text: "".join(f"\\x{ord(c):02x}" for c in text),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, behind something": lambda text: base64.b64encode(b"user:" + text.encode() + b"!").decode(),
    "base64, for addresses": lambda text: base64.urlsafe_b64encode(b"x" + text.encode()).decode(),
    "base64 in percent": lambda text: quote(base64.b64encode(text.encode()).decode(), safe=""),
    "hexadecimal": lambda text: text.encode().hex().upper(),
    "another case": str.upper,
    "folded": lambda text: "\r\n ".join(text[at : at + 4] for at in range(0, len(text), 4)),
    "with marks in between": "\u200b".join,
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_masked(spelling):
    said = f"the token {SPELLINGS[spelling](SECRET)} is not valid"
    masked = Mask([SECRET])(said)
    assert masked == (f"the token {MASK} is not valid" if spelling == "plain" else WITHHELD)


secrets = st.text(string.digits + string.ascii_letters + string.punctuation, min_size=6, max_size=60)


@given(secrets, st.sampled_from(sorted(SPELLINGS)), st.text(max_size=20), st.text(max_size=20))
@example("0000\\\\", "folded", "", "")  # it ends in what looks like an escape
def test_whatever_the_secret_it_is_masked(secret, spelling, before, after):
    said = f"{before} {SPELLINGS[spelling](secret)} {after}"
    masked = Mask([secret])(said)
    assert masked == WITHHELD or (MASK in masked and secret not in masked)


@given(st.text(string.ascii_letters + string.digits, min_size=1, max_size=5), st.sampled_from(sorted(SPELLINGS)))
def test_a_short_one_is_withheld_where_it_stands_alone(secret, spelling):
    if spelling.startswith("base64") or spelling in ("hexadecimal", "folded", "with marks in between"):
        return
    assert Mask([secret])(f"bad key: {SPELLINGS[spelling](secret)}.") == WITHHELD


def test_a_short_one_takes_no_words_apart():
    assert Mask(["sk", "", "a"])("verify aksk signature fail") == "verify aksk signature fail"


@given(st.text(max_size=200))
def test_what_holds_no_secret_stays(said):
    assert Mask(["MIIE-s3cr3t-key", "another-s3cr3t"])(said) == said


def test_several_secrets_and_one_within_another():
    assert Mask(["s3cr3t", "s3cr3t-token"])("s3cr3t-token and s3cr3t") == f"{MASK} and {MASK}"


def test_every_text_of_a_document_is_masked():
    document = {"connections": [{"id": 1, "description": f"key {SECRET}", "error": [{"message": quote(SECRET)}]}]}
    assert Mask([SECRET]).document(document) == {
        "connections": [{"id": 1, "description": f"key {MASK}", "error": [{"message": WITHHELD}]}],
    }
    assert Mask(["something-else"]).document(document) == document


@pytest.mark.parametrize("unit", ["%25", "&amp;", "\\u0041", "&#x41;", "\\\\", "x"])
def test_a_text_that_is_too_long_is_not_searched_for_ever(unit):
    """Undoing 16 MB of escapes took 14 s and a gigabyte."""
    assert Mask([SECRET])(unit * 4_000_000) == OVERLONG


def test_no_repr_shows_a_secret():
    assert "s3cr3t" not in repr(Mask([SECRET]))
