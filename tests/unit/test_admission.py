"""What comes from a site is taken only where it fits the contract; whatever else comes is refused, never a crash."""

import copy
from collections.abc import Iterator
from enum import Enum
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cloud.admission import HIDDEN, MAX_ENTRIES, NotAdmitted, Reason, admit
from cloud.allowed import LATEST_MS
from cloud.ledger import Arrival, Ledger, Taken
from edge.contracts.catalogue import Catalogue
from edge.contracts.events import (
    ActionUndone,
    Announced,
    Batch,
    DayOpened,
    Event,
    Lease,
    TicketAskedAgain,
    TicketFinished,
    TicketIssued,
    TicketRated,
)
from edge.contracts.ticket import Document, Ticket
from tests.journals import EPOCH, Journal, busy_day

TICKET = "0123456789abcdef" * 2
NOBODY = "Nguyễn Văn Mẫu"
SOME_TICKET = Ticket(TICKET, "A001", 1, "general", Document.NONE, "kiosk-1", 1)
SOME_ISSUE = TicketIssued(TICKET, "A001", 1, "general", Document.NONE, "kiosk-1", 0)
JOURNAL = busy_day(5, Random(0))
GOOD = msgspec.to_builtins(JOURNAL.batch())
LAST, AT_MS = JOURNAL.entries[-1].seq, JOURNAL.entries[-1].at_ms


def refusal(payload: bytes) -> Reason:
    with pytest.raises(NotAdmitted) as refused:
        admit(payload)
    return refused.value.reason


def changed(**changes: Any) -> bytes:
    return msgspec.json.encode({**GOOD, **changes})


def with_entry(index: int, **changes: Any) -> bytes:
    entries = list(GOOD["entries"])
    entries[index] = {**entries[index], **changes}
    return changed(entries=entries)


def with_time_zone(time_zone: str) -> bytes:
    journal = Journal()
    journal.open(time_zone=time_zone)
    return msgspec.json.encode(journal.batch())


def test_what_a_hub_writes_is_taken() -> None:
    journal = busy_day(50, Random(3))
    assert admit(msgspec.json.encode(journal.batch())) == journal.batch()


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.UNREADABLE),
        (b"null", Reason.UNREADABLE),
        (b"\xff\xfe", Reason.UNREADABLE),
        (changed(entries=[{"seq": 1, "at_ms": 1, "event": {"type": "TicketIssued/9"}}]), Reason.NEWER),
        (changed(more=0)[:-1] + b',"x":' + b"[" * 500_000, Reason.UNREADABLE),
        (changed(version=2), Reason.VERSION),
        (changed(epoch="../../etc/passwd"), Reason.EPOCH),
        (changed(epoch=EPOCH.upper()), Reason.EPOCH),
        (changed(entries=[]), Reason.NO_ENTRIES),
        (b" " * (1024 * 1024 + 1), Reason.TOO_LARGE),
        (changed(entries=[GOOD["entries"][0]] * (MAX_ENTRIES + 1)), Reason.TOO_LARGE),
        (with_entry(1, seq=3), Reason.NOT_CONSECUTIVE),
        (with_entry(1, seq=1), Reason.NOT_CONSECUTIVE),
        (with_entry(0, seq=0), Reason.NOT_CONSECUTIVE),
        (with_entry(0, seq=2**70), Reason.NOT_CONSECUTIVE),
        (with_entry(0, at_ms=-1), Reason.TIME),
        (with_entry(0, at_ms=10**17), Reason.TIME),
        (with_entry(1, event={"type": "DayOpened/1", "day": "20261122"}), Reason.DAY),
        (with_entry(1, event={"type": "DayOpened/1", "day": "2026-02-30"}), Reason.DAY),
        (with_time_zone("Asia/Saigon-on-Thames"), Reason.TIME_ZONE),
        (with_time_zone("../../../etc/passwd"), Reason.TIME_ZONE),
        (with_time_zone("Asia"), Reason.TIME_ZONE),
        (with_time_zone(""), Reason.TIME_ZONE),
        (with_entry(2, event={**GOOD["entries"][2]["event"], "service": "x" * 65}), Reason.TEXT),
        (with_entry(2, event={**GOOD["entries"][2]["event"], "service": "a\x00b"}), Reason.TEXT),
        (with_entry(2, event={**GOOD["entries"][2]["event"], "ticket": ""}), Reason.TEXT),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(payload: bytes, reason: Reason) -> None:
    assert refusal(payload) is reason


@pytest.mark.req("X3")
def test_a_field_that_is_not_of_the_contract_is_not_taken_over() -> None:
    payload = with_entry(2, event={**GOOD["entries"][2]["event"], "holder": "Nguyễn Văn Mẫu"})
    assert "Nguyễn" not in repr(admit(payload))
    assert "Nguyễn".encode() not in msgspec.json.encode(admit(payload))


@pytest.mark.req("X3")
def test_a_refusal_does_not_say_what_was_sent() -> None:
    with pytest.raises(NotAdmitted) as refused:
        admit(changed(version="Nguyễn Văn Mẫu"))
    assert str(refused.value) == "unreadable"
    assert refused.value.__cause__ is None


