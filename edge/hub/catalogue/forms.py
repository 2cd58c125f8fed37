"""The parts of a catalogue as the fields of forms, and back: pure.

A form is a mapping from a field's name to the texts that stand in it, several where it is a list of check boxes. What
``*_fields`` makes of a sound part, ``read_*`` reads as that very part again.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from msgspec.structs import fields as fields_of
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
from edge.contracts.payment import Payment
from edge.hub.catalogue.edits import LISTS, in_old_order, thing
from edge.queueing.catalogue import MAX_PERIODS, faults
from edge.queueing.catalogue_faults import Fault
from edge.queueing.catalogue_words import WORDS

Fields = Mapping[str, Sequence[str]]

# Eight colours that are told apart and can be read on white (contrast of at least 4.5).
COLOURS: dict[str, str] = {
    "#0b6e6e": "Xanh ngọc",
    "#1d5fae": "Xanh dương",
    "#5a4fcf": "Tím",
    "#a3417d": "Hồng đậm",
    "#b3261e": "Đỏ",
    "#b45309": "Cam đậm",
    "#1f7a3d": "Xanh lá",
    "#5b6b75": "Xám",
}
SIZES: dict[str, str] = {"normal": "Cỡ thường", "wide": "Rộng gấp đôi", "large": "Lớn gấp bốn"}
DISCIPLINES: dict[Discipline, str] = {
    Discipline.AGEING: "Theo thời gian chờ, người ưu tiên được nhân hệ số",
    Discipline.RATIO: "Theo tỷ lệ lượt ưu tiên và lượt thường",
    Discipline.STRICT: "Hết người ưu tiên mới đến người thường",
    Discipline.FIRST_COME: "Ai lấy số trước được gọi trước",
}
_WHOLE_NUMBER = "cần một số nguyên"
_NUMBER = "cần một số"
_CHOICE = "cần chọn một mục"
_DAYS_MISSING = "dòng {row}: cần chọn ít nhất một ngày"
_EMPTY = "xin điền vào đây"
_NO_SERVICE = "cần chọn ít nhất một dịch vụ"
DATE_TAKEN = "ngày này đã có trong danh sách"
FORM_WORDS = (_EMPTY, _WHOLE_NUMBER, _NUMBER, _CHOICE, _DAYS_MISSING, _NO_SERVICE, DATE_TAKEN, *COLOURS.values())
OTHER_COLOUR = "other"
_TIME = re.compile(r"([0-9]{1,2})\s*[:hg.]\s*([0-9]{2})?")
_MOST_LETTERS = 200
_MOST_LINES = 40

# What only other parts of the catalogue can put right: told before publishing, not beside the field.
_ELSEWHERE = {Fault.UNSERVED, Fault.COUNT}

E = TypeVar("E")


class Note(NamedTuple):
    """What is wrong with a field: a Vietnamese sentence with places for its values."""

    words: str
    values: Mapping[str, str | float] = {}


class Wrong(Exception):
    """The form cannot be taken as it is; ``notes`` say why, by field."""

    def __init__(self, notes: Mapping[str, Note]) -> None:
        super().__init__(", ".join(notes))
        self.notes = dict(notes)


class Reading:
    """The fields of one form and what was found wrong with them so far."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self.notes: dict[str, Note] = {}

    def text(self, name: str) -> str:
        """The last text of a field."""
        return (self.texts(name) or [""])[-1]

    def lines(self, name: str) -> tuple[str, ...]:
        """The lines of a text area, without empty ones."""
        whole = "\n".join(self._fields.get(name, ()))[: _MOST_LINES * _MOST_LETTERS]
        lines = [line.strip()[: _MOST_LETTERS + 1] for line in whole.replace("\r", "\n").split("\n")]
        return tuple(line for line in lines if line)

    def texts(self, name: str) -> list[str]:
        """Every text of a field."""
        return [value.strip()[:_MOST_LETTERS] for value in self._fields.get(name, ())]

    def ticked(self, name: str) -> bool:
        """Whether a check box is ticked."""
        return bool(self._fields.get(name))

    def whole(self, name: str) -> int:
        """The whole number in a field."""
        text = self.text(name)
        if not re.fullmatch(r"[0-9]{1,6}", text):
            self.notes[name] = Note(_WHOLE_NUMBER)
            return 0
        return int(text)

    def number(self, name: str) -> float:
        """The number in a field."""
        text = self.text(name).replace(",", ".")
        if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,17})?", text):
            self.notes[name] = Note(_NUMBER)
            return 0
        return float(text)

    def chosen(self, name: str, choices: Iterable[E], values: Iterable[str]) -> E:
        """The one of several that a field names."""
        by_value = dict(zip(values, choices, strict=True))
        if self.text(name) not in by_value:
            self.notes[name] = Note(_CHOICE)
            return next(iter(by_value.values()))
        return by_value[self.text(name)]

    def end(self) -> None:
        """Raise Wrong where anything was wrong so far."""
        if self.notes:
            raise Wrong(self.notes)


