"""What a program tells systemd, at a socket that stands for systemd's."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.daemon.config import ConfigError, read_secret
from edge.daemon.notify import Alive, keep_alive, watchdog_s


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The far end of the notifications."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as far:
        far.bind(str(tmp_path / "notify"))
        far.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        yield far


@pytest.mark.parametrize(("usec", "pid", "expected"), [("30000000", "", 30.0), ("", "", None), ("0", "", None)])
def test_the_limit_is_systemds(usec: str, pid: str, expected: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    monkeypatch.setenv("WATCHDOG_PID", pid)
    assert watchdog_s() == expected


def test_a_limit_for_another_process_is_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert watchdog_s() is None


@pytest.mark.req("X5")
def test_an_event_loop_that_turns_says_so_three_times_within_the_limit(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "90000")

    async def program() -> None:
        telling = asyncio.create_task(keep_alive())
        await asyncio.sleep(0.09)
        telling.cancel()

    asyncio.run(program())
    assert [systemd.recv(64) for _ in range(2)] == [b"WATCHDOG=1", b"WATCHDOG=1"]


@pytest.mark.req("X5")
def test_an_event_loop_that_is_blocked_is_silent(systemd: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "30000")
    told = 0

    async def program() -> None:
        nonlocal told
        telling = asyncio.create_task(keep_alive())
        await asyncio.sleep(0)
        systemd.recv(64)
        systemd.settimeout(0.2)
        with pytest.raises(TimeoutError):
            systemd.recv(64)  # this blocks the loop for many limits
        telling.cancel()
        told = 1

    asyncio.run(program())
    assert told


def test_where_nobody_waits_nothing_is_told(systemd: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    asyncio.run(keep_alive())
    Alive().tell()
    systemd.settimeout(0.05)
    with pytest.raises(TimeoutError):
        systemd.recv(64)


def test_a_threads_loop_tells_at_once_and_not_at_every_turn(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "60000000")
    alive = Alive()
    for _ in range(100):
        alive.tell()
    assert systemd.recv(64) == b"WATCHDOG=1"
    systemd.settimeout(0.05)
    with pytest.raises(TimeoutError):
        systemd.recv(64)


@pytest.mark.req("X1", "X3")
def test_a_secret_that_is_roots_comes_by_way_of_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = tmp_path / "credentials"
    given.mkdir()
    (given / "secrets_site.key").write_text("of the site\n", encoding="utf-8")
    closed = tmp_path / "site.key"

    def refused(self: Path, *_: object, **__: object) -> str:
        if self == closed:
            raise PermissionError(13, "Permission denied")
        return self.read_bytes().decode()

    monkeypatch.setattr(Path, "read_text", refused)  # these tests run as root, whom no file refuses
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    assert read_secret(closed) == "of the site"
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(ConfigError, match="Permission denied"):
        read_secret(closed)
