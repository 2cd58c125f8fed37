"""The second factor: the published codes, none of them twice, and secrets that a copy of the database does not give."""

import base64
import re
import time
from pathlib import Path

import pytest

from cloud.accounts.database import opened
from cloud.accounts.faults import WrongCode
from cloud.accounts.people import add_account, find_account, reset_second_factor
from cloud.accounts.second_factor import (
    begin_enrolment,
    check_code,
    confirm_enrolment,
    matching_step,
    new_recovery_codes,
    pass_second_factor,
    provisioning_uri,
    recovery_codes_left,
    remove_second_factor,
    sealing_key,
)
from cloud.accounts.sessions import Session, Stage, begin, find_pending, find_session
from cloud.config import Totp
from tests.cloud_people import KEY, PASSWORD, SEALING_KEY, code_of

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
# RFC 6238, appendix B, SHA-1; the last six of its eight digits
PUBLISHED = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"}


@pytest.fixture(scope="module")
def hashed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A database with one account, made once for its password's sake."""
    folder = tmp_path_factory.mktemp("made")
    add_account(folder, "lan", PASSWORD)
    return (folder / "accounts.db").read_bytes()


@pytest.fixture
def data(tmp_path: Path, hashed: bytes) -> Path:
    (tmp_path / "accounts.db").write_bytes(hashed)
    return tmp_path


def enrolled(data: Path) -> tuple[str, tuple[str, ...], Session]:
    """An account with a second factor: its secret, its recovery codes and the session that set it up.

    Of the codes that are right now only the following one, ``code_of(secret, 1)``, was surely not used.
    """
    waiting = begin(data, "lan", totp=Totp.REQUIRED)
    secret = begin_enrolment(data, SEALING_KEY, waiting.token)
    session, codes = confirm_enrolment(data, SEALING_KEY, waiting.token, code_of(secret))
    return secret, codes, session


@pytest.mark.req("X1")
@pytest.mark.parametrize(("at", "code"), PUBLISHED.items())
def test_the_published_codes_are_right_for_one_step_either_way(at: int, code: str) -> None:
    step = at // 30
    assert {matching_step(RFC_SECRET, code, at + 30 * off, 0) for off in (-1, 0, 1)} == {step}
    for off in (-2, 2):
        with pytest.raises(WrongCode):
            matching_step(RFC_SECRET, code, at + 30 * off, 0)


@pytest.mark.req("X1")
@pytest.mark.parametrize("code", ["", "000000", "28708", "2870822", "287082\x00", "abcdef"])
def test_another_code_is_wrong(code: str) -> None:
    with pytest.raises(WrongCode):
        matching_step(RFC_SECRET, code, 59, 0)


@pytest.mark.req("X1")
def test_a_code_and_any_earlier_one_is_refused_after_it_was_used(data: Path) -> None:
    waiting = begin(data, "lan", totp=Totp.REQUIRED)
    secret = begin_enrolment(data, SEALING_KEY, waiting.token)
    earlier, first, following = (code_of(secret, steps) for steps in (-1, 0, 1))
    confirm_enrolment(data, SEALING_KEY, waiting.token, first)
    with pytest.raises(WrongCode):
        check_code(data, SEALING_KEY, "lan", first)
    check_code(data, SEALING_KEY, "lan", f" {following[:3]} {following[3:]} ")
    for code in (following, first, earlier):
        with pytest.raises(WrongCode):
            check_code(data, SEALING_KEY, "lan", code)


@pytest.mark.req("X1")
def test_an_enrolment_makes_a_whole_session_under_a_new_token_and_ends_the_others(data: Path) -> None:
    before = begin(data, "lan")
    waiting = begin(data, "lan", totp=Totp.REQUIRED)
    assert waiting.stage is Stage.ENROL
    secret = begin_enrolment(data, SEALING_KEY, waiting.token)
    assert begin_enrolment(data, SEALING_KEY, waiting.token) == secret  # the page again, the same QR
    with pytest.raises(WrongCode):
        confirm_enrolment(data, SEALING_KEY, waiting.token, "000000")
    assert not find_account(data, "lan").second_factor
    session, codes = confirm_enrolment(data, SEALING_KEY, waiting.token, code_of(secret))
    assert session.token not in (waiting.token, before.token)
    assert find_session(data, session.token).account == "lan"
    assert find_account(data, "lan").second_factor
    assert len(set(codes)) == 10
    for old in (waiting, before):
        with pytest.raises(KeyError):
            find_session(data, old.token)
        with pytest.raises(KeyError):
            find_pending(data, old.token)


