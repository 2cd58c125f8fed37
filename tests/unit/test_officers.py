"""Officers' accounts, sessions, PINs and the patience with wrong passwords, on a clock that the test moves."""

from pathlib import Path

import pytest
from argon2 import PasswordHasher

from edge.hub.config import OfficerAccount
from edge.hub.officers import SESSION_S, TRIES, TRIES_WITHIN_S, Officers, TooManyTries, WrongPassword
from edge.hub.passwords import AccountRefused, Fault, check_password, check_pin, temporary_password
from edge.hub.roles import Role

PASSWORD, PIN = "một mật khẩu dài", "482913"
LAN = OfficerAccount("lan", PasswordHasher().hash(PASSWORD))
MAI = OfficerAccount("mai", PasswordHasher().hash("một mật khẩu khác"), Role.COUNTER)
PC, OTHER_PC = "the token of this PC", "the token of another"


class Clock:
    now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def officers(tmp_path: Path, clock: Clock) -> Officers:
    return Officers(tmp_path / "officers.db", [LAN, MAI], clock)


def refused(fault: Fault) -> "pytest.RaisesExc[AccountRefused]":
    return pytest.RaisesExc(AccountRefused, match=f"^{fault.value}$")


@pytest.mark.req("X1")
def test_only_the_right_password_of_a_known_officer_is_taken(officers: Officers) -> None:
    officers.verify("lan", PASSWORD)
    for name, password in (("lan", "sai"), ("lan", ""), ("nobody", PASSWORD), ("mai", PASSWORD)):
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
    assert Officers(tmp_path / "officers.db", [], clock).session(token).officer == "lan"
    clock.now_s += SESSION_S + 1
    with pytest.raises(KeyError):
        officers.session(token)


def test_a_session_that_was_ended_is_over_and_others_are_not(officers: Officers) -> None:
    here, there = officers.begin("lan"), officers.begin("lan")
    assert officers.session(here).csrf != officers.session(there).csrf
    officers.end(here)
    with pytest.raises(KeyError):
        officers.session(here)
    assert officers.session(there).officer == "lan"


def test_the_file_holds_no_token_password_or_pin_that_could_be_used(officers: Officers, tmp_path: Path) -> None:
    token, temporary = officers.begin("lan"), officers.add("quay2", Role.COUNTER)
    officers.set_pin("lan", PIN)
    officers.remember_here(PC, "lan")
    for path in tmp_path.iterdir():
        for secret in (token, temporary, PIN, PC, PASSWORD):
            assert secret.encode() not in path.read_bytes()


@pytest.mark.req("X1")
def test_the_file_of_accounts_is_read_into_an_empty_store_only(
    officers: Officers, clock: Clock, tmp_path: Path
) -> None:
    officers.set_disabled("mai", True)
    again = Officers(tmp_path / "officers.db", [LAN, MAI, OfficerAccount("new", LAN.password_argon2)], clock)
    assert [(account.name, account.role, account.disabled) for account in again.accounts()] == [
        ("lan", Role.ADMINISTRATOR, False),
        ("mai", Role.COUNTER, True),
    ]


@pytest.mark.req("X1")
def test_each_role_includes_those_below_it_and_no_other() -> None:
    below = {role: {other for other in Role if role.includes(other)} for role in Role}
    assert below == {
        Role.COUNTER: {Role.COUNTER},
        Role.FLOOR_LEAD: {Role.COUNTER, Role.FLOOR_LEAD},
        Role.ADMINISTRATOR: set(Role),
    }


@pytest.mark.req("X1")
def test_a_new_account_must_change_its_temporary_password(officers: Officers) -> None:
    password = officers.add("quay2", Role.COUNTER)
    officers.verify("quay2", password)
    token = officers.begin("quay2")
    assert officers.session(token).must_change
    officers.set_password("quay2", "một câu ngắn dễ nhớ")
    with pytest.raises(KeyError):
        officers.session(token)
    assert not officers.session(officers.begin("quay2")).must_change
    with pytest.raises(WrongPassword):
        officers.verify("quay2", password)


@pytest.mark.req("X1")
def test_a_name_that_would_not_do_is_refused(officers: Officers) -> None:
    for name in ("", "Lan", "a b", "../x", "-a", "a" * 41, "lan\n", "=1+1"):
        with refused(Fault.NAME):
            officers.add(name, Role.COUNTER)


def test_a_name_that_is_taken_is_refused(officers: Officers) -> None:
    with refused(Fault.TAKEN):
        officers.add("lan", Role.COUNTER)


@pytest.mark.req("X1")
def test_a_reset_ends_password_pin_and_sessions(officers: Officers) -> None:
    officers.set_pin("lan", PIN)
    officers.remember_here(PC, "lan")
    token = officers.begin("lan")
    temporary = officers.reset("lan")
    with pytest.raises(KeyError):
        officers.session(token)
    with pytest.raises(WrongPassword):
        officers.verify("lan", PASSWORD)
    with pytest.raises(WrongPassword):
        officers.verify_pin(PC, "lan", PIN)
    officers.verify("lan", temporary)
    assert officers.account("lan").must_change
    assert not officers.account("lan").has_pin


