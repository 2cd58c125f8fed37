"""The kiosk's camera. It is held by a process of its own, which is killed where a capture blocks, and started again."""

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from enum import Enum

from msgspec import Struct

from edge.devices.cameras.frames import REQUEST, Fault, Frame, FrameError, Frames, Lost, Picture

POLL_S = 0.2  # how soon a stop is seen
KILL_S = 1.0  # for the kernel to take a killed process away
CHUNK = 1 << 18
STEADY_S = 10.0  # a camera that went on for so long is tried again soon when it is lost
# What these libraries say by themselves would be said again at every attempt: the one line about a lost camera is ours.
QUIET = {"OPENCV_LOG_LEVEL": "SILENT", "OPENCV_FFMPEG_LOGLEVEL": "-8", "LIBCAMERA_LOG_LEVELS": "*:FATAL"}

_log = logging.getLogger("camera")


class CameraState(Enum):
    """How the camera is. ABSENT: not there. BUSY: another program has it. STUCK: there, and gives no pictures."""

    STARTING = "starting"
    UP = "up"
    ABSENT = "absent"
    BUSY = "busy"
    STUCK = "stuck"


_STATES = {Fault.ABSENT: CameraState.ABSENT, Fault.BUSY: CameraState.BUSY, Fault.STUCK: CameraState.STUCK}


class Patience(Struct, frozen=True):
    """How long is waited, in seconds: for the first picture of a process, for each that follows, and before another
    process is started: twice as long every time, up to ``retry_most_s``."""

    first_s: float = 20.0  # a Pi 4 takes several seconds to load picamera2
    next_s: float = 5.0
    retry_s: float = 0.5
    retry_most_s: float = 10.0


class _Away(Exception):
    def __init__(self, lost: Lost) -> None:
        super().__init__(lost.why)
        self.lost = lost


class Camera:
    """Pictures from a camera until stopped; one that is lost comes back by itself.

    ``driver`` is what ``edge.devices.registry.CAMERAS`` has for a name. ``on_change`` is told every change of ``state``
    after STARTING, once, in a thread of this camera; it must not call ``stop``. All else may be called from any thread.
    """

    def __init__(
        self,
        driver: str,
        link: str,
        on_change: Callable[[CameraState], None],
        patience: Patience = Patience(),  # noqa: B008 (frozen)
    ) -> None:
        self._driver = driver
        self._link = link
        self._on_change = on_change
        self._patience = patience
        self._state = CameraState.STARTING
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._changed = threading.Condition()  # of all below
        self._wire: socket.socket | None = None
        self._fresh: Picture | None = None
        self._asked = 0
        self._waiting: dict[int, Picture | None] = {}  # the stills that are waited for, by their requests' numbers

    @property
    def state(self) -> CameraState:
        """How the camera is now."""
        return self._state

    def start(self) -> None:
        """Begin to capture; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Let the camera go, also in the middle of a capture; returns when its process has ended.

        Nothing is told after it, and whoever waits for a picture is given None.
        """
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    def watch(self, timeout_s: float) -> Picture | None:
        """The newest picture for watching that was not returned before; None where none came within ``timeout_s``."""
        with self._changed:
            self._changed.wait_for(lambda: self._fresh is not None or self._stopping.is_set(), timeout_s)
            picture, self._fresh = self._fresh, None
            return None if self._stopping.is_set() else picture

    def still(self, timeout_s: float) -> Picture | None:
        """A picture in full size that was taken after this call; None where the camera is away or is too slow."""
        with self._changed:
            wire = self._wire
            if wire is None or self._stopping.is_set():
                return None
            self._asked += 1
            number = self._asked
            try:
                wire.sendall(REQUEST.pack(number))
            except OSError:  # its process has just ended
                return None
            self._waiting[number] = None
            self._changed.wait_for(
                lambda: self._waiting[number] is not None or self._wire is not wire or self._stopping.is_set(),
                timeout_s,
            )
            return self._waiting.pop(number)

    def _run(self) -> None:
        pause_s = self._patience.retry_s
        while not self._stopping.is_set():
            since_s = time.monotonic()
            try:
                self._capture()
            except _Away as away:
                self._tell(_STATES[away.lost.fault], away.lost.why)
            if time.monotonic() - since_s > STEADY_S + self._patience.first_s:
                pause_s = self._patience.retry_s
            self._stopping.wait(pause_s)
            pause_s = min(2 * pause_s, self._patience.retry_most_s)

    def _capture(self) -> None:
        """One process, from its start until the camera is lost (raises _Away) or stopped."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                process = self._started(theirs)
            try:
                with self._changed:
                    self._wire = ours
                self._receive(ours)
            finally:
                with self._changed:
                    self._wire = self._fresh = None
                    self._changed.notify_all()
                self._end(process)

    def _started(self, wire: socket.socket) -> "subprocess.Popen[bytes]":
        try:
            return subprocess.Popen(
                [sys.executable, "-m", "edge.devices.cameras.child", self._driver, self._link],
                stdin=wire.fileno(),
                stdout=subprocess.DEVNULL,
                env={**QUIET, **os.environ},
            )
        except OSError as error:
            raise _Away(Lost(Fault.STUCK, f"no process for it: {error.strerror}")) from error

    def _receive(self, wire: socket.socket) -> None:
        frames = Frames()
        wait_s = self._patience.first_s
        heard_s = time.monotonic()
        wire.settimeout(POLL_S)
        while not self._stopping.is_set():
            try:
                data = wire.recv(CHUNK)
                if not data:
                    frames.end()
                    raise _Away(Lost(Fault.STUCK, "its process has ended"))
                for frame in frames.feed(data):
                    self._take(frame)
                    heard_s, wait_s = time.monotonic(), self._patience.next_s
            except TimeoutError:
                pass
            except (ConnectionError, FrameError) as error:
                raise _Away(Lost(Fault.STUCK, f"its process has ended: {error}")) from error
            if time.monotonic() - heard_s > wait_s:
                raise _Away(Lost(Fault.STUCK, f"no picture for {wait_s:g} s"))

    def _take(self, frame: Frame) -> None:
        if isinstance(frame, Lost):
            raise _Away(frame)
        with self._changed:
            if frame.still:
                for number in self._waiting:
                    if number <= frame.number:
                        self._waiting[number] = frame.picture
            else:
                self._fresh = frame.picture
            self._changed.notify_all()
        self._tell(CameraState.UP, "ready")

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        """Kill it, and wait until it is gone: a second one would find the camera busy.

        One that the kernel does not let go of (a driver that hangs inside it) is waited for until the stop.
        """
        process.kill()
        while True:
            try:
                process.wait(KILL_S)
            except subprocess.TimeoutExpired:
                if self._stopping.is_set():
                    _log.warning("not available: %s", f"its process {process.pid} cannot be killed")
                    return
                self._tell(CameraState.STUCK, "its process cannot be killed")
            else:
                return

    def _tell(self, state: CameraState, why: str) -> None:
        if state is self._state or self._stopping.is_set():
            return
        self._state = state
        if state is CameraState.UP:
            _log.info("ready: %s", self._link)
        else:
            _log.warning("not available: %s", f"{state.value}: {''.join(filter(str.isprintable, why))}")
        self._on_change(state)
