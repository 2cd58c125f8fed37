"""What comes from a site is taken only where it fits the contract; whatever else comes is refused, never a crash."""

from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.admission import MAX_ENTRIES, NotAdmitted, Reason, admit
from tests.journals import EPOCH, Journal, busy_day

GOOD = msgspec.to_builtins(busy_day(5, Random(0)).batch())


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
        (changed(entries=[{"seq": 1, "at_ms": 1, "event": {"type": "TicketIssued/9"}}]), Reason.UNREADABLE),
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