@pytest.mark.req("X1", "X6")
def test_a_disabled_account_is_out_at_once_and_stays_out(officers: Officers) -> None:
    officers.set_pin("mai", PIN)
    officers.remember_here(PC, "mai")
    token = officers.begin("mai")
    officers.set_disabled("mai", True)
    with pytest.raises(KeyError):
        officers.session(token)
    with pytest.raises(WrongPassword):
        officers.verify("mai", "một mật khẩu khác")
    officers.set_disabled("mai", False)
    officers.verify("mai", "một mật khẩu khác")
    with pytest.raises(KeyError):
        officers.session(token)
    with pytest.raises(WrongPassword):
        officers.verify_pin(PC, "mai", PIN)


@pytest.mark.req("X1")
def test_the_last_administrator_stays(officers: Officers) -> None:
    with refused(Fault.LAST_ADMINISTRATOR):
        officers.set_disabled("lan", True)
    with refused(Fault.LAST_ADMINISTRATOR):
        officers.set_role("lan", Role.FLOOR_LEAD)
    officers.set_role("mai", Role.ADMINISTRATOR)
    officers.set_disabled("mai", True)
    with refused(Fault.LAST_ADMINISTRATOR):  # a locked account administers nothing
        officers.set_role("lan", Role.COUNTER)
    officers.set_disabled("mai", False)
    officers.set_role("lan", Role.COUNTER)
    assert officers.account("lan").role is Role.COUNTER


def test_another_role_holds_from_the_next_click(officers: Officers) -> None:
    token = officers.begin("mai")
    officers.set_role("mai", Role.FLOOR_LEAD)
    assert officers.session(token).role is Role.FLOOR_LEAD


@pytest.mark.parametrize("change", ["reset", "set_role", "set_disabled"])
def test_an_account_that_is_not_there_cannot_be_changed(officers: Officers, change: str) -> None:
    further = {"reset": (), "set_role": (Role.ADMINISTRATOR,), "set_disabled": (False,)}[change]
    with refused(Fault.UNKNOWN):
        getattr(officers, change)("nobody", *further)


@pytest.mark.req("X1")
@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("chin ky t", Fault.TOO_SHORT),
        ("x" * 129, Fault.TOO_LONG),
        ("truongphong2026", Fault.LIKE_NAME),
        ("TruongPhong-oi", Fault.LIKE_NAME),
        ("MatKhau123", Fault.COMMON),
        ("1234567890", Fault.COMMON),
        ("aaaaaaaaaaaaa", Fault.COMMON),
        ("abcabcabcabc", Fault.COMMON),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(password: str, fault: Fault) -> None:
    with refused(fault):
        check_password("truongphong", password)


def test_a_phrase_is_a_password_and_so_is_every_temporary_one() -> None:
    check_password("lan", "quầy này vui")
    made = {temporary_password() for _ in range(20)}
    assert len(made) == 20
    for password in made:
        check_password("lan", password)


@pytest.mark.req("X1")
@pytest.mark.parametrize(
    ("pin", "fault"),
    [
        ("48291", Fault.PIN_SHAPE),
        ("4829134", Fault.PIN_SHAPE),
        ("48291a", Fault.PIN_SHAPE),
        ("٤٨٢٩١٣", Fault.PIN_SHAPE),
        ("", Fault.PIN_SHAPE),
        ("000000", Fault.PIN_SIMPLE),
        ("121212", Fault.PIN_SIMPLE),
        ("123456", Fault.PIN_SIMPLE),
        ("987654", Fault.PIN_SIMPLE),
    ],
)
def test_a_pin_that_is_none_or_simple_is_refused(pin: str, fault: Fault) -> None:
    with refused(fault):
        check_pin(pin)


def test_a_pin_of_six_mixed_digits_is_taken_and_a_refused_one_not_kept(officers: Officers) -> None:
    with refused(Fault.PIN_SIMPLE):
        officers.set_pin("lan", "123456")
    assert not officers.account("lan").has_pin
    officers.set_pin("lan", PIN)
    assert officers.account("lan").has_pin


@pytest.mark.req("X1")
def test_a_pin_works_only_on_a_pc_where_its_officer_gave_the_password_this_shift(
    officers: Officers, clock: Clock
) -> None:
    officers.set_pin("lan", PIN)
    with pytest.raises(WrongPassword):
        officers.verify_pin(PC, "lan", PIN)
    officers.remember_here(PC, "lan")
    officers.verify_pin(PC, "lan", PIN)
    for pc, name, pin in ((OTHER_PC, "lan", PIN), ("", "lan", PIN), (PC, "lan", "482914"), (PC, "mai", PIN)):
        with pytest.raises(WrongPassword):
            officers.verify_pin(pc, name, pin)
    clock.now_s += SESSION_S + 1
    with pytest.raises(WrongPassword):
        officers.verify_pin(PC, "lan", PIN)


@pytest.mark.req("X1")
def test_an_account_without_a_pin_cannot_be_entered_by_an_empty_one(officers: Officers) -> None:
    officers.remember_here(PC, "mai")
    with pytest.raises(WrongPassword):
        officers.verify_pin(PC, "mai", "")
    assert officers.known_here(PC) == []


def test_a_pc_names_only_those_who_can_come_back_on_it(officers: Officers, clock: Clock) -> None:
    for name in ("lan", "mai"):
        officers.set_pin(name, PIN)
    officers.remember_here(PC, "lan")
    officers.remember_here(PC, "mai")
    officers.remember_here(OTHER_PC, "lan")
    officers.set_disabled("mai", True)
    assert officers.known_here(PC) == ["lan"]
    assert officers.known_here("a third") == []
    clock.now_s += SESSION_S + 1
    assert officers.known_here(PC) == []
