"""What a person does at the administration of screens, media and recordings before its pages are looked at."""

from playwright.sync_api import Page, expect

from tests.busy_site import BusySite
from tests.clips import clip, picture, tone, track


def screen_preview(page: Page, _busy: BusySite) -> None:
    """Wait until the frame shows a TV."""
    expect(page.frame_locator("#tv").locator(".tile").first).to_be_visible()


def uploaded(page: Page, _busy: BusySite) -> None:
    """Upload a picture."""
    page.set_input_files("#file", {"name": "Rửa tay.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    page.locator(".upload .primary").click()
    expect(page.get_by_role("status")).to_be_visible()


def uploaded_and_open(page: Page, busy: BusySite) -> None:
    """Upload a picture and open its page."""
    uploaded(page, busy)
    page.locator("tr[id^=medium-rua-tay] .acts a").click()
    expect(page.locator("img.shown")).to_be_visible()


def upload_refused(page: Page, _busy: BusySite) -> None:
    """Upload a clip that TVs cannot play."""
    page.set_input_files("#file", {"name": "phim.mp4", "mimeType": "video/mp4", "buffer": clip(track("hvc1"))})
    page.locator(".upload .primary").click()
    expect(page.get_by_role("alert")).to_contain_text("HEVC")


def recorded(page: Page, _busy: BusySite) -> None:
    """Upload a sound as the first fragment of a pack."""
    row = page.locator("[data-fragment]").first
    sound = {"name": "a.wav", "mimeType": "audio/wav", "buffer": tone()}
    row.locator("input[type=file]").set_input_files(sound)  # type: ignore[arg-type]
    expect(row.get_by_role("status")).to_be_visible()


def wrong_form(page: Page, _busy: BusySite) -> None:
    """Send a form that is not filled in."""
    page.locator(".sheet .primary").click()
    expect(page.get_by_role("alert")).to_be_visible()
