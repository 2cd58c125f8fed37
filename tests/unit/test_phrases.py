"""The sentences of the hall: what is wrong with a template, what is said, and what a recorded pack needs."""

import re
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.contracts import phrases, spoken_numbers
from edge.contracts.hall import MAX_SPOKEN, PHRASES, Language, Phrase, Recording, Region, Voice
from edge.contracts.phrases import PhraseFault
from tests.sites import CATALOGUE

SAID = {
    "number": phrases.code("A007", "vi", "north"),
    "counter": phrases.number(2, "vi", "north"),
    "room": phrases.room("101", "vi", "north"),
}
templates = st.text(st.sampled_from("{}[] ,aầ"), max_size=30) | st.lists(
    st.sampled_from(["Mời số ", "{number}", "{counter}", "{room}", "[", "]", ", phòng ", "{ten}", "{", "}"]),
    max_size=10,
).map("".join)


@pytest.mark.req("S1")
@pytest.mark.parametrize("phrase", PHRASES.values(), ids=lambda phrase: phrase.id)
def test_what_the_product_says_has_no_fault(phrase: Phrase) -> None:
    assert phrases.phrase_faults(phrase.vi) == phrases.phrase_faults(phrase.en) == ()


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        ("  ", PhraseFault.EMPTY),
        ("Số {number} " + "a" * MAX_SPOKEN, PhraseFault.TOO_LONG),
        ("Mời {ten}, số {number}", PhraseFault.UNKNOWN_PLACE),
        ("Số {number} {}", PhraseFault.UNKNOWN_PLACE),
        ("Số {number}[, phòng {room}", PhraseFault.BRACKETS),
        ("Số {number}], phòng {room}[", PhraseFault.BRACKETS),
        ("Số {number}[, [phòng {room}]]", PhraseFault.BRACKETS),
        ("Số {number}, quầy {counter", PhraseFault.BRACKETS),
        ("Mời đến quầy {counter}", PhraseFault.NO_NUMBER),
        ("Mời đến quầy {counter}[, số {number}, phòng {room}]", PhraseFault.NO_NUMBER),
    ],
)
def test_a_template_that_cannot_be_spoken_says_why(template: str, fault: PhraseFault) -> None:
    assert phrases.phrase_faults(template) == (fault,)


def test_a_part_in_brackets_is_said_only_where_its_place_says_something() -> None:
    call = PHRASES["call"].vi
    assert phrases.sentence(call, SAID) == "Mời số A không không bảy, đến quầy hai, phòng một không một"
    assert phrases.sentence(call, {**SAID, "room": phrases.Spoken()}) == "Mời số A không không bảy, đến quầy hai"
    assert [f.text for f in phrases.fragments(call, SAID, "vi", "south")][-4:] == ["phòng", "một", "không", "một"]


@given(templates)
def test_every_template_without_a_fault_is_spoken_with_its_number_and_without_signs(template: str) -> None:
    if phrases.phrase_faults(template):
        return
    said = phrases.sentence(template, SAID)
    assert not set(said) & set("{}[]")
    spoken = [fragment.text for fragment in phrases.fragments(template, SAID, "vi", "north")]
    assert "A" in spoken
    assert "A không không bảy" in said


@pytest.mark.req("S5")
def test_a_pack_needs_every_fragment_of_every_call_and_nothing_twice() -> None:
    for digits in (True, False):
        catalogue = replace(CATALOGUE, voices=(Voice("1", "Sảnh", digits=digits),))
        for language, region in (("vi", "north"), ("vi", "south"), ("en", "north")):
            needed = {fragment.id for fragment in phrases.needed_fragments(catalogue, language, region)}  # type: ignore[arg-type]
            for service in catalogue.services:
                for counter in catalogue.counters:
                    label = f"{service.prefix}{service.last_number}"
                    said = {
                        "number": phrases.code(label, language, region, digits=digits),  # type: ignore[arg-type]
                        "counter": phrases.number(counter.number, language, region),  # type: ignore[arg-type]
                        "room": phrases.room(counter.room, language, region),  # type: ignore[arg-type]
                    }
                    for phrase in PHRASES.values():
                        used = phrases.fragments(getattr(phrase, language), said, language, region)  # type: ignore[arg-type]
                        assert {one.id for one in used} <= needed
            assert len(needed) < 120


