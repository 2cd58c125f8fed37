"""A program of ours as its own process, which says by sd_notify when it is ready."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.waiting import until


class Daemon:
    """``python -m module --config config`` and ``more``; its standard error goes to ``log``."""

    def __init__(self, module: str, config: Path, log: Path, more: Sequence[str] = ()) -> None:
        self.module = module
        self.more = more
        self.config = config
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._notified.bind("")  # unix(7): an abstract address that the kernel chooses

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.launch()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until it says so, after :meth:`launch`."""
        until(self._is_ready, within_s=20, what=f"{self.module} ready")

    def launch(self) -> None:
        """Start it and do not wait."""
        address: bytes = self._notified.getsockname()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.module, "--config", str(self.config), *self.more],
                stderr=log,
                env={**os.environ, "NOTIFY_SOCKET": "@" + address.decode().removeprefix("\0")},
            )

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """End it as systemd does; its exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=10)

    def exit_status(self) -> int:
        """Wait until it ends by itself; its exit status."""
        assert self._process is not None
        return self._process.wait(timeout=20)

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def resident_mib(self) -> float:
        """The memory that it holds now (VmRSS)."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def _is_ready(self) -> bool:
        try:
            return b"READY=1" in self._notified.recv(4096)
        except BlockingIOError:
            return False
