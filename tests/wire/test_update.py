"""Updates of a machine on which programs really run: taken, confirmed, taken back, refused."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provisioning.update.verify import unpack, verify
from tests.update_machine import KEY, ROOT, UNIT, Machine, machine, packed
from tests.update_runner import Runner

QUICK = {"within_s": 3, "steady_s": 0}  # for one that is not going to be healthy


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    """What runs moiso-update."""
    made = Runner()
    yield made
    made.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: nothing here needs a disk."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="moiso-update-", dir=shared if shared.is_dir() else tmp_path) as folder:
        yield Path(folder)


@pytest.fixture
def site(place: Path, runner: Runner) -> Iterator[Machine]:
    """A machine that runs 0.1.0."""
    with machine(place / "machine", runner) as made:
        yield made


@pytest.mark.req("X6")
def test_a_release_from_a_stick_is_taken_confirmed_and_can_be_left_again(site: Machine, place: Path) -> None:
    packed(place / "stick", "0.2.0")
    packed(place / "stick", "0.3.0")
    done = site.update("apply", "--from", str(place / "stick"))
    assert (done.code, site.runs(), site.store.current()) == (0, "0.3.0", "0.3.0"), done.said
    assert site.store.pending() is None
    assert site.store.history().highest == "0.3.0"
    # The commands that a technician types lead to the new release too.
    assert os.readlink(site.root / "usr/bin/moiso-install") == "/opt/moiso.releases/current/provisioning/install"
    back = site.update("rollback")
    assert (back.code, site.runs(), site.store.current()) == (0, "0.1.0", "0.1.0"), back.said
    again = site.update("apply", "--from", str(place / "stick"))
    assert (again.code, site.runs()) == (1, "0.1.0")
    assert "not newer than 0.3.0" in again.said


def test_the_command_itself_tells_how_it_stands(site: Machine, place: Path) -> None:
    site.update("apply", "--from", str(packed(place, "0.2.0")))
    command = [sys.executable, "-m", "provisioning.update.app", "--root", str(site.root), "status"]
    told = subprocess.run([*command, "--json"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    status = json.loads(told)
    assert (status["current"], status["fallback"], status["pending"]) == ("0.2.0", "0.1.0", None)
    assert status["outcome"] == "confirmed"
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "Đang chạy: 0.2.0" in lines
    assert "Quay lại được về: 0.1.0" in lines


@pytest.mark.req("X6")
@pytest.mark.parametrize("program", ["ends at once", "is never ready", "ends after a while"])
def test_a_release_whose_program_does_not_work_is_taken_back_by_itself(
    site: Machine, place: Path, program: str
) -> None:
    site.configure(within_s=4, steady_s=2)
    bad = packed(place, "0.2.0", program)
    done = site.update("apply", "--from", str(bad))
    assert done.code == 3, done.said
    assert (site.runs(), site.store.current(), site.store.environment()) == ("0.1.0", "0.1.0", "env-0.1.0")
    assert site.store.history().failed == ("0.2.0",)
    assert not site.store.release("0.2.0").exists()
    assert not (site.store.environments / "env-0.2.0").exists()
    # It is not tried again by itself, nor does a person by accident.
    again = site.update("apply", "--from", str(bad))
    assert (again.code, site.runs()) == (1, "0.1.0")
    assert "--again" in again.said


@pytest.mark.req("X6")
def test_a_release_of_which_the_doctor_says_something_newly_red_is_taken_back(site: Machine, place: Path) -> None:
    site.configure(**QUICK)
    red = packed(place, "0.2.0", findings={"hub.program": "ok", "hub.database": "fail"})
    assert site.update("apply", "--from", str(red)).code == 0  # this check was not there before
    worse = packed(place, "0.3.0", findings={"hub.program": "fail", "hub.database": "fail"})
    done = site.update("apply", "--from", str(worse))
    assert (done.code, site.runs()) == (3, "0.2.0")
    assert "hub.program" in done.said
    assert "hub.database" not in done.said


def test_a_printer_without_paper_says_nothing_against_a_release(site: Machine, place: Path) -> None:
    good = packed(place, "0.2.0", findings={"hub.program": "ok", "kiosk.printer": "ok"})
    assert site.update("apply", "--from", str(good)).code == 0
    empty = packed(place, "0.3.0", findings={"hub.program": "ok", "kiosk.printer": "fail", "machine.route": "fail"})
    assert site.update("apply", "--from", str(empty)).code == 0
    assert site.runs() == "0.3.0"


@pytest.mark.req("X6")
def test_a_release_that_cannot_be_installed_is_taken_back(site: Machine, place: Path) -> None:
    done = site.update("apply", "--from", str(packed(place, "0.2.0", more={"cannot-be-installed": "x"})))
    assert (done.code, site.runs(), site.store.current()) == (3, "0.1.0", "0.1.0")
    assert "this release cannot be installed" in done.said


@pytest.mark.req("X6")
def test_a_release_that_cannot_be_staged_changes_nothing(site: Machine, place: Path) -> None:
    bad = packed(place, "0.2.0", more={"provisioning/update/stage.py": "raise SystemExit('no wheel for numpy')"})
    done = site.update("apply", "--from", str(bad))
    assert (done.code, site.runs(), site.store.current()) == (1, "0.1.0", "0.1.0")
    assert "no wheel for numpy" in done.said
    assert site.store.versions() == ["0.1.0"]


@pytest.mark.req("X6")
def test_a_way_back_to_what_does_not_work_either_ends_where_it_began(site: Machine, place: Path) -> None:
    """By hand from 0.2.0 to 0.1.0, which has been spoilt meanwhile: 0.2.0 again, and no further."""
    site.update("apply", "--from", str(packed(place, "0.2.0")))
    program = site.store.environments / "env-0.1.0/bin/moiso-hub"
    program.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    site.configure(**QUICK)
    done = site.update("rollback")
    assert (done.code, site.runs(), site.store.current()) == (3, "0.2.0", "0.2.0"), done.said
    assert site.store.pending() is None
    assert site.update("confirm").code == 0  # nothing goes on by itself
    assert site.runs() == "0.2.0"


@pytest.mark.req("X6")
def test_units_that_only_a_taken_back_release_has_are_gone_with_it(site: Machine, place: Path) -> None:
    site.configure(**QUICK)
    extra = {"systemd/moiso-new.service": "[Service]\nExecStart=ROOT/opt/moiso/bin/moiso-new\n"}
    done = site.update("apply", "--from", str(packed(place, "0.2.0", "ends at once", more=extra)))
    assert done.code == 3
    assert sorted(path.name for path in site.store.units.iterdir()) == [UNIT]


@pytest.mark.req("X6")
@pytest.mark.parametrize("where", ["first", "middle", "last"])
def test_a_tampered_bundle_changes_nothing_at_all(site: Machine, place: Path, where: str) -> None:
    good = packed(place, "0.2.0")
    data = bytearray(good.read_bytes())
    data[{"first": 700, "middle": len(data) // 2, "last": len(data) - 3000}[where]] ^= 4
    good.write_bytes(data)
    done = site.update("apply", "--from", str(good))
    assert (done.code, site.runs()) == (1, "0.1.0")
    assert "is not used" in done.said
    assert site.store.versions() == ["0.1.0"]
    assert not [*site.store.folder.glob("*.part")]


@pytest.mark.req("X6")
def test_a_bundle_of_a_strangers_or_a_file_cut_off_is_not_used(site: Machine, place: Path) -> None:
    strange = packed(place / "a", "0.2.0", key=Ed25519PrivateKey.generate())
    assert "vouches" in site.update("apply", "--from", str(strange)).said
    short = packed(place / "b", "0.2.0")
    short.write_bytes(short.read_bytes()[:-5000])
    assert "cut off" in site.update("apply", "--from", str(short)).said
    assert "is not used" in site.update("apply", "--from", str(place / "b")).said
    assert "There is no bundle" in site.update("apply", "--from", str(place)).said
    assert site.update("apply", "--from", str(place / "none.bundle")).code == 1
    assert site.runs() == "0.1.0"


def test_without_a_public_key_nothing_can_be_taken(site: Machine, place: Path) -> None:
    (site.root / "etc/moiso/update.pem").unlink()
    done = site.update("apply", "--from", str(packed(place, "0.2.0")))
    assert done.code == 2
    assert "update.pem" in done.said


@pytest.mark.req("X6")
def test_a_confirmed_release_can_change_the_keys_that_vouch_for_the_next(site: Machine, place: Path) -> None:
    new = Ed25519PrivateKey.generate()
    both = [KEY.public_key().public_bytes_raw().hex(), new.public_key().public_bytes_raw().hex()]
    assert site.update("apply", "--from", str(packed(place / "a", "0.2.0", keys=both))).code == 0
    only = [new.public_key().public_bytes_raw().hex()]
    assert site.update("apply", "--from", str(packed(place / "b", "0.3.0", key=new, keys=only))).code == 0
    old = site.update("apply", "--from", str(packed(place / "c", "0.4.0")))
    assert (old.code, site.runs()) == (1, "0.3.0")
    assert "vouches" in old.said


@pytest.mark.req("X6")
def test_a_release_that_was_taken_back_has_changed_no_key(site: Machine, place: Path) -> None:
    site.configure(**QUICK)
    new = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    before = (site.root / "etc/moiso/update.pem").read_bytes()
    assert site.update("apply", "--from", str(packed(place, "0.2.0", "ends at once", keys=[new]))).code == 3
    assert (site.root / "etc/moiso/update.pem").read_bytes() == before


@pytest.mark.req("X6")
def test_two_at_once_do_not_meet(site: Machine, place: Path) -> None:
    with site.store.locked():
        done = site.update("apply", "--from", str(packed(place, "0.2.0")))
    assert (done.code, site.runs()) == (1, "0.1.0")
    assert "at work" in done.said


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own of that size."""
    if os.geteuid() != 0:
        pytest.skip("needs root: it mounts a small file system")
    disk = place / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(disk)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.req("X6")