@given(st.binary(max_size=200))
def test_no_bytes_crash_it(payload: bytes) -> None:
    assert refusal(payload) is Reason.UNREADABLE


@given(st.data())
def test_no_changed_byte_crashes_it(data: st.DataObject) -> None:
    payload = bytearray(msgspec.json.encode(GOOD))
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    try:
        batch = admit(bytes(payload))
    except NotAdmitted:
        return
    assert [entry.seq for entry in batch.entries] == list(
        range(batch.entries[0].seq, batch.entries[0].seq + len(batch.entries))
    )


def of(event: Event) -> dict[str, Any]:
    """An event as JSON has it."""
    built: dict[str, Any] = msgspec.to_builtins(event)
    return built


def only(event: dict[str, Any]) -> bytes:
    return changed(entries=[{"seq": 1, "at_ms": 1, "event": event}])


@pytest.mark.req("X3")
@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (of(TicketFinished(NOBODY, "q1")), Reason.FORBIDDEN),
        (of(TicketFinished("001099000017", "q1")), Reason.FORBIDDEN),
        (of(TicketFinished("GD4010123456789", "q1")), Reason.FORBIDDEN),
        (of(TicketFinished(TICKET, "0912 345 678")), Reason.FORBIDDEN),
        (of(TicketFinished(TICKET, "q1\n")), Reason.FORBIDDEN),
        (of(TicketRated(TICKET, "general", "q1", 99)), Reason.FORBIDDEN),
        (of(TicketRated(TICKET, "general", "q1", 0)), Reason.FORBIDDEN),
        (of(Announced("n", f"Mời {NOBODY}", "", (), False, 5, "lan")), Reason.FORBIDDEN),
        (of(Announced("n", "", f"{NOBODY}, please", (), False, 5, "lan")), Reason.FORBIDDEN),
        (of(Announced("n", "", "", (NOBODY,), False, 5, "lan")), Reason.FORBIDDEN),
        (of(Announced("n", "", "", (), False, 5, NOBODY)), Reason.FORBIDDEN),
        (of(DayOpened("1999-12-31")), Reason.DAY),
        (of(DayOpened("2100-01-01")), Reason.DAY),
        (of(ActionUndone("q1", (), (SOME_TICKET,))), Reason.FORBIDDEN),
        (of(ActionUndone("q1", (SOME_TICKET,), (SOME_TICKET,), 10**17)), Reason.FORBIDDEN),
        ({**of(SOME_ISSUE), "arrived_ms": 10**17}, Reason.FORBIDDEN),
        ({**of(SOME_ISSUE), "arrived_ms": 10**400}, Reason.FORBIDDEN),
        ({**of(SOME_ISSUE), "number": 10**30}, Reason.FORBIDDEN),
        ({**of(SOME_ISSUE), "document": "passport"}, Reason.NEWER),
        ({**of(SOME_ISSUE), "document": 7}, Reason.UNREADABLE),
        ({**of(SOME_ISSUE), "steps": [{"service": NOBODY}]}, Reason.FORBIDDEN),
        ({**of(SOME_ISSUE), "steps": [{"service": "general"}] * 6000}, Reason.FORBIDDEN),
        ({**of(SOME_ISSUE), "type": f"{NOBODY} - at `$.x.event.type`"}, Reason.NEWER),
    ],
)
def test_what_could_be_a_persons_or_breaks_the_counting_is_refused(event: dict[str, Any], reason: Reason) -> None:
    assert refusal(only(event)) is reason


@pytest.mark.req("X3")
def test_an_officer_who_is_named_by_a_telephone_number_does_not_stop_the_site_and_is_hidden() -> None:
    event = of(TicketAskedAgain(TICKET, "0912345678"))
    assert admit(only(event)).entries[0].event == TicketAskedAgain(TICKET, HIDDEN)
    for name in ("lan.nguyen-2", "kiosk-1", TICKET):
        assert admit(only({**event, "issuer": name})).entries[0].event == TicketAskedAgain(TICKET, name)


def test_an_undoing_of_the_first_hubs_is_taken() -> None:
    assert admit(only(of(ActionUndone("q1", (SOME_TICKET,))))).entries


EPOCHS = count(1)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger's folder for all examples; each has an epoch of its own."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="module")
def ledger(shared: Path) -> Iterator[Ledger]:
    ledger = Ledger(shared)
    yield ledger
    ledger.close()


