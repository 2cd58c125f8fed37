"""A site whose hub has its own authority, and machines that ask it to be let in with the real command."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioning.demo.site import ADMINISTRATOR, Ports, Site, provision
from provisioning.demo.supervisor import Supervisor
from provisioning.enrol.hub import prepare
from tests.officer_browser import OfficerBrowser
from tests.waiting import until

HOME = "/devices/enrolment"


def own_authority(folder: Path) -> Site:
    """A provisioned site of which nothing runs, with an authority that ``moiso-enrol hub`` made."""
    site = provision(folder, Ports.free())
    config = site.folder / "hub.toml"
    text = config.read_text(encoding="utf-8")
    assert 'certificate = "tls/hub.crt"' in text
    text = text.replace('"tls/hub.crt"', '"data/hub/tls/hub.pem"').replace('"tls/hub.key"', '"data/hub/tls/hub.pem"')
    config.write_text(text.replace('folder = "authority"', 'folder = "data/hub/tls"'), encoding="utf-8")
    prepare(config)
    return site


def ca_of(site: Site) -> Path:
    """The site's authority."""
    return site.folder / "data/hub/tls/site-ca.crt"


def url_of(site: Site) -> str:
    """Where devices reach the hub."""
    return f"https://127.0.0.1:{site.ports.hub}"


@contextmanager
def running_hub(site: Site) -> Iterator[None]:
    """The site's hub, for as long as the block lasts."""
    with Supervisor(site.programs("hub")):
        yield


def administrator_of(site: Site) -> OfficerBrowser:
    """A browser at which the administrator is logged in."""
    browser = OfficerBrowser(site, ca_of(site))
    assert browser.log_in(ADMINISTRATOR, site.passwords.administrator).status_code == 303
    return browser


class Command:
    """``moiso-enrol`` in a process of its own; what it says is read as it comes."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "provisioning.enrol.app", "--as-root", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )
        self.said = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said += line

    def code(self) -> str:
        """The four words, once it shows them."""
        found = until(lambda: _words(self.said, 4) or self._process.poll() is not None, within_s=60, what="a code")
        assert isinstance(found, str), self.said
        return found

    def type(self, line: str) -> None:
        """Type a line and Enter."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def status(self) -> int:
        """Wait until it ends; its exit status."""
        status = self._process.wait(timeout=60)
        self._reader.join(timeout=10)
        return status


def _words(text: str, number: int) -> str:
    found = re.search(rf"^    (\w+(?: · \w+){{{number - 1}}})$", text, re.MULTILINE)
    return found[1] if found else ""


def ask_in(site: Site, role: str, folder: Path, *more: str) -> Command:
    """A machine asks to be let in; its identity goes to ``folder``."""
    return Command(role, "--hub", url_of(site), "--folder", str(folder), *more)


def approve(browser: OfficerBrowser, code: str, name: str, **more: str) -> str:
    """Approve whoever shows this code; the two words for it."""
    page = browser.send(HOME, f"{HOME}/approve", code=code, name=name, **more)
    found = re.search(r'id="reply">([^<]+)<', page.text)
    assert found, page.text
    return found[1]


def let_in(site: Site, browser: OfficerBrowser, role: str, folder: Path, name: str, *more: str) -> Path:
    """A machine of this name that is let in; the folder of its identity."""
    command = ask_in(site, role, folder, *more)
    command.type(approve(browser, command.code(), name))
    assert command.status() == 0, command.said
    return folder
