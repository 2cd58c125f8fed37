"""Take the pictures of docs/screenshots/ from a running demo site (``make screenshots``)."""

import io
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from provisioning.demo.control import Control
from provisioning.demo.site import ACCOUNT, OFFICER, Ports, Site, provision
from provisioning.demo.supervisor import Supervisor
from provisioning.demo.table import Action, Press, Scan
from tests.hub_http import Device
from tests.waiting import until
from tests.whole_site import KioskPage

FOLDER = Path(__file__).parent.parent / "docs/screenshots"
COLOURS = 256
PORTRAIT, LANDSCAPE = ViewportSize(width=1080, height=1920), ViewportSize(width=1920, height=1080)
COUNTER, PHONE = ViewportSize(width=1366, height=768), ViewportSize(width=390, height=844)
WORKBENCH, DASHBOARD = ViewportSize(width=1600, height=1000), ViewportSize(width=1440, height=900)
NOTICE_BEGAN = "Math.abs(document.querySelector('#notice-text').getBoundingClientRect().left + innerWidth) < 300"
LIT = "getComputedStyle(document.querySelector('.tile.new')).backgroundColor == 'rgb(255, 180, 0)'"  # it blinks

# Who comes: with which card of the workbench (empty: without one), and for what.
VISITORS = (
    *(("cccd-2021", "general"), ("", "insurance"), ("cccd-year", "insurance"), ("", "general"), ("", "maternity")),
    *(("cccd-2024", "children"), ("", "cashier"), ("", "general"), ("cccd-year", "pharmacy"), ("", "insurance")),
    *(("cccd-2021", "cashier"), ("", "general"), ("", "pharmacy"), ("cccd-2024", "insurance"), ("", "children")),
    *(("", "general"), ("cccd-2021", "insurance"), ("", "maternity"), ("", "general"), ("", "pharmacy")),
)
PRESSES = (
    *(("q1", "next"), ("q2", "next"), ("q3", "next"), ("q4", "next"), ("q3", "no_show"), ("q3", "next")),
    *(("q4", "finish"), ("q4", "next"), ("q2", "finish"), ("q2", "next")),
)


class Hand:
    """A person at the kiosk and at the counters, acting through the workbench as a technician would."""

    def __init__(self, site: Site) -> None:
        address = site.addresses["workbench"].rstrip("/")
        self._http = httpx.Client(base_url=address, headers={"Origin": address}, trust_env=False, timeout=10)
        self._kiosk = KioskPage(site)

    def act(self, action: Action) -> None:
        """Do something with the hardware on the table."""
        self._http.post("/act", content=msgspec.json.encode(action)).raise_for_status()

    def slip(self, number: int) -> bytes:
        """The picture of a slip that came out; empty where there is none of this number yet."""
        answer = self._http.get(f"/slips/{number}.png")
        return answer.content if answer.status_code == 200 else b""

    def take_number(self, card: str, service: str) -> None:
        """Show a card (empty: none), choose the service, take the slip, leave."""
        if card:
            self.act(msgspec.convert({"type": "Scan", "card": card}, Scan))
            until(lambda: self._kiosk.shows('data-touch="dismiss"'), what="the card to be read")
        self.touch("service", lambda: not self._kiosk.shows('data-touch="service"'), service=service)
        self.leave()

    def leave(self) -> None:
        """Wait for the slip and touch "Xong", until the first screen is there."""
        until(lambda: self._kiosk.shows('data-touch="dismiss"'), within_s=20, what="the slip")
        self.touch("dismiss", lambda: not self._kiosk.shows('data-touch="dismiss"'))

    def touch(self, kind: str, done: Callable[[], bool], **values: str) -> None:
        """Touch again and again, as the screen needs a moment to settle, until it is done."""

        def touched() -> bool:
            if done():
                return True
            self._kiosk.touch(kind, **values)
            return done()

        until(touched, within_s=10, what=f"the touch on {kind}")


class Album:
    """The pictures of one run, small enough for a repository."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    @contextmanager
    def page(self, address: str, viewport: ViewportSize, scale: float = 1) -> Iterator[Page]:
        """A new window."""
        context = self._browser.new_context(viewport=viewport, device_scale_factor=scale)
        page = context.new_page()
        page.goto(address)
        yield page
        context.close()

    def shoot(self, page: Page, name: str) -> None:
        """Keep what the window shows now, with its fonts and without what is still moving."""
        page.evaluate("document.fonts.ready")
        page.wait_for_timeout(400)
        self.keep(page.screenshot(), name)

    def keep(self, png: bytes, name: str) -> None:
        """Save a picture in few colours."""
        with Image.open(io.BytesIO(png)) as picture:
            few = picture.convert("RGB").quantize(
                COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE
            )
        FOLDER.mkdir(parents=True, exist_ok=True)
        path = FOLDER / f"{name}.png"
        few.save(path, optimize=True)
        print(f"{path.relative_to(FOLDER.parent.parent)}  {few.width}×{few.height}  {path.stat().st_size // 1024} kB")


def kiosk(album: Album, site: Site, hand: Hand) -> None:
    """The kiosk's screens, upright in two languages and across."""
    address = site.addresses["kiosk"]
    with album.page(address, PORTRAIT) as page:
        album.shoot(page, "kiosk-start-vi")
        page.wait_for_timeout(600)
        page.get_by_role("button", name="English").click()
        expect(page.locator("main")).to_have_attribute("lang", "en")
        album.shoot(page, "kiosk-start-en")
        page.get_by_role("button", name="Tiếng Việt").click()
        hand.act(Scan("cccd-2024"))
        expect(page.locator("main").get_by_text("Trần Thị Thử")).to_be_visible()
        album.shoot(page, "kiosk-identified-vi")
        page.get_by_role("button", name="English").click()
        expect(page.locator("main")).to_have_attribute("lang", "en")
        album.shoot(page, "kiosk-identified-en")
        page.get_by_role("button", name="Tiếng Việt").click()
        page.wait_for_timeout(600)
        page.locator("[data-service=general]").click()
        expect(page.get_by_role("button", name="Xong")).to_be_visible(timeout=20_000)
        album.shoot(page, "kiosk-ticket-vi")
        page.get_by_role("button", name="English").click()
        expect(page.locator("main")).to_have_attribute("lang", "en")
        album.shoot(page, "kiosk-ticket-en")
        hand.leave()
    with album.page(address, LANDSCAPE) as page:
        album.shoot(page, "kiosk-start-landscape")


