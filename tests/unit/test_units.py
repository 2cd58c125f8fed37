"""The systemd units, as systemd itself reads them."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNITS = sorted(
    path for path in (ROOT / "systemd").iterdir() if path.suffix in (".service", ".timer", ".path", ".target")
)
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
# The most that a unit may be exposed, in tenths. Chromium's sandbox needs namespaces of users, processes and networks,
# and the calls chroot and capset: 0.9 of its 2.1, and worth more than they cost.
EXPOSED = {"moiso-screen": 21}
FAILED = "/usr/lib/moiso/again"
COMMAND = re.compile(r"^ExecStart=(/\S+)", re.MULTILINE)


def lines_of(unit: Path) -> set[str]:
    return set(unit.read_text(encoding="utf-8").splitlines())


DAEMONS = [unit for unit in SERVICES if "Type=notify" in lines_of(unit)]


def test_each_program_that_a_unit_starts_is_one_of_ours() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    started = {command for unit in SERVICES for command in COMMAND.findall(unit.read_text(encoding="utf-8"))}
    ours = {f"/opt/moiso/bin/{script}" for script in scripts} | {
        FAILED,
        "/usr/lib/moiso/update-guard",
        "/bin/systemctl",
    }
    assert started <= ours


def test_each_daemon_of_the_product_has_a_unit() -> None:
    wanted = {"moiso-hub", "moiso-kiosk", "moiso-screen", "moiso-board", "moiso-ingest", "moiso-ingest@", "moiso-cloud"}
    wanted |= {"moiso-reports", "moiso-projection", "moiso-phone", "moiso-fleet", "moiso-remote"}
    assert wanted <= {unit.stem for unit in DAEMONS}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_has_nothing_to_say_against_a_unit(unit: Path, tmp_path: Path) -> None:
    """A typo in a unit is only a warning to systemd, so nothing at all may be said."""
    for one in UNITS:  # a unit is read with those that it names
        text = COMMAND.sub("ExecStart=/bin/true", one.read_text(encoding="utf-8"))
        (tmp_path / one.name).write_text(text, encoding="utf-8")
    name = unit.name.replace("@.", "@moiso-hub.service.") if unit.stem == "moiso-failed@" else unit.name
    verified = subprocess.run(["systemd-analyze", "verify", tmp_path / name], capture_output=True, text=True)
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")


@pytest.mark.req("X1", "X6")
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_unit_gives_its_program_little_to_break(unit: Path) -> None:
    security = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSED.get(unit.stem, 20)}", str(unit)],
        capture_output=True,
        text=True,
    )
    assert security.returncode == 0, security.stdout


@pytest.mark.parametrize("unit", DAEMONS, ids=lambda unit: unit.stem)
def test_a_wrong_configuration_is_not_started_again(unit: Path) -> None:
    assert {"Restart=always", "RestartPreventExitStatus=78"} <= lines_of(unit)


@pytest.mark.req("X4", "X5")
@pytest.mark.parametrize("unit", DAEMONS, ids=lambda unit: unit.stem)
def test_a_unit_is_watched_bounded_and_ends_in_a_state_that_somebody_sees(unit: Path) -> None:
    lines = lines_of(unit)
    assert {"OnFailure=moiso-failed@%n.service", "StartLimitBurst=20", "PartOf=moiso-site.target"} <= lines
    for setting in ("WatchdogSec=", "MemoryMax=", "TasksMax=", "CPUWeight=", "StartLimitIntervalSec="):
        assert any(line.startswith(setting) for line in lines), setting
    assert "WantedBy=moiso-site.target" in lines
