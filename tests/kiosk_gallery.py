"""Every screen of the kiosk at sites of several sizes, drawn by the kiosk's own code and shown in Chromium.

``python -m tests.kiosk_gallery FOLDER [part of a name]`` takes a picture of each, to be looked at.
"""

import sys
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec.structs import replace
from playwright.sync_api import Browser, Page, Route, ViewportSize, sync_playwright

from edge.contracts.catalogue import Catalogue, Counter, Facility, OpeningPeriod, Service, ServiceGroup
from edge.contracts.commands import IssueTicket
from edge.contracts.face import Consent, FaceCapture, Purpose
from edge.contracts.outlook import Hours, Outlook, ServiceOutlook, Window
from edge.contracts.reading import ReadingFault
from edge.contracts.refusals import Refusal
from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import Document, PrintFault, Priority, Ticket
from edge.kiosk import screens as s
from edge.kiosk.sightings import Eyes
from edge.kiosk.state import Session
from edge.kiosk.view import View
from tests.kiosk_page import LANDSCAPE, PORTRAIT, SMALL
from tests.sites import NOON_MS

VIEWPORTS = {"portrait": PORTRAIT, "landscape": LANDSCAPE, "small": SMALL}
ADDRESS = "http://kiosk.test/"
# As hospitals call them: the longest of the names that public price lists and one-stop desks use.
NAMES = (
    ("Khám tổng quát", "General examination", "kham"),
    ("Khám bảo hiểm y tế", "Insurance examination", "bhyt"),
    ("Khám sức khỏe định kỳ, lái xe", "Health certificate, driving", "ho-so"),
    ("Y học cổ truyền và phục hồi chức năng", "Traditional medicine, rehabilitation", "dong-y"),
    ("Nội tiết – Đái tháo đường", "Diabetes and endocrinology", ""),
    ("Tai Mũi Họng", "Ear, nose, throat", "tai-mui-hong"),
    ("Mắt", "Eyes", "mat"),
    ("Trả kết quả xét nghiệm", "Laboratory results", "xet-nghiem"),
    ("Kế hoạch hóa gia đình", "Family planning", "san"),
    ("Chẩn đoán hình ảnh", "Imaging", "x-quang"),
)
# As the page's own script does it: the styles and fonts stay, the screen is another. Nothing is still coming or going.
SHOWN = """async (html) => {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const root = document.documentElement;
  for (const name of root.getAttributeNames()) root.removeAttribute(name);
  for (const { name, value } of fresh.documentElement.attributes) root.setAttribute(name, value);
  root.dataset.voice = "";  // a kiosk that can speak has a button more
  document.title = fresh.title;
  document.body.replaceWith(fresh.body);
  await document.fonts.ready;
  for (const animation of document.getAnimations())
    if (animation.effect.getComputedTiming().iterations !== Infinity) animation.finish();
}"""
PERSON = s.Person("Công Tằng Tôn Nữ Thị Minh Hoạ Mẫu", "001099000017", Document.CCCD_QR, "1941-02-01")
COMMAND = IssueTicket("c" * 32, "s0", Document.CCCD_QR)
TICKET = Ticket("a" * 32, "KA047", 47, "s3", Document.NONE, "kiosk-1", NOON_MS, priority=Priority.FROM_75)
CONSENT = Consent((Purpose.PORTRAIT,))
CAPTURE = FaceCapture("d" * 32, CONSENT)
AGREED = s.Agreed(COMMAND, CONSENT)


def catalogue(count: int) -> Catalogue:
    """A facility with so many services, in a group for every seven of them."""
    groups = max(1, round(count / 7))
    services = []
    for number in range(count):
        name, name_en, icon = NAMES[number % len(NAMES)]
        prefix = chr(65 + number) if number < 26 else f"K{chr(65 + number - 26)}"
        group = f"g{number * groups // count}"
        services.append(Service(f"s{number}", group, prefix, name, name_en, "#1d5fae", icon=icon))
    return Catalogue(
        facility=Facility(
            name="Bệnh viện Đa khoa khu vực và Phục hồi chức năng Mẫu Đơn",
            name_en="Mau Don Regional General and Rehabilitation Hospital",
            department="Khoa Khám bệnh",
            ward="Phường Mẫu",
            province="Tỉnh Mẫu",
        ),
        hours=(
            OpeningPeriod((0, 1, 2, 3, 4, 5), "07:00", "11:30"),
            OpeningPeriod((0, 1, 2, 3, 4), "13:30", "17:00"),
        ),
        groups=tuple(ServiceGroup(f"g{n}", f"Nhóm dịch vụ {n + 1}", f"Services {n + 1}") for n in range(groups)),
        services=tuple(services),
        counters=(Counter("q1", 1, "101", tuple(service.id for service in services)),),
    )


