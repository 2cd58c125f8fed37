"""The ways to a device: ``tcp:HOST:PORT``, or any path or URL that pyserial opens."""

import contextlib
import re
import socket
import termios
import time
from typing import Protocol

import serial

CONNECT_S = 3.0
WRITE_S = 10.0  # for one piece of PIECE bytes: 1 s of it is the wire itself at 9600 baud
PIECE = 1024

_TCP = re.compile(r"tcp:(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})")


class DeviceUnavailable(Exception):
    """The device is not there, was pulled out, is held by another program, or takes no more bytes."""


class Link(Protocol):
    """An open way to a device; every method raises DeviceUnavailable once the device is gone."""

    def write(self, data: bytes) -> None:
        """Send all of it; raises DeviceUnavailable too where the device takes nothing for ``WRITE_S`` seconds."""

    def read(self, size: int, timeout_s: float) -> bytes:
        """What has arrived, 1 to ``size`` bytes, waiting for the first; empty after ``timeout_s`` of silence."""

    def drain(self) -> None:
        """Throw away what has arrived and was not read."""

    def close(self) -> None:
        """Let the device go; never raises."""


def check_link(link: str) -> None:
    """Nothing, where the link is well formed; no device is touched. Raises ValueError saying what is expected."""
    if link.startswith("tcp:"):
        match = _TCP.fullmatch(link)
        if match is None or not 0 < int(match[2]) < 65536:
            raise ValueError(f"{link!r}: expected tcp:HOST:PORT")
    else:
        serial.serial_for_url(link, do_not_open=True)


def open_link(link: str, baud: int) -> Link:
    """The open link, as 8N1 at ``baud`` where it is a serial one, and locked against others who lock.

    Raises DeviceUnavailable where the device is missing, refuses, or is in use; ValueError on a malformed link.
    """
    check_link(link)
    try:
        if link.startswith("tcp:"):
            return _TcpLink(link)
        return _SerialLink(link, baud)
    except (OSError, ValueError) as error:  # pyserial: ValueError is a baud that this device does not know
        raise DeviceUnavailable(f"{link}: {_reason(error)}") from error


class _TcpLink:
    def __init__(self, link: str) -> None:
        _, _, address = link.partition(":")
        host, _, port = address.rpartition(":")
        self._name = link
        self._socket = socket.create_connection((host.strip("[]"), int(port)), CONNECT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A peer that lost its power says nothing; without these a reader would wait on it for ever.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)

    def write(self, data: bytes) -> None:
        try:
            self._socket.settimeout(WRITE_S)  # sendall counts it over the whole call, hence the pieces
            for start in range(0, len(data), PIECE):
                self._socket.sendall(data[start : start + PIECE])
        except OSError as error:
            raise DeviceUnavailable(f"{self._name}: {_reason(error)}") from error

    def read(self, size: int, timeout_s: float) -> bytes:
        try:
            self._socket.settimeout(timeout_s)
            data = self._socket.recv(size)
        except TimeoutError:
            return b""
        except OSError as error:
            raise DeviceUnavailable(f"{self._name}: {_reason(error)}") from error
        if not data:
            raise DeviceUnavailable(f"{self._name}: the other end closed the connection")
        return data

    def drain(self) -> None:
        try:
            self._socket.settimeout(0)
            while self._socket.recv(4096):
                pass
        except BlockingIOError:
            return
        except OSError as error:
            raise DeviceUnavailable(f"{self._name}: {_reason(error)}") from error
        raise DeviceUnavailable(f"{self._name}: the other end closed the connection")

    def close(self) -> None:
        self._socket.close()


class _SerialLink:
    """Unplugging shows as SerialException on read and write, OSError on ``in_waiting``, termios.error on a flush."""

    def __init__(self, link: str, baud: int) -> None:
        self._name = link
        self._port = serial.serial_for_url(link, baudrate=baud, write_timeout=WRITE_S, exclusive=True)

    def write(self, data: bytes) -> None:
        try:
            for start in range(0, len(data), PIECE):
                self._port.write(data[start : start + PIECE])
        except OSError as error:
            raise DeviceUnavailable(f"{self._name}: {_reason(error)}") from error

    def read(self, size: int, timeout_s: float) -> bytes:
        deadline = time.monotonic() + timeout_s
        try:
            self._port.timeout = timeout_s
            data: bytes = self._port.read(1)
            waiting = min(size - 1, self._port.in_waiting) if data else 0
            if waiting > 0:
                self._port.timeout = max(0.0, deadline - time.monotonic())
                data += self._port.read(waiting)
        except (OSError, termios.error) as error:
            raise DeviceUnavailable(f"{self._name}: {_reason(error)}") from error
        return data

    def drain(self) -> None:
        try:
            self._port.reset_input_buffer()
        except (OSError, termios.error) as error:
            raise DeviceUnavailable(f"{self._name}: {_reason(error)}") from error

    def close(self) -> None:
        with contextlib.suppress(OSError, termios.error):
            self._port.close()


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
