"""One change to a catalogue at a time, pure: put a thing, take one away, move one up or down."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import TypeVar

from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue, Counter, Facility, Service, ServiceGroup, SpecialDay
from edge.contracts.hall import CHIMES, Medium, Phrase, Recording, Screen, TimedAnnouncement, Voice

HallThing = Screen | Medium | Voice | Phrase | Recording | TimedAnnouncement
Thing = ServiceGroup | Service | Counter | SpecialDay | HallThing

# The kinds of things that a catalogue has many of, and where it keeps them.
LISTS: dict[str, str] = {
    "group": "groups",
    "service": "services",
    "counter": "counters",
    "special_day": "special_days",
    "screen": "screens",
    "medium": "media",
    "voice": "voices",
    "phrase": "phrases",
    "recording": "recordings",
    "announcement": "announcements",
}
_MAX_ID = 40

T = TypeVar("T")


def things(catalogue: Catalogue, kind: str) -> tuple[Thing, ...]:
    """All things of a kind, in the catalogue's order."""
    found: tuple[Thing, ...] = getattr(catalogue, LISTS[kind])
    return found


def key(thing: Thing) -> str:
    """What names a thing among its kind: its id, a special day's date."""
    return thing.date if isinstance(thing, SpecialDay) else thing.id


def thing(catalogue: Catalogue, kind: str, thing_id: str) -> Thing:
    """The thing of this kind and name. Raises KeyError where there is none."""
    for found in things(catalogue, kind):
        if key(found) == thing_id:
            return found
    raise KeyError(thing_id)


def put(catalogue: Catalogue, kind: str, new: Thing, *, instead_of: str = "") -> Catalogue:
    """The catalogue with this thing in the place of the one that is named ``instead_of``, or of its own name, or at the
    end; special days stand in the order of their dates."""
    name = instead_of or key(new)
    there = [key(found) for found in things(catalogue, kind)]
    changed = [new if key(found) == name else found for found in things(catalogue, kind)]
    if name not in there:
        changed.append(new)
    if kind == "special_day":
        changed.sort(key=key)
    return with_things(catalogue, kind, changed)


def with_things(catalogue: Catalogue, kind: str, new: Sequence[Thing]) -> Catalogue:
    """The catalogue with these things in place of all of their kind."""
    return replace(catalogue, **{LISTS[kind]: tuple(new)})


def without(catalogue: Catalogue, kind: str, thing_id: str) -> Catalogue:
    """The catalogue without a thing; a service leaves its counters and the routes through it too, a medium everything
    that shows or plays it."""
    left = with_things(catalogue, kind, [found for found in things(catalogue, kind) if key(found) != thing_id])
    if kind == "medium":
        return _without_medium(left, thing_id)
    if kind != "service":
        return left
    counters = tuple(replace(c, services=_less(c.services, thing_id)) for c in left.counters)
    services = tuple(replace(s, route=_less(s.route, thing_id)) for s in left.services)
    return replace(left, counters=counters, services=services)


def _without_medium(left: Catalogue, medium: str) -> Catalogue:
    screens = tuple(replace(one, playlist=_less(one.playlist, medium)) for one in left.screens)
    screens = tuple(replace(one, logo="") if one.logo == medium else one for one in screens)
    voices = tuple(replace(one, chime=CHIMES[0]) if one.chime == medium else one for one in left.voices)
    recordings = tuple(one for one in left.recordings if one.medium != medium)
    said = tuple(replace(one, sound="") if one.sound == medium else one for one in left.announcements)
    facility = replace(left.facility, logo="") if left.facility.logo == medium else left.facility
    return replace(left, facility=facility, screens=screens, voices=voices, recordings=recordings, announcements=said)


def unrecorded(catalogue: Catalogue, recording_id: str) -> Catalogue:
    """The catalogue without a recording and its sound; a sound that something else plays stays."""
    sounds = [one.medium for one in catalogue.recordings if one.id == recording_id]
    left = without(catalogue, "recording", recording_id)
    return replace(left, media=tuple(one for one in left.media if one.id not in sounds or uses(left, one.id)))


