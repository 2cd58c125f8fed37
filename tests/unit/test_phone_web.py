"""The page of one ticket through Flask's test client: what it says, what it never does, and how little it costs."""

from pathlib import Path

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace
from werkzeug.test import TestResponse

from cloud.phone.store import PhoneStore, Shown, Standing
from cloud.web.phone import PUBLIC, Now, now_of, register
from edge.contracts.phone import MOST_ROOM
from edge.contracts.ticket import State
from tests.phones import MINUTE_MS, report_of, tell, ticket_like, token_of, vietnam_time, wall_ms


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    """The page within an application that would set a cookie, as the dashboard does."""
    app = Flask("cloud")
    app.secret_key = "0" * 64
    register(app, tmp_path)
    return app.test_client()


def now(client: FlaskClient, number: int) -> Now:
    answer = client.get(f"/t/{token_of(number)}/now")
    assert answer.status_code == 200
    return msgspec.json.decode(answer.data, type=Now)


@pytest.mark.req("P6", "T1")
def test_it_says_the_place_in_line_and_when(client: FlaskClient, tmp_path: Path) -> None:
    ticket = ticket_like(1, ahead=12, window_min=(20, 45))
    tell(tmp_path, ticket)
    said = now(client, 1)
    assert (said.state, said.ahead, said.quiet) == ("waiting", 12, 0)
    assert (said.start, said.end) == (vietnam_time(ticket.low_ms), vietnam_time(ticket.high_ms))
    page = client.get(f"/t/{token_of(1)}").text
    for words in ("A001", "Khám tổng quát", said.start, said.end, "Quầy 1, 2 · Phòng 101, 102", 'lang="vi"'):
        assert words in page
    assert 'data-state="waiting">' in page
    assert 'data-state="called" hidden>' in page
    english = client.get(f"/t/{token_of(1)}/en").text
    for words in ("A001", "General examination", "Mau District Health Centre", '<html lang="en">'):
        assert words in english


@pytest.mark.req("P6")
def test_each_state_shows_its_own_words_and_no_other(client: FlaskClient, tmp_path: Path) -> None:
    shown = {
        "next": ticket_like(1),
        "called": ticket_like(2, State.CALLED, counters=(2,)),
        "parked": ticket_like(3, State.PARKED, counters=(1,)),
        "finished": ticket_like(4, State.FINISHED),
        "no-show": ticket_like(5, State.NO_SHOW, back_min=20),
        "lapsed": ticket_like(6, State.NO_SHOW),
        "cancelled": ticket_like(7, State.CANCELLED),
    }
    tell(tmp_path, *shown.values())
    for number, state in enumerate(shown, 1):
        page = client.get(f"/t/{token_of(number)}").text
        states = page.partition('id="states"')[2].partition('class="more"')[0]
        assert [
            part.partition('"')[0] for part in states.split('data-state="')[1:] if '" hidden>' not in part[:20]
        ] == [state]
    called = now(client, 2)
    assert (called.counter, called.room) == ("3", "Siêu âm 3")
    assert called.called == shown["called"].called_ms // 1000
    assert now(client, 5).back == vietnam_time(shown["no-show"].back_until_ms)


@pytest.mark.req("P6", "X4")
def test_a_silent_site_is_said_to_be_silent(client: FlaskClient, tmp_path: Path) -> None:
    tell(tmp_path, ticket_like(1), ago_min=1)
    assert now(client, 1).quiet == 0
    tell(tmp_path, ticket_like(2), ago_min=7, site="mau-02")
    assert now(client, 2).quiet == 7
    page = client.get(f"/t/{token_of(2)}").text
    assert '<p class="warn" role="alert" data-needs="quiet">' in page
    assert '<b data-slot="quiet">7</b>' in page


@pytest.mark.req("P6", "X1")
def test_a_wrong_link_is_answered_like_one_of_yesterday(client: FlaskClient, tmp_path: Path) -> None:
    store_day = ticket_like(1)
    tell(tmp_path, store_day, ago_min=60 * 24 * 2)
    answers = []
    for wrong in (token_of(1), token_of(2), "x" * 32, token_of(1).upper(), "0" * 31, token_of(1) + "0"):
        for path in (wrong, f"{wrong}/en", f"{wrong}/now"):
            answer = client.get(f"/t/{path}")
            assert answer.status_code == 404
            answers.append((path.rpartition("/")[2] == "now", path.endswith("/en"), answer.data))
    assert len(set(answers)) == 3, "one page a language, and one JSON"
    assert "Không tìm thấy số này" in client.get("/t/").text
    for path in ("a/b/c", "..%2f..", "%00", token_of(1) + "/now/", "%f0%28%8c%28"):
        assert client.get(f"/t/{path}").status_code == 404


