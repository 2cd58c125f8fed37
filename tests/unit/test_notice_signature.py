"""A webhook's signature is checked: a message that was changed, delayed or made by another does not pass."""

import hashlib
import hmac
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.fleet.webhook import sign, verify

SECRET, OTHER = b"a" * 32, b"b" * 32
BODY = '{"place":"Trạm y tế"}'.encode()


@pytest.mark.req("X5")
def test_what_was_signed_verifies_and_what_was_changed_does_not() -> None:
    header = sign(SECRET, BODY, 1_700_000_000)
    assert verify(SECRET, header, BODY, 1_700_000_010)
    assert not verify(SECRET, header, BODY + b" ", 1_700_000_010)
    assert not verify(OTHER, header, BODY, 1_700_000_010)
    assert not verify(SECRET, header.replace("t=1700000000", "t=1700000005"), BODY, 1_700_000_010)


def test_it_is_what_anybody_computes_with_hmac() -> None:
    expected = hmac.new(SECRET, b"1700000000." + BODY, hashlib.sha256).hexdigest()
    assert sign(SECRET, BODY, 1_700_000_000) == f"t=1700000000,v1={expected}"


def test_a_message_is_good_for_five_minutes_only() -> None:
    header = sign(SECRET, BODY, 1_700_000_000)
    assert verify(SECRET, header, BODY, 1_700_000_300)
    assert not verify(SECRET, header, BODY, 1_700_000_301)
    assert not verify(SECRET, header, BODY, 1_699_999_699)
    assert verify(SECRET, header, BODY, 1_700_000_999, tolerance_s=1000)


def test_one_of_two_signatures_is_enough_while_a_secret_is_changed() -> None:
    first, second = sign(OTHER, BODY, 5), sign(SECRET, BODY, 5).partition(",")[2]
    assert verify(SECRET, f"{first},{second}", BODY, 5)


@given(st.text(max_size=200))
def test_no_header_but_a_right_one_passes(header: str) -> None:
    assert not verify(SECRET, header, BODY, 5)


@pytest.mark.parametrize("spoil", [str.upper, lambda header: header[:-1], lambda header: header.replace("v1", "v0")])
def test_a_header_that_is_nearly_right_does_not_pass(spoil: object) -> None:
    assert callable(spoil)
    assert not verify(SECRET, spoil(sign(SECRET, BODY, 5)), BODY, 5)


def test_the_example_for_the_departments_programmers_does_what_verify_does() -> None:
    """It stands alone: whoever copies it has nothing of ours."""
    root = Path(__file__).parent.parent.parent
    pages = [*(root / "docs").glob("*.md"), root / "issue-8-notes" / "notices-docs.md"]
    found = [
        block
        for page in pages
        if page.is_file()
        for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        if "def is_ours(" in block
    ]
    names: dict[str, object] = {}
    exec(found[0], names)  # noqa: S102 - it is ours
    is_ours = names["is_ours"]
    assert callable(is_ours)
    header = sign(SECRET, BODY, int(time.time()))
    assert is_ours(SECRET, header, BODY)
    assert not is_ours(SECRET, header, BODY + b" ")
    assert not is_ours(OTHER, header, BODY)
    assert not is_ours(SECRET, sign(SECRET, BODY, int(time.time()) - 400), BODY)
    assert not is_ours(SECRET, "", BODY)
