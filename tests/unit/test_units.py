"""The systemd units, as systemd itself reads them."""

import subprocess
from pathlib import Path

import pytest

UNITS = sorted((Path(__file__).parents[2] / "systemd").glob("*.service"))
PROGRAMS = {"moiso-hub", "moiso-kiosk", "moiso-board", "moiso-ingest", "moiso-cloud"}


def test_there_is_one_unit_for_each_program() -> None:
    assert {unit.stem for unit in UNITS} == PROGRAMS


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_has_nothing_to_say_against_a_unit(unit: Path, tmp_path: Path) -> None:
    """A typo in a unit is only a warning to systemd, so nothing at all may be said."""
    text = unit.read_text(encoding="utf-8")
    command = f"ExecStart=/opt/moiso/bin/{unit.stem} "
    assert command in text
    installed = tmp_path / unit.name
    installed.write_text(text.replace(command, "ExecStart=/bin/true "), encoding="utf-8")
    verified = subprocess.run(["systemd-analyze", "verify", str(installed)], capture_output=True, text=True)
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")


@pytest.mark.req("X1", "X6")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_gives_its_program_little_to_break(unit: Path) -> None:
    security = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)], capture_output=True, text=True
    )
    assert security.returncode == 0, security.stdout


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_wrong_configuration_is_not_started_again(unit: Path) -> None:
    lines = unit.read_text(encoding="utf-8").splitlines()
    assert {"Type=notify", "Restart=always", "RestartPreventExitStatus=78", "StartLimitIntervalSec=0"} <= set(lines)