@pytest.mark.req("S5")
def test_what_is_recorded_is_missing_no_more() -> None:
    first, *others = phrases.needed_fragments(CATALOGUE, "vi", "south")
    recorded = replace(CATALOGUE, recordings=(Recording(first.id, first.text, "m1"),))
    assert phrases.missing(recorded, "vi", "south") == tuple(others)
    assert phrases.missing(recorded, "vi", "north") == phrases.needed_fragments(CATALOGUE, "vi", "north")


def test_words_that_differ_only_in_their_tones_are_two_fragments() -> None:
    ids = {phrases.fragment(word, "vi", "north").id for word in ("ba", "bà", "bá", "bả", "bạ", "bã", "đa", "da")}
    assert len(ids) == 8
    assert all(re.fullmatch(r"vi-north/[a-z0-9-]{1,40}", one) for one in ids)


def test_an_own_phrase_takes_the_place_of_the_products() -> None:
    own = Phrase("call", "Xin mời {number} vào {counter}", "{number} to {counter}")
    assert phrases.phrase_of((own,), "call") == own
    assert phrases.phrase_of((), "call") == PHRASES["call"]


@pytest.mark.req("S3")
def test_the_page_says_what_is_wrong_with_the_engines_voice_of_a_region() -> None:
    assert phrases.region_note("north") == ""
    assert "không có thanh điệu" in phrases.region_note("central")


@cache
def words_of_numbers(language: Language, region: Region) -> set[str]:
    return set(spoken_numbers.words_of_numbers(language, region, 9999))


@given(st.integers(0, 12_000), st.sampled_from(["north", "central", "south"]))
def test_every_number_is_said_in_words_that_a_pack_can_have(number: int, region: str) -> None:
    for language in ("vi", "en"):
        words = spoken_numbers.number_words(number, language, region)  # type: ignore[arg-type]
        assert words
        if number <= spoken_numbers.HIGHEST:
            assert set(words) <= words_of_numbers(language, region)


@pytest.mark.req("S1", "S3")
@pytest.mark.parametrize(
    ("number", "north", "south", "english"),
    [
        (0, "không", "không", "zero"),
        (7, "bảy", "bảy", "seven"),
        (10, "mười", "mười", "ten"),
        (11, "mười một", "mười một", "eleven"),
        (14, "mười bốn", "mười bốn", "fourteen"),
        (21, "hai mươi mốt", "hai mươi mốt", "twenty-one"),
        (34, "ba mươi tư", "ba mươi tư", "thirty-four"),
        (55, "năm mươi lăm", "năm mươi lăm", "fifty-five"),
        (100, "một trăm", "một trăm", "one hundred"),
        (105, "một trăm linh năm", "một trăm lẻ năm", "one hundred and five"),
        (999, "chín trăm chín mươi chín", "chín trăm chín mươi chín", "nine hundred and ninety-nine"),
        (1000, "một nghìn", "một ngàn", "one thousand"),
        (1001, "một nghìn không trăm linh một", "một ngàn không trăm lẻ một", "one thousand and one"),
        (10_007, "một không không không bảy", "một không không không bảy", "one zero zero zero seven"),
    ],
)
def test_numbers_are_said_as_people_say_them(number: int, north: str, south: str, english: str) -> None:
    assert " ".join(spoken_numbers.number_words(number, "vi", "north")) == north
    assert " ".join(spoken_numbers.number_words(number, "vi", "south")) == south
    assert " ".join(spoken_numbers.number_words(number, "en")) == english
