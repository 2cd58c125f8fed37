"""A running moiso-cloud over any ledger, or its pages alone, and a browser that is logged in to them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize
from werkzeug.serving import make_server

from cloud.accounts import add_account
from tests.bench.province_year import fill
from tests.cloud_people import PASSWORD
from tests.wire.daemon import Daemon
from tests.wire.mosquitto import free_port

CONFIG = """
data = "cloud"
[web]
listen = "127.0.0.1:{port}"
session_key_file = "session.key"
[broker]
address = "127.0.0.1:1"
ca = "ca.crt"
certificate = "ingest.crt"
key = "ingest.key"
[accounts]
totp = "offered"
"""
WIDE: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


class Dashboard:
    """moiso-cloud in a folder of its own, with the account "lan"; ``data`` is where its ledger lies."""

    def __init__(self, folder: Path, more: str = "") -> None:
        port = free_port()
        self.folder = folder
        self.data = folder / "cloud"
        self.url = f"http://127.0.0.1:{port}"
        (folder / "session.key").write_text("0" * 64)
        (folder / "cloud.toml").write_text(CONFIG.format(port=port) + more, encoding="utf-8")
        add_account(self.data, "lan", PASSWORD)
        self.daemon = Daemon("cloud.app", folder / "cloud.toml", folder / "cloud.log")

    def logged_in(self, browser: Browser, viewport: ViewportSize = WIDE) -> Page:
        """A window of its own, after the login; whoever takes it closes its context."""
        return logged_in(browser, self.url, viewport)


def logged_in(browser: Browser, url: str, viewport: ViewportSize = WIDE, name: str = "lan") -> Page:
    """A window of its own, after the login at the dashboard of this address."""
    page = browser.new_context(viewport=viewport).new_page()
    page.set_default_timeout(10_000)
    page.goto(f"{url}/login")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("main button, form button")
    page.wait_for_url(lambda there: not there.endswith("/login"))
    return page


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address at which these pages answer for as long as the block lasts."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def province(folder: Path, sites: int, days: int) -> Dashboard:
    """A dashboard, not started, over a synthetic province up to today."""
    dashboard = Dashboard(folder)
    if sites:
        fill(dashboard.data, sites=sites, days=days, until=today())
    return dashboard


def today() -> date:
    """The date in Viet Nam, which the dashboard goes by."""
    return datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
