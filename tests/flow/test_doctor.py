"""moiso-doctor on a whole running site, as a technician calls it; then one thing after another is broken."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from provisioning.certificates import create_authority
from provisioning.demo.site import Ports, Site, provision
from tests.waiting import until
from tests.whole_site import KioskPage, WholeSite

PAPER_S = 40.0  # the kiosk asks its printer every 20 s


class Visit(Struct):
    """What one call of the doctor said."""

    status: int
    said: str

    def lines(self, verdict: str) -> dict[str, str]:
        """Check → what it says and advises, of those with this verdict."""
        return {
            finding["check"]: f"{finding['says']} {finding['advice']}"
            for finding in json.loads(self.said)["findings"]
            if finding["verdict"] == verdict
        }


def doctor(folder: Path, *options: str) -> Visit:
    """Call the program as a technician does."""
    command = [sys.executable, "-m", "provisioning.doctor.app", "--config", str(folder), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.stderr == ""
    return Visit(done.returncode, done.stdout)


def failures(folder: Path) -> dict[str, str]:
    """The red lines in English, by check; the exit status says whether there are any."""
    visit = doctor(folder, "--json", "--lang", "en")
    found = visit.lines("fail")
    assert visit.status == (1 if found else 0)
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return provision(tmp_path_factory.mktemp("doctor"), Ports.free())


@pytest.fixture(scope="module")
def running(site: Site) -> Iterator[WholeSite]:
    with WholeSite(site) as running:
        kiosk = KioskPage(site)
        until(lambda: kiosk.health().get("outage") == "", within_s=20, what="a kiosk that gives numbers")
        until(lambda: kiosk.health().get("camera") == "up", within_s=30, what="the kiosk's camera")
        until(lambda: len(running.led_board.rows) == 4, what="the LED board's picture")
        until(running.has_caught_up, what="the cloud")
        yield running


@pytest.fixture
def copied(site: Site, tmp_path: Path) -> Path:
    """The site's configuration and secrets in another folder, to be spoiled; its programs go on with the first."""
    folder = tmp_path / "copied"
    shutil.copytree(site.folder, folder, ignore=shutil.ignore_patterns("run", "logs", "data"))
    shutil.copytree(site.folder / "run", folder / "run", symlinks=True, ignore=shutil.ignore_patterns("*.sock"))
    for name in ("hub", "cloud", "board"):
        (folder / "data" / name).mkdir(parents=True)
    return folder


@pytest.mark.req("D4", "X5")
def test_a_site_in_good_health_has_no_red_line_and_its_yellow_ones_are_known(running: WholeSite) -> None:
    visit = doctor(running.site.folder, "--json")
    assert (visit.status, visit.lines("fail")) == (0, {}), visit.said
    machines_own = {name for name in visit.lines("warn") if name.startswith("machine.")}
    assert set(visit.lines("warn")) - machines_own == {"kiosk.screen"}, "no browser shows the kiosk's page here"
    assert {"hub.program", "kiosk.printer", "board.led", "cloud.broker", "kiosk.token"} <= set(visit.lines("ok"))


def test_a_technician_reads_vietnamese_lines_without_colours_in_a_pipe(running: WholeSite) -> None:
    visit = doctor(running.site.folder)
    assert "Kiosk (moiso-kiosk)\n" in visit.said
    assert "  ✓ Máy in: sẵn sàng, có giấy" in visit.said
    assert visit.said.splitlines()[-1].startswith("Không mục nào hỏng")
    assert "\x1b" not in visit.said


@pytest.mark.req("X3")
def test_no_secret_and_no_hash_of_one_is_ever_told(running: WholeSite) -> None:
    said = doctor(running.site.folder).said + doctor(running.site.folder, "--json", "--lang", "en").said
    secrets = [path for path in (running.site.folder / "secrets").iterdir() if path.suffix in (".token", ".toml")]
    secrets += [running.site.folder / "secrets/site.key", *(running.site.folder / "tls").glob("*.key")]
    assert len(secrets) > 8
    for path in secrets:
        for word in path.read_text(encoding="utf-8").split():
            assert len(word) < 14 or word.strip('"') not in said, path.name


def test_the_running_programs_keep_their_devices(running: WholeSite) -> None:
    frames, slips = running.led_board.frames_seen, len(running.printer.slips)
    doctor(running.site.folder)
    kiosk = KioskPage(running.site)
    assert (kiosk.health()["scanner"], kiosk.health()["printer_fault"], len(running.printer.slips)) == (True, "", slips)
    until(lambda: running.led_board.frames_seen > frames, what="the board controller's own polling")
    assert len(running.led_board.rows) == 4


@pytest.mark.req("D4")
def test_a_printer_without_paper_is_red_and_says_what_to_do(running: WholeSite) -> None:
    kiosk = KioskPage(running.site)
    running.printer.paper = "out"
    until(lambda: kiosk.health()["printer_fault"] == "paper-out", within_s=PAPER_S, what="the kiosk to notice")
    found = failures(running.site.folder)
    assert set(found) == {"kiosk.printer"}
    assert "Put in a new roll" in found["kiosk.printer"]
    running.printer.paper = "ok"
    running.printer.cover_open = True
    until(lambda: kiosk.health()["printer_fault"] == "cover-open", within_s=PAPER_S, what="the kiosk to notice")
    assert "Close the printer's cover" in failures(running.site.folder)["kiosk.printer"]
    running.printer.cover_open = False
    until(lambda: kiosk.health()["printer_fault"] == "", within_s=PAPER_S, what="the kiosk to notice")


