"""Screens, media, voices, phrases and announcements as the fields of forms, and back: pure, as ``forms``."""

import re
from collections.abc import Mapping, Sequence

from edge.contracts.hall import (
    PHRASES,
    Loudness,
    Medium,
    Occasion,
    Phrase,
    Screen,
    TimedAnnouncement,
    Voice,
)
from edge.hub.catalogue.edits import in_old_order
from edge.hub.catalogue.forms import Fields, Reading, read_time
from edge.hub.catalogue.hall_words import COLOUR_WAYS, NOTICE_PLACES, OCCASIONS, REGIONS, SPLITS, THEMES
from edge.queueing.hall_checks import MAX_TIMES

WHEN: dict[str, str] = {"at": "Vào giờ", "every": "Lặp lại", "occasion": "Theo sự kiện"}
_TICKS = ("calls", "waits", "next")
_NUMBERS = ("columns", "rows", "seconds")


def screen_fields(screen: Screen) -> dict[str, list[str]]:
    """A screen but for its id."""
    return {
        "name": [screen.name],
        "zones": list(screen.zones),
        **{name: [str(getattr(screen, name))] for name in _NUMBERS},
        **{name: [str(getattr(screen, name))] for name in ("theme", "colours", "notice", "split")},
        **{name: ["yes"] for name in _TICKS if getattr(screen, name)},
        "notices": ["\n".join(screen.notices)],
        "playlist": list(screen.playlist),
        "logo": [screen.logo],
    }


def read_screen(fields: Fields, screen_id: str, before: Sequence[str] = ()) -> Screen:
    """The screen that a form describes, under this id; ``before`` are the zones that it had, whose order stays.

    Raises Wrong.
    """
    reading = Reading(fields)
    screen = Screen(
        id=screen_id,
        name=reading.text("name"),
        zones=in_old_order(reading.texts("zones"), before),
        columns=reading.whole("columns"),
        rows=reading.whole("rows"),
        theme=reading.chosen("theme", ("dark", "light"), THEMES),
        colours=reading.chosen("colours", ("one", "services"), COLOUR_WAYS),
        notice=reading.chosen("notice", ("bottom", "top", "none"), NOTICE_PLACES),
        notices=reading.lines("notices"),
        calls=reading.ticked("calls"),
        waits=reading.ticked("waits"),
        next=reading.ticked("next"),
        split=reading.chosen("split", ("none", "right", "left", "below", "full"), SPLITS),
        playlist=tuple(name for name in reading.texts("playlist") if name),
        seconds=reading.whole("seconds"),
        logo=reading.text("logo"),
    )
    reading.end()
    return screen


def medium_fields(medium: Medium) -> dict[str, list[str]]:
    """What can be changed of a medium: its name."""
    return {"name": [medium.name]}


def read_medium_name(fields: Fields) -> str:
    """The name that a form gives a medium."""
    return Reading(fields).text("name")


def voice_fields(voice: Voice) -> dict[str, list[str]]:
    """A voice but for its id."""
    fields: dict[str, list[str]] = {
        "name": [voice.name],
        "zones": list(voice.zones),
        "languages": [",".join(voice.languages)],
        "region": [voice.region],
        "times": [str(voice.times)],
        "chime": [voice.chime],
        **{name: ["yes"] for name in ("digits", "recordings") if getattr(voice, name)},
    }
    for row, step in enumerate(voice.loudness):
        fields |= {f"since-{row}": [step.since], f"percent-{row}": [str(step.percent)]}
    return fields


LANGUAGE_ORDERS = ("vi,en", "en,vi", "vi", "en")


