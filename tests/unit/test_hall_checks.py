"""What the hall shows and says is checked before anybody sees or hears it."""

import pytest
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue
from edge.contracts.hall import (
    PHRASES,
    Loudness,
    Medium,
    MediumKind,
    Occasion,
    Phrase,
    Recording,
    Screen,
    TimedAnnouncement,
    Voice,
)
from edge.daemon.i18n import translations
from edge.hub.catalogue import edits, hall_forms, kinds
from edge.hub.catalogue.changes import applied, changes
from edge.hub.catalogue.forms import Wrong
from edge.hub.catalogue.packs import packs, recording_of
from edge.hub.catalogue.sample import sample_state
from edge.hub.catalogue.sentences import Sentences
from edge.queueing.catalogue import check, faults
from edge.queueing.catalogue_faults import CatalogueError
from edge.queueing.catalogue_words import sentence
from tests.sites import CATALOGUE, NOON_MS

POSTER = Medium("poster", "Rửa tay", MediumKind.PICTURE, "a" * 64, 1000)
FILM = Medium("film", "Chào mừng", MediumKind.CLIP, "b" * 64, 1000, 12.5)
GONG = Medium("gong", "Cồng", MediumKind.SOUND, "c" * 64, 1000, 1.5)
SCREEN = Screen("1", "Sảnh", zones=("A",), split="right", playlist=("film", "poster"), logo="poster")
VOICE = Voice("1", "Loa", chime="gong", loudness=(Loudness("07:00", 80),))
SPOKEN = Recording("vi-south/bay-a1b2c3", "bảy", "gong")
LUNCH = TimedAnnouncement("lunch", "Trưa", "Sắp nghỉ trưa", occasion=Occasion.LUNCH, before_min=10, sound="gong")
HALL = replace(
    CATALOGUE,
    counters=(replace(CATALOGUE.counters[0], zone="A"), *CATALOGUE.counters[1:]),
    screens=(SCREEN,),
    media=(POSTER, FILM, GONG),
    voices=(VOICE,),
    phrases=(PHRASES["call"],),
    recordings=(SPOKEN,),
    announcements=(LUNCH,),
)


def screen(**changed: object) -> Catalogue:
    return replace(HALL, screens=(replace(SCREEN, **changed),))


def medium(**changed: object) -> Catalogue:
    return replace(HALL, media=(POSTER, replace(FILM, **changed), GONG))


def voice(**changed: object) -> Catalogue:
    return replace(HALL, voices=(replace(VOICE, **changed),))


def phrase(text: str) -> Catalogue:
    return replace(HALL, phrases=(replace(PHRASES["call"], vi=text),))


def said(**changed: object) -> Catalogue:
    return replace(HALL, announcements=(replace(LUNCH, **changed),))


