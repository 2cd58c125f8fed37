"""A form for each kind of thing in a catalogue: what it begins with, what it shows, and what it makes. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue, Counter, Facility, Service, ServiceGroup, SpecialDay
from edge.contracts.hall import PHRASES, Medium, MediumKind, Phrase, Recording, Region, Screen, TimedAnnouncement, Voice
from edge.contracts.phrases import region_note
from edge.hub.catalogue import edits, forms, hall_forms
from edge.hub.catalogue.edits import Thing
from edge.hub.catalogue.forms import COLOURS, Wrong

NEW = "new"  # in the address of a form for a thing that is not there yet
FIRST = "1"  # the id of the first screen: what a TV shows that was never told another
NOT_ADDED = {"medium", "phrase"}  # a medium is uploaded, and the phrases are those that the product speaks
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Choices(NamedTuple):
    """What the forms of the hall's parts offer: zones that some counter has, what a screen can show, sounds; and who
    uses the thing, where it is a medium."""

    zones: tuple[str, ...]
    shown: tuple[Medium, ...]
    sounds: tuple[Medium, ...]
    users: tuple[edits.HallThing | Facility, ...]


def choices(catalogue: Catalogue, thing_id: str) -> Choices:
    """What there is to choose from in this catalogue; the sounds of recordings are nobody's choice."""
    recorded = {recording.medium for recording in catalogue.recordings}
    return Choices(
        zones=tuple(dict.fromkeys(counter.zone for counter in catalogue.counters if counter.zone)),
        shown=tuple(medium for medium in catalogue.media if medium.kind is not MediumKind.SOUND),
        sounds=tuple(m for m in catalogue.media if m.kind is MediumKind.SOUND and m.id not in recorded),
        users=edits.uses(catalogue, thing_id),
    )


def region_notes() -> list[tuple[Region, str]]:
    """What an administrator must know of the engine's voices, by region: gettext sources."""
    regions: tuple[Region, ...] = ("north", "central", "south")
    return [(region, region_note(region)) for region in regions if region_note(region)]


def thing(catalogue: Catalogue, kind: str, thing_id: str) -> Thing:
    """The thing of this kind and name, and a phrase as it is spoken where the catalogue has none of its own.

    Raises KeyError where there is none.
    """
    if kind == "phrase" and thing_id not in {phrase.id for phrase in catalogue.phrases}:
        return PHRASES[thing_id]
    return edits.thing(catalogue, kind, thing_id)


def without_usual_phrases(catalogue: Catalogue) -> Catalogue:
    """The catalogue without the phrases that are as the product speaks them anyway."""
    own = tuple(phrase for phrase in catalogue.phrases if phrase != PHRASES.get(phrase.id))
    return replace(catalogue, phrases=own)


def changed(catalogue: Catalogue, kind: str, thing_id: str, fields: forms.Fields) -> tuple[Catalogue, str]:
    """The catalogue with what a form says, and the thing's id. Raises Wrong."""
    taken = [NEW, *(edits.key(one) for one in edits.things(catalogue, kind))]
    name = (fields.get("name") or [""])[-1]
    match kind:
        case "group":
            new_id = thing_id or edits.new_id(name, taken, kind)
            return edits.put(catalogue, kind, forms.read_group(fields, new_id)), new_id
        case "service":
            new_id = thing_id or edits.new_id(name, taken, kind)
            changed = edits.put(catalogue, kind, forms.read_service(fields, new_id))
            return edits.with_counters(changed, new_id, fields.get("counters", ())), new_id
        case "counter":
            number = (fields.get("number") or [""])[-1]
            new_id = thing_id or edits.new_id(f"q{number}", taken, kind)
            before: Sequence[str] = catalogue.counter(thing_id).services if thing_id else ()
            return edits.put(catalogue, kind, forms.read_counter(fields, new_id, before)), new_id
        case "screen":
            new_id = thing_id or (edits.new_id(name, taken, kind) if taken[1:] else FIRST)
            zones = _zones(edits.things(catalogue, kind), thing_id)
            return edits.put(catalogue, kind, hall_forms.read_screen(fields, new_id, zones)), new_id
        case "voice":
            new_id = thing_id or edits.new_id(name, taken, kind)
            zones = _zones(edits.things(catalogue, kind), thing_id)
            return edits.put(catalogue, kind, hall_forms.read_voice(fields, new_id, zones)), new_id
        case "announcement":
            new_id = thing_id or edits.new_id(name, taken, kind)
            zones = _zones(edits.things(catalogue, kind), thing_id)
            return edits.put(catalogue, kind, hall_forms.read_announcement(fields, new_id, zones)), new_id
        case "phrase":
            return edits.put(catalogue, kind, hall_forms.read_phrase(fields, thing_id)), thing_id
        case "medium":
            (medium,) = (one for one in catalogue.media if one.id == thing_id)
            return edits.put(catalogue, kind, replace(medium, name=hall_forms.read_medium_name(fields))), thing_id
        case _:
            day = forms.read_special_day(fields)
            if day.date != thing_id and day.date in taken:
                raise Wrong({"date": forms.Note(forms.DATE_TAKEN)})
            return edits.put(catalogue, kind, day, instead_of=thing_id), day.date


def fields_of(catalogue: Catalogue, one: Thing) -> dict[str, list[str]]:
    """What the form of a thing shows."""
    match one:
        case Service():
            serving = [counter.id for counter in catalogue.counters_for(one.id)]
            return forms.service_fields(one) | {"counters": serving}
        case Counter():
            return forms.counter_fields(one)
        case ServiceGroup():
            return forms.group_fields(one)
        case SpecialDay():
            return forms.special_day_fields(one)
        case Screen():
            return hall_forms.screen_fields(one)
        case Medium():
            return hall_forms.medium_fields(one)
        case Voice():
            return hall_forms.voice_fields(one)
        case Phrase():
            return hall_forms.phrase_fields(one)
        case Recording():
            return {}
        case TimedAnnouncement():
            return hall_forms.announcement_fields(one)


def new_fields(catalogue: Catalogue, kind: str, given: Mapping[str, str]) -> dict[str, list[str]]:
    """What a form for a new thing begins with: the next free number, letter and colour."""
    if kind == "service":
        prefixes = {service.prefix for service in catalogue.services}
        colours = [service.colour for service in catalogue.services]
        group = given.get("group", catalogue.groups[0].id if catalogue.groups else "")
        prefix = next((letter for letter in _LETTERS if letter not in prefixes), "")
        colour = min(COLOURS, key=colours.count)
        return forms.service_fields(Service("", group, prefix, "", "", colour))
    if kind == "counter":
        number = max((counter.number for counter in catalogue.counters), default=0) + 1
        return forms.counter_fields(Counter("", number, "", ()))
    if kind == "screen":
        return hall_forms.screen_fields(Screen("", ""))
    if kind == "voice":
        return hall_forms.voice_fields(Voice("", ""))
    if kind == "announcement":
        return hall_forms.announcement_fields(TimedAnnouncement("", "", at=("",)))
    if kind == "special_day":
        return {name: [given.get(name, "")] for name in ("date", "name", "name_en")}
    return {}


def _zones(there: Sequence[Thing], thing_id: str) -> Sequence[str]:
    """The zones of a thing as they stand; none of one that is new."""
    return next((one.zones for one in there if edits.key(one) == thing_id and hasattr(one, "zones")), ())
