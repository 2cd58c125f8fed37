"""Take a picture of every page in both languages from a running demo site (``make screenshots``).

They come into ``build/screenshots``, to be looked at; those that docs/screenshots.md shows are kept in
docs/screenshots too. ``python -m tests.screenshots kiosk floor`` takes those whose name begins so.
"""

import io
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from provisioning.demo.site import Site
from provisioning.demo.table import Press
from tests.busy_site import BusySite, busy_site
from tests.every_page import CLOSED, HUBLESS, LOOKS, PICTURES, WORKBENCH, Look
from tests.hub_http import Device
from tests.kiosk_page import LANDSCAPE
from tests.visitor import Visitor
from tests.waiting import until

ROOT = Path(__file__).parent.parent
EVERY, KEPT = ROOT / "build/screenshots", ROOT / "docs/screenshots"
COLOURS = 256
NOTICE_BEGAN = "Math.abs(document.querySelector('#notice-text').getBoundingClientRect().left + innerWidth) < 300"
LIT = "getComputedStyle(document.querySelector('.tile.new')).backgroundColor == 'rgb(255, 180, 0)'"  # it blinks


class Album:
    """The pictures of one run, small enough for a repository."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        text = (ROOT / "docs/screenshots.md").read_text(encoding="utf-8")
        self._kept = set(re.findall(r"\(screenshots/([a-z0-9-]+)\.png\)", text))

    @contextmanager
    def page(self, address: str, viewport: ViewportSize) -> Iterator[Page]:
        """A new window in which things move."""
        context = self._browser.new_context(viewport=viewport)
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
        for folder in (EVERY, KEPT) if name in self._kept else (EVERY,):
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{name}.png"
            few.save(path, optimize=True)
        print(f"{path.relative_to(ROOT)}  {few.width}×{few.height}  {path.stat().st_size // 1024} kB", flush=True)


def pictures(album: Album, visitor: Visitor, looks: Sequence[Look], wanted: tuple[str, ...]) -> None:
    """These pages in each of their languages; ``wanted``, where there is any, is how their names begin."""
    for look in looks:
        for language in look.languages if look.name.startswith(wanted or "") else ():
            with visitor.at(look, language) as page:
                album.shoot(page, look.name if len(look.languages) == 1 else f"{look.name}-{language}")


def hall(album: Album, busy: BusySite) -> None:
    """The TV and the workbench, with a call that has just been made."""
    site = busy.site
    with (
        album.page(site.addresses["tv"], LANDSCAPE) as tv,
        album.page(site.addresses["workbench"], WORKBENCH) as workbench,
    ):
        workbench.get_by_text("Máy quét sẵn sàng").wait_for()
        expect(tv.locator(".tile.call")).to_have_count(0, timeout=90_000)
        until(lambda: tv.evaluate(NOTICE_BEGAN), within_s=60, what="the notice to come round")
        busy.hand.act(Press("q1", "next"))
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
    with (
        tempfile.TemporaryDirectory(prefix="moiso-screenshots-") as folder,
        busy_site(Path(folder)) as busy,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        album, visitor = Album(browser), Visitor(browser, busy)
        wanted = tuple(sys.argv[1:])
        pictures(album, visitor, (*LOOKS, *PICTURES), wanted)
        if not wanted:
            album.keep(until(lambda: busy.hand.slip(1), what="the first slip"), "slip")
            hall(album, busy)
        visitor.close_for_today()
        pictures(album, visitor, CLOSED, wanted)
        busy.supervisor.unplug("hub")
        pictures(album, visitor, HUBLESS, wanted)
        browser.close()


if __name__ == "__main__":
    main()
