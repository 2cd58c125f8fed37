"""A bare Debian becomes hub and kiosk by ``provisioning/install``, works, heals itself, and lets go again."""

import json
import re
import time
from collections.abc import Iterator

import pytest

from tests.install.machine import SOON_S, Machine, until

INSTALL = ("/mnt/moiso/provisioning/install", "--lang", "en", "--wheels", "/mnt/wheels")
ROLES = (
    "hub",
    "kiosk",
    "--site",
    "mau-01",
    "--host",
    "127.0.0.1",
    "--hub",
    "https://127.0.0.1:8443",
    "--name",
    "kiosk-1",
)
NOTHING = "This machine is as it should be: nothing is changed."
WATCHDOG_S = 30


@pytest.fixture(scope="module")
def began_s(bare: Machine) -> float:
    """When the first command was typed."""
    assert bare.status(*INSTALL, "--check", *ROLES) == 1
    assert not bare.path("/opt/moiso").exists()
    return time.monotonic()


@pytest.fixture(scope="module")
def installed(bare: Machine, began_s: float) -> Machine:
    """A machine on which it was installed, and that was not started yet."""
    bare.run(*INSTALL, *ROLES)
    return bare


@pytest.fixture(scope="module")
def running(installed: Machine) -> Iterator[Machine]:
    """The same, started."""
    with installed.booted():
        yield installed


def test_installed_again_nothing_is_changed(installed: Machine) -> None:
    assert NOTHING in installed.run(*INSTALL, *ROLES)
    assert installed.status(*INSTALL, "--check", *ROLES) == 0
    assert NOTHING in installed.run(*INSTALL, "--check")  # which roles it has, it knows itself


@pytest.mark.req("X1", "X3")
def test_secrets_are_roots_and_each_program_has_an_account_of_its_own(installed: Machine) -> None:
    seen = installed.run(
        *(
            "stat",
            "-c",
            "%n %a %U:%G",
            "/etc/moiso/secrets/hub/site.key",
            "/etc/moiso/secrets/hub",
            "/etc/moiso/hub.toml",
        ),
        *(
            "/etc/moiso/officers.toml",
            "/etc/moiso/kiosk.toml",
            "/var/lib/moiso-hub",
            "/var/lib/moiso-hub/tls/site-ca.key",
        ),
        *("/root/moiso-administrator.txt", "/var/lib/moiso-kiosk"),
    )
    assert [line for line in seen.splitlines() if line.startswith("/")] == [
        "/etc/moiso/secrets/hub/site.key 400 root:root",
        "/etc/moiso/secrets/hub 700 root:root",
        "/etc/moiso/hub.toml 640 root:moiso-hub",
        "/etc/moiso/officers.toml 640 root:moiso-hub",
        "/etc/moiso/kiosk.toml 640 root:moiso-kiosk",
        "/var/lib/moiso-hub 700 moiso-hub:moiso-hub",
        "/var/lib/moiso-hub/tls/site-ca.key 600 moiso-hub:moiso-hub",
        "/root/moiso-administrator.txt 600 root:root",
        "/var/lib/moiso-kiosk 700 moiso-kiosk:moiso-kiosk",
    ]
    passwd = installed.path("/etc/passwd").read_text(encoding="utf-8")
    for user in ("moiso-hub", "moiso-kiosk", "moiso-screen"):
        assert re.search(rf"^{user}:.*:/usr/sbin/nologin$", passwd, re.MULTILINE), passwd


def test_systemd_has_nothing_to_say_against_what_was_installed(running: Machine) -> None:
    units = [path.name for path in running.path("/usr/lib/systemd/system").glob("moiso-*")]
    units = [name.replace("@.", "@hub.") for name in units if name != "moiso-failed@.service"]
    assert len(units) >= 5
    assert running.run("systemd-analyze", "verify", *units, "moiso-failed@moiso-hub.service.service").strip() == ""


def test_the_hub_is_ready_by_itself_after_the_machine_started(running: Machine) -> None:
    until(lambda: running.is_active("moiso-hub"), SOON_S)
    assert running.is_active("moiso-site.target")
    wanted = running.show("moiso-hub", "WatchdogUSec", "MemoryMax", "TasksMax")
    assert wanted == {"WatchdogUSec": "30s", "MemoryMax": str(768 << 20), "TasksMax": "128"}


