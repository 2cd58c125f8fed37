"""Somebody stands between a device and the hub, or pretends to be it; and clocks that are years off. Over real TLS."""

import asyncio
import contextlib
import hashlib
import secrets
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import httpx
import msgspec
import pytest
from cryptography import x509

from edge.contracts.enrolment import PATH, Answer, Ask, Asked, Reveal, Standing, commitment
from edge.daemon.config import Hub
from edge.daemon.hub_client import HubClient, HubRejected
from edge.daemon.site_tls import site_context
from edge.daemon.x509 import (
    Authority,
    key_pem,
    load_key,
    make_request,
    new_key,
    new_site_authority,
    pem_of,
    public_bytes,
)
from provisioning.demo.site import Site
from tests.enrolment import (
    HOME,
    Command,
    administrator_of,
    ca_of,
    own_authority,
    running_hub,
    url_of,
)

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = own_authority(tmp_path_factory.mktemp("site") / "site")
    with running_hub(made):
        yield made


class Between:
    """Its own authority and certificate for 127.0.0.1; to the hub it is a device that asks, to the device it is a hub.

    ``shows``: the authority that it tells devices of, where that is not its own. It says at once that the device is in.
    """

    def __init__(self, site: Site, shows: str = "") -> None:
        certificate, pem = new_site_authority("Fictitious", [], NOW)
        self.authority = Authority(certificate, load_key(pem))
        self.shows = shows or pem_of(certificate)
        self.hub = httpx.Client(base_url=url_of(site), verify=site_context(ca_of(site)), trust_env=False)
        self.key, self.token, self.nonce = new_key(), secrets.token_urlsafe(32), secrets.token_hex(16)

    def answer(self, path: str, body: bytes) -> bytes:
        sha256 = hashlib.sha256(self.token.encode()).hexdigest()
        if path == PATH and body:
            public = public_bytes(self.key.public_key())
            ask = Ask(make_request(self.key, "x"), sha256, "kiosk", commitment(public, sha256, "kiosk", self.nonce))
            told = self.hub.post(PATH, content=msgspec.json.encode(ask)).raise_for_status().content
            asked = msgspec.json.decode(told, type=Asked)
            reveal = msgspec.json.encode(Reveal(asked.id, self.nonce))
            self.hub.post(f"{PATH}/number", content=reveal).raise_for_status()
            return msgspec.json.encode(Asked(asked.id, asked.nonce, self.shows, asked.now_ms))
        if path == f"{PATH}/number":
            return b"null"
        return msgspec.json.encode(Answer(Standing.ENROLLED, 0, "kiosk-1", "kiosk"))


