"""Who waits to be let in: what the code binds, how long it holds, how many may wait, and who guesses too often."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.enrolment import CODE_S, REVEAL_S, Ask, code, commitment, reply
from edge.daemon.x509 import Request
from edge.hub.enrolment.waiting import (
    ASKS_A_MINUTE,
    MOST,
    MOST_FROM_ONE,
    TRIES,
    TRIES_S,
    Busy,
    Pending,
    Refusal,
    Throttle,
    WaitingRoom,
)

NONCE = "1" * 32
CA = b"the site's authority"


class Room:
    """A waiting room with a clock that the test sets."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.room = WaitingRoom(CA, lambda: self.now_s)

    def ask(self, key: bytes = b"key", address: str = "192.0.2.7", nonce: str = NONCE) -> Pending:
        token = hashlib.sha256(key).hexdigest()
        ask = Ask("", token, "kiosk", commitment(key, token, "kiosk", nonce))
        return self.room.ask(ask, Request(key, (), b""), address)

    def shown(self, key: bytes = b"key", address: str = "192.0.2.7") -> Pending:
        shown = self.room.reveal(self.ask(key, address).id, NONCE)
        assert shown is not None
        return shown


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.mark.req("X1")
def test_a_code_is_found_until_it_is_ten_minutes_old_and_not_longer(room: Room) -> None:
    pending = room.shown()
    room.now_s += CODE_S - 1
    assert room.room.find(pending.code, "an") == pending
    assert room.room.left_s(pending) == 1
    room.now_s += 1
    assert room.room.find(pending.code, "an") is None
    assert room.room.shown() == ()


def test_a_code_that_was_used_is_none_any_more(room: Room) -> None:
    pending = room.shown()
    room.room.close(pending.id)
    assert room.room.find(pending.code, "an") is None


@pytest.mark.req("X1", "X5")
def test_a_device_that_changes_its_number_or_dawdles_gets_no_code(room: Room) -> None:
    pending = room.ask()
    with pytest.raises(Refusal, match="committed"):
        room.room.reveal(pending.id, "2" * 32)
    with pytest.raises(Refusal, match="begin again"):
        room.room.reveal(pending.id, NONCE)
    late = room.ask()
    room.now_s += REVEAL_S
    with pytest.raises(Refusal, match="begin again"):
        room.room.reveal(late.id, NONCE)


def test_a_number_is_told_once_and_again_where_the_answer_was_lost(room: Room) -> None:
    pending = room.shown()
    assert room.room.reveal(pending.id, NONCE) is None
    with pytest.raises(Refusal, match="already"):
        room.room.reveal(pending.id, "2" * 32)


def test_who_has_not_told_a_number_is_not_listed_and_no_code_finds_it(room: Room) -> None:
    room.ask()
    assert room.room.shown() == ()
    assert room.room.find(b"", "an") is None


@pytest.mark.req("X5")
def test_as_many_wait_as_a_page_can_show_and_one_address_takes_no_more_than_its_share(room: Room) -> None:
    for place in range(MOST_FROM_ONE + 3):
        room.shown(b"key %d" % place)
    assert len(room.room.shown()) == MOST_FROM_ONE
    for place in range(MOST - MOST_FROM_ONE):
        room.shown(b"other %d" % place, f"198.51.100.{place}")
    assert len(room.room.shown()) == MOST
    with pytest.raises(Busy, match="wait to be approved"):
        room.ask(b"one more", "203.0.113.1")
    room.now_s += CODE_S
    room.ask(b"one more", "203.0.113.1")


@pytest.mark.req("X5")
def test_one_address_may_ask_so_often_a_minute(room: Room) -> None:
    for _ in range(ASKS_A_MINUTE):
        room.ask()
    with pytest.raises(Busy, match="minute"):
        room.ask()
    room.ask(address="192.0.2.8")
    room.now_s += 61
    room.ask()


@pytest.mark.req("X1", "X5")
def test_who_types_wrong_codes_is_not_heard_for_five_minutes_and_others_are(room: Room) -> None:
    pending = room.shown()
    for _ in range(TRIES):
        assert room.room.find(bytes(4), "binh") is None
    with pytest.raises(Busy):
        room.room.find(pending.code, "binh")
    assert room.room.find(pending.code, "an") == pending
    room.now_s += TRIES_S + 1
    room.ask()
    assert room.room.find(bytes(4), "binh") is None


def test_a_throttle_remembers_no_more_than_it_can_hold() -> None:
    throttle = Throttle(2, 10, lambda: 0.0)
    for key in range(1000):
        throttle.count(key)
    assert throttle.full("somebody new"), "those beyond the first 256 share one place"
    assert not throttle.full(3)


@pytest.mark.req("X1", "X3")
@given(
    st.lists(st.text("0123456789abcdef", min_size=1, max_size=8), min_size=6, max_size=6),
    st.integers(0, 5),
    st.text("0123456789abcdef", min_size=1, max_size=8),
)
def test_whatever_differs_between_both_ends_makes_another_code(parts: list[str], place: int, other: str) -> None:
    def made(parts: list[str]) -> tuple[bytes, bytes]:
        key, token, role, ca, mine, yours = parts
        transcript = (key.encode(), token, role, ca.encode(), mine, yours)
        return code(*transcript), reply(*transcript)

    changed = [*parts[:place], other, *parts[place + 1 :]]
    assert (made(changed) == made(parts)) == (changed == parts)


def test_a_pending_device_does_not_tell_its_code_in_a_log(room: Room) -> None:
    pending = room.shown()
    assert pending.code.hex() not in repr(pending)
    assert pending.token_sha256 not in repr(pending)
