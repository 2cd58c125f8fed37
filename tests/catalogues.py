"""Any catalogue that a hub adopts, for hypothesis."""

from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

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
from edge.contracts.tiles import ICONS
from edge.hub.catalogue.forms import COLOURS

T = TypeVar("T")

# Catalogues are large, and a machine with much else to do makes them slowly.
UNHURRIED = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])

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
            )
        )
    numbers = draw(_unique(st.integers(1, 999), 3))
    counters = [
        Counter(f"q{at}", at, draw(_TEXTS), tuple(draw(st.permutations(ids))[:2]), draw(_TEXTS)) for at in numbers
    ]
    counters[0] = Counter(counters[0].id, counters[0].number, "1", tuple(draw(st.permutations(ids))))
    dates = sorted(draw(st.lists(st.dates().filter(lambda day: 2000 <= day.year < 2100), max_size=3, unique=True)))
    return Catalogue(
        facility=Facility(draw(_NAMES), draw(_NAMES), draw(_TEXTS), draw(_TEXTS), draw(_TEXTS), draw(_TEXTS)),
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
    )


def _unique(values: st.SearchStrategy[T], most: int) -> st.SearchStrategy[list[T]]:
    return st.lists(values, min_size=1, max_size=most, unique=True)


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
