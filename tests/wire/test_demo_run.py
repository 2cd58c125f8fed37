"""``make run`` as a person meets it: what it prints, a port in use, Ctrl-C, a second run with the same data."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

from msgspec.structs import asdict

from provisioning.demo.ports import reserve_block
from provisioning.demo.site import OFFICER, Ports

FIELDS = len(asdict(Ports()))


def free_base() -> int:
    """The first of as many free ports in a row as a site needs."""
    return reserve_block()


def command(folder: Path, base: int, *more: str) -> list[str]:
    return [sys.executable, "-m", "provisioning.demo.run", "--folder", str(folder), "--port-base", str(base), *more]


def start(folder: Path, base: int, *more: str) -> tuple[subprocess.Popen[str], str]:
    """Run until the table of addresses stands there; the process and what it has printed."""
    demo = subprocess.Popen(
        command(folder, base, *more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    )
    assert demo.stdout is not None
    printed = ""
    for line in demo.stdout:
        printed += line
        if "begins anew" in line:
            return demo, printed
    raise AssertionError(printed)


def login(printed: str) -> str:
    found = re.search(rf"{OFFICER} / ([a-z0-9-]{{14}})", printed)
    assert found, printed
    return found[1]


def running_in(folder: Path) -> list[str]:
    everything = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [line for line in everything.splitlines() if str(folder) in line]


def test_a_port_in_use_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    base = free_base()
    with socket.create_server(("127.0.0.1", base + 1)):
        refused = subprocess.run(command(tmp_path / "demo", base), capture_output=True, text=True)
    assert refused.returncode == 1
    assert f"port {base + 1}, meant for the kiosk, is used by another program" in refused.stderr
    assert "PORT_BASE=" in refused.stderr
    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["lock"]


def test_a_whole_site_starts_stops_on_ctrl_c_and_goes_on_with_its_data(tmp_path: Path) -> None:
    folder, base = tmp_path / "demo", free_base()
    demo, printed = start(folder, base)
    try:
        for name in ("workbench", "broker", "hub", "cloud", "ingest", "kiosk", "board"):
            assert re.search(rf"✓ {name} +\d+\.\d s", printed), printed
        assert len(Ports.counted_from(base).in_use()) == FIELDS
        second = subprocess.run(command(folder, base), capture_output=True, text=True)
        assert (second.returncode, "already runs" in second.stderr) == (1, True)
    finally:
        demo.send_signal(signal.SIGINT)
        said, _ = demo.communicate(timeout=20)
    assert demo.returncode == 0
    assert "Đã dừng tất cả" in said
    assert running_in(folder) == []
    journal = (folder / "data/hub/hub.db").stat().st_ino

    demo, again = start(folder, base)
    demo.terminate()
    demo.communicate(timeout=20)
    assert login(again) == login(printed)
    assert (folder / "data/hub/hub.db").stat().st_ino == journal

    demo, anew = start(folder, base, "--anew")
    demo.kill()
    demo.communicate(timeout=20)
    assert login(anew) != login(printed)