class _Handler(BaseHTTPRequestHandler):
    between: ClassVar[Between | None] = None

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def do_GET(self) -> None:
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        made = self.between.answer(self.path, body) if self.between else b'{"here":true}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(made)))
        self.end_headers()
        self.wfile.write(made)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def listening(folder: Path, certificate: x509.Certificate, key: bytes, between: Between | None = None) -> Iterator[str]:
    pem = folder / "server.pem"
    pem.write_bytes(key + pem_of(certificate).encode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    handler = type("Handler", (_Handler,), {"between": between})
    server = HTTPServer(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def certified(authority: Authority, since: datetime = NOW, days: int = 397) -> tuple[x509.Certificate, bytes]:
    key = new_key()
    public = public_bytes(key.public_key())
    return authority.issue(public, name="hub", now=since, hosts=["127.0.0.1"], days=days), key_pem(key)


@pytest.mark.req("X1", "X3", "X5")
def test_through_somebody_between_the_device_shows_a_code_that_the_hub_does_not_know(
    site: Site, tmp_path: Path
) -> None:
    between = Between(site)
    folder = tmp_path / "identity"
    with listening(tmp_path, *certified(between.authority), between) as url:
        kiosk = Command("kiosk", "--hub", url, "--folder", str(folder))
        code = kiosk.code()
        administrator = administrator_of(site)
        assert "127.0.0.1" in administrator.http.get(HOME).text  # the one between waits there, with another code
        answer = administrator.send(HOME, f"{HOME}/approve", code=code, name="kiosk-mitm")
        assert answer.status_code == 422
        assert "kiosk-mitm" not in administrator.http.get(HOME).text
        for guess in ("gà vịt", "ba bé", "xe xa"):  # nobody has two words to type: the hub showed none
            kiosk.type(guess)
        assert kiosk.status() == 1
    assert not (folder / "current").exists()


@pytest.mark.req("X3", "X5")
def test_who_passes_the_hubs_authority_on_cannot_go_on(site: Site, tmp_path: Path) -> None:
    between = Between(site, shows=ca_of(site).read_text(encoding="ascii"))
    with listening(tmp_path, *certified(between.authority), between) as url:
        kiosk = Command("kiosk", "--hub", url, "--folder", str(tmp_path / "identity"))
        assert kiosk.status() == 1
    assert "giả làm" in kiosk.said
    assert not (tmp_path / "identity/current").exists()


@pytest.fixture(scope="module")
def authority() -> Authority:
    certificate, pem = new_site_authority("Fictitious", [], NOW - timedelta(days=400))
    return Authority(certificate, load_key(pem))


def reaches(url: str, authority: Authority, now: datetime) -> bool:
    context = site_context(pem_of(authority.certificate), now.timestamp)
    try:
        with httpx.Client(verify=context, trust_env=False) as http:
            return http.get(url).status_code == 200
    except httpx.ConnectError:
        return False


@pytest.mark.req("X3", "X6")
@pytest.mark.parametrize(
    "clock", [datetime(1970, 1, 1, 0, 1, tzinfo=UTC), NOW - timedelta(days=300), NOW, datetime(2090, 1, 1, tzinfo=UTC)]
)
def test_a_device_whose_clock_is_years_off_reaches_the_hub(
    authority: Authority, tmp_path: Path, clock: datetime
) -> None:
    with listening(tmp_path, *certified(authority)) as url:
        assert reaches(url, authority, clock)


@pytest.mark.req("X3", "X6")
def test_a_hub_that_got_its_certificate_when_the_devices_clock_has_not_come_to_is_reached(
    authority: Authority, tmp_path: Path
) -> None:
    """The same, and nobody's clock is made up: it is this machine's own that is four years behind the certificate."""
    with listening(tmp_path, *certified(authority, NOW + timedelta(days=4 * 365))) as url:
        assert reaches(url, authority, NOW)
        hub = Hub(url, tmp_path / "ca.crt", tmp_path / "token")
        (tmp_path / "ca.crt").write_text(pem_of(authority.certificate))
        (tmp_path / "token").write_text("t")
        assert snapshot_of(hub) == "a hub"


@pytest.mark.req("X3", "X6")
def test_a_certificate_that_ran_out_is_refused_by_a_clock_that_may_be_right_and_borne_by_one_that_cannot(
    authority: Authority, tmp_path: Path
) -> None:
    with listening(tmp_path, *certified(authority, NOW - timedelta(days=300), days=200)) as url:
        assert not reaches(url, authority, NOW)
        assert reaches(url, authority, datetime(1970, 1, 1, tzinfo=UTC))
    certificate, pem = new_site_authority("Another", [], NOW)
    stranger = Authority(certificate, load_key(pem))
    with listening(tmp_path, *certified(stranger)) as url:
        assert not reaches(url, authority, NOW)
        assert not reaches(url, authority, datetime(1970, 1, 1, tzinfo=UTC))


@pytest.mark.req("X3")
def test_the_name_is_checked_whatever_the_clock_says(authority: Authority, tmp_path: Path) -> None:
    with listening(tmp_path, *certified(authority)) as url:
        assert not reaches(url.replace("127.0.0.1", "localhost"), authority, datetime(1970, 1, 1, tzinfo=UTC))


def snapshot_of(hub: Hub) -> str:
    """What a program's own link meets there: "a hub", or the fault."""

    async def look() -> str:
        client = HubClient(hub)
        try:
            async for change in client.changes():
                return "a hub" if change is not None else "lost"
        except HubRejected:
            return "rejected"
        except KeyError:  # it answered, and is no hub of ours
            return "a hub"
        finally:
            await client.close()
        return "nothing"

    return asyncio.run(look())
