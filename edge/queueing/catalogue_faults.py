"""What can be wrong with a catalogue, where, and the checks that every part of it needs."""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import NamedTuple

MAX_TEXT = 80

ID = re.compile(r"[a-z0-9-]{1,40}")
TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
CLOSING = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")


class Fault(Enum):
    """What is wrong; the value is the English sentence with places for ``CatalogueError.values``.

    The Vietnamese ones stand in ``edge.queueing.catalogue_words``.
    """

    COUNT = "{least} to {most} are expected, there are {there}"
    TWICE = "{value!r} stands twice"
    ID = "it is {value!r}; 1 to 40 small letters, digits and hyphens are expected"
    TEXT = "it has {there} letters; {least} to {most} that can be printed are expected"
    PREFIX = "it is {value!r}; one or two capital letters are expected"
    COLOUR = "it is {value!r}; a form such as #0b6e6e is expected"
    ICON = "it is {value!r}; the name of a picture of the brand is expected"
    RANGE = "it is {value}; {least} to {most} is expected"
    NUMBERS = "the first is {first} and the last {last}; 1 ≤ first ≤ last ≤ {most} is expected"
    TIME = "a time is {value!r}; a form such as 07:30 is expected"
    WEEKDAYS = "weekdays are 0 (Monday) to 6 (Sunday), each once and at least one"
    ORDER = "{opens}–{closes} closes before it opens; hours that pass midnight are two periods"
    OVERLAP = "{first} and {second} overlap"
    DATE = "it is {value!r}; a date that exists, such as 2027-02-06, is expected"
    GROUP = "there is no group {value!r}"
    SERVICE = "there is no service {value!r}"
    INACTIVE = "service {value!r} gives no numbers at present"
    REPEATED = "service {value!r} follows itself"
    UNSERVED = "no counter serves it"
    TIME_ZONE = "it is {value!r}; a name such as Asia/Ho_Chi_Minh is expected"
    ZONE = "no counter has the zone {value!r}"
    SHOWN = "there is no picture and no clip {value!r}"
    PICTURE = "there is no picture {value!r}"
    SOUND = "there is no sound {value!r}"
    CHIME = "there is no chime and no sound {value!r}"
    SHA256 = "it is {value!r}; 64 hex digits are expected"
    LENGTH = "it lasts {value:g} seconds; a picture lasts 0, a clip and a sound longer"
    VOICES = "voice {value!r} has no zone either"
    PHRASE = "there is no phrase {value!r}"
    PLACE = "there are places for number, counter and room, and for nothing else"
    BRACKETS = "the brackets and braces do not match"
    NO_NUMBER = "the place of the number is missing"
    RECORDING_ID = "it is {value!r}; a form such as vi-south/bay is expected"
    WHEN = "exactly one of times, an interval and an occasion is expected"
    SAYS_NOTHING = "a text or a sound is expected"
    MISSING = "it cannot be left out"
    ONCE = "it can stand there only once"
    NO_PLACE = "there is no place {value!r}; {known} are expected"
    VIETNAMESE_FIRST = "Vietnamese is expected to stand first"
    BANK = "it is {value!r}; the six digits of a bank's BIN are expected"
    ACCOUNT = "it is {value!r}; 6 to 19 letters and digits, without spaces, are expected"
    REST = "it is {value}; 0, or {least} to {most}, is expected"


class Place(NamedTuple):
    """Where in a catalogue: the kind of thing as the catalogue's key has it, its id or date, and the field of it."""

    kind: str
    id: str
    field: str

    def __str__(self) -> str:
        thing = f"{self.kind} {self.id!r}" if self.id else self.kind
        return f"{thing}: {self.field}" if self.field else thing


class CatalogueError(Exception):
    """The catalogue contradicts itself; the text says where and what is expected."""

    def __init__(self, place: Place, fault: Fault, **values: str | float) -> None:
        super().__init__(f"{place}: {fault.value.format(**values)}")
        self.place = place
        self.fault = fault
        self.values = values


def span(place: Place, opens: str, closes: str) -> Iterator[CatalogueError]:
    """The faults of one stretch of a day; times of one form compare as text."""
    wrong = [time for time, form in ((opens, TIME), (closes, CLOSING)) if not form.fullmatch(time)]
    for time in wrong:
        yield CatalogueError(place, Fault.TIME, value=time)
    if not wrong and opens >= closes:
        yield CatalogueError(place, Fault.ORDER, opens=opens, closes=closes)


def all_worded(kind: str, thing: str, **fields: str) -> Iterator[CatalogueError]:
    """Whether each of these fields has a text, not too long."""
    for field, text in fields.items():
        yield from worded(Place(kind, thing, field), text, least=1)


def worded(place: Place, text: str, *, least: int, most: int = MAX_TEXT) -> Iterator[CatalogueError]:
    """Whether a text has so many letters, all of them printable."""
    if not least <= len(text.strip()) <= len(text) <= most or not text.isprintable():
        yield CatalogueError(place, Fault.TEXT, there=len(text), least=least, most=most)


def fits(pattern: re.Pattern[str], value: str, place: Place, fault: Fault) -> Iterator[CatalogueError]:
    """Whether a value has a form."""
    if not pattern.fullmatch(value):
        yield CatalogueError(place, fault, value=value)


def within(place: Place, value: float, least: int, most: int) -> Iterator[CatalogueError]:
    """Whether a number lies in these bounds."""
    if not least <= value <= most:  # and so no NaN either
        yield CatalogueError(place, Fault.RANGE, value=value, least=least, most=most)


def count(kind: str, there: int, most: int, *, least: int = 1) -> Iterator[CatalogueError]:
    """Whether a catalogue has so many of a kind."""
    yield from bounded(Place(kind, "", ""), there, most, least=least)


def bounded(place: Place, there: int, most: int, *, least: int = 0) -> Iterator[CatalogueError]:
    """Whether there are so many of something."""
    if not least <= there <= most:
        yield CatalogueError(place, Fault.COUNT, least=least, most=most, there=there)


def distinct(kind: str, field: str, values: Sequence[str]) -> Iterator[CatalogueError]:
    """Whether every one of a kind has another value."""
    yield from repeated(Place(kind, "", field), values)


def repeated(place: Place, values: Iterable[str]) -> Iterator[CatalogueError]:
    """Which values stand there more than once, each told once."""
    seen: set[str] = set()
    told: set[str] = set()
    for value in values:
        if value in seen and value not in told:
            told.add(value)
            yield CatalogueError(place, Fault.TWICE, value=value)
        seen.add(value)
