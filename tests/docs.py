"""Write the generated parts of docs/ anew from the code (``make diagrams``).

A part stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import get_args

import msgspec
from msgspec import NODEFAULT, Struct
from msgspec import inspect as shapes

from edge.contracts import topics
from edge.contracts.commands import (
    AdoptCatalogue,
    Command,
    Complaint,
    CounterCommand,
    DeskCommand,
    KioskCommand,
    OutOfOrder,
    PersonKey,
    Reply,
    ReportEligibility,
    RetireHub,
)
from edge.contracts.counter import CounterState, Pause, Standing
from edge.contracts.eligibility import Outcome
from edge.contracts.events import Acknowledgement, Batch, Entry, Event, Lease, Onward
from edge.contracts.health import DeviceHealth, Figures, Part, PartState, Reason, Subject
from edge.contracts.outlook import Alarm, AlarmKind, CounterOutlook, Hours, Outlook, ServiceOutlook, Window
from edge.contracts.reading import ReadingFault
from edge.contracts.refusals import WORDS
from edge.contracts.snapshot import Call, Snapshot
from edge.contracts.ticket import Document, Paper, PrintFault, Priority, State, Step, Ticket
from edge.daemon.i18n import translations
from edge.hub.openapi import openapi
from edge.queueing.ticket import diagram
from provisioning.broker import ACCESS

DOCS = Path(__file__).parent.parent / "docs"
PATTERNS = {
    "^[0-9a-f]{32}$": "32 hex digits",
    "^([0-9a-f]{32})?$": "32 hex digits, or empty",
    "^([0-9]{12})?$": "12 digits, or empty",
    "^([0-9]{3})?$": "3 digits, or empty",
    "^([A-Z]{2}[0-9A-Z]{13}|[0-9]{10})?$": "15 characters or 10 digits, or empty",
    "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$": "`YYYY-MM-DD`, or empty",
    r"^[^\x00-\x1f\x7f]*\Z": "text of at most 60 letters, no control characters",
    r"^[0-9A-Za-z.+!_-]{1,40}\Z": "version of at most 40 letters",
}
VALUES: tuple[type[Enum], ...] = (
    *(State, Paper, Document, ReadingFault, PrintFault, Priority, OutOfOrder, Complaint, PersonKey),
    *(CounterState, Pause, Onward, AlarmKind, Outcome, Subject, PartState, Reason),
)
_PART = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


class PartMissing(Exception):
    """A document lacks the markers of a generated part, or has markers of one that nobody makes."""


def states() -> str:
    """The life of a ticket as a Mermaid diagram."""
    return f"```mermaid\n{diagram()}\n```"


def endpoints() -> str:
    """The hub's API, a row a method."""
    rows = []
    for path, methods in openapi()["paths"].items():
        for method, operation in methods.items():
            token = "no" if operation.get("security") == [] else "yes"
            rows.append((f"`{method.upper()} {path}`", token, operation["summary"]))
    return _table(("Request", "Token", "What it does"), rows)


def commands() -> str:
    """Every command, and who may send it."""
    senders = {
        **dict.fromkeys(get_args(KioskCommand), "kiosk"),
        **dict.fromkeys(get_args(CounterCommand), "board, officer"),
        **dict.fromkeys(get_args(DeskCommand), "officer"),
        AdoptCatalogue: "administrator",
        ReportEligibility: "the hub itself",
        RetireHub: "administrator, the hub itself",
    }
    rows = [(*_message(kind), senders[kind]) for kind in get_args(Command)]
    return _table(("Command", "Fields", "Meaning", "Sent by"), rows)


def replies() -> str:
    """The two replies."""
    return _table(("Reply", "Fields", "Meaning"), [_message(kind) for kind in get_args(Reply)])


def events() -> str:
    """Every event."""
    return _table(("Event", "Fields", "Meaning"), [_message(kind) for kind in get_args(Event)])


def snapshot() -> str:
    """What a client takes first, and the structs in it."""
    kinds = (Snapshot, Ticket, Step, Call, Standing, Lease, Entry)
    return _table(("Struct", "Fields", "Meaning"), [_message(kind) for kind in kinds])


def outlook() -> str:
    """What the hub expects, and the structs in it."""
    kinds = (Outlook, Hours, ServiceOutlook, CounterOutlook, Window, Alarm)
    return _table(("Struct", "Fields", "Meaning"), [_message(kind) for kind in kinds])


def health() -> str:
    """What a device tells of itself, and the structs in it."""
    return _table(("Struct", "Fields", "Meaning"), [_message(kind) for kind in (DeviceHealth, Part, Figures)])


def uplink() -> str:
    """The two MQTT messages."""
    return _table(("Message", "Fields", "Meaning"), [_message(kind) for kind in (Batch, Acknowledgement)])


