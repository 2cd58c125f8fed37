"""What the cloud keeps of the sites' reports for telephones: for the day, of each site its own, by a hash alone."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cloud.admission import NotAdmitted, Reason
from cloud.phone.admission import admit
from cloud.phone.store import LONGEST_MS, MOST_OF_SITE, Phones, PhoneStore
from edge.contracts.phone import MOST_BYTES, VERSION, key_of
from edge.contracts.ticket import State
from tests.phones import MINUTE_MS, report_of, ticket_like, token_of

NOW_MS = 1_795_410_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PhoneStore]:
    store = PhoneStore(tmp_path)
    yield store
    store.close()


@pytest.fixture
def phones(store: PhoneStore, tmp_path: Path) -> Phones:
    return Phones(tmp_path)


def key(number: int) -> str:
    return key_of(token_of(number))


def refused(payload: bytes) -> Reason:
    with pytest.raises(NotAdmitted) as refusal:
        admit(payload)
    return refusal.value.reason


@pytest.mark.req("P6")
def test_a_ticket_is_found_by_its_hash_in_words_of_its_own(store: PhoneStore, phones: Phones) -> None:
    store.take([("mau-01", report_of(ticket_like(1, ahead=4), at_ms=NOW_MS))], NOW_MS)
    standing = phones.look(key(1), NOW_MS)
    assert standing is not None
    assert (standing.facility, standing.heard_ms) == ("Trung tâm Y tế huyện Mẫu", NOW_MS)
    assert (standing.ticket.label, standing.ticket.ahead) == ("A001", 4)
    assert standing.ticket.service == ("Khám tổng quát", "General examination")
    assert standing.ticket.places == ((1, "101"), (2, "102"))
    assert phones.look(key(2), NOW_MS) is None


@pytest.mark.req("P6", "X2")
def test_nothing_in_the_file_opens_a_page(store: PhoneStore, tmp_path: Path) -> None:
    store.take([("mau-01", report_of(ticket_like(1), at_ms=NOW_MS))], NOW_MS)
    store.close()
    held = b"".join(path.read_bytes() for path in tmp_path.glob("phone.db*"))
    assert key(1).encode() in held
    assert token_of(1).encode() not in held


@pytest.mark.req("P6", "X2")
def test_it_ends_with_its_day_whatever_the_site_says(store: PhoneStore, phones: Phones) -> None:
    day = report_of(ticket_like(1), until_min=60, at_ms=NOW_MS)
    for_ever = report_of(ticket_like(2), until_min=10**6, at_ms=NOW_MS)
    store.take([("mau-01", day), ("mau-01", for_ever)], NOW_MS)
    end_ms = NOW_MS + 60 * MINUTE_MS
    assert phones.look(key(1), end_ms - 1) is not None
    assert phones.look(key(1), end_ms) is None
    assert store.forget(end_ms) == 1
    assert phones.look(key(2), NOW_MS + LONGEST_MS - 1) is not None
    assert store.forget(NOW_MS + LONGEST_MS) == 1
    assert store.forget(NOW_MS + LONGEST_MS) == 0


@pytest.mark.req("P6", "X4")
def test_a_whole_picture_heals_what_a_lost_report_would_have_said(store: PhoneStore, phones: Phones) -> None:
    first = report_of(ticket_like(1), ticket_like(2), ticket_like(3, State.FINISHED), at_ms=NOW_MS)
    store.take([("mau-01", first), ("mau-02", report_of(ticket_like(4), at_ms=NOW_MS))], NOW_MS)
    store.take([("mau-01", report_of(ticket_like(2), whole=True, at_ms=NOW_MS))], NOW_MS + 1)
    states = [standing.ticket.state for number in range(1, 5) if (standing := phones.look(key(number), NOW_MS))]
    assert states == [State.LAPSED, State.WAITING, State.FINISHED, State.WAITING]
    store.take([("mau-01", report_of(ticket_like(1, State.CALLED), at_ms=NOW_MS))], NOW_MS + 2)
    back = phones.look(key(1), NOW_MS)
    assert back is not None
    assert back.ticket.state is State.CALLED


@pytest.mark.req("X1")
def test_no_site_speaks_of_another_sites_ticket(store: PhoneStore, phones: Phones) -> None:
    store.take([("mau-01", report_of(ticket_like(1, ahead=5), at_ms=NOW_MS))], NOW_MS)
    hostile = replace(report_of(ticket_like(1, State.CALLED), whole=True, at_ms=NOW_MS), facility="Khác")
    store.take([("mau-02", hostile), ("mau-02", replace(hostile, tickets=()))], NOW_MS + 1)
    standing = phones.look(key(1), NOW_MS)
    assert standing is not None
    assert (standing.facility, standing.ticket.state, standing.ticket.ahead) == (
        "Trung tâm Y tế huyện Mẫu",
        State.WAITING,
        5,
    )


@pytest.mark.req("X6")
def test_a_site_fills_its_own_share_and_no_more(store: PhoneStore, phones: Phones) -> None:
    like = ticket_like(1)
    each = 2000
    for first in range(0, MOST_OF_SITE + each, each):
        tickets = [replace(like, key=key(number)) for number in range(first, first + each)]
        store.take([("mau-01", report_of(*tickets, at_ms=NOW_MS))], NOW_MS)
    assert phones.look(key(MOST_OF_SITE - 1), NOW_MS) is not None
    assert phones.look(key(MOST_OF_SITE + 1), NOW_MS) is None
    store.take([("mau-01", report_of(replace(like, ahead=9), at_ms=NOW_MS))], NOW_MS)
    known = phones.look(key(1), NOW_MS)
    assert known is not None
    assert known.ticket.ahead == 9, "those who are known go on being told of"


def test_the_names_of_a_ticket_stay_its_own_when_the_catalogue_changes(store: PhoneStore, phones: Phones) -> None:
    store.take([("mau-01", report_of(ticket_like(1, State.FINISHED), at_ms=NOW_MS))], NOW_MS)
    after = replace(report_of(whole=True, at_ms=NOW_MS), services=(("Khác", "Other"),), counters=())
    store.take([("mau-01", after)], NOW_MS)
    standing = phones.look(key(1), NOW_MS)
    assert standing is not None
    assert standing.ticket.service == ("Khám tổng quát", "General examination")


@pytest.mark.req("X1", "X2")
def test_whatever_is_not_of_the_contract_is_refused_and_not_repeated() -> None:
    report = report_of(ticket_like(1))
    fields = msgspec.to_builtins(report)
    ticket = fields["tickets"][0]

    def sent(**changes: object) -> bytes:
        return msgspec.json.encode({**fields, **changes})

    def about(place: int, value: object) -> bytes:
        return sent(tickets=[[*ticket[:place], value, *ticket[place + 1 :]]])

    assert admit(msgspec.json.encode(report)) == report
    assert refused(sent(name="Nguyễn Văn Mẫu")) is Reason.UNREADABLE
    assert refused(sent(tickets=[[*ticket, "Nguyễn Văn Mẫu"]])) is Reason.UNREADABLE
    assert refused(about(0, token_of(1))) is Reason.UNREADABLE, "an id is not a hash"
    assert refused(about(1, "Nguyễn Văn Mẫu")) is Reason.UNREADABLE
    assert refused(about(2, "001099000017")) is Reason.UNREADABLE
    assert refused(about(3, "merged")) is Reason.UNREADABLE
    assert refused(about(4, 2)) is Reason.UNREADABLE
    assert refused(about(5, [3])) is Reason.UNREADABLE
    assert refused(about(5, [0] * 9)) is Reason.UNREADABLE
    assert refused(about(6, -1)) is Reason.UNREADABLE
    assert refused(about(7, 2**62)) is Reason.UNREADABLE
    assert refused(sent(facility="a\nb")) is Reason.UNREADABLE
    assert refused(sent(version=VERSION + 1)) is Reason.VERSION
    assert refused(sent(time_zone="../../etc/passwd")) is Reason.TIME_ZONE
    assert refused(sent(time_zone="Asia")) is Reason.TIME_ZONE
    assert refused(b" " * (MOST_BYTES + 1)) is Reason.TOO_LARGE
    assert refused(b"[" * 100_000) is Reason.UNREADABLE
    assert refused(b"\xff\xfe") is Reason.UNREADABLE


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 400))
def test_no_bytes_of_a_site_end_the_program(noise: bytes, at: int) -> None:
    payload = msgspec.json.encode(report_of(ticket_like(1), at_ms=NOW_MS))
    for sent in (noise, payload[:at] + noise + payload[at + len(noise) :]):
        with contextlib.suppress(NotAdmitted):
            admit(sent)
