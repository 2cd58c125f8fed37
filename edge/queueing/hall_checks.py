"""What the hall's part of a catalogue must keep to: screens, media, voices, phrases, recordings, announcements."""

import re
from collections.abc import Collection, Iterator

from edge.contracts.catalogue import Catalogue
from edge.contracts.hall import (
    CHIMES,
    MAX_ANNOUNCEMENTS,
    MAX_COLUMNS,
    MAX_MEDIA,
    MAX_NOTICES,
    MAX_PLAYLIST,
    MAX_RECORDINGS,
    MAX_ROWS,
    MAX_SCREENS,
    MAX_SPOKEN,
    MAX_VOICES,
    PHRASES,
    Medium,
    MediumKind,
    Occasion,
    Phrase,
    Recording,
    Screen,
    TimedAnnouncement,
    Voice,
)
from edge.contracts.phrases import PhraseFault, phrase_faults
from edge.queueing.catalogue_faults import (
    ID,
    TIME,
    CatalogueError,
    Fault,
    Place,
    all_worded,
    bounded,
    count,
    distinct,
    fits,
    repeated,
    span,
    within,
    worded,
)

MAX_NOTICE = 200  # letters
MAX_TIMES = 24  # of one announcement a day, or of a voice's loudness
MAX_REPEATS = 3
MAX_BEFORE_MIN = 240
EVERY_MIN = (5, 720)
SLIDE_S = (3, 600)
MAX_SOUND_S = 120
MAX_CLIP_S = 4 * 3600
MOST_BYTES = {MediumKind.PICTURE: 10_000_000, MediumKind.CLIP: 500_000_000, MediumKind.SOUND: 20_000_000}

# What can be wrong with a phrase beside its length.
_TEMPLATE = {
    PhraseFault.UNKNOWN_PLACE: Fault.PLACE,
    PhraseFault.BRACKETS: Fault.BRACKETS,
    PhraseFault.NO_NUMBER: Fault.NO_NUMBER,
}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_RECORDING = re.compile(r"(vi|en)-(north|central|south)/[a-z0-9-]{1,60}")


def hall_faults(catalogue: Catalogue) -> Iterator[CatalogueError]:
    """Everything that is wrong with what the hall shows and says, in the order of the catalogue's parts."""
    for kind, there, most in (
        ("screens", catalogue.screens, MAX_SCREENS),
        ("media", catalogue.media, MAX_MEDIA),
        ("voices", catalogue.voices, MAX_VOICES),
        ("phrases", catalogue.phrases, len(PHRASES)),
        ("recordings", catalogue.recordings, MAX_RECORDINGS),
        ("announcements", catalogue.announcements, MAX_ANNOUNCEMENTS),
    ):
        yield from count(kind, len(there), most, least=0)
        yield from distinct(kind, "id", [one.id for one in there])
    known = _Known(catalogue)
    for screen in catalogue.screens:
        yield from _screen(known, screen)
    for medium in catalogue.media:
        yield from _medium(medium)
    for at, voice in enumerate(catalogue.voices):
        yield from _voice(known, voice, catalogue.voices[:at])
    for phrase in catalogue.phrases:
        yield from _phrase(phrase)
    for recording in catalogue.recordings:
        yield from _recording(known, recording)
    for announcement in catalogue.announcements:
        yield from _announcement(known, announcement)


