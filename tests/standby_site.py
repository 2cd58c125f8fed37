"""A demo site's hub and its standby, each a program of its own, at two addresses; the test pulls their plugs."""

import hashlib
import secrets
import shutil
import sqlite3
import ssl
import time
from contextlib import closing
from pathlib import Path

import httpx
import msgspec

from edge.contracts.events import Entry, Event, NumbersLeased
from edge.contracts.term import block_of
from edge.kiosk.pin import hash_pin
from provisioning.demo.ports import reserve_port
from provisioning.demo.site import Site
from tests.hub_http import Device
from tests.waiting import until
from tests.wire.daemon import Daemon

PIN = "471193"
WORDS = "máy cũ đã tắt"
STANDBY = "standby-1"

_event: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


class Pair:
    """``hub`` and ``standby`` are programs; ``address`` of a hub is where devices find it."""

    def __init__(self, site: Site, *, uplink: bool = False) -> None:
        self.site = site
        folder = site.folder
        self.token = secrets.token_urlsafe(32)
        (folder / f"secrets/{STANDBY}.token").write_text(self.token, encoding="utf-8")
        with (folder / "secrets/devices.toml").open("a", encoding="utf-8") as devices:
            digest = hashlib.sha256(self.token.encode()).hexdigest()
            devices.write(f'\n[[device]]\nname = "{STANDBY}"\nrole = "standby"\ntoken_sha256 = "{digest}"\n')
        if not uplink:
            text = (folder / "hub.toml").read_text(encoding="utf-8").partition("[uplink]")[0]
            (folder / "hub.toml").write_text(text, encoding="utf-8")
        self.hub_url = f"https://127.0.0.1:{site.ports.hub}"
        self.port = reserve_port()
        self.standby_url = f"https://127.0.0.1:{self.port}"
        self.data = folder / "data/standby"
        self.config = folder / "follower.toml"
        self.write_follower(self.hub_url)
        self.hub = Daemon("edge.hub.app", folder / "hub.toml", folder / "logs/hub.log")
        self.standby = Daemon("edge.follower.app", self.config, folder / "logs/standby.log")
        for device in ("kiosk-1", "board-1"):
            Device(site, device).http.close()

    def write_follower(self, hub_url: str) -> None:
        """Where the standby looks for its hub; another address is a cut cable."""
        self.config.write_text(
            f"""\
data = "data/standby"
url = "{self.standby_url}"
pin_argon2 = '{hash_pin(PIN)}'

[[listen]]
address = "127.0.0.1:{self.port}"
certificate = "tls/hub.crt"
key = "tls/hub.key"

[hub]
url = "{hub_url}"
ca = "tls/site-ca.crt"
token_file = "secrets/{STANDBY}.token"
""",
            encoding="utf-8",
        )

    def start(self) -> None:
        """Start both, and wait until the standby has everything."""
        self.hub.start()
        self.standby.start()
        until(self.has_set_aside, what="numbers to be set aside")
        self.wait_whole()

    def has_set_aside(self) -> bool:
        """Whether the hub has set numbers of every service aside for this standby."""
        services = {service.id for service in self.site.catalogue.services if service.active}
        leases = [e.event.lease for e in journal(self.site.folder / "data/hub") if isinstance(e.event, NumbersLeased)]
        return services <= {lease.service for lease in leases if lease.device == block_of(1)}

    def stop(self) -> None:
        """Pull both plugs."""
        self.hub.kill()
        self.standby.kill()

    def device(self, name: str, *, standby: bool = False) -> Device:
        """A device that speaks to the hub, or to the machine of the standby."""
        device = Device(self.site, name)
        if standby:
            device.http.base_url = httpx.URL(self.standby_url)
        return device

    def trust(self) -> ssl.SSLContext:
        """Trusts the site's authority alone."""
        return ssl.create_default_context(cafile=self.site.folder / "tls/site-ca.crt")

    def page(self) -> httpx.Client:
        """The standby's page."""
        client = Device(self.site, "kiosk-1").http
        client.base_url = httpx.URL(self.standby_url)
        client.headers["Accept"] = "application/json"
        del client.headers["Authorization"]
        return client

    def wait_whole(self, within_s: float = 20) -> None:
        """Until the standby has what the hub has, with its configuration."""

        def whole() -> bool:
            return (
                journal(self.data / "hub") == journal(self.site.folder / "data/hub")
                and (self.data / "config/hub.toml").exists()
                and (self.data / "hub/officers.db").exists()
            )

        until(whole, within_s=within_s, what="the standby to have everything")

    def promote(self) -> float:
        """Have an officer make the standby the hub; how long it took until it answers as one, in seconds."""

        began_s = time.monotonic()
        answer = self.page().post("/promote", data={"pin": PIN, "who": "Lê Thị Mẫu", "words": WORDS})
        assert answer.status_code == 200, answer.text
        self.wait_promoted()
        return time.monotonic() - began_s

    def wait_promoted(self) -> None:
        """Until the standby's machine answers as a hub."""
        until(lambda: self.health(self.standby_url).get("program") == "hub", what="the standby to be the hub")

    def health(self, url: str) -> dict[str, object]:
        """What the program at this address tells of itself; empty where none answers."""
        client = self.page()
        try:
            told: dict[str, object] = client.get(f"{url}/api/v1/health").json()
        except httpx.HTTPError:
            return {}
        return told


def journal(folder: Path) -> list[Entry]:
    """Every entry of the ``hub.db`` in this folder; none where there is none."""
    path = folder / "hub.db"
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as db:
        try:
            rows = db.execute("SELECT seq, at_ms, event FROM entries ORDER BY seq").fetchall()
        except sqlite3.OperationalError:
            return []
    return [Entry(seq, at_ms, _event.decode(event)) for seq, at_ms, event in rows]


def copy_folder(source: Path, target: Path) -> None:
    """A copy of a folder, as a disk that is moved to another machine."""
    shutil.copytree(source, target)
