"""Officers' accounts, sessions and the patience with wrong passwords, on a clock that the test moves."""

from pathlib import Path

import pytest
from argon2 import PasswordHasher

from edge.hub.config import OfficerAccount
from edge.hub.officers import SESSION_S, TRIES, TRIES_WITHIN_S, Officers, TooManyTries, WrongPassword

LAN = OfficerAccount("lan", PasswordHasher().hash("một mật khẩu dài"))


class Clock:
    now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def officers(tmp_path: Path, clock: Clock) -> Officers:
    return Officers(tmp_path / "sessions.db", [LAN], clock)


@pytest.mark.req("X1")
def test_only_the_right_password_of_a_known_officer_is_taken(officers: Officers) -> None:
    officers.verify("lan", "một mật khẩu dài")
    for name, password in (("lan", "sai"), ("lan", ""), ("nobody", "một mật khẩu dài")):
        with pytest.raises(WrongPassword):
            officers.verify(name, password)


@pytest.mark.req("X1")
def test_too_many_tries_close_the_door_for_five_minutes(officers: Officers, clock: Clock) -> None:
    for _ in range(TRIES):
        officers.note_try("lan")
    with pytest.raises(TooManyTries):
        officers.note_try("lan")
    clock.now_s += TRIES_WITHIN_S
    officers.note_try("lan")


def test_names_that_somebody_makes_up_are_counted_together_and_shut_nobody_else_out(officers: Officers) -> None:
    for number in range(TRIES):
        officers.note_try(f"stranger {number}")
    with pytest.raises(TooManyTries):
        officers.note_try("another stranger")
    officers.note_try("lan")


def test_a_login_forgives_the_tries_before_it(officers: Officers) -> None:
    for _ in range(TRIES):
        officers.note_try("lan")
    officers.begin("lan")
    officers.note_try("lan")


@pytest.mark.req("X1")
def test_a_session_lasts_one_long_shift_and_a_restart(officers: Officers, clock: Clock, tmp_path: Path) -> None:
    token = officers.begin("lan")
    assert officers.session(token).officer == "lan"
    assert Officers(tmp_path / "sessions.db", [LAN], clock).session(token).officer == "lan"
    clock.now_s += SESSION_S + 1
    with pytest.raises(KeyError):
        officers.session(token)


@pytest.mark.req("X1", "X6")
def test_an_account_that_was_taken_away_has_no_session_any_more(
    officers: Officers, clock: Clock, tmp_path: Path
) -> None:
    token = officers.begin("lan")
    with pytest.raises(KeyError):
        Officers(tmp_path / "sessions.db", [], clock).session(token)


def test_a_session_that_was_ended_is_over_and_others_are_not(officers: Officers) -> None:
    here, there = officers.begin("lan"), officers.begin("lan")
    assert officers.session(here).csrf != officers.session(there).csrf
    officers.end(here)
    with pytest.raises(KeyError):
        officers.session(here)
    assert officers.session(there).officer == "lan"


def test_the_file_holds_no_token_that_could_be_used(officers: Officers, tmp_path: Path) -> None:
    token = officers.begin("lan")
    for path in tmp_path.iterdir():
        assert token.encode() not in path.read_bytes()