CONTRADICTIONS = [
    (replace(HALL, screens=tuple(replace(SCREEN, id=f"s{i}") for i in range(61))), "screens: 0 to 60"),
    (replace(HALL, media=HALL.media * 200), "media: 0 to 500"),
    (replace(HALL, voices=tuple(replace(VOICE, id=f"v{i}") for i in range(21))), "voices: 0 to 20"),
    (replace(HALL, announcements=(LUNCH,) * 51), "announcements: 0 to 50"),
    (replace(HALL, screens=(SCREEN, SCREEN)), "screens: id: '1' stands twice"),
    (replace(HALL, media=(*HALL.media, POSTER)), "media: id: 'poster' stands twice"),
    (replace(HALL, media=(replace(POSTER, id="bell"), *HALL.media)), "id: 'bell' stands twice"),
    (screen(id="A b"), "id: it is 'A b'"),
    (screen(name=""), "screen '1': name: it has 0 letters"),
    (screen(zones=("B",)), "screen '1': zones: no counter has the zone 'B'"),
    (screen(zones=("A", "A")), "zones: 'A' stands twice"),
    (screen(columns=5), "columns: it is 5; 0 to 4"),
    (screen(rows=9), "rows: it is 9; 0 to 8"),
    (screen(notices=("x",) * 13), "notices: 0 to 12 are expected, there are 13"),
    (screen(notices=("x" * 201,)), "notices: it has 201 letters; 1 to 200"),
    (screen(playlist=("gong",)), "playlist: there is no picture and no clip 'gong'"),
    (screen(playlist=("poster",) * 21), "playlist: 0 to 20"),
    (screen(logo="film"), "logo: there is no picture 'film'"),
    (screen(seconds=2), "seconds: it is 2; 3 to 600"),
    (medium(sha256="B" * 64), "medium 'film': sha256: it is"),
    (medium(size=0), "size: it is 0; 1 to 500000000"),
    (medium(seconds=0.0), "seconds: it lasts 0 seconds"),
    (medium(kind=MediumKind.PICTURE), "seconds: it lasts 12.5 seconds"),
    (medium(seconds=1e9), "seconds: it is 1000000000.0"),
    (voice(zones=("B",)), "voice '1': zones: no counter has the zone 'B'"),
    (replace(HALL, voices=(VOICE, replace(VOICE, id="2"))), "voice '2': zones: voice 'Loa' has no zone either"),
    (
        replace(HALL, voices=(replace(VOICE, zones=("A",)), replace(VOICE, id="2", zones=("A",)))),
        "voice '2': zones: 'A' stands twice",
    ),
    (voice(languages=()), "languages: 1 to 2"),
    (voice(languages=("vi", "vi")), "languages: 'vi' stands twice"),
    (voice(times=4), "times: it is 4; 1 to 3"),
    (voice(chime="poster"), "chime: there is no chime and no sound 'poster'"),
    (voice(loudness=(Loudness("7:00", 10),)), "loudness: a time is '7:00'"),
    (voice(loudness=(Loudness("07:00", 101),)), "loudness: it is 101; 0 to 100"),
    (voice(loudness=(Loudness("07:00", 1), Loudness("07:00", 2))), "loudness: '07:00' stands twice"),
    (replace(HALL, phrases=(Phrase("hello", "{number}", "{number}"),)), "phrase 'hello': id: there is no phrase"),
    (phrase("Mời {name} số {number}"), "vi: there are places for number, counter and room"),
    (phrase("Mời số {number"), "vi: the brackets and braces do not match"),
    (phrase("Mời [số {number}"), "vi: the brackets and braces do not match"),
    (phrase("Mời vào quầy {counter}"), "vi: the place of the number is missing"),
    (phrase("x" * 201 + "{number}"), "vi: it has 209 letters; 1 to 200"),
    (replace(HALL, recordings=(replace(SPOKEN, id="vi/bay"),)), "id: it is 'vi/bay'; a form such as vi-south/bay"),
    (replace(HALL, recordings=(replace(SPOKEN, medium="film"),)), "medium: there is no sound 'film'"),
    (said(text_vi="", sound=""), "announcement 'lunch': text_vi: a text or a sound is expected"),
    (said(text_vi="x" * 201), "text_vi: it has 201 letters; 0 to 200"),
    (said(sound="film"), "sound: there is no sound 'film'"),
    (said(at=("07:00",)), "at: exactly one of times, an interval and an occasion"),
    (said(occasion=Occasion.NONE), "at: exactly one of times, an interval and an occasion"),
    (said(occasion=Occasion.NONE, at=("7h",)), "at: a time is '7h'"),
    (said(occasion=Occasion.NONE, every_min=4, since="07:00", until="11:00"), "every_min: it is 4; 5 to 720"),
    (said(occasion=Occasion.NONE, every_min=10, since="11:00", until="07:00"), "since: 11:00–07:00 closes before"),
    (said(before_min=241), "before_min: it is 241; 0 to 240"),
    (said(weekdays=()), "weekdays: weekdays are 0"),
    (said(zones=("Z",)), "zones: no counter has the zone 'Z'"),
]


