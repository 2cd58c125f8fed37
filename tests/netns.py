"""Network namespaces: a site's machines on cables of their own, which the test pulls."""

import ctypes
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")
CLONE_NEWNET = 0x40000000  # sched.h


def sh(*command: str) -> None:
    """Run a command that must succeed."""
    subprocess.run(command, check=True, capture_output=True)


class Cables:
    """A hub's and a standby's machine, and a hall between them that forwards, until the cable is cut.

    ``hub`` is 10.77.1.1, ``standby`` 10.77.2.2, the hall 10.77.1.254 and 10.77.2.254.
    """

    HUB, STANDBY = "10.77.1.1", "10.77.2.2"

    def __init__(self) -> None:
        if os.geteuid() != 0:
            pytest.skip("network namespaces need root")
        tag = f"m{os.getpid() % 100_000}"
        self.hub, self.standby, self.hall = (f"{tag}{name}" for name in ("h", "s", "c"))
        for name in (self.hub, self.standby, self.hall):
            try:
                sh("ip", "netns", "add", name)
            except (subprocess.CalledProcessError, FileNotFoundError):
                pytest.skip("this machine makes no network namespaces")
            self._in(name, "ip", "link", "set", "lo", "up")
        for name, own, other in (
            (self.hub, f"{self.HUB}/24", "10.77.1.254"),
            (self.standby, f"{self.STANDBY}/24", "10.77.2.254"),
        ):
            far = f"to-{name}"
            sh("ip", "link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", far, "netns", self.hall)
            self._in(name, "ip", "addr", "add", own, "dev", "eth0")
            self._in(name, "ip", "link", "set", "eth0", "up")
            self._in(self.hall, "ip", "addr", "add", f"{other}/24", "dev", far)
            self._in(self.hall, "ip", "link", "set", far, "up")
            self._in(name, "ip", "route", "add", "default", "via", other)
        self.join()
        self.programs: list[subprocess.Popen[bytes]] = []

    def _in(self, name: str, *command: str) -> None:
        sh("ip", "netns", "exec", name, *command)

    def cut(self) -> None:
        """Hub and standby do not reach each other any more; each goes on in its half."""
        self._in(self.hall, "sysctl", "-qw", "net.ipv4.ip_forward=0")

    def join(self) -> None:
        """They do again."""
        self._in(self.hall, "sysctl", "-qw", "net.ipv4.ip_forward=1")

    def run(self, name: str, module: str, config: Path, log: Path) -> "subprocess.Popen[bytes]":
        """Start one of our programs on a machine."""
        with log.open("ab") as file:
            program = subprocess.Popen(
                ["ip", "netns", "exec", name, sys.executable, "-m", module, "--config", str(config)],
                stderr=file,
                env={key: value for key, value in os.environ.items() if key != "NOTIFY_SOCKET"},
            )
        self.programs.append(program)
        return program

    def close(self) -> None:
        """Pull every plug."""
        for program in self.programs:
            program.kill()
            program.wait()
        for name in (self.hub, self.standby, self.hall):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def inside(name: str, work: Callable[[], T]) -> T:
    """What ``work`` returns when it is done on the machine ``name``: in a thread of that namespace."""
    found: list[T] = []
    failed: list[BaseException] = []

    def enter() -> None:
        descriptor = os.open(f"/run/netns/{name}", os.O_RDONLY)
        try:
            if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
            found.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            failed.append(error)
        finally:
            os.close(descriptor)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]
