"""Frames from a template: what a technician may write, and what is told at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from board_controller.boards.rows import Row, plain
from board_controller.boards.template import MAX_FRAME_BYTES, TemplateError, frame

A047 = Row("A047", blink=True)


@pytest.mark.parametrize(
    ("template", "check_from", "expected"),
    [
        (r"\x02{address:02d}{text:>6}\x03", 0, b"\x0207  A047\x03"),
        (r"{address:c}{row:c}{text:<5}\r\n", 0, b"\x07\x02A047 \r\n"),
        (r"$L{row},{blink},{text}*{xor:02X}\r", 1, b"$L2,1,A047*17\r"),
        (r"\xaa{text:>4}{sum:c}\x55", 1, b"\xaaA047\xdc\x55"),
        (r"{{{text}}}\\\t", 0, b"{A047}\\\t"),
    ],
)
def test_a_template_makes_these_bytes(template: str, check_from: int, expected: bytes) -> None:
    assert frame(template, 7, 2, A047, check_from) == expected


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("", "0 bytes"),
        ("{number}", "no field is called number; there are address, row, text, blink, xor, sum"),
        ("{text.__class__}", "no field is called"),
        ("{text[0]}", "no field is called"),
        ("{}", "no field is called"),
        ("{text!r}", "plain format"),
        ("{text:>{address}}", "plain format"),
        ("{text:>99999999}", "plain format"),
        ("{text:>300}", "300 bytes"),
        ("{text:d}", "d"),
        ("{text", "}"),
        (r"\q", "means nothing"),
        ("\\", "means nothing"),
        ("số {text}", "latin-1"),
    ],
)
def test_a_template_that_makes_no_frame_is_told_with_the_reason(template: str, said: str) -> None:
    with pytest.raises(TemplateError) as error:
        frame(template, 1, 1, A047)
    assert said in str(error.value)


@given(st.text(max_size=60), st.text(max_size=24), st.booleans(), st.integers(0, 255))
def test_any_template_makes_a_frame_or_is_refused(template: str, text: str, blink: bool, check_from: int) -> None:
    try:
        made = frame(template, 1, 1, Row(text, blink), check_from)
    except TemplateError:
        return
    assert 1 <= len(made) <= MAX_FRAME_BYTES


@given(st.text(max_size=24))
def test_a_text_for_a_board_without_other_letters_is_ascii_and_no_longer_than_it_was(text: str) -> None:
    made = plain(text)
    assert made.isascii()
    assert all(" " <= letter <= "~" for letter in made)
