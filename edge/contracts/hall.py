"""What the hall shows and says, as an administrator sets it: screens, media, voices, announcements.

It is part of the catalogue, and so edited in drafts, with versions and undo, and known to every board controller.
"""

from enum import Enum
from typing import Literal

from msgspec import Struct

MAX_COLUMNS, MAX_ROWS = 4, 8  # T3
MAX_SCREENS = 60
MAX_MEDIA = 500  # the sounds of the recordings among them
MAX_RECORDINGS = 400
MAX_PLAYLIST = 20
MAX_VOICES = 20
MAX_ANNOUNCEMENTS = 50
MAX_NOTICES = 12
MAX_SPOKEN = 200  # letters

Language = Literal["vi", "en"]
Region = Literal["north", "central", "south"]  # S3


class MediumKind(Enum):
    """What a file is."""

    PICTURE = "picture"  # JPEG, PNG or WebP
    CLIP = "clip"  # MP4 with H.264, VP9 or AV1
    SOUND = "sound"  # WAV, 16 bit, mono, 22,050 Hz, whatever was uploaded


class Medium(Struct, frozen=True, forbid_unknown_fields=True):
    """A file that was uploaded: stored and fetched by ``sha256`` (hex), so that it is never another one.

    ``size`` in bytes; ``seconds`` of a clip or a sound, 0 of a picture.
    """

    id: str
    name: str
    kind: MediumKind
    sha256: str
    size: int
    seconds: float = 0.0


class Screen(Struct, frozen=True, forbid_unknown_fields=True):
    """One picture for any number of TVs, at ``https://<board>/tv/<id>``.

    ``zones`` are those whose counters it shows, none: all. ``columns`` × ``rows`` tiles, 0: as many as are needed; what
    does not fit comes on further pages, in turn. ``colours``: one for all tiles, or each service's own (T10).
    ``notices`` run at ``notice``; none: the product's own. ``calls``, ``waits``, ``next``: whether it shows the last
    numbers called, the expected waits, and who is next. ``playlist`` names media that play where ``split`` says, a
    picture for ``seconds``; ``full``: on the whole screen while nobody has been called for a minute.
    ``logo`` names a picture that stands before the facility's name, none: the facility's (B4).
    """

    id: str
    name: str
    zones: tuple[str, ...] = ()
    columns: int = 0
    rows: int = 0
    theme: Literal["dark", "light"] = "dark"
    colours: Literal["one", "services"] = "one"
    notice: Literal["top", "bottom", "none"] = "bottom"
    notices: tuple[str, ...] = ()
    calls: bool = True
    waits: bool = True
    next: bool = True
    split: Literal["none", "right", "left", "below", "full"] = "none"
    playlist: tuple[str, ...] = ()
    seconds: int = 12
    logo: str = ""


class Loudness(Struct, frozen=True, forbid_unknown_fields=True):
    """From this local time of day (``HH:MM``) on, until the next such time: 0 to 100 per cent."""

    since: str
    percent: int


class Voice(Struct, frozen=True, forbid_unknown_fields=True):
    """How a zone's loudspeakers speak.

    ``zones``: those whose calls it speaks, none: those that no other voice speaks. ``languages`` in their order;
    ``region`` of the Vietnamese; ``times``: how often a call is said. ``chime`` is one of ``CHIMES`` or the id of a
    sound. ``digits``: "007" is said "không không bảy", else "bảy". ``recordings``: recorded fragments are used where
    there are any. ``loudness``: by the hour; none: always full.
    """

    id: str
    name: str
    zones: tuple[str, ...] = ()
    languages: tuple[Language, ...] = ("vi", "en")
    region: Region = "north"
    times: int = 1
    chime: str = "two-tones"
    digits: bool = True
    recordings: bool = True
    loudness: tuple[Loudness, ...] = ()


CHIMES = ("two-tones", "three-tones", "bell", "soft", "none")  # S4


class Phrase(Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence an officer can edit, with places in braces: ``{number}``, ``{counter}``, ``{room}``.

    ``id`` is one of ``PHRASES``; one that the catalogue has not is spoken as that says.
    """

    id: str
    vi: str
    en: str


# What is said, and with which places (S1). A part in square brackets is left out where its place is empty.
PHRASES: dict[str, Phrase] = {
    phrase.id: phrase
    for phrase in (
        Phrase(
            "call",
            "Mời số {number}, đến quầy {counter}[, phòng {room}]",
            "Number {number}, please go to counter {counter}[, room {room}]",
        ),
        Phrase("move-room", "Số {number}, mời sang phòng {room}", "Number {number}, please go to room {room}"),
        Phrase(
            "move-counter", "Số {number}, mời sang quầy {counter}", "Number {number}, please go to counter {counter}"
        ),
        Phrase(
            "move-free",
            "Số {number}, xin chờ, quầy nào trống trước sẽ gọi",
            "Number {number}, please wait, the first free counter will call you",
        ),
    )
}


class Recording(Struct, frozen=True, forbid_unknown_fields=True):
    """A fragment that somebody spoke (S5): ``id`` is ``<language>-<region>/<fragment>`` with the fragment's slug, such
    as ``vi-south/bay``; ``text`` what is said, ``medium`` the sound."""

    id: str
    text: str
    medium: str


class Occasion(Enum):
    """An event of the day by which an announcement goes."""

    NONE = ""
    OPENING = "opening"
    LUNCH = "lunch"  # the first closing of a day with another opening after it
    LAST_TICKETS = "last-tickets"  # the last moment at which any service gives a number
    CLOSING = "closing"  # the day's last


class TimedAnnouncement(Struct, frozen=True, forbid_unknown_fields=True):
    """What is spoken and shown by itself (S6).

    At each time ``at``, or ``every_min`` minutes from ``since`` until ``until``, or ``before_min`` minutes before the
    ``occasion``. Weekdays 0 (Monday) to 6. ``zones``: none: all. A language without a text is left out. ``sound``:
    a recording that is played instead of the texts. ``on_screen``: it stands on the TVs, too, for a minute.
    """

    id: str
    name: str
    text_vi: str = ""
    text_en: str = ""
    at: tuple[str, ...] = ()
    every_min: int = 0
    since: str = ""
    until: str = ""
    occasion: Occasion = Occasion.NONE
    before_min: int = 0
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    zones: tuple[str, ...] = ()
    sound: str = ""
    on_screen: bool = True
