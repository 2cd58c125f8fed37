"""Accounts: hashed passwords, roles and places, sessions that end on the server, and what came before them."""

import io
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cloud import accounts, audit
from cloud.accounts import AccountRefused, WrongPassword, add_account, find_account, find_session, log_in, log_out
from cloud.accounts.__main__ import main
from cloud.accounts.database import opened
from cloud.accounts.faults import WORDS, Fault
from cloud.accounts.passwords import check_password
from cloud.accounts.people import (
    accounts_of,
    change_role,
    move_into,
    reset_second_factor,
    set_disabled,
    set_password,
)
from cloud.accounts.sessions import (
    IDLE_MS,
    SESSION_HOURS,
    TOUCH_MS,
    Stage,
    begin,
    find_pending,
    log_out_one,
    log_out_others,
    session_id,
    sessions_of,
)
from cloud.config import Totp
from cloud.roles import Role

PASSWORD = "một mật khẩu đủ dài"
CONFIG = """
data = "data"
[web]
listen = "127.0.0.1:1"
session_key_file = "k"
[broker]
address = "127.0.0.1:1"
ca = "c"
certificate = "c"
key = "c"
[[province]]
id = "mau"
name = "Mẫu"
name_en = "Sample"
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    add_account(tmp_path, "lan", PASSWORD)
    return tmp_path


def shift(data: Path, column: str, by_ms: int) -> None:
    """Let this much time pass for every session."""
    with opened(data) as db:
        db.execute(f"UPDATE sessions SET {column} = {column} - ?", (by_ms,))  # noqa: S608 - a name of ours


@pytest.mark.req("X1")
def test_the_right_password_begins_a_session_and_logout_ends_it(data: Path) -> None:
    session = log_in(data, "lan", PASSWORD)
    assert find_session(data, session.token).account == "lan"
    log_out(data, session.token)
    with pytest.raises(KeyError):
        find_session(data, session.token)


@pytest.mark.req("X1")
def test_logging_out_ends_this_session_and_no_other(data: Path) -> None:
    here, there = begin(data, "lan"), begin(data, "lan")
    log_out(data, here.token)
    assert find_session(data, there.token).account == "lan"


@pytest.mark.req("X1")
@pytest.mark.parametrize(("name", "password"), [("lan", PASSWORD + "."), ("lan", ""), ("nobody", PASSWORD), ("", "")])
def test_anything_else_is_wrong_in_the_same_words(data: Path, name: str, password: str) -> None:
    with pytest.raises(WrongPassword) as wrong:
        log_in(data, name, password)
    assert str(wrong.value) == ""


@pytest.mark.req("X1")
def test_neither_password_nor_token_is_on_the_disk(data: Path) -> None:
    token = begin(data, "lan").token
    stored = (data / "accounts.db").read_bytes()
    assert PASSWORD.encode() not in stored
    assert token.encode() not in stored
    assert b"$argon2id$" in stored
    assert (data / "accounts.db").stat().st_mode & 0o077 == 0


def test_a_session_does_not_show_its_token(data: Path) -> None:
    session = begin(data, "lan")
    assert session.token not in repr(session)


@pytest.mark.req("X1")
def test_a_session_ends_after_twelve_hours_whatever_happens(data: Path) -> None:
    session = begin(data, "lan")
    shift(data, "until_ms", SESSION_HOURS * 3_600_000 - 1000)
    find_session(data, session.token)
    shift(data, "until_ms", 1000)
    with pytest.raises(KeyError):
        find_session(data, session.token)


@pytest.mark.req("X1")
def test_a_session_ends_after_an_idle_hour_and_a_click_begins_another(data: Path) -> None:
    session = begin(data, "lan")
    shift(data, "seen_ms", IDLE_MS - 5000)
    find_session(data, session.token, touch=False)
    find_session(data, session.token)  # a click
    shift(data, "seen_ms", IDLE_MS - 5000)
    find_session(data, session.token, touch=False)
    shift(data, "seen_ms", 5000)
    with pytest.raises(KeyError):
        find_session(data, session.token)


def test_not_every_request_writes(data: Path) -> None:
    session = begin(data, "lan")
    shift(data, "seen_ms", TOUCH_MS // 2)
    (before,) = sessions_of(data, "lan")
    find_session(data, session.token)
    assert sessions_of(data, "lan") == (before,)


@pytest.mark.req("X1")
def test_ones_own_sessions_are_listed_and_ended_one_by_one_or_all(data: Path) -> None:
    add_account(data, "mai", PASSWORD, Role.PROVINCE)
    here, there, elsewhere = (begin(data, "lan", browser=name) for name in ("Firefox", "Edge", "Opera"))
    other = begin(data, "mai")
    assert {one.browser for one in sessions_of(data, "lan")} == {"Firefox", "Edge", "Opera"}
    log_out_one(data, "mai", session_id(here.token))  # not hers
    log_out_one(data, "lan", session_id(there.token))
    assert {one.browser for one in sessions_of(data, "lan")} == {"Firefox", "Opera"}
    log_out_others(data, "lan", here.token)
    assert [one.id for one in sessions_of(data, "lan")] == [session_id(here.token)]
    assert find_session(data, other.token).account == "mai"
    with pytest.raises(KeyError):
        find_session(data, elsewhere.token)


@pytest.mark.req("X1")
@pytest.mark.parametrize("role", Role)
def test_who_must_have_a_second_factor_gets_no_whole_session_by_password_alone(tmp_path: Path, role: Role) -> None:
    add_account(tmp_path, "lan", PASSWORD, role, site="mau-01" if role is Role.FACILITY else "")
    must = role in (Role.ADMINISTRATOR, Role.TECHNICIAN)
    session = begin(tmp_path, "lan", totp=Totp.REQUIRED)
    assert session.stage is (Stage.ENROL if must else Stage.WHOLE)
    if must:
        with pytest.raises(KeyError):
            find_session(tmp_path, session.token)
        assert find_pending(tmp_path, session.token).account == "lan"
    assert begin(tmp_path, "lan", totp=Totp.OFFERED).stage is Stage.WHOLE


@pytest.mark.req("X1")
@pytest.mark.parametrize("password", ["", "ngắn", "x" * 129, "mật khẩu 12"])
def test_a_short_or_endless_password_is_refused(data: Path, password: str) -> None:
    with pytest.raises(AccountRefused, match="characters"):
        add_account(data, "mai", password)


@pytest.mark.req("X1")
@pytest.mark.parametrize(
    "password",
    ["matkhau123456", "Mật khẩu 2026!", "M@tKhau123456", "password123456", "P@ssw0rd2026!", "aaaaaaaaaaaa",
     "qwertyuiop123", "qwerty123456", "123456789012", "1q2w3e4r5t6y", "Anh yêu em nhiều lắm", "benhvien@2026",
     "Việt Nam vô địch 2026", "hanoihanoihanoi", "121212121212",
     "1234567890123", "lan-va-tran-van-lan", "0987654321 09"],
)  # fmt: skip
def test_a_password_that_anybody_tries_is_refused(password: str) -> None:
    with pytest.raises(AccountRefused):
        check_password("tran-van-lan", password)


@pytest.mark.parametrize("password", [PASSWORD, "cơm tấm sườn bì chả", "x7-kd93-pq2m-w", "con mèo xanh ăn 3 quả mít"])
def test_a_sentence_and_a_random_password_are_taken(password: str) -> None:
    check_password("lan", password)


@pytest.mark.parametrize("name", ["lan", "", "Lan", "a b", "x" * 41, "../x", "oidc:lan", "lan\n"])
def test_a_name_that_is_taken_or_malformed_is_refused(data: Path, name: str) -> None:
    with pytest.raises(AccountRefused):
        add_account(data, name, PASSWORD)


@pytest.mark.req("X1")
@pytest.mark.parametrize(
    ("role", "site"), [(Role.FACILITY, ""), (Role.ADMINISTRATOR, "mau-01"), (Role.PROVINCE, "mau-01")]
)
def test_a_role_in_a_place_that_it_cannot_have_is_refused(data: Path, role: Role, site: str) -> None:
    with pytest.raises(AccountRefused) as refusal:
        add_account(data, "mai", PASSWORD, role, site=site)
    assert refusal.value.fault is Fault.PLACE


@pytest.mark.req("X1")
def test_the_last_administrator_of_a_province_stays(data: Path) -> None:
    add_account(data, "khac", PASSWORD, province="khac")  # of another province: does not count
    changes: tuple[Callable[[], None], ...] = (
        lambda: set_disabled(data, "lan", "all", disabled=True),
        lambda: change_role(data, "lan", "all", Role.PROVINCE, ""),
    )
    for change in changes:
        with pytest.raises(AccountRefused) as refusal:
            change()
        assert refusal.value.fault is Fault.LAST_ADMINISTRATOR
    add_account(data, "mai", PASSWORD)
    set_disabled(data, "lan", "all", disabled=True)
    with pytest.raises(AccountRefused):
        change_role(data, "mai", "all", Role.PROVINCE, "")
    set_disabled(data, "lan", "all", disabled=False)
    change_role(data, "mai", "all", Role.FACILITY, "mau-01")
    assert (find_account(data, "mai").role, find_account(data, "mai").site) == (Role.FACILITY, "mau-01")


@pytest.mark.req("X1")
def test_whoever_is_shut_out_is_out_at_once_and_may_come_back(data: Path) -> None:
    add_account(data, "mai", PASSWORD)
    session = begin(data, "mai")
    set_disabled(data, "mai", "all", disabled=True)
    with pytest.raises(KeyError):
        find_session(data, session.token)
    with pytest.raises(WrongPassword):
        log_in(data, "mai", PASSWORD)
    with pytest.raises(WrongPassword):
        begin(data, "mai", whole=True)
    set_disabled(data, "mai", "all", disabled=False)
    again = log_in(data, "mai", PASSWORD)
    assert again.stage is Stage.WHOLE
    with pytest.raises(KeyError):
        find_session(data, session.token)
    with opened(data) as db:  # even where the session was left
        db.execute("UPDATE accounts SET disabled = 1 WHERE name = 'mai'")
    with pytest.raises(KeyError):
        find_session(data, again.token)


@pytest.mark.req("X1")
def test_another_provinces_accounts_are_not_there(data: Path) -> None:
    changes: tuple[Callable[[], None], ...] = (
        lambda: set_disabled(data, "lan", "khac", disabled=True),
        lambda: change_role(data, "lan", "khac", Role.PROVINCE, ""),
        lambda: reset_second_factor(data, "lan", "khac"),
    )
    for change in changes:
        with pytest.raises(AccountRefused) as refusal:
            change()
        assert refusal.value.fault is Fault.UNKNOWN
    assert accounts_of(data, "khac") == ()


@pytest.mark.req("X1")
def test_a_new_password_ends_every_session(data: Path) -> None:
    session = begin(data, "lan")
    set_password(data, "lan", PASSWORD + " khác")
    with pytest.raises(KeyError):
        find_session(data, session.token)
    with pytest.raises(WrongPassword):
        log_in(data, "lan", PASSWORD)
    assert log_in(data, "lan", PASSWORD + " khác").account == "lan"


@pytest.mark.req("X1")
def test_a_database_of_before_there_were_roles_is_taken_over(data: Path, tmp_path: Path) -> None:
    with opened(data) as db:
        (hashed,) = db.execute("SELECT password_argon2 FROM accounts").fetchone()
    old = tmp_path / "old"
    old.mkdir()
    with sqlite3.connect(old / "accounts.db") as db:
        db.executescript(
            "CREATE TABLE accounts (name TEXT PRIMARY KEY, password_argon2 TEXT NOT NULL, created_ms INTEGER NOT NULL)"
            " STRICT, WITHOUT ROWID;"
            "CREATE TABLE sessions (token_sha256 TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts (name)"
            " ON DELETE CASCADE, until_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
        )
        db.execute("INSERT INTO accounts VALUES ('soyte', ?, 1)", (hashed,))
        db.execute("INSERT INTO sessions VALUES ('x', 'soyte', 9000000000000)")
    assert log_in(old, "soyte", PASSWORD).role is Role.ADMINISTRATOR
    move_into(old, "mau")
    account = find_account(old, "soyte")
    assert (account.role, account.province, account.created_ms) == (Role.ADMINISTRATOR, "mau", 1)
    with opened(old) as db:  # a second opening changes nothing
        assert db.execute("PRAGMA user_version").fetchone() == (2,)


def test_every_fault_has_its_words() -> None:
    assert set(WORDS) == set(Fault)


def run(monkeypatch: pytest.MonkeyPatch, config: Path, *arguments: str, password: str = PASSWORD) -> None:
    monkeypatch.setattr(sys, "argv", ["accounts", "--config", str(config), *arguments])
    monkeypatch.setattr(sys, "stdin", io.StringIO(password + "\n"))
    main()


def test_the_command_line_takes_the_password_from_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, data = tmp_path / "cloud.toml", tmp_path / "data"
    config.write_text(CONFIG, encoding="utf-8")
    run(monkeypatch, config, "add", "mai", "--role", "facility", "--site", "mau-01")
    made = log_in(data, "mai", PASSWORD)
    assert (made.role, made.province, made.site) == (Role.FACILITY, "mau", "mau-01")
    run(monkeypatch, config, "password", "mai", password=PASSWORD + " khác")
    assert log_in(data, "mai", PASSWORD + " khác").account == "mai"
    run(monkeypatch, config, "reset-second-factor", "mai")
    written = audit.lines(data, audit.Wanted(("mau",)), limit=9)
    assert [line.deed for line in written] == ["command-reset-second-factor", "command-password", "command-add"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "mai", "--role", "facility"), "another place"),
        (("add", "mai", "--province", "khac"), "no province 'khac'"),
        (("enable", "nobody"), "no account 'nobody'"),
    ],
)
def test_the_command_line_says_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
) -> None:
    config = tmp_path / "cloud.toml"
    config.write_text(CONFIG, encoding="utf-8")
    with pytest.raises(SystemExit, match=words):
        run(monkeypatch, config, *arguments)


def test_the_package_is_what_others_import() -> None:
    assert {"add_account", "log_in", "find_session", "log_out", "AccountRefused", "WrongPassword"} <= set(
        accounts.__all__
    )