def counter(album: Album, site: Site) -> None:
    """The officers' login and the page of one counter."""
    with album.page(site.addresses["counter"], COUNTER) as page:
        album.shoot(page, "counter-login")
        page.get_by_label("Tên đăng nhập").fill(OFFICER)
        page.get_by_label("Mật khẩu").fill(site.passwords.officer)
        page.get_by_role("button", name="Đăng nhập").click()
        page.get_by_text("Bạn ngồi ở quầy nào?").wait_for()
        album.shoot(page, "counter-choose")
        page.goto(f"{site.addresses['counter']}counters/q2")
        page.get_by_role("button", name="Mời số tiếp theo").wait_for()
        album.shoot(page, "counter-vi")
        page.goto(f"{site.addresses['counter']}counters/q2?lang=en")
        page.locator("[data-action=next]").wait_for()
        album.shoot(page, "counter-en")


def look_up(album: Album, site: Site) -> None:
    """The page behind a slip's QR, on a telephone: one who waits, one who is called."""
    snapshot = Device(site, "kiosk-1").snapshot()
    for name, ticket in (("waiting", snapshot.waiting["general"][-1]), ("called", snapshot.at_counter["q1"])):
        with album.page(f"{site.addresses['counter']}t/{ticket}", PHONE, scale=2) as page:
            album.shoot(page, f"ticket-phone-{name}")


def dashboard(album: Album, site: Site) -> None:
    """The Department's figures, on a desk and on a telephone."""
    for name, viewport, scale in (("dashboard", DASHBOARD, 1.0), ("dashboard-phone", PHONE, 2.0)):
        with album.page(site.addresses["dashboard"], viewport, scale) as page:
            if name == "dashboard":
                album.shoot(page, "dashboard-login")
            page.get_by_label("Tên đăng nhập").fill(ACCOUNT)
            page.get_by_label("Mật khẩu").fill(site.passwords.account)
            page.get_by_role("button", name="Đăng nhập").click()
            expect(page.locator("#tickets")).to_have_text(str(len(VISITORS) + 1), timeout=15_000)
            album.shoot(page, name)


def hall(album: Album, site: Site, hand: Hand) -> None:
    """The TV and the workbench, with a call that has just been made."""
    with (
        album.page(site.addresses["tv"], LANDSCAPE) as tv,
        album.page(site.addresses["workbench"], WORKBENCH) as workbench,
    ):
        workbench.get_by_text("Máy quét sẵn sàng").wait_for()
        expect(tv.locator(".tile.call")).to_have_count(0, timeout=90_000)
        until(lambda: tv.evaluate(NOTICE_BEGAN), within_s=60, what="the notice to come round")
        hand.act(Press("q1", "next"))
        label = until(lambda: called_at(site, "q1"), what="the call")
        expect(tv.locator("#now-label")).to_have_text(label)
        until(lambda: tv.evaluate(LIT), what="the tile to blink")
        album.keep(tv.screenshot(), "tv")
        album.keep(workbench.screenshot(animations="disabled"), "workbench")


def called_at(site: Site, counter_id: str) -> str:
    """The label of the ticket called to this counter within the last three seconds; empty where there is none."""
    snapshot = Device(site, "board-1").snapshot()
    ticket = snapshot.tickets.get(snapshot.at_counter.get(counter_id, ""))
    return ticket.label if ticket and time.time() * 1000 - ticket.called_at_ms < 3000 else ""


def main() -> None:
    """Start a demo site of our own, let people come, and take every picture."""
    with tempfile.TemporaryDirectory(prefix="moiso-screenshots-") as folder:
        site = provision(Path(folder), Ports.free())
        supervisor = Supervisor(site.programs())
        control = Control(supervisor, site.control_socket)
        try:
            supervisor.start()
            hand = Hand(site)
            for card, service in VISITORS:
                hand.take_number(card, service)
            for counter_id, button in PRESSES:
                hand.act(msgspec.convert({"type": "Press", "counter": counter_id, "button": button}, Press))
                time.sleep(2.2)  # the hub takes no second call sooner
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
                )
                album = Album(browser)
                kiosk(album, site, hand)
                album.keep(until(lambda: hand.slip(len(VISITORS) + 1), what="the last slip"), "slip")
                counter(album, site)
                look_up(album, site)
                dashboard(album, site)
                hall(album, site, hand)
                browser.close()
        finally:
            supervisor.stop()
            control.close()


if __name__ == "__main__":
    main()