TEXTS = st.text(max_size=40) | st.sampled_from([NOBODY, "001099000017", "0912345678", "GD4010123456789", "a\x00b"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
SENTENCES = {f"thư của người bệnh số {number}" for number in range(50)}


@pytest.mark.req("X3")
@settings(max_examples=40)
@given(data=st.data())
def test_a_field_that_nobody_knows_never_reaches_the_disk(data: st.DataObject, shared: Path, ledger: Ledger) -> None:
    batch = copy.deepcopy(GOOD)
    for _ in range(data.draw(st.integers(1, 6))):
        spot: Any = batch
        for key in data.draw(st.sampled_from(PLACES)):
            spot = spot[key]
        spot[data.draw(st.text("xyz_", min_size=3, max_size=9))] = data.draw(st.sampled_from(sorted(SENTENCES)))
    try:
        admitted = admit(msgspec.json.encode(batch))
    except NotAdmitted:
        return  # the catalogue allows no other key at all
    assert admitted == msgspec.convert(GOOD, Batch)
    assert ledger.record("mau-01", replace(admitted, epoch=f"{next(EPOCHS):032x}"), received_ms=1) == LAST
    assert "người bệnh".encode() not in b"".join(path.read_bytes() for path in shared.iterdir())


PLACES: list[tuple[str | int, ...]] = [
    (),
    *(("entries", number) for number in range(len(GOOD["entries"]))),
    *(("entries", number, "event") for number in range(len(GOOD["entries"]))),
    ("entries", 0, "event", "catalogue"),
    ("entries", 0, "event", "catalogue", "facility"),
    ("entries", 1, "event", "experience"),
]


@pytest.mark.req("X3", "X5")
@given(data=st.data())
def test_whatever_stands_in_an_event_is_refused_or_recorded_and_never_breaks_the_counting(
    data: st.DataObject, ledger: Ledger
) -> None:
    """Any value in any field of any event: either admission refuses it, or the ledger takes it, without a fault."""
    kind = data.draw(st.sampled_from(get_args(Event)))
    event: dict[str, Any] = {"type": kind.__struct_config__.tag}
    for field in msgspec.structs.fields(kind):
        if field.required or data.draw(st.booleans()):
            likely = data.draw(st.integers(0, 15))
            event[field.encode_name] = data.draw(_like(field.type) if likely else VALUES)
    at_ms = data.draw(st.sampled_from([0, AT_MS, LATEST_MS - 1]))
    batch = {**GOOD, "entries": [*GOOD["entries"], {"seq": LAST + 1, "at_ms": at_ms, "event": event}]}
    try:
        admitted = admit(msgspec.json.encode(batch))
    except NotAdmitted:
        return
    (taken,) = ledger.record_all([Arrival("mau-01", replace(admitted, epoch=f"{next(EPOCHS):032x}"))], received_ms=1)
    assert taken == Taken(LAST + 1)


def _like(kind: Any) -> st.SearchStrategy[Any]:
    """What a field of this type might well hold."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from([member.value for member in kind])
    of_types: dict[Any, st.SearchStrategy[Any]] = {
        str: st.sampled_from(["general", "q1", TICKET, "kiosk-1", "A001", "", "2026-11-22", "0001-01-01"]),
        int: st.sampled_from([0, 1, 5, -1, 6, AT_MS, LATEST_MS, LATEST_MS + 1, 2**53, 2**63]),
        bool: st.booleans(),
    }
    return of_types.get(kind, st.just([]))


@pytest.mark.parametrize(
    "payload",
    [
        changed(more=0).replace(b'"more":0', b'"more":NaN'),
        changed(more=0).replace(b'"more":0', b'"more":Infinity'),
        changed(epoch="@").replace(b"@", b"\xff"),
        changed(epoch="@").replace(b"@", b"\\ud800"),
        changed(more=0).replace(b'"more":0', b'"more":1e999,'),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"version":1' * 50_000,
    ],
)
def test_hostile_json_is_unreadable(payload: bytes) -> None:
    assert refusal(payload) is Reason.UNREADABLE


@pytest.mark.req("X3")
def test_of_a_key_that_stands_twice_neither_is_kept_that_is_not_allowed() -> None:
    good = msgspec.json.encode(of(TicketFinished(TICKET, "q1")))
    twice = good.replace(b'"counter":"q1"', f'"counter":"{NOBODY}","counter":"q1"'.encode())
    assert refusal(changed(entries=[]).replace(b'"entries":[]', b'"entries":[{"seq":1,"at_ms":1,"event":%b}]' % twice))


def test_every_text_of_the_contract_is_bounded() -> None:
    """Any event with a long sentence in any of its texts is refused."""
    for kind in get_args(Event):
        event: dict[str, Any] = {"type": kind.__struct_config__.tag}
        texts = [field for field in msgspec.structs.fields(kind) if field.type is str]
        for field in texts:
            assert refusal(only({**event, **_filled(kind), field.encode_name: "một câu dài " * 400})) in {
                Reason.FORBIDDEN,
                Reason.TEXT,
                Reason.DAY,
            }


def _filled(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The required fields of an event, filled somehow."""
    fillings: dict[Any, Any] = {str: "general", int: 1, bool: False}
    filled = {}
    for field in msgspec.structs.fields(kind):
        if field.required:
            if field.type in fillings:
                filled[field.encode_name] = fillings[field.type]
            elif isinstance(field.type, type) and issubclass(field.type, Enum):
                filled[field.encode_name] = next(iter(field.type)).value
            elif field.type is Catalogue:
                filled[field.encode_name] = GOOD["entries"][0]["event"]["catalogue"]
            elif field.type is Lease:
                filled[field.encode_name] = msgspec.to_builtins(Lease("kiosk-1", "general", "A", 1, 2))
            else:
                filled[field.encode_name] = []
    return filled