def facility_fields(facility: Facility) -> dict[str, list[str]]:
    """The facility's names."""
    return {field.name: [getattr(facility, field.name)] for field in fields_of(Facility)}


def read_facility(fields: Fields) -> Facility:
    """The facility that a form describes."""
    reading = Reading(fields)
    return Facility(**{field.name: reading.text(field.name) for field in fields_of(Facility)})


def group_fields(group: ServiceGroup) -> dict[str, list[str]]:
    """A group's names."""
    return {"name": [group.name], "name_en": [group.name_en]}


def read_group(fields: Fields, group_id: str) -> ServiceGroup:
    """The group that a form describes, under this id."""
    reading = Reading(fields)
    return ServiceGroup(group_id, reading.text("name"), reading.text("name_en"))


def service_fields(service: Service) -> dict[str, list[str]]:
    """A service but for its id and the counters that serve it."""
    listed = service.colour in COLOURS
    return {
        **{name: [getattr(service, name)] for name in ("group", "prefix", "name", "name_en", "code", "icon", "size")},
        "colour": [service.colour if listed else OTHER_COLOUR],
        "other_colour": [service.colour],
        **{name: [str(getattr(service, name))] for name in _SERVICE_NUMBERS},
        **{name: ["yes"] for name in ("assigns_room", "active", "fees") if getattr(service, name)},
        "route": list(service.route),
        **week_fields(service.hours),
    }


_SERVICE_NUMBERS = ("first_number", "last_number", "last_ticket_min", "planned_min")


def read_service(fields: Fields, service_id: str) -> Service:
    """The service that a form describes, under this id. Raises Wrong."""
    reading = Reading(fields)
    colour = reading.text("colour")
    service = Service(
        id=service_id,
        group=reading.text("group"),
        prefix=reading.text("prefix").upper(),
        name=reading.text("name"),
        name_en=reading.text("name_en"),
        colour=reading.text("other_colour").lower() if colour == OTHER_COLOUR else colour,
        code=reading.text("code"),
        icon=reading.text("icon"),
        size=reading.chosen("size", ("normal", "wide", "large"), SIZES),
        first_number=reading.whole("first_number"),
        last_number=reading.whole("last_number"),
        hours=_week(reading),
        last_ticket_min=reading.whole("last_ticket_min"),
        planned_min=reading.whole("planned_min"),
        assigns_room=reading.ticked("assigns_room"),
        route=tuple(step for step in reading.texts("route") if step),
        active=reading.ticked("active"),
        fees=reading.ticked("fees"),
    )
    reading.end()
    return service


def counter_fields(counter: Counter) -> dict[str, list[str]]:
    """A counter but for its id."""
    return {
        "number": [str(counter.number)],
        "room": [counter.room],
        "zone": [counter.zone],
        "services": list(counter.services),
    }


def read_counter(fields: Fields, counter_id: str, before: Sequence[str]) -> Counter:
    """The counter that a form describes, under this id; ``before`` are the services that it had, whose order stays.

    Raises Wrong.
    """
    reading = Reading(fields)
    number = reading.whole("number")
    services = in_old_order(reading.texts("services"), before)
    if not services:
        reading.notes["services"] = Note(_NO_SERVICE)
    reading.end()
    return Counter(counter_id, number, reading.text("room"), services, reading.text("zone"))


def policy_fields(policy: Policy) -> dict[str, list[str]]:
    """The rules that a facility may choose."""
    return {
        "discipline": [policy.discipline.value],
        "priority_weight": [repr(policy.priority_weight).removesuffix(".0")],
        **{name: [str(getattr(policy, name))] for name in _POLICY_NUMBERS},
        **({"transfer_keeps_place": ["yes"]} if policy.transfer_keeps_place else {}),
    }


_POLICY_NUMBERS = ("ratio_priority", "ratio_normal", "starvation_min", "no_show_grace_min", "early_min")


def read_policy(fields: Fields) -> Policy:
    """The rules that a form describes. Raises Wrong."""
    reading = Reading(fields)
    policy = Policy(
        discipline=reading.chosen("discipline", DISCIPLINES, [choice.value for choice in DISCIPLINES]),
        priority_weight=reading.number("priority_weight"),
        transfer_keeps_place=reading.ticked("transfer_keeps_place"),
        **{name: reading.whole(name) for name in _POLICY_NUMBERS},
    )
    reading.end()
    return policy


