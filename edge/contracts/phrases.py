"""The sentences of the hall: templates that an officer may edit, made into what is spoken. Pure.

A template has places in braces (``{number}``, ``{counter}``, ``{room}``) and parts in square brackets that are left out
where a place in them has nothing to say. It becomes a sentence for the speech engine, or the fragments that somebody
recorded: the fixed pieces between the places, and the words of the numbers. No place is for a name.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from edge.contracts.catalogue import Catalogue
from edge.contracts.hall import MAX_SPOKEN, PHRASES, Language, Phrase, Region
from edge.contracts.spoken_numbers import code_words, digit_words, number_words, words_of_numbers

PLACES = ("number", "counter", "room")
_TOKEN = re.compile(r"\{(?P<place>[^{}]*)\}|(?P<opens>\[)|(?P<closes>\])|(?P<text>[^{}\[\]]+)|(?P<stray>[{}])")
_PUNCTUATION = re.compile(r"^[\s,.;:!?–—-]+|[\s,.;:!?–—-]+$")
_CODE_LETTERS = 6  # a longer text with a digit in it is a name, not a code

# What the page says of the engine's voices (S3); the north needs no word.
REGION_NOTES: dict[Region, str] = {
    "north": "",
    "central": "Giọng máy miền Trung không có thanh điệu, khó nghe. Xin thu âm giọng người địa phương.",
    "south": "Giọng máy miền Nam lẫn hỏi với ngang, huyền với nặng. Xin thu âm giọng người địa phương.",
}


class PhraseFault(Enum):
    """What is wrong with a template; the value is the Vietnamese sentence."""

    EMPTY = "cần có câu để đọc"
    TOO_LONG = "câu quá dài"
    UNKNOWN_PLACE = "chỉ dùng {number}, {counter} và {room}"
    BRACKETS = "ngoặc chưa đóng, chưa mở, hoặc lồng nhau"
    NO_NUMBER = "câu phải có {number}, ngoài ngoặc vuông"


class Fragment(NamedTuple):
    """A piece that is recorded by itself: ``id`` is ``<language>-<region>/<slug>``, as in ``Recording``."""

    id: str
    text: str


class Spoken(NamedTuple):
    """What is said at a place: as the engine reads it, and word by word."""

    text: str = ""
    words: tuple[str, ...] = ()


_Piece = tuple[str, str]  # ("text", …) or ("place", name)


def region_note(region: Region) -> str:
    """What an officer should know of the engine's voice of this region, in Vietnamese; empty where nothing."""
    return REGION_NOTES[region]


def phrase_faults(template: str) -> tuple[PhraseFault, ...]:
    """Everything that is wrong with a template; nothing where it can be spoken.

    >>> phrase_faults("Mời số {number}[, phòng {room}]"), phrase_faults("Mời [{ten}")
    ((), (<PhraseFault.UNKNOWN_PLACE: 'chỉ dùng {number}, {counter} và {room}'>, \
<PhraseFault.BRACKETS: 'ngoặc chưa đóng, chưa mở, hoặc lồng nhau'>, \
<PhraseFault.NO_NUMBER: 'câu phải có {number}, ngoài ngoặc vuông'>))
    """
    if not template.strip():
        return (PhraseFault.EMPTY,)
    found = [PhraseFault.TOO_LONG] if len(template) > MAX_SPOKEN else []
    tokens = list(_TOKEN.finditer(template))
    places = {token["place"] for token in tokens if token.lastgroup == "place"}
    always = re.sub(r"\[[^\]]*\]", "", template)
    shape = "".join(token[0] for token in tokens if token.lastgroup in ("opens", "closes", "stray"))
    if not places <= set(PLACES):
        found.append(PhraseFault.UNKNOWN_PLACE)
    if shape.replace("[]", ""):
        found.append(PhraseFault.BRACKETS)
    if "{number}" not in always:
        found.append(PhraseFault.NO_NUMBER)
    return tuple(found)


def phrase_of(own: Sequence[Phrase], phrase_id: str) -> Phrase:
    """The phrase in force: one of the catalogue's own, or the product's. Raises KeyError where there is none."""
    return next((phrase for phrase in own if phrase.id == phrase_id), PHRASES[phrase_id])


def code(text: str, language: Language, region: Region, *, digits: bool = True) -> Spoken:
    """A ticket's number as it is said. In English a comma stands between letters and digits: without it espeak-ng reads
    "A zero" as the article.

    >>> code("A047", "vi", "north"), code("A007", "en", "north", digits=False).text
    (Spoken(text='A không bốn bảy', words=('A', 'không', 'bốn', 'bảy')), 'A, seven')
    """
    groups = code_words(clean(text), language, region, digits=digits)
    between = " " if language == "vi" else ", "
    return Spoken(between.join(" ".join(group) for group in groups), tuple(word for group in groups for word in group))


def number(value: int, language: Language, region: Region) -> Spoken:
    """A counter's number as it is said."""
    words = number_words(value, language, region)
    return Spoken(" ".join(words), words)


def room(text: str, language: Language, region: Region) -> Spoken:
    """How a room is said: a code letter by letter and digit by digit, a name as it stands, nothing where it is empty.

    >>> [room(text, "vi", "north").text for text in ("P.101", "phòng Siêu âm 2", "")]
    ['một không một', 'Siêu âm 2', '']
    """
    bare = re.sub(r"^(P\.|phòng )\s*", "", clean(text), flags=re.IGNORECASE)
    if any(character.isdecimal() for character in bare) and len(bare) <= _CODE_LETTERS:
        return code(bare, language, region)
    return Spoken(bare, (bare,)) if bare else Spoken()


