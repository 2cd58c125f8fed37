"""Many people at one kiosk, one after another: nothing of them stays, and nothing grows."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from provisioning.demo.site import Ports, provision
from tests.kiosk_page import PORTRAIT, begin_anew, choose, said
from tests.long import LONG
from tests.waiting import until
from tests.whole_site import WholeSite

PEOPLE = 100 if LONG else 40
WARM = 15  # after so many, everything that is kept on purpose has been made
HEAP_MAY_GROW = 400_000  # bytes; a page that kept one screen of each would grow by 0.9 MB over 25 people
MEMORY_MAY_GROW_MIB = 12


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    with WholeSite(provision(tmp_path_factory.mktemp("site"), Ports.free()), "hub", "kiosk") as running:
        yield running


def person(number: int) -> tuple[str, str]:
    """The name and the ID number of the person that comes as the ``number``-th."""
    letters = "".join(chr(97 + digit) for digit in divmod(number, 26))
    return f"Nguyễn Thử Mẫu{letters}", f"001199{100000 + number:06d}"


def visit(running: WholeSite, page: Page, number: int) -> None:
    name, id_number = person(number)
    running.scanner.scan(f"{id_number}||{name}|02031999|Nữ|Số 2 phố Giả, Hà Nội|01072024||||")
    expect(said(page, name)).to_be_visible()
    papers = len(running.printer.slips)
    choose(page, ("general", "pharmacy", "cashier", "maternity")[number % 4])
    until(lambda: len(running.printer.slips) > papers, what="the slip")
    begin_anew(page)


def heap(devtools: CDPSession) -> int:
    """Bytes that the page's script holds, rubbish left out."""
    devtools.send("HeapProfiler.collectGarbage")
    return int(devtools.send("Runtime.getHeapUsage")["usedSize"])


def snapshot(devtools: CDPSession) -> str:
    """Everything that the page's heap holds, every string of it."""
    chunks: list[str] = []
    devtools.on("HeapProfiler.addHeapSnapshotChunk", lambda chunk: chunks.append(chunk["chunk"]))
    devtools.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    devtools.send("HeapProfiler.collectGarbage")
    text = "".join(chunks)
    found: dict[str, Any] = json.loads(text)
    return "\n".join(map(str, found["strings"]))


def resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@pytest.mark.req("X3")
def test_however_many_people_came_nothing_has_grown_and_nothing_of_anybody_is_left(
    running: WholeSite, browser: Browser
) -> None:
    context = browser.new_context(viewport=PORTRAIT)
    page = context.new_page()
    page.goto(running.site.addresses["kiosk"])
    begin_anew(page)
    devtools = context.new_cdp_session(page)
    began, entries = time.monotonic(), page.evaluate("history.length")
    first_heap = first_mib = 0.0
    for number in range(PEOPLE):
        visit(running, page, number)
        if number == WARM:
            first_heap, first_mib = heap(devtools), resident_mib(running.supervisor.pid("kiosk"))
    assert heap(devtools) - first_heap < HEAP_MAY_GROW, f"after {time.monotonic() - began:.0f} s"
    assert resident_mib(running.supervisor.pid("kiosk")) - first_mib < MEMORY_MAY_GROW_MIB

    # Playwright keeps the last text that it searched, in a world of its own within the page: let it be this one.
    expect(said(page, "Đưa mã QR trên thẻ căn cước vào khe quét")).to_be_visible()
    everything = {
        "page": page.content(),
        "heap": snapshot(devtools),
        "storage": page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"),
        "log": (running.site.logs / "kiosk.log").read_text(encoding="utf-8"),
    }
    for number in range(PEOPLE):
        for text in person(number):
            assert [place for place, kept in everything.items() if text in kept] == [], text
    assert page.evaluate("history.length") == entries
    kept = [path for path in (running.site.folder / "data/kiosk").rglob("*") if path.is_file()]
    for path in kept:
        data = path.read_bytes()
        assert b"Nguy\xe1\xbb\x85n Th\xe1\xbb\xad" not in data, path.name
        assert b"001199100" not in data, path.name
    context.close()