def test_a_scanner_that_is_pulled_out_is_red(running: WholeSite) -> None:
    kiosk = KioskPage(running.site)
    running.scanner.unplug()
    until(lambda: kiosk.health()["scanner"] is False, what="the kiosk to notice")
    assert set(failures(running.site.folder)) == {"kiosk.scanner"}
    running.scanner.plug()
    until(lambda: kiosk.health()["scanner"] is True, what="the kiosk to notice")


def test_a_silent_led_board_is_red(running: WholeSite) -> None:
    running.led_board.silent = True
    until(lambda: "board.led" in failures(running.site.folder), within_s=30, what="the board controller to notice")
    running.led_board.silent = False
    until(lambda: failures(running.site.folder) == {}, within_s=30, what="the board controller to notice")


def test_a_token_that_the_hub_does_not_know_is_red(running: WholeSite, copied: Path) -> None:
    (copied / "secrets/board-1.token").write_text("another\n", encoding="utf-8")
    found = failures(copied)
    assert "token_sha256" in found["board.token"]
    assert "kiosk.token" not in found


def test_the_ca_of_somebody_else_is_red_for_every_device_and_for_the_hub(running: WholeSite, copied: Path) -> None:
    for name in ("site-ca.crt", "site-ca.key"):
        (copied / "tls" / name).unlink()
    create_authority(copied / "tls/site-ca.crt", copied / "tls/site-ca.key", "MờiSố demo site CA")
    found = failures(copied)
    assert {"hub.certificate.chain", "kiosk.hub", "board.hub"} <= set(found)
    assert "strange machine" in found["kiosk.hub"]


def test_a_file_with_a_mistake_is_red_and_the_others_are_looked_at(running: WholeSite, copied: Path) -> None:
    with (copied / "kiosk.toml").open("a", encoding="utf-8") as file:
        file.write("\n[printr]\n")
    (copied / "secrets/site.key").chmod(0o644)
    found = failures(copied)
    assert "printr" in found["kiosk.configuration"]
    assert "everybody on this machine can read" in found["hub.secrets"]
    assert "board.configuration" not in found


def test_a_program_that_hangs_is_red_and_its_devices_are_left_alone(running: WholeSite) -> None:
    """As a program that was stopped by SIGSTOP: its port takes connections, and nobody answers."""
    (kiosk,) = pids_of(running.site.folder / "kiosk.toml")
    os.kill(kiosk, signal.SIGSTOP)
    try:
        visit = doctor(running.site.folder, "--json", "--lang", "en")
    finally:
        os.kill(kiosk, signal.SIGCONT)
    assert set(visit.lines("fail")) == {"kiosk.program"}
    assert "kiosk.devices" in visit.lines("warn")
    assert "kiosk.printer" not in {**visit.lines("ok"), **visit.lines("fail")}


def pids_of(config: Path) -> list[int]:
    """The processes that were started with this file."""
    wanted = f"--config\0{config}\0".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has just ended
            if wanted in path.read_bytes():
                found.append(int(path.parent.name))
    return found


def test_a_dead_hub_is_red_at_the_hub_and_from_every_device(running: WholeSite) -> None:
    """The last but one of this file: the hub comes back with a new process."""
    running.supervisor.unplug("hub")
    kiosk = KioskPage(running.site)
    until(lambda: kiosk.health().get("alone") is True, within_s=30, what="the kiosk to go on alone")
    visit = doctor(running.site.folder, "--json", "--lang", "en")
    assert set(visit.lines("fail")) == {"hub.program", "kiosk.hub", "board.hub"}
    assert "reserve numbers" in visit.lines("warn")["kiosk.numbers"]
    running.supervisor.plug_in("hub")
    until(lambda: failures(running.site.folder) == {}, within_s=40, what="a healthy site")


def test_a_dead_kiosk_is_red_and_its_devices_are_looked_at_directly(running: WholeSite) -> None:
    running.supervisor.unplug("kiosk")
    until(lambda: "kiosk.program" in failures(running.site.folder), within_s=20, what="the kiosk's end")
    visit = doctor(running.site.folder, "--json", "--lang", "en")
    assert set(visit.lines("fail")) == {"kiosk.program"}
    assert {"kiosk.scanner", "kiosk.printer", "kiosk.card-reader", "kiosk.camera"} <= set(visit.lines("ok"))
    running.printer.paper = "out"
    assert "Put in a new roll" in failures(running.site.folder)["kiosk.printer"]
    running.printer.paper = "ok"
    running.supervisor.plug_in("kiosk")


def test_a_machine_without_a_configuration_cannot_be_looked_at(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "provisioning.doctor.app", "--lang", "en", "--config"]
    for folder in (tmp_path, tmp_path / "none"):
        done = subprocess.run([*command, str(folder)], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (2, "")
        assert str(folder) in done.stderr
