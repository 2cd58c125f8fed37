"""Any catalogue that a hub adopts, for hypothesis."""

from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.contracts.catalogue import (
    Catalogue,
    Counter,
    Discipline,
    Facility,
    OpeningPeriod,
    Policy,
    Service,
    ServiceGroup,
    SpecialDay,
)
from edge.contracts.hall import (
    CHIMES,
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
from edge.contracts.kiosk import MAX_WORDS, REST_S, Kiosk, KioskLanguage
from edge.contracts.payment import Payment
from edge.contracts.slip import (
    PLACES,
    REPEATABLE,
    REQUIRED,
    WORDED,
    BlockKind,
    SlipBlock,
    SlipTemplate,
    unknown_places,
)
from edge.contracts.tiles import ICONS
from edge.hub.catalogue.forms import COLOURS
from edge.queueing.kiosk_checks import TEXTS
from tests.long import tries

T = TypeVar("T")

# Catalogues are large, and a machine with much else to do makes them slowly.
UNHURRIED = settings(max_examples=tries(15), suppress_health_check=[HealthCheck.too_slow])

_LETTERS = st.characters(codec="utf-8", categories=("L", "N", "P", "S"))
_NAMES = st.text(_LETTERS, min_size=1, max_size=12)
_TEXTS = st.text(_LETTERS, max_size=8)
_IDS = st.from_regex(r"[a-z0-9-]{1,12}", fullmatch=True)
_CLOCKS = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
_SPANS = st.tuples(_CLOCKS, _CLOCKS | st.just("24:00")).filter(lambda span: span[0] < span[1])


@st.composite
def _week(draw: st.DrawFn) -> tuple[OpeningPeriod, ...]:
    """Hours on weekdays that no two periods share, so that nothing overlaps."""
    days = draw(st.permutations(range(7)))
    cuts = sorted(draw(st.lists(st.integers(1, 6), max_size=3, unique=True)))
    parts = [days[begin:end] for begin, end in zip([0, *cuts], [*cuts, 7], strict=True)]
    periods = tuple(OpeningPeriod(tuple(part), *draw(_SPANS)) for part in parts)
    return draw(st.sampled_from([(), periods, periods[:1]]))


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    """A sound catalogue of a few things of every kind."""
    groups = [ServiceGroup(name, draw(_NAMES), draw(_NAMES)) for name in draw(_unique(_IDS, 3))]
    ids = draw(_unique(_IDS, 5))
    prefixes = draw(
        st.lists(st.from_regex("[A-Z]{1,2}", fullmatch=True), min_size=len(ids), max_size=len(ids), unique=True)
    )
    active = [True, *(draw(st.booleans()) for _ in ids[1:])]
    services = []
    for at, name in enumerate(ids):
        first = draw(st.integers(1, 9999))
        following = [step for step, open_ in zip(ids, active, strict=True) if open_ and step != name]
        services.append(
            Service(
                id=name,
                group=draw(st.sampled_from(groups)).id,
                prefix=prefixes[at],
                name=draw(_NAMES),
                name_en=draw(_NAMES),
                colour=draw(st.sampled_from(list(COLOURS)) | st.from_regex("#[0-9a-f]{6}", fullmatch=True)),
                code=draw(st.text(_LETTERS, max_size=6)),
                icon=draw(st.sampled_from(["", *ICONS])),
                size=draw(st.sampled_from(("normal", "wide", "large"))),
                first_number=first,
                last_number=draw(st.integers(first, 9999)),
                hours=draw(_week()),
                last_ticket_min=draw(st.integers(0, 720)),
                planned_min=draw(st.integers(1, 240)),
                assigns_room=draw(st.booleans()),
                route=tuple(draw(st.lists(st.sampled_from(following), max_size=3, unique=True)) if following else ()),
                active=active[at],
                fees=draw(st.booleans()),
            )
        )
    numbers = draw(_unique(st.integers(1, 999), 3))
    counters = [
        Counter(f"q{at}", at, draw(_TEXTS), tuple(draw(st.permutations(ids))[:2]), draw(_TEXTS)) for at in numbers
    ]
    counters[0] = Counter(counters[0].id, counters[0].number, "1", tuple(draw(st.permutations(ids))))
    dates = sorted(draw(st.lists(st.dates().filter(lambda day: 2000 <= day.year < 2100), max_size=3, unique=True)))
    hall = draw(_hall(sorted({counter.zone for counter in counters} - {""}))) if draw(st.booleans()) else {}
    pictures = [medium.id for medium in hall.get("media", ()) if medium.kind is MediumKind.PICTURE]
    facility = Facility(draw(_NAMES), draw(_NAMES), draw(_TEXTS), draw(_TEXTS), draw(_TEXTS), draw(_TEXTS))
    return Catalogue(
        facility=replace(facility, logo=draw(st.sampled_from(["", *pictures]))),
        hours=draw(_week()),
        groups=tuple(groups),
        services=tuple(services),
        counters=tuple(counters),
        special_days=tuple(
            SpecialDay(day.isoformat(), draw(_NAMES), draw(_NAMES), tuple(draw(st.lists(_SPANS, max_size=1))))
            for day in dates
        ),
        public_holidays=draw(st.booleans()),
        policy=draw(_POLICIES),
        slip=draw(slip_templates()),
        kiosk=draw(kiosks()),
        payment=draw(st.just(Payment()) | payments()),
        **hall,
    )


def payments() -> st.SearchStrategy[Payment]:
    """Any account that a facility may be paid into."""
    bank, account = (st.from_regex(form, fullmatch=True) for form in ("[0-9]{6}", "[0-9A-Za-z]{6,19}"))
    return st.builds(Payment, bank, account, _NAMES)


@st.composite
def kiosks(draw: st.DrawFn) -> Kiosk:
    """Settings of kiosks that can be published."""
    others: tuple[KioskLanguage, ...] = ("en", "km", "sti")
    fields = [field for text in TEXTS for field in (text, f"{text}_en")]
    return Kiosk(
        languages=("vi", *draw(st.lists(st.sampled_from(others), unique=True))),
        **{field: draw(st.just("") | st.text(_LETTERS, min_size=1, max_size=MAX_WORDS)) for field in fields},
        rest_s=draw(st.just(0) | st.integers(*REST_S)),
        region=draw(st.sampled_from(("north", "central", "south"))),
    )


@st.composite
def slip_templates(draw: st.DrawFn) -> SlipTemplate:
    """A slip that can be published: what must stand on it and some more, in any order, size and place."""
    optional = [kind for kind in BlockKind if kind not in (*REQUIRED, *REPEATABLE)]
    kinds = [*REQUIRED, *draw(st.lists(st.sampled_from(optional), unique=True))]
    kinds += draw(st.lists(st.sampled_from(REPEATABLE), max_size=4))
    return SlipTemplate(tuple(draw(_block(kind)) for kind in draw(st.permutations(kinds))))


@st.composite
def _block(draw: st.DrawFn, kind: BlockKind) -> SlipBlock:
    texts = st.lists(_NAMES | st.sampled_from([f"{{{name}}}" for name in PLACES]), min_size=1, max_size=8)
    worded = texts.map(" ".join).filter(lambda text: not unknown_places(text))
    text = draw(worded) if kind is BlockKind.TEXT else ""
    if kind is BlockKind.NEXT:
        text = draw(st.just("") | worded)
    return SlipBlock(
        kind,
        draw(st.sampled_from(("small", "normal", "large"))),
        "left" if kind in (BlockKind.RULE, BlockKind.GAP) else draw(st.sampled_from(("left", "centre"))),
        kind in (BlockKind.RULE, BlockKind.GAP) or draw(st.booleans()),
        text,
        draw(st.just("") | worded) if kind in WORDED else "",
    )


@st.composite
def _hall(draw: st.DrawFn, zones: list[str]) -> dict[str, Any]:
    """The hall's parts, which name each other and these zones."""
    media = [
        Medium(
            name,
            draw(_NAMES),
            kind := draw(st.sampled_from(MediumKind)),
            draw(st.integers(0, 2**256 - 1).map("{:064x}".format)),
            draw(st.integers(1, 10_000_000)),
            0.0 if kind is MediumKind.PICTURE else draw(st.floats(0.5, 120)),
        )
        for name in draw(_some(_IDS, 4))
    ]
    sounds = [medium.id for medium in media if medium.kind is MediumKind.SOUND]
    shown = [medium.id for medium in media if medium.kind is not MediumKind.SOUND]
    pictures = [medium.id for medium in media if medium.kind is MediumKind.PICTURE]
    some_zones = st.lists(st.sampled_from(zones), max_size=2, unique=True).map(tuple) if zones else st.just(())
    screens = [
        Screen(
            id=name,
            name=draw(_NAMES),
            zones=draw(some_zones),
            columns=draw(st.integers(0, 4)),
            rows=draw(st.integers(0, 8)),
            theme=draw(st.sampled_from(("dark", "light"))),
            colours=draw(st.sampled_from(("one", "services"))),
            notice=draw(st.sampled_from(("top", "bottom", "none"))),
            notices=tuple(draw(st.lists(_NAMES, max_size=2))),
            calls=draw(st.booleans()),
            waits=draw(st.booleans()),
            next=draw(st.booleans()),
            split=draw(st.sampled_from(("none", "right", "left", "below", "full"))),
            playlist=tuple(draw(st.lists(st.sampled_from(shown), max_size=3)) if shown else ()),
            seconds=draw(st.integers(3, 600)),
            logo=draw(st.sampled_from(["", *pictures])),
        )
        for name in draw(_some(_IDS, 2))
    ]
    voices = [
        Voice(
            id=name,
            name=draw(_NAMES),
            zones=(zone,) if zone else (),
            languages=draw(st.sampled_from((("vi", "en"), ("en", "vi"), ("vi",), ("en",)))),
            region=draw(st.sampled_from(("north", "central", "south"))),
            times=draw(st.integers(1, 3)),
            chime=draw(st.sampled_from([*CHIMES, *sounds])),
            digits=draw(st.booleans()),
            recordings=draw(st.booleans()),
            loudness=tuple(Loudness(since, draw(st.integers(0, 100))) for since in draw(_some(_CLOCKS, 2))),
        )
        for name, zone in zip(draw(_some(_IDS, 2)), draw(st.permutations(["", *zones])), strict=False)
    ]
    phrases = [
        Phrase(name, draw(st.sampled_from(("{number}", "Mời {number}[, phòng {room}]"))), "No. {number} to {counter}")
        for name in draw(_some(st.sampled_from(sorted(PHRASES)), 2))
    ]
    recordings = [
        Recording(f"vi-south/{name}", draw(_NAMES), draw(st.sampled_from(sounds)))
        for name in (draw(_some(_IDS, 2)) if sounds else ())
    ]
    announcements = [draw(_announcement(name, some_zones, sounds)) for name in draw(_some(_IDS, 2))]
    return {
        "screens": tuple(screens),
        "media": tuple(media),
        "voices": tuple(voices),
        "phrases": tuple(phrases),
        "recordings": tuple(recordings),
        "announcements": tuple(announcements),
    }


@st.composite
def _announcement(
    draw: st.DrawFn, name: str, zones: st.SearchStrategy[tuple[str, ...]], sounds: list[str]
) -> TimedAnnouncement:
    when = draw(st.sampled_from(("at", "every", "occasion")))
    since, until = draw(_SPANS) if when == "every" else ("", "")
    return TimedAnnouncement(
        id=name,
        name=draw(_NAMES),
        text_vi=draw(_NAMES),
        text_en=draw(_TEXTS),
        at=tuple(draw(st.lists(_CLOCKS, min_size=1, max_size=3, unique=True))) if when == "at" else (),
        every_min=draw(st.integers(5, 720)) if when == "every" else 0,
        since=since,
        until=until,
        occasion=draw(st.sampled_from(list(Occasion)[1:])) if when == "occasion" else Occasion.NONE,
        before_min=draw(st.integers(0, 240)) if when == "occasion" else 0,
        weekdays=tuple(sorted(draw(st.sets(st.integers(0, 6), min_size=1)))),
        zones=draw(zones),
        sound=draw(st.sampled_from(["", *sounds])),
        on_screen=draw(st.booleans()),
    )


def _unique(values: st.SearchStrategy[T], most: int) -> st.SearchStrategy[list[T]]:
    return st.lists(values, min_size=1, max_size=most, unique=True)


def _some(values: st.SearchStrategy[T], most: int) -> st.SearchStrategy[list[T]]:
    return st.lists(values, max_size=most, unique=True)


_POLICIES = st.builds(
    Policy,
    discipline=st.sampled_from(Discipline),
    priority_weight=st.floats(1, 20),
    ratio_priority=st.integers(1, 9),
    ratio_normal=st.integers(1, 9),
    starvation_min=st.integers(10, 600),
    no_show_grace_min=st.integers(0, 240),
    transfer_keeps_place=st.booleans(),
    early_min=st.integers(0, 720),
)