@pytest.mark.req("P6", "X1")
def test_whoever_guesses_is_slowed_down_and_right_links_of_the_same_hall_are_not(
    client: FlaskClient, tmp_path: Path
) -> None:
    tell(tmp_path, ticket_like(1))
    statuses = [client.get(f"/t/{token_of(number)}/now").status_code for number in range(100, 190)]
    assert statuses == [404] * 60 + [429] * 30
    refused = client.get(f"/t/{token_of(200)}")
    assert (refused.status_code, refused.headers["Cache-Control"]) == (429, "no-store")
    assert client.get(f"/t/{token_of(1)}").status_code == 200
    assert client.get(f"/t/{token_of(1)}/now").status_code == 200
    elsewhere = client.get(f"/t/{token_of(200)}", environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert elsewhere.status_code == 404


@pytest.mark.req("P6", "X1", "X2")
def test_it_sets_no_cookie_takes_no_form_and_lets_nobody_learn_the_address(client: FlaskClient, tmp_path: Path) -> None:
    tell(tmp_path, ticket_like(1))
    answers: list[TestResponse] = []
    for path in PUBLIC:
        for token in (token_of(1), token_of(2)):
            address = path.replace("<token>", token)
            answers.append(client.get(f"{address}?lang=en", headers={"Cookie": "__Host-moiso=forged"}))
            for method in ("POST", "PUT", "DELETE"):
                assert client.open(address, method=method).status_code == 405
    for answer in answers:
        headers = answer.headers
        assert "Set-Cookie" not in headers
        assert "Vary" not in headers
        assert headers["Cache-Control"] == "public, max-age=2"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "<script>" not in answer.text
        assert " style=" not in answer.text
        assert " onclick" not in answer.text
    secure = client.get(f"/t/{token_of(1)}", base_url="https://localhost")
    assert "max-age" in secure.headers["Strict-Transport-Security"]


@pytest.mark.req("P6")
def test_names_are_text_and_never_markup(client: FlaskClient, tmp_path: Path) -> None:
    nasty = "<script>alert(1)</script>\"'"
    report = replace(report_of(ticket_like(1)), facility=nasty, services=((nasty, nasty),), counters=((1, nasty),) * 3)
    store = PhoneStore(tmp_path)
    store.take([("mau-01", report)], wall_ms())
    store.close()
    assert "<script>alert" not in client.get(f"/t/{token_of(1)}").text


@pytest.mark.req("P6")
def test_what_has_not_changed_is_not_sent_again(client: FlaskClient, tmp_path: Path) -> None:
    tell(tmp_path, ticket_like(1, ahead=2))
    first = client.get(f"/t/{token_of(1)}/now")
    etag = first.headers["ETag"]
    again = client.get(f"/t/{token_of(1)}/now", headers={"If-None-Match": etag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert client.get(f"/t/{token_of(1)}/now", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.req("P6")
def test_another_service_or_room_is_another_page_and_a_shorter_line_is_not(tmp_path: Path, client: FlaskClient) -> None:
    tell(tmp_path, ticket_like(1, ahead=5), ticket_like(2, ahead=4, counters=(2,)))
    assert now(client, 1).page != now(client, 2).page
    tell(tmp_path, ticket_like(3, ahead=5, window_min=(5, 9)))
    one, other = (
        now_of(Standing(shown, "Mẫu", "Mau", "Asia/Ho_Chi_Minh", wall_ms()), wall_ms())
        for shown in (_shown(State.WAITING, ahead=5), _shown(State.WAITING, ahead=4))
    )
    assert one.page == other.page


def test_the_longest_json_is_shorter_than_300_bytes() -> None:
    at_ms = wall_ms()
    for state in State:
        shown = _shown(state, ahead=9999, at_ms=at_ms)
        body = msgspec.json.encode(now_of(Standing(shown, "", "", "Asia/Ho_Chi_Minh", at_ms - 10**10), at_ms))
        assert len(body) < 300, body


def _shown(state: State, *, ahead: int, at_ms: int = 0) -> Shown:
    later = at_ms + 60 * MINUTE_MS
    places = ((9999, "Ệ" * MOST_ROOM),) * 8
    return Shown("ZZ9999", "ZZ9998", state, ("", ""), places, ahead, later, later, at_ms, later)
