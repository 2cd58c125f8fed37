"""What the insurance portal answers is read without trusting it."""

import contextlib
import json
import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.eligibility import (
    OUTCOME_WORDS,
    OUTCOMES,
    Eligibility,
    InsuredPerson,
    Outcome,
    outcome_of,
)
from edge.hub.insurance.answers import AnswerError, LoginRefused, read_eligibility, read_login

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
OURS = {Outcome.UNREACHABLE, Outcome.UNKNOWN}


def login(expires_in: object, code: str = "200") -> bytes:
    key = {"access_token": "a+/=:00000_BV", "id_token": "i", "expires_in": expires_in}
    return json.dumps({"maKetQua": code, "APIKey": key}).encode()


def card(**fields: object) -> bytes:
    return json.dumps({"maKetQua": "000", **fields}).encode()


@pytest.mark.req("D5")
@pytest.mark.parametrize("code", OUTCOMES)
def test_every_published_code_has_its_outcome(code: str) -> None:
    found = read_eligibility(200, card(maKetQua=code))
    assert (found.outcome, found.code) == (OUTCOMES[code], code)


def test_every_outcome_is_reached_by_a_code_or_is_the_hubs_own() -> None:
    assert set(OUTCOMES.values()) | OURS == set(Outcome) == set(OUTCOME_WORDS)


def test_the_codes_are_those_of_the_annex() -> None:
    annex = (
        "000 001 002 003 004 010 050 051 052 053 054 055 060 061 070 100 101 110 120 121 122 123 124 130 205 401 500"
    )
    assert list(OUTCOMES) == re.findall("[0-9]{3}", annex)
    assert (outcome_of("010"), outcome_of("110"), outcome_of("124")) == (
        Outcome.EXPIRED,
        Outcome.REVOKED,
        Outcome.STOPPED,
    )


@pytest.mark.parametrize(
    ("code", "kept"), [("777", "777"), ("", ""), ("00", ""), ("0000", ""), ("٠٠٠", ""), ("001099000017", "")]
)
def test_a_code_that_is_not_published_is_unknown_and_carries_nothing_else(code: str, kept: str) -> None:
    assert read_eligibility(200, card(maKetQua=code)) == Eligibility(Outcome.UNKNOWN, kept)


def test_the_card_and_the_one_issued_in_its_place_are_read_and_nothing_else_is() -> None:
    body = card(
        maKetQua="004",
        hoTen="Nguyễn Văn Mẫu",
        diaChi="Số 1 phố Giả",
        maThe="HC4010099000017",
        gtTheTu="01/01/2026",
        gtTheDen="31/12/2026",
        maDKBD="01001",
        maTheMoi="0099000017",
        gtTheTuMoi="01/01/2027",
        gtTheDenMoi="31/12/2027",
        dsLichSuKCB2018=[{"maHoSo": 1, "tenBenh": "J00"}],
    )
    assert read_eligibility(200, body) == Eligibility(
        Outcome.NEW_CARD,
        "004",
        card_number="HC4010099000017",
        valid_from="2026-01-01",
        valid_to="2026-12-31",
        facility="01001",
        new_card_number="0099000017",
        new_valid_from="2027-01-01",
        new_valid_to="2027-12-31",
    )


@pytest.mark.parametrize(
    "text", [None, "", "31/02/2026", "2026-01-01", "00/00/0000", "1/1/2026", "01/01/2026\n", "<b>"]
)
def test_what_cannot_be_read_of_a_card_is_left_out(text: str | None) -> None:
    found = read_eligibility(200, card(maThe=text, gtTheTu=text, gtTheDen=text, maDKBD=text))
    assert found == Eligibility(Outcome.VALID, "000")
    assert msgspec.json.encode(found) == b'{"outcome":"valid","code":"000"}'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"maKetQua":null}',
        b'{"maKetQua":0}',
        b'{"maKetQua":"000"',
        b'{"maKetQua":"000","maThe":12}',
        b'{"maKetQua":"000","maThe":"\xff"}',
        b'{"ghiChu":' + b"[" * 30_000,
        "<html>Nguyễn Văn Mẫu</html>".encode(),
    ],
    ids=lambda body: repr(body[:30]),
)
def test_what_is_no_answer_is_an_error_that_repeats_nothing(body: bytes) -> None:
    with pytest.raises(AnswerError) as caught:
        read_eligibility(200, body)
    assert str(caught.value) == "no JSON of the annex"
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("status", [201, 204, 302, 500, 502, 503])
def test_another_status_than_the_portals_is_an_error(status: int) -> None:
    with pytest.raises(AnswerError, match=str(status)):
        read_eligibility(status, card())
    with pytest.raises(AnswerError, match=str(status)):
        read_login(status, login(600), NOW)


