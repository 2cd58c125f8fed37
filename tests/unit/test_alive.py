"""The dashboard asks itself whether it answers; a program that serves pages says that its loop turns."""

import asyncio
import os
import signal
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from starlette.applications import Starlette

from cloud.alive import answers
from edge.daemon.config import Listen
from edge.daemon.serve import serve


class NotThere(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_error(404)

    def log_message(self, *_: object) -> None:  # it writes to standard error otherwise
        pass


@pytest.mark.req("X5")
def test_any_answer_is_an_answer() -> None:
    with HTTPServer(("127.0.0.1", 0), NotThere) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        assert answers("127.0.0.1", server.server_port)


@pytest.mark.req("X5")
def test_a_server_whose_threads_are_all_held_up_gives_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port: int = deaf.getsockname()[1]
        assert not answers("127.0.0.1", port, within_s=0.2)
    assert not answers("127.0.0.1", port, within_s=0.2)  # and one that is gone gives none either


@pytest.mark.req("X5")
def test_a_program_that_serves_is_ready_and_then_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as far:
        far.bind(str(tmp_path / "notify"))
        far.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "60000")
        monkeypatch.delenv("WATCHDOG_PID", raising=False)

        def listen() -> None:
            while len(told) < 4:
                told.append(far.recv(64))
            os.kill(os.getpid(), signal.SIGTERM)  # serve() stops by it, and nothing else does

        hearing = threading.Thread(target=listen)
        hearing.start()
        asyncio.run(serve(Starlette(), [Listen("127.0.0.1:0")]))
        hearing.join()
    assert told == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1", b"WATCHDOG=1"]
