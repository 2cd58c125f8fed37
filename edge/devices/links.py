"""The ways to a device: ``tcp:HOST:PORT``, ``usb:PATH`` (the kernel's usblp), or what pyserial opens."""

import contextlib
import errno
import fcntl
import os
import re
import select
import socket
import struct
import termios
import time
from typing import Literal, Protocol

import serial

CONNECT_S = 3.0
WRITE_S = 10.0  # for one piece of PIECE bytes, beside what the line itself needs for it
PIECE = 1024
BITS_A_BYTE = 10  # 8N1: a start bit, eight, a stop bit
EMPTY_S = 0.02  # until usblp is read again after an empty packet, which is its way to say "nothing yet"

# No "dsrdtr": Linux has no DTR/DSR handshake, and pyserial's option only raises DTR. Such a printer's busy line is its
# DTR: wired to the computer's CTS it is "rtscts".
Flow = Literal["none", "rtscts", "xonxoff"]

_TCP = re.compile(r"tcp:(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})")
_USB = re.compile(r"usb:/\S+")


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

    def discard(self) -> None:
        """Throw away what was written and has not left this computer; over TCP that happens at ``close``."""

    def close(self) -> None:
        """Let the device go; never raises."""


def check_link(link: str) -> None:
    """Nothing, where the link is well formed; no device is touched. Raises ValueError saying what is expected."""
    if link.startswith("tcp:"):
        match = _TCP.fullmatch(link)
        if match is None or not 0 < int(match[2]) < 65536:
            raise ValueError(f"{link!r}: expected tcp:HOST:PORT")
    elif link.startswith("usb:"):
        if _USB.fullmatch(link) is None:
            raise ValueError(f"{link!r}: expected usb:PATH, such as usb:/dev/usb/lp0")
    else:
        serial.serial_for_url(link, do_not_open=True)


def open_link(link: str, baud: int, flow: Flow = "none") -> Link:
    """The open link, as 8N1 at ``baud`` where it is a serial one, and locked against others who lock.

    Raises DeviceUnavailable where the device is missing, refuses, or is in use; ValueError on a malformed link.
    """
    check_link(link)
    try:
        if link.startswith("tcp:"):
            return _TcpLink(link, baud)
        if link.startswith("usb:"):
            return _UsbLink(link)
        return _SerialLink(link, baud, flow)
    except (OSError, ValueError) as error:  # pyserial: ValueError is a baud that this device does not know
        raise _gone(link, error) from error


def wire_s(size: int, baud: int) -> float:
    """How long ``size`` bytes are on their way over a serial line, in seconds."""
    return size * BITS_A_BYTE / baud


class _TcpLink:
    """``baud`` is that of the line behind a device server, where there is one: a printer's own port is faster."""

    def __init__(self, link: str, baud: int) -> None:
        _, _, address = link.partition(":")
        host, _, port = address.rpartition(":")
        self._name = link
        self._write_s = WRITE_S + wire_s(PIECE, baud)
        self._socket = socket.create_connection((host.strip("[]"), int(port)), CONNECT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A peer that lost its power says nothing; without these a reader would wait on it for ever.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)

    def write(self, data: bytes) -> None:
        try:
            self._socket.settimeout(self._write_s)  # sendall counts it over the whole call, hence the pieces
            for start in range(0, len(data), PIECE):
                self._socket.sendall(data[start : start + PIECE])
        except OSError as error:
            raise _gone(self._name, error) from error

    def read(self, size: int, timeout_s: float) -> bytes:
        try:
            self._socket.settimeout(timeout_s)
            data = self._socket.recv(size)
        except (TimeoutError, BlockingIOError):
            return b""
        except OSError as error:
            raise _gone(self._name, error) from error
        if not data:
            raise DeviceUnavailable(f"{self._name}: the other end closed the connection")
        return data

    def drain(self) -> None:
        while self.read(4096, 0):
            pass

    def discard(self) -> None:
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError as error:
            raise _gone(self._name, error) from error

    def close(self) -> None:
        self._socket.close()


class _SerialLink:
    """Unplugging shows as SerialException on read and write, OSError on ``in_waiting``, termios.error on a flush."""

    def __init__(self, link: str, baud: int, flow: Flow) -> None:
        self._name = link
        self._port = serial.serial_for_url(
            link,
            baudrate=baud,
            write_timeout=WRITE_S + wire_s(PIECE, baud),
            exclusive=True,
            rtscts=flow == "rtscts",
            xonxoff=flow == "xonxoff",
        )

    def write(self, data: bytes) -> None:
        try:
            for start in range(0, len(data), PIECE):
                self._port.write(data[start : start + PIECE])
        except OSError as error:
            raise _gone(self._name, error) from error

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
            raise _gone(self._name, error) from error
        return data

    def drain(self) -> None:
        try:
            self._port.reset_input_buffer()
        except (OSError, termios.error) as error:
            raise _gone(self._name, error) from error

    def discard(self) -> None:
        # Of a URL such as socket:// pyserial does not know it: nothing waits there.
        try:
            self._port.reset_output_buffer()
        except (OSError, termios.error) as error:
            raise _gone(self._name, error) from error

    def close(self) -> None:
        with contextlib.suppress(OSError, termios.error):
            self._port.close()


class _UsbLink:
    """The character device of a USB printer, as usblp makes it: bytes as they are, no line, no speed.

    Pulled out it answers ENODEV or EIO, and hangs up; an empty read is an empty packet, not the end.
    """

    def __init__(self, link: str) -> None:
        self._name = link
        self._file = os.open(link.removeprefix("usb:"), os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise

    def write(self, data: bytes) -> None:
        left = memoryview(data)
        deadline = time.monotonic() + WRITE_S
        while left:
            left_s = deadline - time.monotonic()  # without paper usblp says that it is ready, and takes nothing
            if left_s <= 0 or not self._ready(select.POLLOUT, left_s):
                raise DeviceUnavailable(f"{self._name}: it takes no more bytes")
            try:
                taken = os.write(self._file, left[:PIECE])
            except BlockingIOError:
                taken = 0
            except OSError as error:
                raise _gone(self._name, error) from error
            if taken:
                left, deadline = left[taken:], time.monotonic() + WRITE_S
            else:
                time.sleep(EMPTY_S)

    def read(self, size: int, timeout_s: float) -> bytes:
        deadline = time.monotonic() + timeout_s
        while self._ready(select.POLLIN, deadline - time.monotonic()):
            try:
                if data := os.read(self._file, size):
                    return data
            except BlockingIOError:
                pass
            except OSError as error:
                raise _gone(self._name, error) from error
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                break
            time.sleep(min(EMPTY_S, left_s))
        return b""

    def drain(self) -> None:
        while self.read(4096, 0):
            pass

    def discard(self) -> None:
        """Nothing: what usblp took is on its way to the printer."""

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._file)

    def _ready(self, what: int, timeout_s: float) -> bool:
        waiting = select.poll()
        waiting.register(self._file, what)
        found = waiting.poll(max(0.0, timeout_s) * 1000)
        if found and found[0][1] & (select.POLLERR | select.POLLHUP | select.POLLNVAL):
            raise DeviceUnavailable(f"{self._name}: {os.strerror(errno.ENODEV)}")
        return bool(found)


def _gone(link: str, error: Exception) -> DeviceUnavailable:
    if isinstance(error, BlockingIOError):
        return DeviceUnavailable(f"{link}: another program holds it")
    return DeviceUnavailable(f"{link}: {getattr(error, 'strerror', None) or str(error) or type(error).__name__}")
