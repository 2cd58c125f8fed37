"""One person, one number, with the real models: the kiosk in Chromium, and the officer who looks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.contracts.events import ConsentGiven, ContestSettled, NumberContested, PersonErased, TicketIssued
from edge.contracts.face import ContestVerdict, Purpose
from edge.kiosk.consent import WORDING
from provisioning.demo.site import FLOOR_LEAD, Ports, Site, provision
from tests.axe import violations
from tests.camera_folder import stand
from tests.counter_desk import officer_at
from tests.faces import FACES, PACK, needs_pack, needs_photographs
from tests.kiosk_page import PORTRAIT, begin_anew, choose, label, said, settle
from tests.waiting import until
from tests.whole_site import KioskPage, WholeSite

pytestmark = [needs_pack, needs_photographs, pytest.mark.req("K8")]
PERSON, ANOTHER = FACES / "p03_b.jpg", FACES / "p02_a.jpg"


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WholeSite]:
    monkeypatch.setenv("MOISO_FACE_PACK", str(PACK))
    site = provision(tmp_path / "site", Ports.free())
    with WholeSite(site, "hub", "kiosk") as running:
        until(lambda: KioskPage(site).health().get("camera") == "up", within_s=60, what="the camera")
        assert KioskPage(site).health().get("faces") == "on"
        yield running


@pytest.fixture
def page(running: WholeSite, browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport=PORTRAIT, bypass_csp=True)  # for axe
    page.goto(running.site.addresses["kiosk"])
    begin_anew(page)
    yield page
    page.close()


def show(site: Site, person: Path) -> None:
    """This person stands before the camera now."""
    stand(site.camera, person)
    until(lambda: KioskPage(site).health().get("somebody"), within_s=30, what="somebody in view")


def press(page: Page, touch: str) -> None:
    settle(page)
    page.locator(f"[data-touch={touch}]").click()


def take_picture(page: Page) -> None:
    """Choose a service, agree to portrait and comparison, and have the picture taken."""
    choose(page, "general")
    expect(page.locator("main.consent")).to_be_visible()
    settle(page)
    for purpose in ("portrait", "one-number"):
        page.locator(f"[data-purpose={purpose}]").click()
        expect(page.locator(f"[data-purpose={purpose}]")).to_have_attribute("aria-checked", "true")
    press(page, "consent")


def take_number(page: Page) -> str:
    take_picture(page)
    expect(said(page, "Xin lấy phiếu và ngồi chờ gọi số")).to_be_visible(timeout=40_000)
    return label(page)


def issued(running: WholeSite) -> list[TicketIssued]:
    return [entry.event for entry in running.journal() if isinstance(entry.event, TicketIssued)]


def test_the_same_person_gets_the_same_number_again_and_has_all_of_it_erased(running: WholeSite, page: Page) -> None:
    show(running.site, PERSON)
    number = take_number(page)
    begin_anew(page)
    take_picture(page)
    expect(said(page, f"Có thể bạn đã lấy số {number}")).to_be_visible(timeout=40_000)
    assert violations(page) == []
    press(page, "mine")
    expect(said(page, "Bạn đã lấy số này trước đó, số vẫn còn hiệu lực.")).to_be_visible()
    until(lambda: len(running.printer.slips) == 2, within_s=60, what="the second slip")
    (ticket,) = issued(running)
    (consent,) = [entry.event for entry in running.journal() if isinstance(entry.event, ConsentGiven)]
    assert (consent.ticket, consent.wording) == (ticket.ticket, WORDING)
    assert consent.purposes == (Purpose.PORTRAIT, Purpose.ONE_NUMBER)
    begin_anew(page)
    press(page, "erase")
    expect(said(page, "Quét mã QR trên phiếu, hoặc giấy tờ của bạn")).to_be_visible()
    running.scanner.scan(f"http://127.0.0.1:{running.site.ports.hub_pages}/t/{ticket.ticket}")
    expect(said(page, f"Số {number} vẫn còn hiệu lực.")).to_be_visible()
    assert any(isinstance(entry.event, PersonErased) for entry in running.journal())


@pytest.mark.parametrize("same", [True, False], ids=["one person", "two people"])
def test_an_officer_looks_and_the_kiosk_goes_on(running: WholeSite, page: Page, browser: Browser, same: bool) -> None:
    show(running.site, PERSON)
    number = take_number(page)
    begin_anew(page)
    take_picture(page)
    expect(said(page, f"Có thể bạn đã lấy số {number}")).to_be_visible(timeout=40_000)
    press(page, "not-mine")
    expect(said(page, "Nhân viên đang đến, xin chờ tại đây…")).to_be_visible()
    assert violations(page) == []
    with officer_at(running.site, browser, "/floor", FLOOR_LEAD) as floor:
        floor.locator(f"[data-action=settle][data-verdict={'same' if same else 'different'}]").click()
        if same:
            expect(said(page, "Bạn đã lấy số này trước đó, số vẫn còn hiệu lực.")).to_be_visible()
        else:
            expect(said(page, "Xin lấy phiếu và ngồi chờ gọi số")).to_be_visible(timeout=30_000)
    assert (label(page) == number) is same
    assert len(issued(running)) == (1 if same else 2)


def test_whoever_does_not_wait_is_taken_off_the_officers_list(running: WholeSite, page: Page) -> None:
    show(running.site, PERSON)
    take_number(page)
    begin_anew(page)
    take_picture(page)
    expect(page.locator("main.seems-held")).to_be_visible(timeout=40_000)
    press(page, "not-mine")
    expect(page.locator("main.awaiting")).to_be_visible()
    press(page, "dismiss")
    expect(page.locator("main.choose")).to_be_visible()

    def settled() -> list[ContestVerdict]:
        return [entry.event.verdict for entry in running.journal() if isinstance(entry.event, ContestSettled)]

    assert until(settled, what="the end of the contest") == [ContestVerdict.LEFT]
    assert len([1 for entry in running.journal() if isinstance(entry.event, NumberContested)]) == 1
    assert len(issued(running)) == 1


def test_another_person_is_asked_nothing(running: WholeSite, page: Page) -> None:
    show(running.site, PERSON)
    first = take_number(page)
    begin_anew(page)
    show(running.site, ANOTHER)
    second = take_number(page)
    assert first != second