def session(count: int) -> Session:
    """A kiosk in full swing at a site with so many services."""
    there = catalogue(count)
    wait = Window(NOON_MS + 1_500_000, NOON_MS + 3_000_000)
    site = Snapshot(
        epoch="e",
        seq=1,
        at_ms=NOON_MS,
        day="2026-11-23",
        catalogue=there,
        tickets={TICKET.id: TICKET},
        waiting={service.id: ("t" * 32,) * (7 * n % 31) for n, service in enumerate(there.services)},
        at_counter={},
        calls=(),
    )
    outlook = Outlook(
        at_ms=NOON_MS,
        hours=Hours(spans=((NOON_MS - 3_600_000, NOON_MS + 3_600_000),), next_opens_ms=NOON_MS + 68_400_000),
        services={service.id: ServiceOutlook(9, wait, 1, always=True) for service in there.services},
        counters={},
        keep_faces_days=0,
    )
    eyes = Eyes("up", sees=True, compares=True)
    return Session("kiosk-1", site=site, outlook=outlook, scanner_up=True, card=s.Card.EMPTY, eyes=eyes, staffed=True)


SCREENS: dict[str, s.Screen] = {
    "rest": s.Resting(),
    "start": s.Start(),
    "identified": s.Identified(PERSON),
    "grounds": s.Grounds(PERSON),
    "claimed": s.Claimed(Priority.MERIT, PERSON),
    "scan-trouble": s.ScanTrouble(s.ScanProblem.NOT_A_CARD),
    "scan-first": s.ScanFirst(),
    "reading": s.ReadingChip(1, PERSON, share=0.4),
    "chip-trouble": s.ChipTrouble(ReadingFault.SIGNATURE_INVALID, PERSON),
    "consent": s.AskConsent(COMMAND, offered=tuple(Purpose)),
    "looking": s.Looking(AGREED, 1),
    "no-picture": s.NoPicture(AGREED, s.NoPictureWhy.TIME),
    "issuing": s.Issuing(COMMAND),
    "seems-held": s.SeemsHeld(s.Claim(COMMAND, CAPTURE, TICKET.id)),
    "printing": s.Printing(TICKET, 14, wait=Window(NOON_MS + 1_500_000, NOON_MS + 3_000_000)),
    "taken": s.Taken(TICKET, 14, again=True, wait=Window(NOON_MS + 1_500_000, NOON_MS + 3_000_000)),
    "no-slip": s.Taken(TICKET, 14, fault=PrintFault.PAPER_OUT),
    "refused": s.Refused(Refusal.DAY_FULL),
    "look-up": s.LookUp(),
    "looked-up": s.LookedUp("KA047"),
    "erasing": s.Erasing(),
    "closed": s.Closed(),
    "out": s.OutOfService(s.Outage.WITHDRAWN),
    "staff-pin": s.StaffPin(wrong=True, wait_s=60),
    "staff": s.Staff(test=s.Test.FAILED, problem=s.ScanProblem.UNREADABLE),
}
TILES = {"start", "identified", "claimed", "scan-trouble", "scan-first", "chip-trouble"}
VARIANTS: dict[str, dict[str, Any]] = {
    "": {},
    "-en": {"language": "en"},
    "-contrast": {"contrast": True},
    "-lowered": {"lowered": True},
    "-troubled": {"printer_fault": PrintFault.PAPER_OUT, "hub_away": True, "spare": frozenset({"s0"})},
}


def gallery(counts: Sequence[int] = (3, 12, 40), *, upright: bool = True) -> Iterator[tuple[str, Session]]:
    """Every screen by its name; those that show the services at each size of site. Nothing is lowered on a screen that
    is not upright: it is low enough."""
    for name, screen in SCREENS.items():
        for count in counts if name in TILES else (12,):
            for suffix, changed in VARIANTS.items():
                if suffix == "-lowered" and not upright:
                    continue
                shown = replace(session(count), screen=screen, until_ms=25_000, step=1, **changed)
                yield f"{name}-{count}{suffix}" if name in TILES else f"{name}{suffix}", shown


def opened(browser: Browser, viewport: ViewportSize) -> Page:
    """A window in which ``show`` puts screens; the page's own script does not run in it."""
    page = browser.new_page(viewport=viewport)
    page.route(f"{ADDRESS}**", _answer)
    return page


def show(page: Page, shown: Session) -> None:
    """This session as the kiosk's page."""
    html = View("http://127.0.0.1:8080/t/").page(shown, now_ms=0, wall_ms=NOON_MS, token="t")
    if page.url != ADDRESS:
        page.route(ADDRESS, lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
        page.goto(ADDRESS)
    page.evaluate(SHOWN, html)


def _answer(route: Route) -> None:
    path = urlsplit(route.request.url).path
    for start, package, folder in (
        ("/static/", "edge.kiosk", "pages/static"),
        ("/brand/", "edge.contracts.brand", "static"),
    ):
        if path.startswith(start) and not path.endswith(".js"):
            name = path.removeprefix(start)
            kinds = {"css": "text/css", "svg": "image/svg+xml", "woff2": "font/woff2"}
            body = files(package).joinpath(folder).joinpath(name).read_bytes()
            route.fulfill(body=body, content_type=kinds[name.rpartition(".")[2]])
            return
    route.fulfill(status=200, body="", content_type="text/javascript")


def main() -> None:
    """Take the pictures."""
    folder, part = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium-headless-shell", args=["--no-sandbox"])
        for where, viewport in VIEWPORTS.items():
            page = opened(browser, viewport)
            for name, shown in gallery(upright=viewport == PORTRAIT):
                if part in f"{name}-{where}":
                    show(page, shown)
                    page.screenshot(path=folder / f"{name}-{where}.png")
        browser.close()


if __name__ == "__main__":
    main()