def payment_fields(payment: Payment) -> dict[str, list[str]]:
    """The receiving account."""
    return {field.name: [getattr(payment, field.name)] for field in fields_of(Payment)}


def read_payment(fields: Fields) -> Payment:
    """The account that a form describes; people write its number in groups of four."""
    reading = Reading(fields)
    bank, account = (reading.text(name).replace(" ", "") for name in ("bank", "account"))
    return Payment(bank, account, reading.text("name"))


def week_fields(periods: Sequence[OpeningPeriod]) -> dict[str, list[str]]:
    """Weekly hours, a row for each period."""
    fields = {}
    for row, period in enumerate(periods):
        fields[f"days-{row}"] = [str(day) for day in period.weekdays]
        fields[f"opens-{row}"] = [period.opens]
        fields[f"closes-{row}"] = [period.closes]
    return fields


def read_week(fields: Fields) -> tuple[OpeningPeriod, ...]:
    """The weekly hours that a form describes; a row without anything is none. Raises Wrong."""
    reading = Reading(fields)
    periods = _week(reading)
    reading.end()
    return periods


def rows(fields: Fields, spare: int) -> int:
    """How many rows of hours a form shows: those in use, and some to add to."""
    names = ("days", "opens", "closes")
    used = [row for row in range(MAX_PERIODS) if any(any(fields.get(f"{name}-{row}", ())) for name in names)]
    return min(MAX_PERIODS, max(used, default=-1) + 1 + spare)


def special_day_fields(day: SpecialDay) -> dict[str, list[str]]:
    """A special day."""
    fields = {"date": [day.date], "name": [day.name], "name_en": [day.name_en]}
    for row, (opens, closes) in enumerate(day.periods):
        fields |= {f"opens-{row}": [opens], f"closes-{row}": [closes]}
    return fields


def read_special_day(fields: Fields) -> SpecialDay:
    """The special day that a form describes; a row without times is none."""
    reading = Reading(fields)
    spans = [(reading.text(f"opens-{row}"), reading.text(f"closes-{row}")) for row in range(MAX_PERIODS)]
    periods = tuple((read_time(opens), read_time(closes)) for opens, closes in spans if opens or closes)
    return SpecialDay(reading.text("date"), reading.text("name"), reading.text("name_en"), periods)


def read_time(text: str) -> str:
    """A time as officers type it, in the catalogue's form; anything else as it stands.

    >>> read_time("7h30"), read_time("7:30"), read_time("13h"), read_time("noon")
    ('07:30', '07:30', '13:00', 'noon')
    """
    typed = _TIME.fullmatch(text.lower())
    return f"{int(typed[1]):02}:{typed[2] or '00'}" if typed else text


def with_part(catalogue: Catalogue, part: str, value: object) -> Catalogue:
    """The catalogue with another facility, other hours, rules, account or public holidays."""
    return replace(catalogue, **{part: value})


def notes_of(catalogue: Catalogue, kind: str, thing_id: str) -> dict[str, Note]:
    """What is wrong with one thing of a catalogue, by field; what is wrong with the others is theirs."""
    notes: dict[str, Note] = {}
    for error in faults(catalogue):
        place, value = error.place, error.values.get("value")
        if error.fault in _ELSEWHERE and place.field != "periods":
            continue
        if place.kind == LISTS.get(kind) and place.field:  # a value that two things share
            if str(getattr(thing(catalogue, kind, thing_id), place.field)) != str(value):
                continue
        elif (place.kind, place.id) != (kind, thing_id):
            continue
        empty = error.fault is Fault.TEXT and not error.values["there"]
        notes.setdefault(place.field or kind, Note(_EMPTY) if empty else Note(WORDS[error.fault], error.values))
    return notes


def _week(reading: Reading) -> tuple[OpeningPeriod, ...]:
    periods = []
    for row in range(MAX_PERIODS):
        days = [day for day in reading.texts(f"days-{row}") if day in "0123456" and len(day) == 1]
        opens, closes = (read_time(reading.text(f"{name}-{row}")) for name in ("opens", "closes"))
        if not days and not opens and not closes:
            continue
        if not days:
            reading.notes.setdefault("hours", Note(_DAYS_MISSING, {"row": row + 1}))
        periods.append(OpeningPeriod(tuple(int(day) for day in days), opens, closes))
    return tuple(periods)
