"""What the loudspeaker says."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from board_controller.signage import Announcement, Move, Notice
from board_controller.voice.calls import Moves
from board_controller.voice.sentence import en_number, sentence, vi_number


def _said(label: str = "A047", number: int = 1, room: str = "101") -> Announcement:
    return Announcement("t", label, number, room, "Khám tổng quát")


@pytest.mark.req("S1")
def test_a_call_is_read_in_vietnamese_and_in_english() -> None:
    assert sentence(_said(), "vi") == "Mời số A không bốn bảy, đến quầy một, phòng một không một"
    assert sentence(_said(), "en") == "Number A, zero four seven, please go to counter one, room one zero one"


@pytest.mark.parametrize(
    ("label", "spoken"),
    [
        ("B112", "bê một một hai"),
        ("C009", "xê không không chín"),
        ("D021", "đê không hai một"),
        ("Đ021", "đờ không hai một"),
        ("V030", "vê không ba không"),
        ("T1064", "tê một không sáu bốn"),
        ("KB05", "ca bê không năm"),
    ],
)
def test_letters_are_named_as_an_announcer_names_them_and_digits_one_by_one(label: str, spoken: str) -> None:
    assert sentence(_said(label), "vi").startswith(f"Mời số {spoken}, đến quầy")


@pytest.mark.parametrize(
    ("number", "vietnamese", "english"),
    [
        (5, "năm", "five"),
        (10, "mười", "ten"),
        (15, "mười lăm", "fifteen"),
        (21, "hai mươi mốt", "twenty-one"),
        (24, "hai mươi tư", "twenty-four"),
        (30, "ba mươi", "thirty"),
        (32, "ba mươi hai", "thirty-two"),
        (105, "một không năm", "one zero five"),
    ],
)
def test_a_counter_is_a_number(number: int, vietnamese: str, english: str) -> None:
    assert vi_number(number) == vietnamese
    assert en_number(number) == english


@pytest.mark.parametrize(
    ("room", "vietnamese", "english"),
    [
        ("P.203", "phòng hai không ba", "room two zero three"),
        ("Phòng 203", "phòng hai không ba", "room two zero three"),
        ("12B", "phòng một hai bê", "room one two, B"),
        ("Siêu âm", "phòng Siêu âm", "room Siêu âm"),
    ],
)
def test_a_room_is_read_by_digits_or_by_its_name(room: str, vietnamese: str, english: str) -> None:
    assert sentence(_said(room=room), "vi").endswith(f", {vietnamese}")
    assert sentence(_said(room=room), "en").endswith(f", {english}")


def test_no_room_is_not_spoken_of() -> None:
    assert sentence(_said(room=""), "vi") == "Mời số A không bốn bảy, đến quầy một"
    assert sentence(_said(room=""), "en") == "Number A, zero four seven, please go to counter one"


@given(st.text(max_size=20), st.text(max_size=20), st.integers(0, 999), st.sampled_from(["vi", "en"]))
def test_a_sentence_is_nfc_and_free_of_the_engines_notation(label: str, room: str, number: int, language: str) -> None:
    spoken = sentence(_said(label, number, room), language)
    assert spoken == unicodedata.normalize("NFC", spoken)
    assert "[[" not in spoken
    assert "]]" not in spoken
    assert not spoken.startswith("-")


def test_decomposed_letters_are_put_together() -> None:
    assert "phòng Siêu âm" in sentence(_said(room=unicodedata.normalize("NFD", "Siêu âm")), "vi")


@pytest.mark.req("K11", "S1")
def test_changes_of_room_are_read_by_where_to_go() -> None:
    moves = Moves(
        (
            Move("a", "A012", 3, "103"),
            Move("b", "B007", 4, ""),
            Move("c", "A015", 3, "103"),
            Move("d", "C001"),
            Move("e", "D002", 5, "Siêu âm"),
        )
    )
    assert sentence(moves, "vi") == (
        "Thay đổi phòng. Số A không một hai, số A không một năm, mời sang phòng một không ba. "
        "Số bê không không bảy, mời sang quầy bốn. Số xê không không một, xin chờ, quầy nào trống trước sẽ gọi. "
        "Số đê không không hai, mời sang phòng Siêu âm"
    )
    assert sentence(moves, "en").startswith(
        "Change of room. Number A, zero one two, number A, zero one five, please go to room one zero three. "
        "Number B, zero zero seven, please go to counter four."
    )


@pytest.mark.req("S6")
def test_a_notice_is_its_own_text_without_the_engines_notation() -> None:
    notice = Notice("- Còn [[mười lăm]] phút", "")
    assert sentence(notice, "vi") == "Còn mười lăm phút"
    assert sentence(notice, "en") == ""
