"""How the kiosks greet and guide, as an administrator sets it: what is taken, how forms and changes show it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue
from edge.contracts.kiosk import MAX_WORDS, REST_S, Kiosk
from edge.daemon.i18n import translations
from edge.hub.catalogue import files
from edge.hub.catalogue.changes import applied, changes, rebase
from edge.hub.catalogue.forms import Wrong, notes_of
from edge.hub.catalogue.kiosk_forms import KIOSK_WORDS, PRODUCT_WORDS, Row, kiosk_fields, read_kiosk, rows, stepped
from edge.hub.catalogue.sentences import Sentences
from edge.queueing.catalogue import check, faults
from edge.queueing.catalogue_faults import Fault
from edge.queueing.catalogue_words import sentence
from edge.queueing.kiosk_checks import TEXTS
from tests.catalogues import UNHURRIED, kiosks
from tests.sites import CATALOGUE
from tests.unit.test_translations import sentences as sentences_of

USUAL = Kiosk()
HERE = ("vi", "en", "km")


def kiosk(**fields: Any) -> Catalogue:
    return replace(CATALOGUE, kiosk=replace(USUAL, **fields))


@UNHURRIED
@given(kiosks())
def test_any_sound_settings_go_through_their_form_and_through_files_and_come_back_the_same(settings: Kiosk) -> None:
    catalogue = replace(CATALOGUE, kiosk=settings)
    check(catalogue)
    assert read_kiosk(kiosk_fields(settings)) == settings
    assert files.read(files.as_toml(catalogue).decode()) == catalogue
    assert files.read(files.as_json(catalogue).decode()) == catalogue
    assert applied(CATALOGUE, changes(CATALOGUE, catalogue)) == catalogue


@pytest.mark.req("K6")
@pytest.mark.parametrize(
    ("catalogue", "told"),
    [
        (kiosk(languages=()), "kiosk: languages: 1 to 4 are expected, there are 0"),
        (kiosk(languages=("en", "vi")), "kiosk: languages: Vietnamese is expected to stand first"),
        (kiosk(languages=("en",)), "kiosk: languages: Vietnamese is expected to stand first"),
        (kiosk(languages=("vi", "en", "en")), "kiosk: languages: 'en' stands twice"),
        (kiosk(greeting="x" * (MAX_WORDS + 1)), f"kiosk: greeting: it has {MAX_WORDS + 1} letters; 1 to {MAX_WORDS}"),
        (kiosk(after_en="x" * (MAX_WORDS + 1)), f"kiosk: after_en: it has {MAX_WORDS + 1} letters"),
        (kiosk(begin="Xin chào\nbà con"), "kiosk: begin: it has 15 letters"),
        (kiosk(without="  "), "kiosk: without: it has 2 letters; 1 to"),
        (kiosk(rest_s=REST_S[0] - 1), "kiosk: rest_s: it is 19; 0, or 20 to 600, is expected"),
        (kiosk(rest_s=REST_S[1] + 1), "kiosk: rest_s: it is 601; 0, or 20 to 600, is expected"),
        (kiosk(rest_s=-1), "kiosk: rest_s: it is -1; 0, or 20"),
    ],
)
def test_what_no_kiosk_can_show_is_told_with_what_is_expected(catalogue: Catalogue, told: str) -> None:
    (error,) = faults(catalogue)
    assert str(error).startswith(told)
    for language in ("vi", "en"):
        words = sentence(error, translations(language, "edge.hub").gettext)
        assert "{" not in words
        assert words.startswith("Trang kiosk, " if language == "vi" else "Kiosk page, ")


@pytest.mark.parametrize("fields", [{"rest_s": 0}, {"rest_s": 20}, {"rest_s": 600}, {"begin": "x" * MAX_WORDS}])
def test_what_lies_on_the_bounds_is_taken(fields: dict[str, Any]) -> None:
    check(kiosk(**fields))


@given(st.dictionaries(st.sampled_from(sorted(kiosk_fields(USUAL))), st.lists(st.text(max_size=120), max_size=5)))
def test_whatever_a_form_says_is_read_or_refused_with_a_word_at_a_field(spoiled: dict[str, list[str]]) -> None:
    read, refused = USUAL, set[str]()
    try:
        read = read_kiosk(kiosk_fields(USUAL) | spoiled)
    except Wrong as wrong:
        refused = set(wrong.notes)
    assert refused <= {"rest_s", "region"} & set(spoiled)
    assert (read.languages[0], len(set(read.languages))) == ("vi", len(read.languages))
    notes = notes_of(replace(CATALOGUE, kiosk=read), "kiosk", "")
    assert set(notes) <= {*spoiled}
    if not notes:
        check(replace(CATALOGUE, kiosk=read))


def test_a_text_that_is_too_long_is_told_at_its_field() -> None:
    (field,) = notes_of(kiosk(greeting_en="x" * 91), "kiosk", "")
    assert field == "greeting_en"
    assert notes_of(replace(CATALOGUE, facility=replace(CATALOGUE.facility, name="")), "kiosk", "") == {}


@pytest.mark.req("K6")
def test_vietnamese_cannot_be_left_out_or_moved_from_its_place() -> None:
    assert read_kiosk(kiosk_fields(USUAL) | {"languages": []}).languages == ("vi",)
    assert read_kiosk(kiosk_fields(USUAL) | {"languages": ["km", "en", "vi", "en", "fr"]}).languages == (
        "vi",
        "km",
        "en",
    )


@pytest.mark.req("K6")
def test_the_form_offers_the_languages_that_a_kiosk_can_speak_and_any_other_that_was_chosen() -> None:
    assert rows(kiosk_fields(USUAL), ("vi", "en")) == [Row("en", chosen=True, there=True)]
    assert rows(kiosk_fields(USUAL), HERE) == [Row("en", chosen=True, there=True), Row("km", chosen=False, there=True)]
    imported = kiosk_fields(replace(USUAL, languages=("vi", "sti", "en")))
    assert rows(imported, ("vi", "en")) == [Row("sti", chosen=True, there=False), Row("en", chosen=True, there=True)]


def order_after(step: str, *order: str) -> list[str]:
    fields = kiosk_fields(replace(USUAL, languages=("vi", "km"))) | {"order": ["vi", *order]}
    after = stepped(fields, step)
    assert after["languages"] == ["vi", "km"]
    return [row.code for row in rows(after, HERE)]


def test_the_steps_of_the_form_move_a_language_among_the_others() -> None:
    assert order_after("up-km", "en", "km") == ["km", "en"]
    assert order_after("down-en", "en", "km") == ["km", "en"]
    assert order_after("up-en", "en", "km") == order_after("down-km", "en", "km") == ["en", "km"]
    for nothing in ("up-vi", "up-fr", "up", "", "sideways-en", "down-vi"):
        assert order_after(nothing, "en", "km") == ["en", "km"]
    both = stepped(kiosk_fields(replace(USUAL, languages=("vi", "en", "km"))), "up-km")
    assert read_kiosk(both).languages == ("vi", "km", "en")


def told(before: Catalogue, after: Catalogue, language: str = "vi") -> list[str]:
    words = Sentences(before, after, language, translations(language, "edge.hub").gettext)
    return [words.sentence(change) for change in changes(before, after)]


def test_a_change_is_told_by_the_field_that_people_know() -> None:
    after = kiosk(languages=("vi", "km"), greeting="Kính chào bà con", rest_s=0, region="south")
    assert told(CATALOGUE, after) == [
        "Trang kiosk: ngôn ngữ từ “Tiếng Việt, Tiếng Anh” thành “Tiếng Việt, Tiếng Khmer”",
        "Trang kiosk: lời chào từ “câu có sẵn” thành “Kính chào bà con”",
        "Trang kiosk: số giây không ai chạm trước lời chào từ “60” thành “không bao giờ”",
        "Trang kiosk: vùng miền từ “Miền Bắc” thành “Miền Nam”",
    ]
    assert told(after, kiosk(languages=("vi", "km"), rest_s=0, region="south"), "en") == [
        "Kiosk page: greeting from “Kính chào bà con” to “the built-in sentence”"
    ]


def test_two_officers_who_change_different_texts_are_both_heard_and_of_the_same_text_asked() -> None:
    mine, theirs = kiosk(greeting="Của tôi"), kiosk(begin="Của họ")
    found = rebase(CATALOGUE, mine, theirs)
    assert found.clashing == frozenset()
    assert applied(theirs, found.mine) == kiosk(greeting="Của tôi", begin="Của họ")
    assert rebase(CATALOGUE, mine, kiosk(greeting="Của họ")).clashing == {"kiosk//greeting"}


def test_a_file_with_a_language_that_nobody_knows_or_another_field_is_refused_and_one_without_a_kiosk_taken() -> None:
    whole = files.as_toml(CATALOGUE).decode()
    for spoiled in (whole.replace('["vi", "en"]', '["vi", "fr"]'), whole.replace("rest_s = 60", "rests = 60")):
        assert spoiled != whole
        with pytest.raises(files.FileError):
            files.read(spoiled)
    start = whole.index("[kiosk]")
    end = whole.find("\n[", start)
    without = whole[:start] + (whole[end:] if end > 0 else "")
    assert files.read(without).kiosk == USUAL


@pytest.mark.req("K6")
def test_the_words_in_empty_fields_are_those_that_the_kiosk_says() -> None:
    own = sentences_of("edge.kiosk")
    english = translations("en", "edge.kiosk")
    assert set(PRODUCT_WORDS) == set(TEXTS)
    assert set(PRODUCT_WORDS.values()) <= own
    assert [words for words in PRODUCT_WORDS.values() if english.gettext(words) == words] == []


def test_every_word_of_the_form_has_its_english() -> None:
    english = translations("en", "edge.hub")
    assert [words for words in KIOSK_WORDS if english.gettext(words) == words] == []
    assert {Fault.REST, Fault.VIETNAMESE_FIRST} < set(Fault)
