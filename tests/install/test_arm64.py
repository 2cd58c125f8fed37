"""The packages on the processor of a Raspberry Pi: installed and imported in an arm64 Debian, by qemu-user."""

from pathlib import Path

import pytest

from tests.install.machine import Machine, emulate
from tests.install.packages import build, paths

ARM = "arm64"
IMPORTS = {
    "hub": "edge.hub.app, edge.follower.app, provisioning.enrol.hub, provisioning.doctor.hub",
    "kiosk": "edge.kiosk.app, edge.screen.app, smartcard.System, cv2, ai_edge_litert.interpreter",
    "board": "board_controller.app, gpiozero, espeakng, provisioning.enrol.device, provisioning.doctor.board",
}


@pytest.mark.req("X6")
@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_every_role_of_a_raspberry_pi_installs_and_imports(suite: str, tree: Path, tmp_path: Path) -> None:
    emulate()
    machine = Machine(tmp_path / "pi", suite, ARM, tree)
    machine.unpack()
    assert machine.run("dpkg", "--print-architecture").split()[0] == ARM
    build(tree, suite, "0.1.0+arm", machine.root / "opt/debs", ARM)
    machine.run("apt-get", "update", "-qq")
    # A browser weighs more than everything else, and needs no trying here.
    machine.run("sh", "-c", STAND_IN)
    names = ("moiso-common", "moiso-site", *(f"moiso-{role}" for role in IMPORTS))
    machine.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *paths(machine, "/opt/debs", *names))
    for modules in IMPORTS.values():
        machine.run("/opt/moiso/bin/python", "-c", f"import {modules}")
    assert "nothing is changed" in machine.run("moiso-install", "--lang", "en")


STAND_IN = """set -e
mkdir -p /tmp/chromium/DEBIAN
printf 'Package: chromium\\nVersion: 999\\nArchitecture: all\\nMaintainer: t\\nDescription: t\\n' \
  > /tmp/chromium/DEBIAN/control
dpkg-deb --build /tmp/chromium /tmp/chromium.deb >/dev/null
dpkg -i /tmp/chromium.deb >/dev/null
"""
