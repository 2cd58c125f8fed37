"""The slip as the administrator set it out, on a real kiosk: its logo is kept on the kiosk's own disk, and what no
paper took is on the screen."""

import io
import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image, ImageChops, ImageDraw

from edge.contracts.events import TicketIssued, TicketPrinted
from edge.slip.logo import printed_logo, read_logo
from provisioning.demo.site import ADMINISTRATOR, Ports, provision
from tests import slips
from tests.hub_http import Device
from tests.waiting import until
from tests.whole_site import KioskPage, WholeSite
from tests.wire.test_catalogue_pages import post, publish, told
from tests.wire.test_media import upload
from tests.wire.test_officer_pages import Browser

NAMES = {"name": "Bệnh viện Mẫu", "name_en": "Sample Hospital", "time_zone": "Asia/Ho_Chi_Minh"}
CROPPED = (24, 0, 24 + 96, 96)  # where the logo stands on paper of 80 mm


def logo() -> bytes:
    """A green cross in a ring, on nothing."""
    picture = Image.new("RGBA", (240, 240), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((0, 0, 239, 239), outline=(10, 120, 60, 255), width=24)
    draw.rectangle((100, 50, 140, 190), fill=(10, 120, 60, 255))
    draw.rectangle((50, 100, 190, 140), fill=(10, 120, 60, 255))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[WholeSite]:
    with WholeSite(provision(tmp_path / "site", Ports.free()), "hub", "kiosk") as running:
        until(lambda: KioskPage(running.site).shows('data-touch="service"'), within_s=20, what="the services")
        yield running


@pytest.fixture
def lan(running: WholeSite) -> Browser:
    browser = Browser(running.site)
    browser.log_in(ADMINISTRATOR, running.site.passwords.administrator)
    return browser


def choose(kiosk: KioskPage, service: str) -> None:
    def touched() -> bool:
        if kiosk.shows('data-touch="service"'):
            kiosk.touch("service", service=service)
        return not kiosk.shows('data-touch="service"')

    until(touched, what="the touch to be taken")


def shown_logo(kiosk: KioskPage) -> str:
    found = re.search(r'class="logo" src="([^"]+)"', kiosk.html())
    assert found
    return found[1]


def paper(png: bytes) -> Image.Image:
    """What is on the paper, from its first dot down."""
    with Image.open(io.BytesIO(png)) as picture:
        grey = picture.convert("L")
    inked = ImageChops.invert(grey).getbbox()
    assert inked
    return grey.crop((0, inked[1], grey.width, grey.height))


@pytest.mark.req("K5", "K9")
def test_the_facilitys_logo_is_kept_on_the_kiosk_and_printed_without_the_hub(running: WholeSite, lan: Browser) -> None:
    kiosk, address = KioskPage(running.site), running.site.addresses["kiosk"].rstrip("/")
    assert shown_logo(kiosk) == "/brand/logo.svg"
    assert upload(lan, logo(), "Biểu trưng.png").status_code == 200
    assert upload(lan, b"<svg xmlns='http://www.w3.org/2000/svg'/>", "x.svg").status_code == 422
    assert told(post(lan, "/facility", logo="bieu-trung", **NAMES)) == "saved"
    assert told(publish(lan)) == "published"
    (medium,) = Device(running.site, "kiosk-1").snapshot().catalogue.media
    wanted = f"/logo?{medium.sha256}"
    until(lambda: shown_logo(kiosk) == wanted, what="the logo on the kiosk's page")
    (kept,) = (running.site.folder / "data/kiosk/media").iterdir()
    assert kept.name == medium.sha256

    running.supervisor.unplug("hub")
    running.supervisor.kill("kiosk")
    until(lambda: kiosk.health().get("alone"), within_s=30, what="the kiosk to work alone, from what it keeps")
    until(lambda: shown_logo(kiosk) == wanted, what="the logo from the disk")
    answer = httpx.get(address + wanted, trust_env=False)
    assert answer.content == kept.read_bytes()
    assert (answer.headers["content-type"], "immutable" in answer.headers["cache-control"]) == ("image/png", True)
    other = httpx.get(f"{address}/logo?{'0' * 64}", trust_env=False)
    assert other.headers["location"] == "/brand/logo.svg"

    until(lambda: kiosk.shows('data-touch="service"'), what="the services")
    choose(kiosk, "general")
    (slip,) = until(lambda: running.printer.slips, within_s=20, what="the slip")
    expected = printed_logo(read_logo(kept.read_bytes()), 176, 96)
    assert ImageChops.difference(paper(slip.png).crop(CROPPED), expected).getbbox() is None


@pytest.mark.req("K9")
def test_a_slip_is_printed_as_the_administrator_set_it_out_in_the_language_that_was_chosen(
    running: WholeSite, lan: Browser
) -> None:
    kiosk = KioskPage(running.site)
    kinds = ["number", "service", "place", "ahead", "taken", "text", "qr"]
    rows: dict[str, list[str]] = {"kind": kinds, "size": ["normal"] * 7, "align": ["left"] * 7, "both": ["no"] * 7}
    rows |= {"text": [""] * 5 + ["Nhà thuốc ở tầng trệt", ""], "text_en": [""] * 5 + ["The pharmacy is downstairs", ""]}
    assert told(post(lan, "/slip", **rows)) == "saved"
    assert told(publish(lan)) == "published"
    until(lambda: Device(running.site, "kiosk-1").snapshot().catalogue.slip.blocks[0].kind.value == "number")
    kiosk.touch("language")
    until(lambda: kiosk.shows('lang="en"'), what="English")
    choose(kiosk, "general")
    until(lambda: running.happened(TicketPrinted), what="the confirmation")
    (slip,) = running.printer.slips
    words = ("General examination", "Khám tổng quát", "The pharmacy is downstairs", "Taken at")
    assert slips.missing(slip.png, words) == []
    assert slips.label(slip.png) == "A001"


@pytest.mark.req("K9")
def test_the_slip_that_no_paper_took_is_on_the_screen_to_be_photographed_and_nowhere_after_it(
    running: WholeSite, tmp_path: Path
) -> None:
    kiosk = KioskPage(running.site)
    running.printer.paper = "out"
    assert "data:image/png" not in kiosk.html()
    choose(kiosk, "general")
    until(lambda: kiosk.shows('data-touch="reprint"'), within_s=25, what="the number without a slip")
    picture = re.search(r'class="slip" src="data:image/png;base64,([^"]+)"', kiosk.html())
    assert picture
    (issued,) = running.happened(TicketIssued)
    assert slips.ticket_id(b64decode(picture[1]), tmp_path) == issued.ticket
    assert slips.label(b64decode(picture[1])) == "A001"
    running.printer.paper = "ok"

    def taken() -> bool:
        kiosk.touch("reprint")
        return not kiosk.shows('data-touch="reprint"')

    until(taken, what="the touch to be taken")
    until(lambda: running.happened(TicketPrinted), within_s=25, what="the slip")
    assert "data:image/png" not in kiosk.html()
