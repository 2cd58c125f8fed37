"""Updates under a real systemd, by the units as they are: taken, taken back, confirmed after a start in between."""

import json
import re
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from provisioning.update import bundle
from provisioning.update.index import KIND, NAME, Index
from provisioning.update.signed import sign
from provisioning.update.verify import manifest_of
from tests.install.machine import PYTHON, SOON_S, Machine, until, wheels

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
INSTALL = ("/mnt/moiso/provisioning/install", "--lang", "en", "--wheels", "/mnt/wheels")
SETTINGS = """[update]
source = "/opt/stick"
ring = "first"
not_before_hours = 0
window = "00:00-23:59"
within_s = 120
steady_s = 3
"""
STAMP = datetime(2026, 1, 1, tzinfo=UTC)


def pack(tree: Path, suite: str, version: str, into: Path, *, works: bool = True) -> None:
    """A bundle of this tree under another number, and the list of what lies there."""
    with tempfile.TemporaryDirectory() as work:
        changed = Path(work) / "tree"
        shutil.copytree(tree, changed, symlinks=True, ignore=shutil.ignore_patterns("tests", "__pycache__"))
        project = changed / "pyproject.toml"
        text = re.sub(r'(?m)^version = ".*"$', f'version = "{version}"', project.read_text(encoding="utf-8"))
        project.write_text(text, encoding="utf-8")
        if not works:
            with (changed / "edge/hub/app.py").open("a", encoding="utf-8") as program:
                program.write("\n\ndef main() -> None:\n    raise SystemExit(1)\n")
        files = bundle.collect(changed, wheels(suite), PYTHON[suite], "amd64", Path(work))
        manifest = bundle.describe(files, "0.1.0", "2026-11-27", PYTHON[suite], "x86_64", ())
        into.mkdir(exist_ok=True)
        bundle.pack(manifest, files, [KEY], into / f"moiso-{version}.bundle")
    known = [KEY.public_key()]
    found = [(path, manifest_of(path, known)) for path in sorted(into.glob("*.bundle"))]
    offers = tuple(bundle.offer_of(path, one, STAMP, None) for path, one in found)
    (into / NAME).write_bytes(sign(KIND, msgspec.json.encode(Index(1, len(found), STAMP, offers)), [KEY]))


@pytest.fixture(scope="module")
def site(bare: Machine, tree: Path) -> Machine:
    """A hub that was installed from source, with the key that vouches for updates; not started yet."""
    bare.run(*INSTALL, "hub", "--site", "mau-01", "--host", "127.0.0.1")
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    bare.path("/etc/moiso/update.pem").write_bytes(public)
    bare.path("/etc/moiso/update.toml").write_text(SETTINGS, encoding="utf-8")
    pack(tree, bare.suite, "0.2.0", bare.path("/opt/stick"))
    return bare


def status(site: Machine) -> dict[str, object]:
    told: dict[str, object] = json.loads(site.run("moiso-update", "status", "--json"))
    return told


@pytest.mark.req("X6")
def test_the_timers_unit_takes_what_is_offered_and_the_installer_has_nothing_to_add(site: Machine) -> None:
    with site.booted():
        until(lambda: site.is_active("moiso-hub"), SOON_S)
        before = site.show("moiso-hub", "MainPID")["MainPID"]
        site.run("systemctl", "start", "moiso-update.service", check=False)
        said = site.run("journalctl", "-u", "moiso-update", "--no-pager")
        assert site.show("moiso-update", "Result") == {"Result": "success"}, said
        assert status(site)["current"] == "0.2.0", said
        assert status(site)["outcome"] == "confirmed"
        assert site.is_active("moiso-hub")
        assert site.show("moiso-hub", "MainPID")["MainPID"] != before
        assert site.run("/opt/moiso/bin/pip", "show", "moiso").count("Version: 0.2.0") == 1
        assert "nothing is changed" in site.run("moiso-install", "--lang", "en")


@pytest.mark.req("X6")
def test_a_hub_that_does_not_start_is_taken_back_and_gives_numbers_again(site: Machine, tree: Path) -> None:
    pack(tree, site.suite, "0.3.0", site.path("/opt/stick"), works=False)
    site.path("/etc/moiso/update.toml").write_text(SETTINGS.replace("120", "30"), encoding="utf-8")
    with site.booted():
        until(lambda: site.is_active("moiso-hub"), SOON_S)
        said = site.run("moiso-update", "--lang", "en", "apply", "--from", "/opt/stick/moiso-0.3.0.bundle", check=False)
        assert "0.3.0 was taken back, 0.2.0 is in force" in said
        assert status(site)["current"] == "0.2.0"
        until(lambda: site.is_active("moiso-hub"), SOON_S)
        site.run("systemctl", "start", "moiso-update.service")  # and the unit does not try it again
        assert status(site)["current"] == "0.2.0"


@pytest.mark.req("X4", "X6")
def test_the_power_goes_while_a_release_is_watched_and_the_next_start_confirms_it(site: Machine, tree: Path) -> None:
    pack(tree, site.suite, "0.4.0", site.path("/opt/stick"))
    site.path("/etc/moiso/update.toml").write_text(SETTINGS.replace("steady_s = 3", "steady_s = 100"), encoding="utf-8")
    releases = site.path("/opt/moiso.releases")
    with site.booted():
        until(lambda: site.is_active("moiso-hub"), SOON_S)
        before = site.show("moiso-hub", "MainPID")
        site.run("systemctl", "start", "--no-block", "moiso-update.service")
        until(lambda: status(site)["current"] == "0.4.0", 900)
        until(lambda: site.is_active("moiso-hub") and site.show("moiso-hub", "MainPID") != before, SOON_S)
        site.run("systemctl", "poweroff", "--force", "--force", check=False)  # nothing is stopped, nothing is written
    pending = json.loads((releases / "pending.json").read_bytes())
    assert (pending["to"], pending["phase"]) == ("0.4.0", "forward")
    (releases / "pending.json").write_text(json.dumps({**pending, "steady_s": 2}), encoding="utf-8")  # we do not wait
    with site.booted():
        until(lambda: status(site)["outcome"] == "confirmed" and status(site)["pending"] is None, 300)
        assert status(site)["current"] == "0.4.0"
        assert site.is_active("moiso-hub")
        guard = site.run("journalctl", "-u", "moiso-update-guard", "-u", "moiso-update-confirm", "--no-pager")
        assert "0.4.0 is confirmed" in guard
        failed = site.run("systemctl", "--failed", "--plain", "--no-legend")
        assert "moiso" not in failed
    subprocess.run(["rm", "-rf", site.path("/opt/stick")], check=True)
