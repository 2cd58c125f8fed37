"""Faces at the hub over TLS: what a kiosk may send, and which officer sees whom, each look in the audit log."""

import re
from itertools import count

import msgspec
import pytest

from edge.contracts.commands import CallNext, CallTicket, Done, Finish, IssueTicket, OutOfOrder, Refused
from edge.contracts.face import (
    AskAgain,
    ChipVerdict,
    ContestVerdict,
    FaceCapture,
    Giver,
    SettleContest,
)
from edge.contracts.ticket import Document
from edge.daemon.hub_client import new_command_id
from provisioning.demo.site import ADMINISTRATOR, FLOOR_LEAD, OFFICER, Site
from tests.captures import capture, contested, handed_over
from tests.hub_http import Device
from tests.wire.test_officer_pages import Browser, lines

PORTRAIT = b"\xff\xd8\xff\xe0 somebody who does not exist"
SERVICE, COUNTER = "cashier", "q4"


@pytest.fixture
def kiosk(hub_site: Site) -> Device:
    return Device(hub_site, "kiosk-1")


def logged_in(site: Site, name: str) -> Browser:
    passwords = {OFFICER: site.passwords.officer, FLOOR_LEAD: site.passwords.floor_lead}
    browser = Browser(site)
    browser.log_in(name, passwords.get(name, site.passwords.administrator))
    return browser


def csrf(browser: Browser) -> str:
    return browser.csrf("/account")


NOBODY_SO_FAR = count()


def anybody() -> FaceCapture:
    """Of somebody whom the hub has not seen, agreed to by their guardian."""
    return capture(next(NOBODY_SO_FAR), portrait=PORTRAIT, giver=Giver.GUARDIAN)


def contest_over(kiosk: Device, person: int) -> tuple[Done, str]:
    """A number, and the contest about it when its holder's face comes once more."""
    first = handed_over(kiosk, capture(person, portrait=PORTRAIT))
    held = kiosk.do(IssueTicket(new_command_id(), SERVICE, face=first.id))
    return held, contested(kiosk, SERVICE, held.ticket.id, capture(person, portrait=PORTRAIT))


@pytest.mark.req("X1", "X6")
def test_only_a_kiosk_sends_a_face_and_only_a_proper_one(kiosk: Device, hub_site: Site) -> None:
    body = msgspec.json.encode(anybody())
    board = Device(hub_site, "board-1")
    assert board.http.post("/api/v1/faces", content=body).status_code == 403
    wrong = msgspec.json.decode(body)
    for bad in (b"", b"{", b"\xff", msgspec.json.encode({**wrong, "name": "x"}), body.replace(b"one-number", b"chip")):
        answer = kiosk.http.post("/api/v1/faces", content=bad)
        assert (answer.status_code, b"R0lG" in answer.content) == (422, False)
    assert kiosk.http.post("/api/v1/faces", content=b" " * 70_000).status_code == 413
    kiosk.http.headers.pop("Authorization")
    assert kiosk.http.post("/api/v1/faces", content=body).status_code == 401


@pytest.mark.req("K8", "X3")
def test_the_officer_who_calls_a_number_sees_who_took_it_and_nobody_else_does(kiosk: Device, hub_site: Site) -> None:
    ticket = kiosk.do(IssueTicket(new_command_id(), SERVICE, face=handed_over(kiosk, anybody()).id)).ticket
    officer, stranger = logged_in(hub_site, OFFICER), Browser(hub_site)
    path = f"/counters/{COUNTER}/portraits/{ticket.id}"
    assert officer.http.get(path).status_code == 404, "not called yet"
    officer.press(CallNext(new_command_id(), COUNTER), csrf(officer))
    page = officer.http.get(f"/counters/{COUNTER}").text
    assert f'src="{path}"' in page
    for _ in range(2):
        shown = officer.http.get(path)
        assert (shown.content, shown.headers["content-type"]) == (PORTRAIT, "image/jpeg")
        assert shown.headers["cache-control"] == "no-store"
    assert stranger.http.get(path).status_code == 401
    assert officer.http.get(f"/counters/q1/portraits/{ticket.id}").status_code == 404
    assert kiosk.http.get(path).status_code == 401, "a device sees nobody"
    officer.press(Finish(new_command_id(), COUNTER, ticket.id), csrf(officer))
    assert officer.http.get(path).status_code == 404, "served"
    looks = [line for line in lines(logged_in(hub_site, ADMINISTRATOR), OFFICER) if line[0] == "see-portrait"]
    assert looks == [("see-portrait", ticket.label, "done")]