@pytest.mark.req("X5")
def test_a_kiosk_that_is_not_enrolled_waits_as_failed_for_everybody_to_see(running: Machine) -> None:
    until(lambda: running.run("systemctl", "is-failed", "moiso-kiosk", check=False).strip() == "failed", SOON_S)
    assert running.show("moiso-kiosk", "ExecMainStatus") == {"ExecMainStatus": "78"}
    until(
        lambda: "its configuration is wrong" in running.run("journalctl", "-u", "moiso-failed@*", "--no-pager"), SOON_S
    )


@pytest.mark.req("X6")
def test_enrolled_it_starts_by_itself_and_gives_the_first_ticket(
    running: Machine, began_s: float, capsys: pytest.CaptureFixture[str]
) -> None:
    told = running.run("/opt/moiso/bin/python", "/mnt/moiso/tests/install/inside/first_ticket.py")
    assert re.search(r"^ticket A\d+$", told, re.MULTILINE), told
    assert running.is_active("moiso-kiosk")
    with capsys.disabled():  # for the README's table
        print(f"\n{running.suite}: {time.monotonic() - began_s:.0f} s from a bare system to the first ticket")


@pytest.mark.req("X4", "X5")
def test_a_hub_that_hangs_is_ended_and_started_again_and_goes_on_counting(running: Machine) -> None:
    was = running.show("moiso-hub", "MainPID", "NRestarts")
    before = was["MainPID"]
    running.run("kill", "-STOP", before)
    until(lambda: running.show("moiso-hub", "NRestarts")["NRestarts"] != was["NRestarts"], WATCHDOG_S + SOON_S)
    until(lambda: running.is_active("moiso-hub"), SOON_S)
    assert running.show("moiso-hub", "MainPID")["MainPID"] != before
    assert "Watchdog timeout" in running.run("journalctl", "-u", "moiso-hub", "--no-pager")
    script = "/mnt/moiso/tests/install/inside/first_ticket.py"
    assert "ticket A002" in running.run("/opt/moiso/bin/python", script, "--ticket-only")


def test_installed_again_on_a_running_machine_nothing_is_changed(running: Machine) -> None:
    before = running.show("moiso-hub", "MainPID", "NRestarts")
    assert NOTHING in running.run(*INSTALL, *ROLES)
    assert running.show("moiso-hub", "MainPID", "NRestarts") == before


def test_the_doctor_finds_no_fault_in_what_was_installed(running: Machine) -> None:
    told = running.run("/usr/bin/moiso-doctor", "--json", check=False)
    found = json.loads(told[told.index("{") : told.rindex("}") + 1])["findings"]
    # A container has no scanner, printer, reader, display, default route nor time server.
    red = [one for one in found if one["verdict"] == "fail" and one["room"] == "hub"]
    assert not red
    assert not [one for one in found if "secret" in one["check"] and one["verdict"] != "ok"]


def test_taken_away_it_leaves_the_data(running: Machine) -> None:
    told = running.run(*INSTALL[:3], "--uninstall", "hub", "kiosk")
    assert "still there" in told
    assert not running.path("/opt/moiso").exists()
    assert not list(running.path("/usr/lib/systemd/system").glob("moiso-*"))
    assert running.path("/var/lib/moiso-hub/hub.db").stat().st_size
    assert running.path("/etc/moiso/secrets/hub/site.key").exists()
    assert running.run("systemctl", "list-units", "--no-legend", "moiso-*", check=False).strip() == ""


@pytest.mark.req("X4")
def test_installed_over_old_data_it_goes_on_where_it_was(running: Machine) -> None:
    running.run(*INSTALL, "--no-apt", *ROLES)
    until(lambda: running.is_active("moiso-hub"), SOON_S)
    script = "/mnt/moiso/tests/install/inside/first_ticket.py"
    assert "ticket A003" in running.run("/opt/moiso/bin/python", script, "--ticket-only")


@pytest.mark.req("X3")
def test_purged_nothing_is_left(running: Machine) -> None:
    running.run(*INSTALL[:3], "--uninstall", "--purge")
    assert not list(running.path("/var/lib").glob("moiso-*"))
    assert not running.path("/etc/moiso").exists()
    assert "moiso-hub" not in running.path("/etc/passwd").read_text(encoding="utf-8")
