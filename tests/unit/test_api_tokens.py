"""Tokens as they are kept: only hashes, an end, and the time of their last use to the minute."""

import sqlite3
from pathlib import Path

import pytest

from cloud.roles import Right
from cloud.tokens import DAY_MS, FORM, MOST, SHOWN_MS, TOUCH_MS, Grant, Tokens, TooMany

NOW = 1_795_000_000_000
GRANT = Grant("Kho dữ liệu Sở", "mau", "", frozenset({Right.FIGURES}), 30, "lan")


@pytest.mark.req("X1", "X3")
def test_the_secret_is_in_no_file_and_in_nothing_that_is_printed(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    _, secret = tokens.add(GRANT, NOW)
    assert FORM.fullmatch(secret)
    assert secret[6:].encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert secret not in repr(tokens.find(secret, NOW))
    assert (tmp_path / "tokens.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.req("X1")
def test_a_token_opens_until_its_last_moment_and_not_after(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    number, secret = tokens.add(GRANT, NOW)
    assert tokens.find(secret, NOW + 30 * DAY_MS - 1).id == number
    with pytest.raises(KeyError):
        tokens.find(secret, NOW + 30 * DAY_MS)


@pytest.mark.req("X1")
def test_a_revoked_token_opens_nothing_and_another_province_cannot_revoke(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    number, secret = tokens.add(GRANT, NOW)
    assert not tokens.revoke(number, "khac")
    assert tokens.find(secret, NOW).province == "mau"
    assert tokens.revoke(number, "mau")
    with pytest.raises(KeyError):
        tokens.find(secret, NOW)
    assert not tokens.revoke(number, "mau")


@pytest.mark.req("X1")
def test_the_number_of_a_revoked_token_is_not_given_again(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    number, _ = tokens.add(GRANT, NOW)
    tokens.revoke(number, "mau")
    assert tokens.add(GRANT, NOW)[0] > number


@pytest.mark.req("X1")
@pytest.mark.parametrize("secret", ["", "moiso_", "x" * 49, "moiso_" + "a" * 43, "moiso_" + "a" * 43 + "\n", "\0"])
def test_what_is_no_token_opens_nothing(tmp_path: Path, secret: str) -> None:
    tokens = Tokens(tmp_path)
    tokens.add(GRANT, NOW)
    with pytest.raises(KeyError):
        tokens.find(secret, NOW)


@pytest.mark.req("X1")
def test_the_last_use_is_noted_to_the_minute(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    _, secret = tokens.add(GRANT, NOW)
    assert tokens.of_province("mau")[0].used_ms == 0
    uses = []
    for later in (0, 1, TOUCH_MS - 1, TOUCH_MS):
        tokens.find(secret, NOW + later)
        uses.append(tokens.of_province("mau")[0].used_ms)
    assert uses == [NOW, NOW, NOW, NOW + TOUCH_MS]


@pytest.mark.req("X1")
def test_a_province_has_so_many_tokens_and_old_ones_make_room(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    for _ in range(MOST):
        tokens.add(GRANT, NOW)
    with pytest.raises(TooMany):
        tokens.add(GRANT, NOW)
    tokens.add(Grant("x", "khac", "", frozenset({Right.DEVICES}), 1, "khanh"), NOW)
    tokens.add(GRANT, NOW + 30 * DAY_MS + SHOWN_MS)
    assert len(tokens.of_province("mau")) == 1


@pytest.mark.req("X1")
@pytest.mark.parametrize(
    ("rights", "days"),
    [
        ({Right.ACCOUNTS}, 30),
        ({Right.FIGURES, Right.CONFIGURE}, 30),
        (set(), 30),
        ({Right.FIGURES}, 0),
        ({Right.FIGURES}, 366),
    ],
)
def test_no_token_may_do_more_than_read_or_live_longer_than_a_year(rights: set[Right], days: int) -> None:
    with pytest.raises(ValueError, match="a token has"):
        Grant("x", "mau", "", frozenset(rights), days, "lan")


def test_the_file_of_tokens_is_strict_about_what_is_in_it(tmp_path: Path) -> None:
    Tokens(tmp_path)
    with sqlite3.connect(tmp_path / "tokens.db") as db, pytest.raises(sqlite3.IntegrityError):
        db.execute("INSERT INTO tokens VALUES (1, 'x', 'x', 'x', 'x', 'x', 'x', 'never', 1, 0)")
