"""What a TV is told, and how its page takes it.

The page is the same for two programs: the board controller's ``/tv/<screen>`` and the preview of a draft in the hub's
administration. A page needs this and no more; the script fetches its parts, and builds everything inside
``<main id="tv">``::

    <link rel="stylesheet" href="/brand/brand.css">
    <link rel="stylesheet" href="/brand/tv.css">
    <script src="/brand/tv.js" defer></script>
    …
    <body><main id="tv"></main></body>

It takes its state from the stream at ``<path of the page>/events``: events ``state`` with a ``TvState`` and ``clock``
with a ``TvClock``, as JSON. Where the page has ``<script type="application/json" id="preview">`` with a ``TvState`` in
it, it shows that, by the browser's own clock, and opens no stream; after a ``change`` event of that element it reads it
anew. It fills the window, so a preview is a frame; it sets no inline style by markup, so a policy without
``'unsafe-inline'`` does. Media are fetched from ``TvMedium.url``, of the page's own origin.
"""

import colorsys
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from edge.contracts.catalogue import Facility
from edge.contracts.hall import MediumKind, Screen

DEFAULT_SCREEN = Screen("1", "")  # what stands at /tv/1 where the catalogue has no such screen
NOTICES = (
    "Xin giữ phiếu và chú ý màn hình, loa gọi số",
    "Vui lòng chuẩn bị thẻ căn cước và thẻ bảo hiểm y tế trước khi vào quầy",
    "Cần giúp đỡ, xin hỏi nhân viên ở quầy gần nhất",
)
CONTRAST = 7.0  # of every text on a TV: it is read from eight metres

Theme = Literal["dark", "light"]
_INK: Mapping[Theme, str] = {"dark": "#f2fbf9", "light": "#0d2b33"}  # of brand.css


class Stage(Enum):
    """How fresh the call at a counter is."""

    NONE = ""
    NEW = "new"
    NOW = "now"


class TvCounter(Struct, frozen=True):
    """One tile. ``services`` are the names in one line; an empty ``label`` means that nobody was called.

    ``state`` stands in the number's place where the counter takes nobody (T2, T9), ``next`` below the services: who
    is next and how long it takes, or why nobody is. ``colour`` is the tile's ground, empty: the theme's own (T10).
    """

    number: int
    room: str = ""
    services: str = ""
    label: str = ""
    state: str = ""
    next: str = ""
    stage: Stage = Stage.NONE
    colour: str = ""


class TvCall(Struct, frozen=True):
    """The current call, or one of the last ones; ``at_ms`` is since 1970 UTC."""

    label: str
    number: int
    room: str
    at_ms: int
    stage: Stage = Stage.NONE


class TvWait(Struct, frozen=True):
    """How long somebody who takes a number now waits for a service, about."""

    service: str
    wait: str


class TvMove(Struct, frozen=True):
    """Tickets that go to another room (K11)."""

    text: str
    text_en: str


class TvNotice(Struct, frozen=True):
    """What was announced, as a banner; an ``urgent`` one is red and large, over everything but the numbers."""

    text: str
    text_en: str = ""
    urgent: bool = False

    def __repr__(self) -> str:
        return f"TvNotice(urgent={self.urgent!r}, …)"


class TvMedium(Struct, frozen=True):
    """A picture or clip that plays; ``url`` is a path at the page's own origin."""

    url: str
    kind: MediumKind


class TvHours(Struct, frozen=True):
    """Working hours as moments: the page tells by its clock that they are over, with or without a link (T13).

    ``text`` is today's, such as ``7:00–11:30, 13:30–17:00``; ``known`` where the hub has told the moments.
    """

    text: str = ""
    known: bool = False
    always: bool = False
    spans: tuple[tuple[int, int], ...] = ()
    next_opens_ms: int = 0
    holiday: str = ""
    holiday_en: str = ""


class TvLayout(Struct, frozen=True):
    """How a screen is set out: as ``hall.Screen`` says, with ``split`` "none" where there is nothing to play.

    ``calls`` and ``waits``: whether there is room for the last numbers called, and for the expected waits. ``logo`` is
    a path at the page's own origin, empty: the product's.
    """

    columns: int = 0
    rows: int = 0
    theme: Theme = "dark"
    notice: Literal["top", "bottom", "none"] = "bottom"
    calls: bool = True
    waits: bool = True
    split: Literal["none", "right", "left", "below", "full"] = "none"
    seconds: int = 12
    logo: str = ""


class TvState(Struct, frozen=True):
    """Everything on the screen but the clock.

    ``calls`` begins with the current one; ``media`` is the playlist, the first is the default; ``notice`` runs.
    ``lost_since_ms`` is 0 while the board hears the hub. ``blank`` and ``blank_en`` are said where there is no tile.
    """

    facility: str
    department: str = ""
    place: str = ""
    layout: TvLayout = TvLayout()
    hours: TvHours = TvHours()
    counters: tuple[TvCounter, ...] = ()
    calls: tuple[TvCall, ...] = ()
    waits: tuple[TvWait, ...] = ()
    moves: tuple[TvMove, ...] = ()
    notice: tuple[str, ...] = NOTICES
    announcements: tuple[TvNotice, ...] = ()
    media: tuple[TvMedium, ...] = ()
    lost_since_ms: int = 0
    blank: str = ""
    blank_en: str = ""


class TvClock(Struct, frozen=True):
    """The time to show: a TV's own clock is never trusted."""

    now_ms: int
    offset_min: int


def playlist(screen: Screen, media: Mapping[str, TvMedium]) -> tuple[TvMedium, ...]:
    """What plays on this screen, in its order, of the media that are there, by id."""
    return tuple(media[name] for name in screen.playlist if name in media)


def layout(screen: Screen, media: Mapping[str, TvMedium], logo_id: str = "") -> TvLayout:
    """How a screen is set out with the media that are there, by id; ``logo_id`` is the facility's, which stands where
    the screen has none of its own."""
    logo = media.get(screen.logo or logo_id)
    return TvLayout(
        columns=screen.columns,
        rows=screen.rows,
        theme=screen.theme,
        notice=screen.notice,
        calls=screen.calls,
        waits=screen.waits,
        split=screen.split if playlist(screen, media) else "none",
        seconds=screen.seconds,
        logo=logo.url if logo else "",
    )


def named(state: TvState, facility: Facility) -> TvState:
    """The state under the facility's names (T11)."""
    parts = (facility.ward, facility.district, facility.province)
    return replace(
        state,
        facility=facility.name,
        department=facility.department,
        place=", ".join(part for part in parts if part),
    )


def ground(colour: str, theme: Theme) -> str:
    """The ground of a tile in a service's colour (``#rrggbb``): so dark or so light that the theme's ink is read on it.

    >>> ground("#0b6e6e", "dark"), ground("#0b6e6e", "light")
    ('#095b5b', '#13c6c6')
    """
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    step = -0.01 if theme == "dark" else 0.01
    shade = colour
    while contrast(shade, _INK[theme]) < CONTRAST:
        lightness = min(1.0, max(0.0, lightness + step))
        parts = colorsys.hls_to_rgb(hue, lightness, saturation)
        shade = "#" + "".join(f"{int(part * 255):02x}" for part in parts)
    return shade


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (``#rrggbb``), 1 to 21. Source: WCAG 2.2, "contrast ratio"."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def running(screen: Screen) -> Sequence[str]:
    """The sentences that run on this screen."""
    return screen.notices or NOTICES