@pytest.mark.req("X1")
def test_from_then_on_every_login_waits_for_a_code(data: Path) -> None:
    secret, _, _ = enrolled(data)
    waiting = begin(data, "lan", totp=Totp.OFFERED)
    assert waiting.stage is Stage.SECOND_FACTOR
    with pytest.raises(WrongCode):
        pass_second_factor(data, SEALING_KEY, waiting.token, "000000")
    session = pass_second_factor(data, SEALING_KEY, waiting.token, code_of(secret, 1))
    assert session.token != waiting.token
    assert find_session(data, session.token).account == "lan"
    with pytest.raises(KeyError):
        find_pending(data, waiting.token)


@pytest.mark.req("X1")
def test_a_recovery_code_opens_once_and_is_not_on_the_disk(data: Path) -> None:
    _, codes, _ = enrolled(data)
    assert all(re.fullmatch(r"([a-z2-7]{4}-){3}[a-z2-7]{4}", code) for code in codes)
    stored = (data / "accounts.db").read_bytes()
    assert not any(code.replace("-", "").encode() in stored for code in codes)
    check_code(data, SEALING_KEY, "lan", codes[3].upper())
    with pytest.raises(WrongCode):
        check_code(data, SEALING_KEY, "lan", codes[3])
    assert recovery_codes_left(data, "lan") == 9
    fresh = new_recovery_codes(data, "lan")
    with pytest.raises(WrongCode):
        check_code(data, SEALING_KEY, "lan", codes[0])
    check_code(data, SEALING_KEY, "lan", fresh[0])


@pytest.mark.req("X1", "X3")
def test_the_secret_is_not_on_the_disk_and_another_key_or_account_does_not_open_it(data: Path) -> None:
    secret, _, _ = enrolled(data)
    stored = (data / "accounts.db").read_bytes()
    assert secret.encode() not in stored
    assert base64.b32decode(secret) not in stored
    with pytest.raises(WrongCode):
        check_code(data, sealing_key("another" * 8), "lan", code_of(secret, 1))
    with opened(data) as db:  # whoever may write the file puts their own factor in another's place
        db.execute("INSERT INTO accounts SELECT 'mai', password_argon2, created_ms, role, province, site, disabled,"
                   " totp_sealed, 0, NULL FROM accounts WHERE name = 'lan'")  # fmt: skip
    with pytest.raises(WrongCode):
        check_code(data, SEALING_KEY, "mai", code_of(secret, 1))
    assert KEY not in repr(SEALING_KEY)


@pytest.mark.req("X1")
def test_one_that_was_taken_away_opens_nothing(data: Path) -> None:
    secret, codes, session = enrolled(data)
    reset_second_factor(data, "lan", "all")
    with pytest.raises(KeyError):
        find_session(data, session.token)
    for code in (code_of(secret, 1), codes[0]):
        with pytest.raises(WrongCode):
            check_code(data, SEALING_KEY, "lan", code)
    assert begin(data, "lan", totp=Totp.REQUIRED).stage is Stage.ENROL
    secret, codes, _ = enrolled(data)
    remove_second_factor(data, "lan")
    with pytest.raises(WrongCode):
        check_code(data, SEALING_KEY, "lan", codes[0])
    assert begin(data, "lan").stage is Stage.WHOLE


def test_a_login_that_waited_too_long_has_ended(data: Path) -> None:
    secret, _, _ = enrolled(data)
    waiting = begin(data, "lan")
    with opened(data) as db:
        db.execute("UPDATE sessions SET until_ms = ?", (int(time.time() * 1000),))
    with pytest.raises(KeyError):
        pass_second_factor(data, SEALING_KEY, waiting.token, code_of(secret, 1))


def test_the_qr_says_whose_account_it_is() -> None:
    uri = provisioning_uri(RFC_SECRET, "lan")
    assert uri.startswith("otpauth://totp/")
    assert {f"secret={RFC_SECRET}", "issuer=M%E1%BB%9DiS%E1%BB%91"} <= set(uri.partition("?")[2].split("&"))
