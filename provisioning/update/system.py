"""systemd and moiso-doctor, asked and told by their commands. The standard library alone."""

import json
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path

ASK_S = 60
DOCTOR_S = 300
# Not what serves a moment only, nor what is at work here.
_PASSING = ("moiso-update", "moiso-failed@", "moiso-renew@", "moiso-backup")
# Of moiso-doctor's checks those that a new release can break. A printer without paper says nothing against it.
_OF_THE_PROGRAMS = ("configuration", "program", "secrets", "files", "data", "database", "drivers", "")


class SystemFailed(Exception):
    """A command did not do what it was to do; the text names it."""


def running_units() -> tuple[str, ...]:
    """The programs of this product that run now."""
    columns = ("--type=service", "--state=running", "--plain", "--no-legend", "--no-pager")
    told = _systemctl("list-units", *columns, "moiso-*.service")
    names = (line.split()[0] for line in told.splitlines() if line.split())
    return tuple(sorted(name for name in names if not name.startswith(_PASSING)))


def processes(units: Collection[str]) -> dict[str, str]:
    """The main process of each of these that is active (a program that says itself when it is ready has said so)."""
    found = {}
    for unit in units:
        told = _systemctl("show", "--property=ActiveState,SubState,MainPID", "--", unit)
        state = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
        if (state.get("ActiveState"), state.get("SubState")) == ("active", "running"):
            found[unit] = state.get("MainPID", "")
    return found


def restart(units: Sequence[str]) -> None:
    """Have these start anew; those that stand as failed too."""
    if units:
        _run(["systemctl", "reset-failed", "--", *units], check=False)
        _systemctl("--no-block", "restart", "--", *units)


def drop(units: Sequence[str]) -> None:
    """Stop these, and have them start no more."""
    if units:
        _run(["systemctl", "disable", "--now", "--", *units], check=False)


def reload() -> None:
    """Have systemd read its units anew."""
    _run(["systemctl", "daemon-reload"], check=False)


def enabled(units: Sequence[str]) -> tuple[str, ...]:
    """Those of these that start by themselves."""
    return tuple(unit for unit in units if _run(["systemctl", "is-enabled", "--", unit], check=False) == "enabled\n")


def checks(environment: Path) -> dict[str, bool]:
    """What moiso-doctor of this environment finds out about the programs: each check, and whether it is red.

    Empty where there is none, or nothing is configured yet. Raises SystemFailed where it ends badly.
    """
    doctor = environment / "bin/moiso-doctor"
    if not doctor.exists():
        return {}
    try:
        done = subprocess.run([doctor, "--json"], capture_output=True, timeout=DOCTOR_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SystemFailed(f"moiso-doctor: {type(error).__name__}") from error
    if done.returncode == 2:  # not started: nothing is configured
        return {}
    try:
        found = json.loads(done.stdout)["findings"]
        return {one["check"]: one["verdict"] == "fail" for one in found if is_of_the_programs(one["check"])}
    except (ValueError, KeyError, TypeError) as error:
        raise SystemFailed(f"moiso-doctor: no answer (status {done.returncode})") from error


def is_of_the_programs(check: str) -> bool:
    """Whether a check of moiso-doctor is about the programs, and not about devices, network and machine.

    >>> is_of_the_programs("hub.program"), is_of_the_programs("kiosk.printer"), is_of_the_programs("machine.route")
    (True, False, False)
    """
    room, _, rest = check.partition(".")
    return room != "machine" and rest.partition(".")[0] in _OF_THE_PROGRAMS


def _systemctl(*arguments: str) -> str:
    return _run(["systemctl", *arguments])


def _run(command: Sequence[str], *, check: bool = True) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ASK_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SystemFailed(f"{' '.join(command[:3])}: {type(error).__name__}") from error
    if check and done.returncode:
        raise SystemFailed(f"{' '.join(command[:3])}: status {done.returncode} {done.stderr.strip()[-300:]}")
    return done.stdout
