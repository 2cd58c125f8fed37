"""An officer's browser at a real hub that is open at any hour, for tests."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize, expect

from edge.contracts.commands import IssueTicket
from edge.contracts.ticket import Priority
from edge.daemon.hub_client import new_command_id
from edge.queueing.rules import DOUBLE_PRESS_MS
from provisioning.demo.site import ADMINISTRATOR, FLOOR_LEAD, OFFICER, Ports, Site, provision
from tests.hub_http import Device
from tests.whole_site import WholeSite

CATALOGUE = """
hours = []  # day and night
groups = [{id = "exam", name = "Khám bệnh", name_en = "Examination"}]
services = [
  {id = "general", group = "exam", prefix = "A", name = "Khám tổng quát", name_en = "General", colour = "#0b6e6e"},
  {id = "insurance", group = "exam", prefix = "B", name = "Khám BHYT", name_en = "Insurance", colour = "#1d5fae"},
  {id = "maternity", group = "exam", prefix = "C", name = "Thai, phụ khoa", name_en = "Maternity", colour = "#a3417d"},
  {id = "cashier", group = "exam", prefix = "V", name = "Thu viện phí", name_en = "Cashier", colour = "#5a4fcf"},
  {id = "pharmacy", group = "exam", prefix = "T", name = "Nhận thuốc", name_en = "Pharmacy", colour = "#1f7a3d"},
]
counters = [
  {id = "q1", number = 1, room = "101", services = ["general", "maternity"]},
  {id = "q2", number = 2, room = "102", services = ["insurance", "general"]},
  {id = "q3", number = 3, room = "103", services = ["insurance"]},
  {id = "q4", number = 4, room = "104", services = ["cashier", "pharmacy"]},
]

[facility]
name = "Trung tâm Y tế huyện Mẫu"
name_en = "Mau District Health Centre"
"""


def make_site(folder: Path) -> Site:
    """A site with a catalogue of its own, open day and night."""
    site = provision(folder, Ports.free())
    (site.folder / "catalogue.toml").write_text(CATALOGUE, encoding="utf-8")
    return site


@contextmanager
def open_hub(site: Site) -> Iterator[WholeSite]:
    """The site's hub on its first morning: whatever happened there before is gone."""
    data = site.folder / "data/hub"
    shutil.rmtree(data)
    data.mkdir(mode=0o700)
    with WholeSite(site, "hub") as running:
        yield running


@contextmanager
def officer_at(site: Site, browser: Browser, path: str, name: str = OFFICER, **context_options: Any) -> Iterator[Page]:
    """An officer who has logged in and opened a page of the hub."""
    passwords = {
        OFFICER: site.passwords.officer,
        FLOOR_LEAD: site.passwords.floor_lead,
        ADMINISTRATOR: site.passwords.administrator,
    }
    wide: ViewportSize = {"width": 1366, "height": 768}
    context = browser.new_context(viewport=wide, base_url=site.addresses["counter"], **context_options)
    page = context.new_page()
    log_in(page, passwords[name], name)
    page.wait_for_url("**/counters")
    page.goto(path)
    yield page
    context.close()


@contextmanager
def no_script_fails(page: Page) -> Iterator[None]:
    """While the block lasts, nothing goes wrong in the page's scripts and its policy keeps nothing off."""
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("console", lambda said: failures.append(said.text) if "Content Security Policy" in said.text else None)
    yield
    assert failures == []


def log_in(page: Page, password: str, name: str = OFFICER) -> None:
    """Fill in the login form and send it."""
    page.goto("/login")
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.get_by_role("button", name="Đăng nhập").click()


def take_number(site: Site, service: str = "cashier", claim: Priority = Priority.NONE, birth_date: str = "") -> str:
    """A number from the kiosk; its ticket's id."""
    command = IssueTicket(new_command_id(), service, claim=claim, birth_date=birth_date)
    return Device(site, "kiosk-1").do(command).ticket.id


def settle(page: Page) -> None:
    """Wait until the hub takes another call to this counter: two seconds after the last."""
    page.wait_for_function(
        """ms => { const e = document.querySelector('.now [data-since]');
                   return !e || Date.now() - e.dataset.since > ms }""",
        arg=DOUBLE_PRESS_MS + 300,
    )


def call(page: Page, label: str) -> None:
    """Call the next person with the space bar, once this is the number on the button."""
    expect(page.locator(".next")).to_contain_text(label)
    settle(page)
    page.keyboard.press("Space")
    expect(page.locator(".now .n")).to_have_text(label)


def focused(page: Page) -> str:
    """The id of what has the focus."""
    return str(page.evaluate("document.activeElement.id"))
