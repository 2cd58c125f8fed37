"""Accounts: hashed passwords, sessions that end on the server, and nothing that tells a name from a wrong password."""

import io
import sqlite3
import sys
from pathlib import Path

import pytest

from cloud import accounts
from cloud.accounts import AccountRefused, WrongPassword, add_account, find_session, log_in, log_out

PASSWORD = "một mật khẩu đủ dài"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    add_account(tmp_path, "lan", PASSWORD)
    return tmp_path


@pytest.mark.req("X1")
def test_the_right_password_begins_a_session_and_logout_ends_it(data: Path) -> None:
    session = log_in(data, "lan", PASSWORD)
    assert find_session(data, session.token).account == "lan"
    log_out(data, session.token)
    with pytest.raises(KeyError):
        find_session(data, session.token)


@pytest.mark.req("X1")
def test_logging_out_ends_this_session_and_no_other(data: Path) -> None:
    here, there = log_in(data, "lan", PASSWORD), log_in(data, "lan", PASSWORD)
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
    token = log_in(data, "lan", PASSWORD).token
    stored = (data / "accounts.db").read_bytes()
    assert PASSWORD.encode() not in stored
    assert token.encode() not in stored
    assert b"$argon2id$" in stored
    assert (data / "accounts.db").stat().st_mode & 0o077 == 0


def test_a_session_does_not_show_its_token(data: Path) -> None:
    session = log_in(data, "lan", PASSWORD)
    assert session.token not in repr(session)


@pytest.mark.req("X1")
def test_a_session_ends_by_itself(data: Path) -> None:
    session = log_in(data, "lan", PASSWORD)
    db = sqlite3.connect(data / "accounts.db")
    db.execute("UPDATE sessions SET until_ms = until_ms - ?", (accounts.SESSION_HOURS * 3_600_000,))
    db.commit()
    db.close()
    with pytest.raises(KeyError):
        find_session(data, session.token)


@pytest.mark.req("X1")
@pytest.mark.parametrize("password", ["", "ngắn", "x" * 129])
def test_a_short_or_endless_password_is_refused(data: Path, password: str) -> None:
    with pytest.raises(AccountRefused, match="characters"):
        add_account(data, "mai", password)


@pytest.mark.parametrize("name", ["lan", "", "Lan", "a b", "x" * 41, "../x"])
def test_a_name_that_is_taken_or_malformed_is_refused(data: Path, name: str) -> None:
    with pytest.raises(AccountRefused):
        add_account(data, name, PASSWORD)


def test_the_command_line_takes_the_password_from_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "cloud.toml"
    config.write_text(
        'data = "data"\n[web]\nlisten = "127.0.0.1:1"\nsession_key_file = "k"\n'
        '[broker]\naddress = "127.0.0.1:1"\nca = "c"\ncertificate = "c"\nkey = "c"\n'
    )
    monkeypatch.setattr(sys, "argv", ["accounts", "--config", str(config), "add", "mai"])
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD + "\n"))
    accounts.main()
    assert log_in(tmp_path / "data", "mai", PASSWORD).account == "mai"