def words() -> str:
    """The values of the enumerations in the messages."""
    rows = [
        (kind.__name__, ", ".join(f"`{value.value}`" if value.value else "empty" for value in kind), _doc(kind))
        for kind in VALUES
    ]
    return _table(("Kind", "Values", "Meaning"), rows)


def refusals() -> str:
    """Why the hub refuses, in the words that a person reads."""
    english = translations("en").gettext
    rows = [(f"`{reason.value}`", said, english(said)) for reason, said in WORDS.items()]
    return _table(("Reason", "What the person reads", "In English"), rows)


def mqtt_topics() -> str:
    """The topics, with ``SITE`` in the place of a site's id."""
    rows = [
        (f"`{topics.events('SITE')}`", "site → cloud", "`Batch`"),
        (f"`{topics.acknowledgements('SITE')}`", "cloud → site", "`Acknowledgement`"),
        (f"`{topics.UP_FILTER}`", "what the ingest subscribes to", "`Batch` of every site"),
    ]
    return _table(("Topic", "Direction", "Payload"), rows)


def access() -> str:
    """The broker's access list as provisioning writes it."""
    return f"```\n{ACCESS.strip()}\n```"


PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "queueing.md": {"states": states},
    "protocols.md": {
        "endpoints": endpoints,
        "commands": commands,
        "replies": replies,
        "refusals": refusals,
        "events": events,
        "snapshot": snapshot,
        "outlook": outlook,
        "health": health,
        "words": words,
        "topics": mqtt_topics,
        "uplink": uplink,
        "access": access,
    },
}


def updated(text: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """The document with its generated parts written anew.

    Raises PartMissing where the markers in the text and the parts differ.
    """
    found = [match[2] for match in _PART.finditer(text)]
    if sorted(found) != sorted(parts):
        raise PartMissing(f"markers {sorted(found)}, but the parts are {sorted(parts)}")
    return _PART.sub(lambda match: f"{match[1]}{parts[match[2]]()}\n{match[3]}", text)


def check() -> list[str]:
    """The documents whose generated parts are not what the code says now."""
    stale = []
    for name, parts in PARTS.items():
        text = (DOCS / name).read_text(encoding="utf-8")
        if updated(text, parts) != text:
            stale.append(name)
    return stale


def _message(kind: type[Struct]) -> tuple[str, str, str]:
    tag = kind.__struct_config__.tag
    shape = shapes.type_info(kind)
    assert isinstance(shape, shapes.StructType)
    fields = "<br>".join(_field(field) for field in shape.fields)
    return (f"`{tag or kind.__name__}`", fields, _doc(kind))


def _field(field: shapes.Field) -> str:
    default = "" if field.default is NODEFAULT else f"; default {_default(field.default)}"
    return f"`{field.encode_name}` {_kind(field.type)}{default}"


def _default(value: object) -> str:
    if isinstance(value, Enum):
        value = value.value
    return f"`{msgspec.json.encode(value).decode()}`"


def _kind(kind: shapes.Type) -> str:
    match kind:
        case shapes.StrType():
            return PATTERNS[kind.pattern] if kind.pattern else f"text{_length(kind)}"
        case shapes.IntType():
            return "whole number"
        case shapes.BoolType():
            return "true or false"
        case shapes.EnumType():
            return f"`{kind.cls.__name__}`"
        case shapes.StructType():
            return f"`{kind.cls.__name__}`"
        case shapes.VarTupleType() | shapes.ListType():
            return f"list of {_kind(kind.item_type)}"
        case shapes.TupleType():
            return f"({', '.join(_kind(one) for one in kind.item_types)})"
        case shapes.DictType():
            return f"map of {_kind(kind.key_type)} to {_kind(kind.value_type)}"
        case shapes.UnionType():
            if all(isinstance(one, shapes.StructType) for one in kind.types):
                return "one of the events above"
            return " or ".join(_kind(one) for one in kind.types)
        case shapes.LiteralType():
            return ", ".join(f"`{value}`" for value in kind.values)
        case shapes.NoneType():
            return "null"
    raise ValueError(f"no words yet for {kind}")


def _length(kind: shapes.StrType) -> str:
    return f" of {kind.min_length} to {kind.max_length} letters" if kind.max_length else ""


def _doc(kind: type) -> str:
    text = " ".join((inspect.getdoc(kind) or "").split())
    return re.sub(r":[a-z]+:`([^`]+)`", r"`\1`", text.replace("``", "`"))


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = [head, ("---",) * len(head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Update every document."""
    for name, parts in PARTS.items():
        path = DOCS / name
        before = path.read_text(encoding="utf-8")
        after = updated(before, parts)
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(f"written anew: docs/{name}")


if __name__ == "__main__":
    main()
