"""The process that holds the camera: ``python -m edge.devices.cameras.child MODULE:DRIVER LINK``.

Its standard input is one end of a socket pair; the other is the kiosk's. It sends what the camera sees, takes requests
for stills, and ends when the camera is lost, or with the kiosk.
"""

import os
import queue
import signal
import socket
import sys
import threading
import time
from importlib import import_module
from typing import NoReturn

from edge.devices.cameras.driver import CameraAway, CameraDriver
from edge.devices.cameras.frames import REQUEST, Lost, Picture, pack_lost, pack_shot

PERIOD_S = 0.125  # from one watched picture to the next


def main() -> None:
    """Capture until the camera is lost or nobody listens any more."""
    target, link = sys.argv[1:]
    for told_to_all in (signal.SIGINT, signal.SIGTERM):  # the kiosk ends its camera itself, and in its own order
        signal.signal(told_to_all, signal.SIG_IGN)
    wire = socket.socket(fileno=0)
    requests: queue.SimpleQueue[int] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(wire, requests), name="requests", daemon=True).start()
    try:
        _capture(_opened(target, link), wire, requests)
    except CameraAway as away:
        _send(wire, pack_lost(Lost(away.fault, away.why)))
    _leave()


def _opened(target: str, link: str) -> CameraDriver:
    module, _, name = target.partition(":")
    driver: CameraDriver = getattr(import_module(module), name)(link)
    return driver


def _capture(camera: CameraDriver, wire: socket.socket, requests: "queue.SimpleQueue[int]") -> NoReturn:
    watched, due_s = 0, time.monotonic()
    while True:
        asked = _asked(requests, due_s - time.monotonic())
        if asked:
            _send_shot(wire, True, asked, camera.still())
        else:
            watched += 1
            due_s = time.monotonic() + PERIOD_S
            _send_shot(wire, False, watched, camera.watch())


def _asked(requests: "queue.SimpleQueue[int]", wait_s: float) -> int:
    """The last still that was asked for, waiting so long for the first; 0: none was."""
    asked = 0
    try:
        asked = requests.get(timeout=max(0.0, wait_s))  # nosec B113 (a queue)
        while True:
            asked = requests.get_nowait()
    except queue.Empty:
        return asked


def _listen(wire: socket.socket, requests: "queue.SimpleQueue[int]") -> None:
    """Take requests. The end of the stream is the kiosk's end, and so this one's, even in the middle of a capture."""
    while len(request := wire.recv(REQUEST.size, socket.MSG_WAITALL)) == REQUEST.size:
        requests.put(REQUEST.unpack(request)[0])  # nosec B113 (a queue)
    _leave()


def _send_shot(wire: socket.socket, still: bool, number: int, picture: Picture) -> None:
    _send(wire, *pack_shot(still, number, picture))


def _send(wire: socket.socket, *pieces: bytes | memoryview) -> None:
    try:
        for piece in pieces:
            wire.sendall(piece)
    except OSError:  # nobody listens
        _leave()


def _leave() -> NoReturn:
    """End at once: a camera's library that tidies up may hang as its captures do, and the kernel takes all back."""
    os._exit(0)


if __name__ == "__main__":
    main()
