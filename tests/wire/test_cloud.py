"""moiso-cloud as its own process: it serves loopback alone, says what is wrong at start, and stops when told."""

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.wire.daemon import Daemon
from tests.wire.mosquitto import free_port

CONFIG = """
data = "cloud"
[web]
listen = "{listen}"
session_key_file = "session.key"
[broker]
address = "127.0.0.1:1"
ca = "ca.crt"
certificate = "ingest.crt"
key = "ingest.key"
"""


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Daemon]:
    (tmp_path / "session.key").write_text("0" * 64)
    daemon = Daemon("cloud.app", tmp_path / "cloud.toml", tmp_path / "cloud.log")
    yield daemon
    daemon.kill()


def configure(cloud: Daemon, listen: str, more: str = "") -> None:
    cloud.config.write_text(more + CONFIG.format(listen=listen), encoding="utf-8")


def test_it_answers_once_it_says_that_it_is_ready_and_stops_when_told(cloud: Daemon) -> None:
    address = f"127.0.0.1:{free_port()}"
    configure(cloud, address)
    cloud.start()
    answer = httpx.get(f"http://{address}/", follow_redirects=True)
    assert (answer.status_code, answer.url.path) == (200, "/login")
    assert "Strict-Transport-Security" not in answer.headers  # plain http; nginx says it is https
    behind = httpx.get(
        f"http://{address}/login", headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    )
    assert "Strict-Transport-Security" in behind.headers
    assert cloud.stop() == 0


def test_a_port_in_use_is_told(cloud: Daemon) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        configure(cloud, f"127.0.0.1:{taken.getsockname()[1]}")
        cloud.launch()
        assert cloud.exit_status() == 78
    assert "another program uses this port" in cloud.log.read_text()


@pytest.mark.req("X3")
@pytest.mark.parametrize("listen", ["0.0.0.0:0", "192.0.2.1:8090", "dashboard.example:8090"])
def test_it_does_not_serve_the_world_without_tls(cloud: Daemon, listen: str) -> None:
    configure(cloud, listen)
    cloud.launch()
    assert cloud.exit_status() == 78
    assert f"listen {listen}: only a loopback address" in cloud.log.read_text()


def test_an_unknown_key_is_named(cloud: Daemon) -> None:
    configure(cloud, "127.0.0.1:1", more='colour = "green"\n')
    cloud.launch()
    assert cloud.exit_status() == 78
    assert "colour" in cloud.log.read_text()