def test_where_there_is_no_room_nothing_is_begun(place: Path, runner: Runner) -> None:
    with small_disk(place, 64) as disk, machine(disk / "machine", runner) as site:
        done = site.update("apply", "--from", str(packed(place, "0.2.0")))
        assert (done.code, site.runs()) == (1, "0.1.0")
        assert "Not enough room" in done.said
        assert site.store.versions() == ["0.1.0"]


@pytest.mark.req("X4", "X6")
def test_a_disk_that_fills_up_meanwhile_leaves_everything_as_it_was(place: Path, runner: Runner) -> None:
    """There seemed to be room; the environment turns out to need more."""
    greedy = """import pathlib, sys
if "--only-name" in sys.argv: raise SystemExit(print("env-0.1.0"))
root = pathlib.Path(__file__).resolve().parents[5]
(root / "opt/moiso.d/env-0.2.0.staging").touch()
(root / "opt/moiso.d/env-0.2.0").mkdir()
with (root / "opt/moiso.d/env-0.2.0/big").open("wb") as file:
    while True: file.write(bytes(1 << 20))
"""
    with small_disk(place, 230) as disk, machine(disk / "machine", runner) as site:
        bundle = packed(place, "0.2.0", more={"provisioning/update/stage.py": greedy})
        done = site.update("apply", "--from", str(bundle))
        assert (done.code, site.runs(), site.store.current()) == (1, "0.1.0", "0.1.0"), done.said
        assert "No space left" in done.said
        assert site.store.versions() == ["0.1.0"]
        assert not [*site.store.environments.glob("env-0.2.0*")]
        assert site.update("apply", "--from", str(packed(place, "0.2.1"))).code == 0
        assert site.runs() == "0.2.1"


