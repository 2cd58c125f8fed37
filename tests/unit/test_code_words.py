"""Codes in words: short, told apart without marks, and read however they are typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.code_words import WORDS, plain, read, shown, spelt, typeable

CODES = st.binary(max_size=8)


def test_there_are_256_words_and_no_two_are_alike_without_their_marks() -> None:
    assert len(WORDS) == 256
    assert len({plain(word) for word in WORDS}) == 256
    assert all(2 <= len(plain(word)) <= 6 and plain(word).isascii() and plain(word).isalpha() for word in WORDS)


@given(CODES)
def test_a_code_is_read_as_it_is_shown_typed_or_shouted(code: bytes) -> None:
    assert read(shown(code)) == read(typeable(code)) == read("  ".join(spelt(code)).upper()) == code


@given(st.text(max_size=200))
def test_whatever_is_typed_is_a_code_or_an_error_that_does_not_repeat_it(typed: str) -> None:
    try:
        said = f"{len(read(typed))} words"
    except ValueError as error:
        said = str(error)
    assert said in ("longer than a code", "a word is not of the list") or said.endswith(" words")


def test_a_word_that_is_none_is_no_code() -> None:
    for typed in ("gà không-có", "gà" * 60, "1234"):
        with pytest.raises(ValueError, match=r"code|list"):
            read(typed)