@pytest.mark.req("K8", "P3")
def test_a_contest_shows_the_floor_lead_both_and_their_word_reaches_the_kiosk(kiosk: Device, hub_site: Site) -> None:
    held, contest = contest_over(kiosk, 1001)
    lead, officer = logged_in(hub_site, FLOOR_LEAD), logged_in(hub_site, OFFICER)
    page = lead.http.get("/floor").text
    for side in ("holder", "claimant"):
        path = f"/floor/contests/{contest}/{side}"
        assert f'src="{path}"' in page
        assert lead.http.get(path).content == PORTRAIT
        assert officer.http.get(path).status_code == 403
    settle = SettleContest(new_command_id(), contest, ContestVerdict.SAME)
    assert officer.press(settle, csrf(officer)).status_code == 403
    left = SettleContest(new_command_id(), contest, ContestVerdict.LEFT)
    assert lead.press(left, csrf(lead)).status_code == 403, "that is the kiosk's to say"
    assert isinstance(kiosk.send(settle), Refused), "and this an officer's"
    assert lead.press(settle, csrf(lead)).json()["done"] is True
    assert kiosk.snapshot().contests[contest].verdict is ContestVerdict.SAME
    once_more = kiosk.do(AskAgain(new_command_id(), held.ticket.id, contest=contest))
    assert (once_more.ticket.label, once_more.again) == (held.ticket.label, True)
    assert lead.http.get(f"/floor/contests/{contest}/claimant").status_code == 404, "settled"
    log = lines(logged_in(hub_site, ADMINISTRATOR), FLOOR_LEAD)
    assert ("SettleContest", f"{held.ticket.label} → same", "done") in log or ("SettleContest", "→ same", "done") in log


def test_a_kiosk_says_that_its_person_left(kiosk: Device, hub_site: Site) -> None:
    _, contest = contest_over(kiosk, 1002)
    kiosk.send(SettleContest(new_command_id(), contest, ContestVerdict.LEFT))
    assert contest not in logged_in(hub_site, FLOOR_LEAD).http.get("/floor").text


@pytest.mark.req("K8", "K7")
def test_a_face_that_does_not_match_the_chip_is_on_the_floor_leads_page_and_the_counters(
    kiosk: Device, hub_site: Site
) -> None:
    taken = handed_over(kiosk, anybody())
    command = IssueTicket(
        new_command_id(), SERVICE, Document.CCCD_CHIP, "001099000017", face=taken.id, chip=ChipVerdict.NO_MATCH
    )
    ticket = kiosk.do(command).ticket
    words = "Khuôn mặt không khớp ảnh trong chip"
    assert words in logged_in(hub_site, FLOOR_LEAD).http.get("/floor").text
    officer = logged_in(hub_site, OFFICER)
    call = CallTicket(new_command_id(), COUNTER, ticket.id, reason=OutOfOrder.OTHER)
    officer.press(call, csrf(officer))
    assert words in officer.http.get(f"/counters/{COUNTER}").text


@pytest.mark.req("X3")
def test_the_log_of_consents_is_the_administrators_and_proves_each(kiosk: Device, hub_site: Site) -> None:
    ticket = kiosk.do(IssueTicket(new_command_id(), SERVICE, face=handed_over(kiosk, anybody()).id)).ticket
    page = logged_in(hub_site, ADMINISTRATOR).http.get("/consents").text
    row = re.search(rf"<tr>(?:(?!</tr>).)*{ticket.label}.*?</tr>", page, re.DOTALL)
    assert row
    for words in ("Nhân viên xem ảnh khi gọi số", "So với người đã lấy số hôm nay", "giám hộ", "1, vi", "kiosk-1"):
        assert words in row[0]
    assert logged_in(hub_site, FLOOR_LEAD).http.get("/consents").status_code == 403
    assert "Không có dòng nào" in logged_in(hub_site, ADMINISTRATOR).http.get("/consents?day=2020-01-01").text
    assert logged_in(hub_site, ADMINISTRATOR).http.get("/consents?day=9999-12-31").status_code == 200
    assert logged_in(hub_site, ADMINISTRATOR).http.get("/consents?day=x").status_code == 200
