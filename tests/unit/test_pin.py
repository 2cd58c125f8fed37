"""The staff's PIN: known by its hash, and nobody tries them all."""

import pytest

from edge.kiosk.pin import MOST_WAIT_S, TRIES, WAIT_S, Pin, hash_pin, is_hash


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_the_pin_is_known_by_a_hash_that_does_not_hold_it() -> None:
    hashed = hash_pin("730184")
    assert "730184" not in hashed
    assert is_hash(hashed)
    assert Pin(hashed, Clock()).check("730184") == (True, 0)
    assert Pin(hashed, Clock()).check("730185") == (False, 0)


@pytest.mark.parametrize("pin", ["", "12345", "1234567890123", "73018a", "111111", "121212", "123456", "987654"])
def test_a_pin_that_is_short_or_easily_guessed_is_refused(pin: str) -> None:
    with pytest.raises(ValueError, match="PIN"):
        hash_pin(pin)


def test_after_five_wrong_ones_none_is_looked_at_for_ever_longer() -> None:
    clock = Clock()
    pin = Pin(hash_pin("730184"), clock)
    for _ in range(TRIES - 1):
        assert pin.check("000001") == (False, 0)
    assert pin.check("000001") == (False, WAIT_S)
    assert pin.check("730184") == (False, WAIT_S)  # not even the right one
    clock.now_s += WAIT_S
    assert pin.check("000001") == (False, 2 * WAIT_S)
    clock.now_s += 2 * WAIT_S
    assert pin.check("730184") == (True, 0)
    assert pin.check("000001") == (False, 0)


def test_the_wait_has_an_end() -> None:
    clock = Clock()
    pin = Pin(hash_pin("730184"), clock)
    for _ in range(TRIES + 8):
        clock.now_s += MOST_WAIT_S
        _, wait_s = pin.check("000001")
    assert wait_s == MOST_WAIT_S


def test_what_is_no_hash_is_told_apart() -> None:
    assert not is_hash("730184")
