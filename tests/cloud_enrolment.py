"""The cloud's end of enrolment: an authority, a real moiso-issuer, and a dashboard behind TLS as a proxy brings it."""

import contextlib
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

from flask import Flask
from msgspec.structs import replace

from cloud.config import Enrolment
from provisioning.certificates import create_authority, issue
from tests.cloud_people import add_people, add_sites, cloud_config, make_app
from tests.wire.daemon import Daemon


class CloudEnd:
    """``folder`` holds the broker's authority (``ca.crt``), its list and the issuer's socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / "ca.crt").exists():
            create_authority(folder / "ca.crt", folder / "ca.key", "Fictitious broker authority")
        self.revoked = folder / "revoked.crl"
        self.socket = folder / "issuer.sock"
        (folder / "issuer.toml").write_text(
            'socket = "issuer.sock"\nca = "ca.crt"\nca_key = "ca.key"\nrevoked = "revoked.crl"\n'
        )
        self.issuer = Daemon("cloud.issuer", folder / "issuer.toml", folder / "issuer.log")
        self.data = folder / "cloud"
        add_people_once(self.data)
        self.config = Enrolment(self.socket, folder / "ca.crt", "broker.example.org:8883")

    def app(self, config: Enrolment | None = None) -> Flask:
        """The dashboard over it."""
        return make_app(replace(cloud_config(self.data), enrolment=config or self.config))


def add_people_once(data: Path) -> None:
    """Everybody, and three sites."""
    if not (data / "accounts.db").exists():
        data.mkdir(parents=True, exist_ok=True)
        add_people(data)
        add_sites(data)


@contextlib.contextmanager
def cloud_end(folder: Path) -> Iterator[CloudEnd]:
    """The cloud's end with its issuer at work, for as long as the block lasts."""
    made = CloudEnd(folder)
    made.issuer.start()
    try:
        yield made
    finally:
        made.issuer.kill()


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def served(app: Flask, folder: Path) -> Iterator[tuple[str, Path]]:
    """The application over TLS at loopback, as its proxy serves it: the address, and the authority for it."""
    create_authority(folder / "web-ca.crt", folder / "web-ca.key", "Fictitious web authority")
    issue(
        folder / "web-ca.crt",
        folder / "web-ca.key",
        crt=folder / "web.crt",
        key=folder / "web.key",
        common_name="web",
        hosts=["127.0.0.1"],
    )
    server = make_server("127.0.0.1", 0, app, handler_class=_Silent)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "web.crt", folder / "web.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}", folder / "web-ca.crt"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