@pytest.mark.req("T3", "T5", "S3", "S4", "S6")
@pytest.mark.parametrize(("broken", "text"), CONTRADICTIONS)
def test_a_contradiction_in_the_hall_is_named_and_worded(broken: Catalogue, text: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        check(broken)
    assert text in str(refused.value)
    for language in ("vi", "en"):
        translate = translations(language, "edge.hub").gettext
        for error in faults(broken):
            words = sentence(error, translate)
            assert "{" not in words
            assert (error.fault.value.format(**error.values) in words) is (language == "en")


def test_a_sound_hall_is_taken() -> None:
    check(HALL)
    check(said(occasion=Occasion.NONE, every_min=30, since="07:00", until="24:00"))


@pytest.mark.req("T8", "S5")
def test_a_deleted_medium_leaves_everything_that_shows_or_plays_it() -> None:
    without_gong = edits.without(HALL, "medium", "gong")
    assert (without_gong.voices[0].chime, without_gong.recordings) == ("two-tones", ())
    assert without_gong.announcements[0].sound == ""
    without_poster = edits.without(HALL, "medium", "poster")
    assert (without_poster.screens[0].playlist, without_poster.screens[0].logo) == (("film",), "")
    check(without_gong)
    check(without_poster)


@pytest.mark.req("S5")
def test_a_recording_takes_its_sound_along_unless_somebody_else_plays_it() -> None:
    assert edits.unrecorded(HALL, SPOKEN.id).media == HALL.media
    alone = replace(HALL, voices=(), announcements=())
    assert edits.unrecorded(alone, SPOKEN.id).media == (POSTER, FILM)
    assert edits.unrecorded(alone, SPOKEN.id).recordings == ()


@pytest.mark.req("S5")
def test_a_fragment_recorded_anew_and_a_sound_kept_without_its_recording_survive_a_catching_up() -> None:
    alone = replace(HALL, voices=(), announcements=())
    anew = replace(alone, media=(POSTER, FILM, replace(GONG, id="anew")), recordings=(replace(SPOKEN, medium="anew"),))
    kept = replace(alone, recordings=())
    for after in (anew, kept):
        assert applied(alone, changes(alone, after)) == after


@pytest.mark.req("P1")
def test_changes_to_the_hall_are_told_by_the_names_that_people_know() -> None:
    after = edits.without(screen(theme="light", columns=3, split="none"), "medium", "film")
    after = replace(after, voices=(replace(after.voices[0], chime="soft", languages=("vi",)),))
    after = edits.put(after, "announcement", replace(LUNCH, occasion=Occasion.NONE, before_min=0, at=("11:15",)))
    after = edits.put(after, "phrase", replace(PHRASES["call"], vi="Số {number}"))
    words = Sentences(HALL, after, "vi", translations("vi", "edge.hub").gettext)
    assert [words.sentence(change) for change in changes(HALL, after)] == [
        "Màn hình “Sảnh”: số cột từ “0” thành “3”",
        "Màn hình “Sảnh”: nền từ “Nền tối” thành “Nền sáng”",
        "Màn hình “Sảnh”: chia màn hình từ “Hình ở bên phải” thành “Không chia, chỉ có số”",
        "Màn hình “Sảnh”: danh sách phát bớt “Chào mừng”",
        "Xoá tệp “Chào mừng”",
        "Giọng đọc “Loa”: ngôn ngữ từ “Tiếng Việt, Tiếng Anh” thành “Tiếng Việt”",
        "Giọng đọc “Loa”: chuông từ “Cồng” thành “Nhẹ nhàng”",
        "Câu đọc “Mời vào quầy”: câu tiếng Việt từ “Mời số {number}, đến quầy {counter}[, phòng {room}]” thành "
        "“Số {number}”",
        "Thông báo “Trưa”: thời điểm phát từ “—” thành “11:15”",
        "Thông báo “Trưa”: sự kiện từ “Lúc nghỉ trưa” thành “Không theo sự kiện”",
        "Thông báo “Trưa”: số phút trước sự kiện từ “10” thành “0”",
    ]


@pytest.mark.req("S6")
def test_an_announcement_keeps_only_the_kind_of_time_that_is_chosen() -> None:
    fields = hall_forms.announcement_fields(LUNCH)
    typed = {**fields, "when": ["at"], "at": ["7h30; 13:30 15g"], "every_min": ["20"]}
    made = hall_forms.read_announcement(typed, "lunch")
    assert (made.at, made.every_min, made.occasion) == (("07:30", "13:30", "15:00"), 0, Occasion.NONE)
    made = hall_forms.read_announcement({**typed, "when": ["every"], "since": ["7h"], "until": ["11h"]}, "lunch")
    assert (made.at, made.every_min, made.since, made.until, made.before_min) == ((), 20, "07:00", "11:00", 0)
    with pytest.raises(Wrong):
        hall_forms.read_announcement({**typed, "when": ["never"]}, "lunch")


@pytest.mark.req("S1")
def test_a_phrase_that_is_as_the_product_speaks_it_is_not_kept() -> None:
    assert kinds.thing(CATALOGUE, "phrase", "move-room") == PHRASES["move-room"]
    changed, _ = kinds.changed(CATALOGUE, "phrase", "call", {"vi": ["Số {number}"], "en": ["{number}"]})
    assert kinds.without_usual_phrases(changed) == changed
    same, _ = kinds.changed(changed, "phrase", "call", hall_forms.phrase_fields(PHRASES["call"]))
    assert kinds.without_usual_phrases(same) == CATALOGUE
    with pytest.raises(KeyError):
        kinds.thing(CATALOGUE, "phrase", "hello")


@pytest.mark.req("T4")
def test_the_first_screen_is_the_one_that_every_tv_shows_and_others_are_named_by_their_name() -> None:
    fields = hall_forms.screen_fields(Screen("", "Sảnh lớn"))
    first, new_id = kinds.changed(CATALOGUE, "screen", "", fields)
    assert new_id == "1"
    assert kinds.changed(first, "screen", "", fields)[1] == "sanh-lon"


@pytest.mark.req("S3", "S5")
def test_a_pack_counts_exactly_what_is_recorded_and_what_is_missing() -> None:
    north, central, south, english = packs(HALL)
    assert [pack.id for pack in (north, central, south, english)] == ["vi-north", "vi-central", "vi-south", "en-north"]
    assert south.recorded == 0, "a recording that no sentence needs counts for nothing"
    fragment = south.fragments[0]
    recorded = edits.put(HALL, "recording", Recording(fragment.id, fragment.text, "gong"))
    check(recorded)
    assert packs(recorded)[2].recorded == 1
    assert recording_of(recorded, fragment) == recorded.recordings[-1]
    for pack in packs(HALL):
        for one in pack.fragments:
            check(edits.put(HALL, "recording", Recording(one.id, one.text, "gong")))


@pytest.mark.req("T1", "T3", "T5", "T10")
def test_the_sample_shows_the_draft_with_numbers_that_nobody_was_given() -> None:
    state = sample_state(HALL, replace(SCREEN, colours="services", theme="light"), NOON_MS, "/files")
    assert [tile.number for tile in state.counters] == [1]
    assert state.counters[0].label == "A001"
    assert state.counters[0].colour
    assert [medium.url for medium in state.media] == [f"/files/{'b' * 64}", f"/files/{'a' * 64}"]
    assert (state.facility, state.layout.logo) == (HALL.facility.name, f"/files/{'a' * 64}")
    nowhere = sample_state(HALL, replace(SCREEN, zones=("Z",), waits=False), NOON_MS, "/files")
    assert (nowhere.counters, nowhere.waits, bool(nowhere.blank)) == ((), (), True)
