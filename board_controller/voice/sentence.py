"""What is said for calls, for changes of room and for announcements, language by language. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from board_controller.signage import Announcement, Move
from board_controller.voice.calls import Called, Moves, Said
from edge.contracts import phrases
from edge.contracts.hall import Language, Phrase, Region, Voice
from edge.contracts.phrases import Fragment, Spoken


class Line(NamedTuple):
    """One sentence: as the engine reads it, and the recorded pieces of which it is made (none: it has none)."""

    text: str
    language: Language
    region: Region
    fragments: tuple[Fragment, ...] = ()


def lines(said: Said, voice: Voice, own: Sequence[Phrase]) -> tuple[Line, ...]:
    """Everything that this voice says, in its order: all of the first language, then all of the next.

    ``own`` are the catalogue's phrases. Numbers that go to the same place are said in one sentence. A language in which
    an announcement has no text is left out. English is recorded once, whatever the region of the Vietnamese.

    >>> call = Called((Announcement("", "A047", 1, "101", ""),))
    >>> [line.text for line in lines(call, Voice("1", ""), ())]
    ['Mời số A không bốn bảy, đến quầy một, phòng một không một', \
'Number A, zero four seven, please go to counter one, room one zero one']
    """
    found = []
    for language in voice.languages:
        region: Region = voice.region if language == "vi" else "north"
        match said:
            case Called(calls):
                found += [_line("call", place, voice, own, language, region) for place in _by_place(calls)]
            case Moves(moves):
                found += [_line(_kind(place[0]), place, voice, own, language, region) for place in _by_place(moves)]
            case _:
                text = phrases.clean(said.text_vi if language == "vi" else said.text_en)
                found += [Line(text, language, region)] if text else []
    return tuple(found)


def _by_place(told: Sequence[Announcement] | Sequence[Move]) -> list[list[Announcement | Move]]:
    """Those that go to the same place, in the order of the first."""
    places: dict[tuple[int, str], list[Announcement | Move]] = {}
    for one in told:
        places.setdefault((one.number, one.room), []).append(one)
    return [*places.values()]


def _kind(move: Announcement | Move) -> str:
    if not move.number:
        return "move-free"
    return "move-room" if phrases.room(move.room, "vi", "north").text else "move-counter"


def _line(
    phrase_id: str,
    told: Sequence[Announcement | Move],
    voice: Voice,
    own: Sequence[Phrase],
    language: Language,
    region: Region,
) -> Line:
    where = told[0]
    values = {
        "number": phrases.listed([phrases.code(one.label, language, region, digits=voice.digits) for one in told]),
        "counter": phrases.number(where.number, language, region) if where.number else Spoken(),
        "room": phrases.room(where.room, language, region),
    }
    phrase = phrases.phrase_of(own, phrase_id)
    template = phrase.vi if language == "vi" else phrase.en
    return Line(
        phrases.sentence(template, values),
        language,
        region,
        phrases.fragments(template, values, language, region),
    )
