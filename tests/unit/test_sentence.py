"""What the loudspeaker says, and with which voice."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from board_controller.signage import Announcement, Move, Notice
from board_controller.voice.calls import Called, Moves, Said
from board_controller.voice.sentence import lines
from board_controller.voice.voices import DEFAULT_VOICE, percent_at, voice_for
from edge.contracts.hall import Language, Loudness, Phrase, Region, Voice


def _said(label: str = "A047", number: int = 1, room: str = "101") -> Called:
    return Called((Announcement("t", label, number, room, "Khám tổng quát"),))


def _text(
    said: Said,
    language: Language,
    *,
    region: Region = "north",
    digits: bool = True,
    own: tuple[Phrase, ...] = (),
) -> str:
    voice = Voice("1", "", languages=(language,), region=region, digits=digits)
    return ". ".join(line.text for line in lines(said, voice, own))


@pytest.mark.req("S1")
def test_a_call_is_read_in_the_voices_languages_in_their_order() -> None:
    assert [line.text for line in lines(_said(), Voice("1", "", languages=("en", "vi")), ())] == [
        "Number A, zero four seven, please go to counter one, room one zero one",
        "Mời số A không bốn bảy, đến quầy một, phòng một không một",
    ]


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
    assert _text(_said(label), "vi").startswith(f"Mời số {spoken}, đến quầy")


@pytest.mark.req("S1", "S3")
def test_a_number_can_be_said_as_a_number_as_the_region_says_it() -> None:
    assert _text(_said("A007"), "vi", digits=False).startswith("Mời số A bảy, ")
    assert _text(_said("A107"), "vi", digits=False).startswith("Mời số A một trăm linh bảy, ")
    assert _text(_said("A107"), "vi", digits=False, region="south").startswith("Mời số A một trăm lẻ bảy, ")
    assert _text(_said("A107"), "en", digits=False).startswith("Number A, one hundred and seven, ")


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
    assert _text(_said(room=room), "vi").endswith(f", {vietnamese}")
    assert _text(_said(room=room), "en").endswith(f", {english}")


def test_no_room_is_not_spoken_of() -> None:
    assert _text(_said(room=""), "vi") == "Mời số A không bốn bảy, đến quầy một"
    assert _text(_said(room=""), "en") == "Number A, zero four seven, please go to counter one"


def test_numbers_that_go_to_one_place_are_one_sentence() -> None:
    both = Called((Announcement("a", "A001", 1, "", ""), Announcement("b", "A002", 1, "", "")))
    assert _text(both, "vi") == "Mời số A không không một, A không không hai, đến quầy một"


@pytest.mark.req("S1")
def test_an_officers_own_phrase_is_spoken() -> None:
    own = Phrase("call", "Xin mời {number} vào phòng {room}", "{number}, room {room}")
    assert _text(_said(), "vi", own=(own,)) == "Xin mời A không bốn bảy vào phòng một không một"
    assert _text(_said(), "en", own=(own,)) == "A, zero four seven, room one zero one"


@given(st.text(max_size=20), st.text(max_size=20), st.integers(0, 999), st.sampled_from(["vi", "en"]))
def test_a_sentence_is_nfc_and_free_of_the_engines_notation(
    label: str, room: str, number: int, language: Language
) -> None:
    spoken = _text(_said(label, number, room), language)
    assert spoken == unicodedata.normalize("NFC", spoken)
    assert "[[" not in spoken
    assert "]]" not in spoken
    assert not spoken.startswith("-")


def test_decomposed_letters_are_put_together() -> None:
    assert "phòng Siêu âm" in _text(_said(room=unicodedata.normalize("NFD", "Siêu âm")), "vi")


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
    assert _text(moves, "vi") == (
        "Số A không một hai, A không một năm, mời sang phòng một không ba. "
        "Số bê không không bảy, mời sang quầy bốn. Số xê không không một, xin chờ, quầy nào trống trước sẽ gọi. "
        "Số đê không không hai, mời sang phòng Siêu âm"
    )
    assert _text(moves, "en").startswith(
        "Number A, zero one two, A, zero one five, please go to room one zero three. "
        "Number B, zero zero seven, please go to counter four."
    )


@pytest.mark.req("S6")
def test_a_notice_is_its_own_text_without_the_engines_notation() -> None:
    notice = Notice("- Còn [[mười lăm]] phút", "")
    assert [line.text for line in lines(notice, DEFAULT_VOICE, ())] == ["Còn mười lăm phút"]


@pytest.mark.req("S5")
def test_the_fragments_of_a_sentence_are_of_the_voices_region_and_english_is_recorded_once() -> None:
    vietnamese, english = lines(_said(), Voice("1", "", region="south"), ())
    assert {fragment.id.partition("/")[0] for fragment in vietnamese.fragments} == {"vi-south"}
    assert {fragment.id.partition("/")[0] for fragment in english.fragments} == {"en-north"}


@pytest.mark.req("S3", "T5")
def test_a_zone_has_its_own_voice_else_that_of_no_zone_else_the_products() -> None:
    east, others = Voice("1", "", zones=("A", "B")), Voice("2", "")
    assert voice_for((others, east), ("B",)) == east
    assert voice_for((east, others), ("C",)) == voice_for((east, others), ()) == others
    assert voice_for((east,), ("C",)) == DEFAULT_VOICE


def test_the_loudness_of_the_hour_holds_until_the_next_step_and_over_midnight() -> None:
    steps = (Loudness("20:00", 30), Loudness("06:30", 100))
    assert [percent_at(steps, time) for time in ("00:00", "06:29", "06:30", "19:59", "20:00")] == [30, 30, 100, 100, 30]
