"""Out of hours every page of the hub says so by itself, with the next opening."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from provisioning.demo.site import ADMINISTRATOR
from tests.counter_desk import make_site, officer_at, open_hub

VIETNAM = timezone(timedelta(hours=7))
PAGES = ("/counters", "/visits", "/tablets", "/accounts", "/audit", "/account", "/admin/catalogue", "/t/" + "0" * 32)
LIVE = ("/counters/q1", "/floor")


@pytest.mark.req("K10", "P5")
def test_on_a_day_off_every_page_says_so_and_when_it_opens_again(tmp_path: Path, browser: Browser) -> None:
    site = make_site(tmp_path)
    today = datetime.now(UTC).astimezone(VIETNAM).date()
    days = [today + timedelta(days=n) for n in (0, 1)]  # a test may run over midnight
    off = ", ".join(f'{{date = "{day}", name = "Nghỉ bão", name_en = "Storm"}}' for day in days)
    path = site.folder / "catalogue.toml"
    path.write_text(f"special_days = [{off}]\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    with open_hub(site) as running, officer_at(running.site, browser, "/counters", ADMINISTRATOR) as page:
        for address in PAGES:
            page.goto(address)
            expect(page.get_by_role("note")).to_contain_text("Ngoài giờ (Nghỉ bão), mở lại lúc 00:00")
        for address in LIVE:
            page.goto(address)
            expect(page.locator("#state")).to_contain_text("Ngoài giờ")
            expect(page.get_by_role("note")).to_have_count(0)
        page.goto("/tablets")
        page.get_by_role("button", name="Ghép máy này").click()
        page.wait_for_url("**/rating")
        expect(page.get_by_role("note")).to_be_visible()
        page.goto("/login?lang=en")
        expect(page.get_by_role("note")).to_contain_text("Storm")
