"""Somebody who opens the pages of a busy site in a browser, as whoever may see them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from edge.hub.web.base import LANGUAGE_COOKIE
from provisioning.demo.site import ADMINISTRATOR, FLOOR_LEAD, OFFICER
from tests.busy_site import BusySite
from tests.every_page import HOME, Look


class Visitor:
    """Opens the pages in a browser, each in a window of its own; who logged in once need not again."""

    def __init__(self, browser: Browser, busy: BusySite) -> None:
        self._browser = browser
        self._busy = busy
        self._sessions: dict[str, StorageState] = {}

    @contextmanager
    def at(self, look: Look, language: str = "vi", *, bypass_csp: bool = False) -> Iterator[Page]:
        """The page, in this language, once the steps to it are done."""
        with self._context(look, language, bypass_csp) as context:
            page = context.new_page()
            page.goto(look.path.format_map(self._busy.tickets) + self._ask(look, language))
            page.evaluate("document.fonts.ready")
            look.steps(page, self._busy)
            yield page

    def close_for_today(self) -> None:
        """An administrator makes today a special day on which the facility is closed."""
        look = Look("", f"{HOME}/days/new", who=ADMINISTRATOR)
        with self.at(look) as page:
            page.fill("#date", f"{datetime.now(ZoneInfo('Asia/Ho_Chi_Minh')):%Y-%m-%d}")
            page.fill("#name", "Mất điện")
            page.fill("#name_en", "Power cut")
            page.locator(".sheet .primary").click()
            page.goto(f"{HOME}/publish")
            page.locator("main .primary").click()
            expect(page.get_by_role("status")).to_be_visible()

    def _ask(self, look: Look, language: str) -> str:
        return f"?lang={language}" if look.program == "dashboard" else ""

    @contextmanager
    def _context(self, look: Look, language: str, bypass_csp: bool) -> Iterator[BrowserContext]:
        home = self._busy.site.addresses[look.program].rstrip("/")
        known = None if look.own_session else self._sessions.get(look.who)
        context = self._browser.new_context(
            viewport=look.screen, base_url=home, bypass_csp=bypass_csp, reduced_motion="reduce", storage_state=known
        )
        if look.who and known is None:
            self._log_in(context, look.who)
            if not look.own_session:
                self._sessions[look.who] = context.storage_state()
        context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": home}])
        yield context
        context.close()

    def _log_in(self, context: BrowserContext, who: str) -> None:
        passwords = self._busy.site.passwords
        password = {OFFICER: passwords.officer, FLOOR_LEAD: passwords.floor_lead}.get(who, passwords.administrator)
        page = context.new_page()
        page.goto("/login")
        page.fill("[name=name]", who)
        page.fill("[name=password]", password)
        page.keyboard.press("Enter")
        page.wait_for_url("**/counters")
        page.close()