def read_voice(fields: Fields, voice_id: str, before: Sequence[str] = ()) -> Voice:
    """The voice that a form describes, under this id; ``before`` are the zones that it had, whose order stays.

    Raises Wrong.
    """
    reading = Reading(fields)
    loudness = []
    for row in range(MAX_TIMES):
        since, percent = reading.text(f"since-{row}"), reading.text(f"percent-{row}")
        if since or percent:
            wrong = Reading({"loudness": [percent]})
            loudness.append(Loudness(read_time(since), wrong.whole("loudness")))
            reading.notes |= wrong.notes
    voice = Voice(
        id=voice_id,
        name=reading.text("name"),
        zones=in_old_order(reading.texts("zones"), before),
        languages=reading.chosen("languages", (("vi", "en"), ("en", "vi"), ("vi",), ("en",)), LANGUAGE_ORDERS),
        region=reading.chosen("region", ("north", "central", "south"), REGIONS),
        times=reading.whole("times"),
        chime=reading.text("chime"),
        digits=reading.ticked("digits"),
        recordings=reading.ticked("recordings"),
        loudness=tuple(loudness),
    )
    reading.end()
    return voice


def loudness_rows(fields: Fields, spare: int) -> int:
    """How many rows of loudness a form shows: those in use, and some to add to."""
    used = [row for row in range(MAX_TIMES) if any(any(fields.get(f"{name}-{row}", ())) for name in _STEPS)]
    return min(MAX_TIMES, max(used, default=-1) + 1 + spare)


_STEPS = ("since", "percent")


def phrase_fields(phrase: Phrase) -> dict[str, list[str]]:
    """A phrase's two sentences."""
    return {"vi": [phrase.vi], "en": [phrase.en]}


def read_phrase(fields: Fields, phrase_id: str) -> Phrase:
    """The phrase that a form describes, under this id."""
    reading = Reading(fields)
    return Phrase(phrase_id, reading.text("vi"), reading.text("en"))


def phrases(of: Mapping[str, Phrase]) -> tuple[Phrase, ...]:
    """Every phrase as it is spoken: the catalogue's own, or the one of the product."""
    return tuple(of.get(name, phrase) for name, phrase in PHRASES.items())


def announcement_fields(said: TimedAnnouncement) -> dict[str, list[str]]:
    """An announcement but for its id."""
    when = "at" if said.at else "every" if said.every_min else "occasion"
    return {
        **{name: [getattr(said, name)] for name in ("name", "text_vi", "text_en", "sound", "since", "until")},
        "when": [when],
        "at": [", ".join(said.at)],
        "every_min": [str(said.every_min or "")],
        "occasion": [said.occasion.value],
        "before_min": [str(said.before_min)],
        "weekdays": [str(day) for day in said.weekdays],
        "zones": list(said.zones),
        **({"on_screen": ["yes"]} if said.on_screen else {}),
    }


def read_announcement(fields: Fields, announcement_id: str, before: Sequence[str] = ()) -> TimedAnnouncement:
    """The announcement that a form describes, under this id, without what belongs to another kind of time than the one
    that is chosen; ``before`` are the zones that it had, whose order stays.

    Raises Wrong.
    """
    reading = Reading(fields)
    when = reading.chosen("when", tuple(WHEN), tuple(WHEN))
    every, occasion = when == "every", when == "occasion"
    at = [read_time(time) for time in re.split(r"[,;\s]+", reading.text("at")) if time]
    said = TimedAnnouncement(
        id=announcement_id,
        name=reading.text("name"),
        text_vi=reading.text("text_vi"),
        text_en=reading.text("text_en"),
        at=tuple(at) if when == "at" else (),
        every_min=reading.whole("every_min") if every else 0,
        since=read_time(reading.text("since")) if every else "",
        until=read_time(reading.text("until")) if every else "",
        occasion=reading.chosen("occasion", OCCASIONS, [one.value for one in OCCASIONS]) if occasion else Occasion.NONE,
        before_min=reading.whole("before_min") if occasion else 0,
        weekdays=tuple(int(day) for day in reading.texts("weekdays") if day in tuple("0123456")),
        zones=in_old_order(reading.texts("zones"), before),
        sound=reading.text("sound"),
        on_screen=reading.ticked("on_screen"),
    )
    reading.end()
    return said