def uses(catalogue: Catalogue, medium: str) -> tuple[HallThing | Facility, ...]:
    """Whatever shows or plays this medium: the facility, screens, voices, recordings and announcements."""
    return (
        *([catalogue.facility] if catalogue.facility.logo == medium else []),
        *(one for one in catalogue.screens if medium in (*one.playlist, one.logo)),
        *(one for one in catalogue.voices if one.chime == medium),
        *(one for one in catalogue.recordings if one.medium == medium),
        *(one for one in catalogue.announcements if one.sound == medium),
    )


def moved(catalogue: Catalogue, kind: str, thing_id: str, by: int) -> Catalogue:
    """The catalogue with a thing one place up (``by`` −1) or down (1); a service among those of its group.

    The first stays first and the last stays last. Raises KeyError where there is no such thing.
    """
    there = list(things(catalogue, kind))
    here = there.index(thing(catalogue, kind, thing_id))
    at = here + by
    while 0 <= at < len(there) and _group(there[at]) != _group(there[here]):
        at += by
    if 0 <= at < len(there):
        there[here], there[at] = there[at], there[here]
    return with_things(catalogue, kind, there)


def with_counters(catalogue: Catalogue, service_id: str, counter_ids: Collection[str]) -> Catalogue:
    """The catalogue with a service at these counters and at no other; the order of their other services stays."""

    def services(counter: Counter) -> tuple[str, ...]:
        if counter.id not in counter_ids:
            return _less(counter.services, service_id)
        return counter.services if service_id in counter.services else (*counter.services, service_id)

    return replace(catalogue, counters=tuple(replace(c, services=services(c)) for c in catalogue.counters))


def paused(catalogue: Catalogue, service_id: str) -> Catalogue:
    """The catalogue with a service that gives no more numbers, and no route that leads to it.

    Raises KeyError where there is no such service.
    """
    quiet = put(catalogue, "service", replace(catalogue.service(service_id), active=False))
    services = tuple(replace(one, route=_less(one.route, service_id)) for one in quiet.services)
    return replace(quiet, services=services)


def given_back(catalogue: Catalogue, before: Catalogue, service_id: str) -> Catalogue:
    """The catalogue with a service again that it had in ``before``, at the same counters, in a group that there is.

    Unchanged where it had none.
    """
    if service_id not in {service.id for service in before.services}:
        return catalogue
    service = before.service(service_id)
    if service.group not in {group.id for group in catalogue.groups}:
        service = replace(service, group=catalogue.groups[0].id)
    counters = [counter.id for counter in before.counters_for(service_id)]
    return with_counters(put(catalogue, "service", service), service_id, counters)


def in_old_order(chosen: Collection[T], before: Sequence[T]) -> tuple[T, ...]:
    """What was chosen in a list of check boxes: what was there before keeps its order, what is new follows.

    >>> in_old_order(["a", "b", "c"], ["c", "x", "a"])
    ('c', 'a', 'b')
    """
    kept = [value for value in before if value in chosen]
    return (*kept, *(value for value in chosen if value not in kept))


def new_id(name: str, taken: Collection[str], otherwise: str) -> str:
    """An id that no other thing has, made from a Vietnamese name; from ``otherwise`` where it has no letters.

    >>> new_id("Khám Mắt (Đông y)", ["kham-mat"], "service"), new_id("Khám mắt", ["kham-mat"], "service")
    ('kham-mat-dong-y', 'kham-mat-2')
    """
    plain = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    words = re.findall(r"[a-z0-9]+", "".join(letter for letter in plain if not unicodedata.combining(letter)))
    stem = ("-".join(words) or otherwise)[: _MAX_ID - 4].strip("-")
    candidates = [stem, *(f"{stem}-{count}" for count in range(2, len(taken) + 3))]
    return next(candidate for candidate in candidates if candidate not in taken)


def _less(values: Sequence[str], value: str) -> tuple[str, ...]:
    return tuple(other for other in values if other != value)


def _group(thing: Thing) -> str:
    return thing.group if isinstance(thing, Service) else ""