class _Known:
    """What screens, voices and announcements can name."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.zones = {counter.zone for counter in catalogue.counters} - {""}
        self.sounds = {medium.id for medium in catalogue.media if medium.kind is MediumKind.SOUND}
        self.pictures = {medium.id for medium in catalogue.media if medium.kind is MediumKind.PICTURE}
        self.shown = {medium.id for medium in catalogue.media} - self.sounds


def _screen(known: _Known, screen: Screen) -> Iterator[CatalogueError]:
    def at(field: str) -> Place:
        return Place("screen", screen.id, field)

    yield from fits(ID, screen.id, at("id"), Fault.ID)
    yield from all_worded("screen", screen.id, name=screen.name)
    yield from _zones(known, at("zones"), screen.zones)
    yield from within(at("columns"), screen.columns, 0, MAX_COLUMNS)
    yield from within(at("rows"), screen.rows, 0, MAX_ROWS)
    yield from bounded(at("notices"), len(screen.notices), MAX_NOTICES)
    for notice in screen.notices:
        yield from worded(at("notices"), notice, least=1, most=MAX_NOTICE)
    yield from bounded(at("playlist"), len(screen.playlist), MAX_PLAYLIST)
    yield from _there(at("playlist"), screen.playlist, known.shown, Fault.SHOWN)
    yield from within(at("seconds"), screen.seconds, *SLIDE_S)
    if screen.logo:
        yield from _there(at("logo"), (screen.logo,), known.pictures, Fault.PICTURE)


def _medium(medium: Medium) -> Iterator[CatalogueError]:
    def at(field: str) -> Place:
        return Place("medium", medium.id, field)

    yield from fits(ID, medium.id, at("id"), Fault.ID)
    if medium.id in CHIMES:  # a voice's chime is one of both
        yield CatalogueError(at("id"), Fault.TWICE, value=medium.id)
    yield from all_worded("medium", medium.id, name=medium.name)
    yield from fits(_SHA256, medium.sha256, at("sha256"), Fault.SHA256)
    yield from within(at("size"), medium.size, 1, MOST_BYTES[medium.kind])
    if (medium.seconds > 0) is (medium.kind is MediumKind.PICTURE):
        yield CatalogueError(at("seconds"), Fault.LENGTH, value=medium.seconds)
    most = MAX_SOUND_S if medium.kind is MediumKind.SOUND else MAX_CLIP_S
    yield from within(at("seconds"), medium.seconds, 0, most)


def _voice(known: _Known, voice: Voice, others: Collection[Voice]) -> Iterator[CatalogueError]:
    def at(field: str) -> Place:
        return Place("voice", voice.id, field)

    yield from fits(ID, voice.id, at("id"), Fault.ID)
    yield from all_worded("voice", voice.id, name=voice.name)
    yield from _zones(known, at("zones"), voice.zones)
    for zone in voice.zones:
        if any(zone in other.zones for other in others):
            yield CatalogueError(at("zones"), Fault.TWICE, value=zone)
    for other in others:
        if not voice.zones and not other.zones:
            yield CatalogueError(at("zones"), Fault.VOICES, value=other.name)
    yield from bounded(at("languages"), len(voice.languages), 2, least=1)
    yield from repeated(at("languages"), voice.languages)
    yield from within(at("times"), voice.times, 1, MAX_REPEATS)
    if voice.chime not in CHIMES:
        yield from _there(at("chime"), (voice.chime,), known.sounds, Fault.CHIME)
    yield from bounded(at("loudness"), len(voice.loudness), MAX_TIMES)
    yield from repeated(at("loudness"), [step.since for step in voice.loudness])
    for step in voice.loudness:
        yield from fits(TIME, step.since, at("loudness"), Fault.TIME)
        yield from within(at("loudness"), step.percent, 0, 100)


def _phrase(phrase: Phrase) -> Iterator[CatalogueError]:
    if phrase.id not in PHRASES:
        yield CatalogueError(Place("phrase", phrase.id, "id"), Fault.PHRASE, value=phrase.id)
    for field, text in (("vi", phrase.vi), ("en", phrase.en)):
        place = Place("phrase", phrase.id, field)
        yield from worded(place, text, least=1, most=MAX_SPOKEN)
        for fault in phrase_faults(text):
            if fault in _TEMPLATE:
                yield CatalogueError(place, _TEMPLATE[fault])


def _recording(known: _Known, recording: Recording) -> Iterator[CatalogueError]:
    def at(field: str) -> Place:
        return Place("recording", recording.id, field)

    yield from fits(_RECORDING, recording.id, at("id"), Fault.RECORDING_ID)
    yield from worded(at("text"), recording.text, least=1, most=MAX_SPOKEN)
    yield from _there(at("medium"), (recording.medium,), known.sounds, Fault.SOUND)


def _announcement(known: _Known, said: TimedAnnouncement) -> Iterator[CatalogueError]:
    def at(field: str) -> Place:
        return Place("announcement", said.id, field)

    yield from fits(ID, said.id, at("id"), Fault.ID)
    yield from all_worded("announcement", said.id, name=said.name)
    for field, text in (("text_vi", said.text_vi), ("text_en", said.text_en)):
        yield from worded(at(field), text, least=0, most=MAX_SPOKEN)
    if not said.text_vi and not said.text_en and not said.sound:
        yield CatalogueError(at("text_vi"), Fault.SAYS_NOTHING)
    if said.sound:
        yield from _there(at("sound"), (said.sound,), known.sounds, Fault.SOUND)
    if [bool(said.at), said.every_min != 0, said.occasion is not Occasion.NONE].count(True) != 1:
        yield CatalogueError(at("at"), Fault.WHEN)
    yield from bounded(at("at"), len(said.at), MAX_TIMES)
    yield from repeated(at("at"), said.at)
    for time in said.at:
        yield from fits(TIME, time, at("at"), Fault.TIME)
    if said.every_min:
        yield from within(at("every_min"), said.every_min, *EVERY_MIN)
        yield from span(at("since"), said.since, said.until)
    yield from within(at("before_min"), said.before_min, 0, MAX_BEFORE_MIN)
    days = said.weekdays
    if not days or not set(days) <= set(range(7)) or len(set(days)) < len(days):
        yield CatalogueError(at("weekdays"), Fault.WEEKDAYS)
    yield from _zones(known, at("zones"), said.zones)


def _zones(known: _Known, place: Place, zones: tuple[str, ...]) -> Iterator[CatalogueError]:
    yield from _there(place, zones, known.zones, Fault.ZONE)
    yield from repeated(place, zones)


def _there(place: Place, names: Collection[str], known: Collection[str], fault: Fault) -> Iterator[CatalogueError]:
    for name in names:
        if name not in known:
            yield CatalogueError(place, fault, value=name)