def test_a_disk_that_is_full_while_it_is_unpacked_is_said(place: Path) -> None:
    bundle, keys = packed(place, "0.2.0", more={"wheels/big": "x" * 4_000_000}), [KEY.public_key()]
    wanted = verify(bundle, keys)
    with small_disk(place, 1) as disk, pytest.raises(OSError, match="No space left"):
        unpack(bundle, keys, disk / "part", wanted)


@pytest.mark.req("X6")
def test_what_apt_or_the_installer_changed_meanwhile_is_what_a_way_back_leads_to(site: Machine, place: Path) -> None:
    """A machine that got another role, or was upgraded by apt, is adopted again before it is updated."""
    site.update("apply", "--from", str(packed(place, "0.2.0")))
    site.update("apply", "--from", str(packed(place, "0.3.0")))
    tree = site.root / "usr/share/moiso"
    (tree / "pyproject.toml").write_text('[project]\nname = "moiso"\nversion = "0.3.5"\n', encoding="utf-8")
    (tree / "environment-name").write_text("env-by-apt", encoding="utf-8")
    environment = site.store.environments / "env-by-apt"
    (environment / "bin").mkdir(parents=True)
    program = environment / "bin/moiso-hub"
    program.write_text((tree / "programs/moiso-hub").read_text(encoding="utf-8").replace("0.1.0", "0.3.5"))
    program.chmod(0o755)
    (environment / "complete").touch()
    for link, to in (
        (site.store.link, "moiso.d/env-by-apt"),
        (site.store.installer, str(tree / "provisioning/install")),
    ):
        link.unlink()
        link.symlink_to(to)
    site.systemctl("restart", UNIT)
    assert "not installed by moiso-update" in site.update("status").said
    site.configure(**QUICK)
    done = site.update("apply", "--from", str(packed(place, "0.4.0", "ends at once")))
    assert (done.code, site.runs(), site.store.current()) == (3, "0.3.5", "0.3.5"), done.said