def listed(values: Sequence[Spoken]) -> Spoken:
    """Several values at one place, one after another.

    >>> listed([code("A012", "vi", "north"), code("A015", "vi", "north")]).text
    'A không một hai, A không một năm'
    """
    return Spoken(", ".join(value.text for value in values), tuple(word for value in values for word in value.words))


def sentence(template: str, values: Mapping[str, Spoken]) -> str:
    """What the speech engine reads.

    >>> said = {"number": Spoken("A bảy", ("A", "bảy")), "counter": Spoken("hai", ("hai",))}
    >>> sentence("Mời số {number}, đến quầy {counter}[, phòng {room}]", said)
    'Mời số A bảy, đến quầy hai'
    """
    parts = [text if kind == "text" else values.get(text, Spoken()).text for kind, text in _pieces(template, values)]
    return re.sub(r"\s+", " ", "".join(parts)).strip()


def fragments(template: str, values: Mapping[str, Spoken], language: Language, region: Region) -> tuple[Fragment, ...]:
    """The recorded pieces of a sentence, in their order.

    >>> said = {"number": Spoken("A bảy", ("A", "bảy")), "counter": Spoken("hai", ("hai",))}
    >>> [f.text for f in fragments("Mời số {number}, đến quầy {counter}", said, "vi", "north")]
    ['Mời số', 'A', 'bảy', 'đến quầy', 'hai']
    """
    texts: list[str] = []
    for kind, text in _pieces(template, values):
        texts += [text] if kind == "text" else values.get(text, Spoken()).words
    return tuple(fragment(text, language, region) for text in texts if _bare(text))


def fragment(text: str, language: Language, region: Region) -> Fragment:
    """The fragment of a text: its slug is the text in plain letters, and a few digits that tell its tones apart.

    >>> fragment(" bảy, ", "vi", "south").id == fragment("bảy", "vi", "south").id
    True
    >>> fragment("bảy", "vi", "south").id.startswith("vi-south/bay-"), fragment("seven", "en", "north").text
    (True, 'seven')
    """
    bare = _bare(text)
    plain = unicodedata.normalize("NFD", bare.lower().replace("đ", "d"))
    slug = "-".join(re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c))))[:24]
    tell = hashlib.sha256(bare.lower().encode()).hexdigest()[:6]
    return Fragment(f"{language}-{region}/{slug.strip('-')}-{tell}", bare)


def clean(text: str) -> str:
    """The text as an engine may have it: NFC, no ``[[phonemes]]``, no leading dash, which would be an option."""
    plain = unicodedata.normalize("NFC", text).replace("[[", " ").replace("]]", " ")
    return re.sub(r"\s+", " ", plain).strip(" -–—")


def needed_fragments(catalogue: Catalogue, language: Language, region: Region) -> tuple[Fragment, ...]:
    """Exactly what a whole pack of this catalogue needs, each once: the phrases' pieces, then the words."""
    texts: list[str] = []
    for phrase_id in PHRASES:
        phrase = phrase_of(catalogue.phrases, phrase_id)
        texts += [piece for kind, piece in _all_pieces(getattr(phrase, language)) if kind == "text"]
    texts += digit_words("0123456789", language)
    for service in catalogue.services:
        texts += code(service.prefix, language, region).words
    for counter in catalogue.counters:
        texts += (*number(counter.number, language, region).words, *room(counter.room, language, region).words)
    if any(not voice.digits for voice in catalogue.voices if language in voice.languages):
        highest = max((service.last_number for service in catalogue.services), default=0)
        texts += words_of_numbers(language, region, highest)
    found = {fragment(text, language, region).id: fragment(text, language, region) for text in texts if _bare(text)}
    return tuple(found.values())


def missing(catalogue: Catalogue, language: Language, region: Region) -> tuple[Fragment, ...]:
    """Those of :func:`needed_fragments` that nobody has recorded."""
    recorded = {recording.id for recording in catalogue.recordings}
    return tuple(one for one in needed_fragments(catalogue, language, region) if one.id not in recorded)


def _pieces(template: str, values: Mapping[str, Spoken]) -> Iterator[_Piece]:
    """The pieces that are said: without the optional parts in which a place has nothing to say."""
    optional: list[_Piece] | None = None
    for kind, text in _all_pieces(template, brackets=True):
        if kind == "opens":
            optional = []
        elif kind == "closes":
            yield from _where_said(optional or (), values)
            optional = None
        elif optional is not None:
            optional.append((kind, text))
        else:
            yield kind, text


def _where_said(optional: Sequence[_Piece], values: Mapping[str, Spoken]) -> Sequence[_Piece]:
    return optional if all(values.get(text, Spoken()).text for kind, text in optional if kind == "place") else ()


def _all_pieces(template: str, *, brackets: bool = False) -> Iterator[_Piece]:
    for token in _TOKEN.finditer(unicodedata.normalize("NFC", template)):
        kind = token.lastgroup or "text"
        if brackets or kind in ("text", "place"):
            yield kind, token["place"] if kind == "place" else token[0]


def _bare(text: str) -> str:
    return _PUNCTUATION.sub("", clean(text))
