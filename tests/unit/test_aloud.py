"""What the guide's voice makes of the screen's text."""

import pytest

from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document, Priority
from edge.kiosk import screens as s
from edge.kiosk.aloud import aloud
from edge.kiosk.guidance import VOLUMES, Saying
from edge.kiosk.guide_web import Say, tells_who
from edge.kiosk.guide_words import VOICES, guide_words

PERSON = s.Person("Nguyễn Văn Mẫu", "001099000017", Document.CCCD_QR, insurance_number="DN4010123456789")


@pytest.mark.parametrize(
    ("text", "vi", "en"),
    [
        ("A007", "A không không bảy", "A, zero zero seven"),
        ("9:40", "chín giờ bốn mươi", "nine forty"),
        ("9:05", "chín giờ năm phút", "nine oh five"),
        ("7:00", "bảy giờ", "seven o'clock"),
        ("14:00", "mười bốn giờ", "two p m"),
        ("12:30", "mười hai giờ ba mươi", "twelve thirty p m"),
        ("0:15", "không giờ mười lăm", "twelve fifteen"),
        ("9:40–10:00", "chín giờ bốn mươi đến mười giờ", "nine forty to ten o'clock"),
        ("12", "mười hai", "twelve"),
        ("23/11", "ngày hai mươi ba tháng mười một", "twenty-three November"),
        (
            "0901234567",
            "không chín không một hai ba bốn năm sáu bảy",
            "zero nine zero one two three four five six seven",
        ),
        ("24:70", "hai mươi tư:bảy mươi", "twenty-four:seventy"),
        ("", "", ""),
        ("15/2023/QH15", "mười lăm năm hai nghìn không trăm hai mươi ba", "fifteen of two thousand and twenty-three"),
        ("Ghi · chú →", "Ghi, chú", "Ghi, chú"),
    ],
)
def test_numbers_and_times_are_said_as_people_say_them(text: str, vi: str, en: str) -> None:
    assert (aloud(text, "vi"), aloud(text, "en")) == (vi, en)


def test_rooms_are_said_digit_by_digit_as_the_hall_says_them_and_counters_as_numbers() -> None:
    assert aloud("Quầy 1, 12 · Phòng 101, 102A", "vi") == "Quầy một, mười hai, Phòng một không một, một không hai A"
    assert aloud("Counter 12 · Room 101", "en") == "Counter twelve, Room one zero one"
    assert aloud("P.205", "vi") == "phòng hai không năm"


def test_the_south_hears_its_own_words_for_numbers() -> None:
    assert aloud("107 người", "vi", "south") == "một trăm lẻ bảy người"


def test_short_forms_are_said_in_full() -> None:
    assert aloud("Thẻ BHYT, mã QR", "vi") == "Thẻ bảo hiểm y tế, mã quy e-rờ"


def test_nothing_that_the_engine_takes_for_phonemes_or_an_option_is_left() -> None:
    assert aloud("-v en [[x]]", "vi") == "v en x"


def test_the_guides_own_sentences_have_the_same_places_in_every_language() -> None:
    def places(sentence: str) -> frozenset[str]:
        return frozenset(part.partition("}")[0] for part in sentence.split("{")[1:])

    for name, sentence in guide_words("vi").items():
        assert {places(guide_words(language)[name]) for language in VOICES} == {places(sentence)}


@pytest.mark.req("X6")
@pytest.mark.parametrize(
    "screen",
    [
        s.Identified(PERSON),
        s.Grounds(PERSON),
        s.Claimed(Priority.PREGNANT, PERSON),
        s.ChipTrouble(ReadingFault.NO_ANSWER, PERSON),
        s.ReadingChip(1, PERSON),
    ],
    ids=lambda screen: type(screen).__name__,
)
def test_a_text_with_the_persons_name_or_number_is_known(screen: s.Screen) -> None:
    assert tells_who("Xin chào NGUYỄN VĂN MẪU", screen)
    assert tells_who("Thẻ 001099000017", screen)
    assert tells_who("số 99000017", screen)
    assert tells_who("DN4010123456789", screen)
    assert not tells_who("Khám Nội, 12 người, khoảng 9:40. Mục 3 trên 12.", screen)


def test_nobody_stands_on_the_first_screen() -> None:
    assert not tells_who("Nguyễn Văn Mẫu 001099000017", s.Start())


def test_no_log_has_what_was_said() -> None:
    assert "Mẫu" not in f"{Saying('Mẫu', 'vi')!r}{Say('Mẫu', 'vi', 1)!r}"


def test_each_step_of_the_volume_is_louder_and_the_loudest_is_not_cut_off() -> None:
    assert list(VOLUMES.values()) == sorted(VOLUMES.values())
    assert max(VOLUMES.values()) <= 100