def test_a_reason_may_come_with_a_status_of_its_own_but_no_good_card_does() -> None:
    assert read_eligibility(400, card(maKetQua="205")).outcome is Outcome.QUESTION_WRONG
    assert read_eligibility(401, b"<html>") == Eligibility(Outcome.NOT_AUTHORISED, "401")
    assert read_eligibility(403, b"<html>") == Eligibility(Outcome.NOT_AUTHORISED, "403")
    with pytest.raises(AnswerError):
        read_eligibility(404, card())


@pytest.mark.parametrize(
    ("expires_in", "good_for_s"),
    [
        ("2026-11-23T07:30:00.1047187Z", 30 * 60 - 60),  # seven digits of a second, as the portal writes them
        ("2026-11-23T14:30:00+07:00", 30 * 60 - 60),
        ("2026-11-23T07:30:00", 30 * 60 - 60),
        ("2026-11-24T07:00:00Z", 60 * 60 - 60),  # never longer than an hour
        ("2026-11-23T06:00:00Z", 0),
        (1800, 30 * 60 - 60),
        (-5, 0),
        (1e300, 60 * 60 - 60),
        ("soon", 9 * 60),
        ("0001-01-01T00:00:00+14:00", 0),
        (None, 9 * 60),
    ],
)
def test_a_token_is_good_until_shortly_before_it_ends(expires_in: object, good_for_s: float) -> None:
    token = read_login(200, login(expires_in), NOW)
    assert token.good_for_s == pytest.approx(good_for_s, abs=1)
    assert (token.access_token, token.id_token) == ("a+/=:00000_BV", "i")


@pytest.mark.parametrize(("status", "code"), [(200, "401"), (200, "402"), (200, "403"), (400, "401")])
def test_a_refused_login_tells_its_code(status: int, code: str) -> None:
    with pytest.raises(LoginRefused, match=f"^{code}$"):
        read_login(status, json.dumps({"maKetQua": code, "APIKey": None}).encode(), NOW)


@pytest.mark.parametrize("status", [401, 403])
def test_a_login_may_be_refused_by_its_status_alone(status: int) -> None:
    with pytest.raises(LoginRefused, match=f"^{status}$"):
        read_login(status, b"", NOW)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b'{"maKetQua":"200"}'),
        (200, b'{"maKetQua":"500","APIKey":null}'),
        (200, b'{"maKetQua":"200","APIKey":{"access_token":"","id_token":"i"}}'),
        (200, b'{"maKetQua":"200","APIKey":{"access_token":"a"}}'),
        (404, login(600)),
        (200, login([])),
    ],
)
def test_what_is_no_token_is_an_error(status: int, body: bytes) -> None:
    with pytest.raises(AnswerError):
        read_login(status, body, NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["maKetQua", "maThe", "gtTheTu", "maDKBD", "APIKey", "access_token", "id_token", "expires_in"])
STATUSES = st.integers(100, 599)


@given(STATUSES, st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_the_documented_error(status: int, body: bytes) -> None:
    either(status, body)


@given(STATUSES, st.dictionaries(KEYS, JSON | st.dictionaries(KEYS, JSON)))
def test_any_json_is_an_answer_or_the_documented_error(status: int, told: dict[str, object]) -> None:
    either(status, json.dumps(told).encode())


def either(status: int, body: bytes) -> None:
    with contextlib.suppress(AnswerError):
        found = read_eligibility(status, body)
        assert msgspec.json.decode(msgspec.json.encode(found), type=Eligibility) == found
    with contextlib.suppress(AnswerError, LoginRefused):
        assert 0 <= read_login(status, body, NOW).good_for_s <= timedelta(hours=1).total_seconds()


def test_nothing_of_a_person_or_a_token_stands_in_a_repr() -> None:
    person = InsuredPerson("001099000017", "Nguyễn Văn Mẫu", "01/02/1999")
    found = read_eligibility(200, card(maThe="HC4010099000017", gtTheDen="31/12/2026"))
    token = read_login(200, login(600), NOW)
    shown = f"{person!r} {found!r} {token!r}"
    assert shown == "InsuredPerson(…) Eligibility(outcome='valid', code='000', …) Token(…)"


@pytest.mark.parametrize(
    ("number", "name", "birth"),
    [
        ("00109900001", "Nguyễn Văn Mẫu", "01/02/1999"),
        ("0010990000170", "Nguyễn Văn Mẫu", "01/02/1999"),
        ("hc4010099000017", "Nguyễn Văn Mẫu", "01/02/1999"),
        ("001099000017", "", "01/02/1999"),
        ("001099000017", "x" * 101, "01/02/1999"),
        ("001099000017", "Nguyễn Văn Mẫu", "02/1999"),
        ("001099000017", "Nguyễn Văn Mẫu", "1999-02-01"),
    ],
)
def test_only_what_the_portal_understands_is_taken_for_a_question(number: str, name: str, birth: str) -> None:
    body = msgspec.json.encode({"number": number, "full_name": name, "birth": birth})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=InsuredPerson)
