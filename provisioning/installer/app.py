"""provisioning/install, moiso-install: make this machine a hub, a kiosk, a board controller, a standby or the cloud."""

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from provisioning.installer import facts as machine
from provisioning.installer.apply import Applier, StepFailed
from provisioning.installer.facts import Facts
from provisioning.installer.plan import (
    AUTHORITY,
    CLOUD_KEYS,
    OFFICERS,
    POLICY_FILE,
    SECRET_FILES,
    Plan,
    plan,
)
from provisioning.installer.product import Answers, Product, Wanted, product, wanted
from provisioning.installer.removal import remove
from provisioning.installer.roles import BUILD_PACKAGES, ROLES, Role
from provisioning.installer.words import Words

FAILED, NOT_STARTED = 1, 2
SOURCE = Path(__file__).resolve().parents[2]
SYSTEMS = {"bookworm", "trixie"}
VALUES = {
    "site": r"(?!ingest)[a-z0-9-]{1,40}",
    "hub": r"https://[A-Za-z0-9.:\[\]-]{1,200}",
    "name": r"[a-z0-9][a-z0-9.-]{0,100}",
    "administrator": r"[A-Za-z0-9._-]{1,40}",
    "host": r"[A-Za-z0-9.:-]{1,253}",
}


def main() -> None:
    """Run, and end with 0 (done, or nothing to do), 1 (not done; with --check: something to do) or 2 (not started)."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Do as these options say; the exit code."""
    options = _options().parse_args(arguments)
    say = Words(options.lang)
    fault = _fault(options, say)
    if fault:
        print(fault, file=sys.stderr)
        return NOT_STARTED
    names = options.role or sorted(machine.installed_roles())
    if options.uninstall:
        return remove([ROLES[name] for name in names], say, purge=options.purge, check=options.check)
    everything = sorted(machine.installed_roles() | {*names})
    roles = [ROLES[name] for name in everything if name in ROLES]
    with tempfile.TemporaryDirectory(prefix="moiso-") as work:
        made = product(SOURCE, roles, _python(), Path(work))
        wheels = options.wheels or (made.wheel.parent if made.wheel.parent.name == "wheels" else None)
        asked = _wanted(options, roles, build=wheels is None)
        return _carry_out(options, say, made, asked, wheels)


def _carry_out(options: argparse.Namespace, say: Words, made: Product, asked: Wanted, wheels: Path | None) -> int:
    found = look(asked)
    todo = plan(made, asked, found)
    if options.check:
        print(say("Sẽ làm {count} việc:", count=len(todo.steps)) if todo.steps else say(_NOTHING))
        for step in todo.steps:
            print(f"  {say.of(step)}")
        _tell_missing(todo, say)
        return FAILED if todo.steps else 0
    applier = Applier(made, wheels, lambda line: print(f"{say(_LOGIN)}\n{line}", flush=True))
    for step in todo.steps:
        print(say.of(step), flush=True)
        try:
            applier.do(step)
        except (StepFailed, OSError, KeyError) as error:
            print(say("Không làm được: {what}", what=error), file=sys.stderr)
            return FAILED
    print(say("Xong: {count} việc.", count=len(todo.steps)) if todo.steps else say(_NOTHING))
    _tell_missing(todo, say)
    _tell_next(options, asked, say)
    return 0


_NOTHING = "Máy đã đúng như cần có: không đổi gì."
_LOGIN = "Đăng nhập lần đầu (đổi mật khẩu ngay, rồi xóa tệp):"


def _tell_missing(todo: Plan, say: Words) -> None:
    examples = {"site": "--site mau-01", "hub": "--hub https://HUB:8443", "name": "--name dashboard.example.vn"}
    for lack in todo.missing:
        print(
            say(
                "Chưa có {config}: chạy sudo moiso-install {role} {option}",
                config=lack.config,
                role=lack.role,
                option=examples[lack.option],
            )
        )


def _tell_next(options: argparse.Namespace, asked: Wanted, say: Words) -> None:
    """A device that is no part of the site yet asks the hub to be let in."""
    for role in asked.roles:
        if role.name in ("kiosk", "board", "standby") and not Path(role.identity, "current").is_symlink():
            hub = options.hub or "https://HUB:8443"
            print(say("Tiếp theo: {what}", what=f"sudo moiso-enrol {role.name} --hub {hub}"))


def look(asked: Wanted) -> Facts:
    """Read of this machine what a plan for ``asked`` needs."""
    targets = {file.target for file in asked.files} | {folder.target for folder in asked.folders}
    targets |= {config.target for role in asked.roles for config in role.configs}
    targets |= {*SECRET_FILES.values(), AUTHORITY, OFFICERS, POLICY_FILE, CLOUD_KEYS}
    seen = {target: here for target in targets if (here := machine.look(Path(target))) is not None}
    return Facts(
        roles=machine.installed_roles(),
        packages=machine.packages_installed(asked.packages) if asked.packages else frozenset(),
        users=machine.users_known(),
        seen=seen,
        links={link: machine.link_target(Path(link)) for link in asked.links},
        enabled=machine.units_enabled(asked.enable),
        venv=machine.venv_digest(),
        system_site=machine.sees_system_site(),
        booted=machine.is_booted(),
        stale=machine.is_booted() and machine.is_stale([name for name in asked.enable if "moiso" in name]),
        graphical=machine.is_graphical(),
    )


def _wanted(options: argparse.Namespace, roles: Sequence[Role], *, build: bool) -> Wanted:
    own = re.sub(r"[^a-z0-9-]", "-", socket.gethostname().partition(".")[0].lower()).strip("-") or "moiso"
    answers = Answers(
        site=options.site,
        hub=options.hub,
        name=options.name,
        hosts=tuple(options.host),
        administrator=options.administrator,
        own=own[:40],
    )
    pi = machine.is_raspberry_pi()
    special = {"chromium-browser", *(name for role in roles for name in role.pi_packages)}
    asked = wanted(
        SOURCE,
        roles,
        answers,
        available=machine.packages_available(special) if pi else frozenset(),
        raspberry_pi=pi,
        apt=not options.no_apt,
    )
    compiles = build and not options.no_apt and any("pyscard" not in role.without for role in roles if role.models)
    return asked._replace(packages=(*asked.packages, *BUILD_PACKAGES)) if compiles else asked


def _fault(options: argparse.Namespace, say: Words) -> str:
    """Why it cannot be started, "" where it can."""
    unknown = next((name for name in options.role if name not in ROLES), None)
    if unknown is not None:
        return say("Không có vai trò {what}; có: {known}", what=unknown, known=" ".join(ROLES))
    if not options.role and not machine.installed_roles():
        return say("Máy này chưa có vai trò nào: {what}", what=f"sudo moiso-install {'|'.join(ROLES)}")
    for option, pattern in VALUES.items():
        given = getattr(options, option)
        for value in given if isinstance(given, list) else [given]:
            if value and not re.fullmatch(pattern, value):
                return say("{what}: không phải giá trị dùng được cho {option}", what=value, option=f"--{option}")
    if os.geteuid() != 0:
        return say("Cần quyền root: sudo {what}", what=f"moiso-install {' '.join(options.role)}")
    system = _system()
    if system not in SYSTEMS and not options.any_system:
        return say(
            "Chưa thử trên hệ này ({what}): cần Debian hay Raspberry Pi OS 12, 13. Vẫn cài: thêm --any-system.",
            what=system or "?",
        )
    return ""


def _system() -> str:
    """The release's code name."""
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition("=")[2].strip('"') for line in lines if line.startswith("VERSION_CODENAME=")), "")


def _python() -> str:
    """The Python that an environment is made with: another one needs another environment."""
    told = "import sys, sysconfig; print(sys.version_info[:2], sysconfig.get_platform())"
    return subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout.strip()


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="moiso-install",
        description="Make this machine a hub, a kiosk, a board controller, a standby or the province's server.",
        epilog="Run again it changes nothing. Ends with 0: done, or nothing to do; 1: not done, or with --check: "
        "something to do; 2: it could not start.",
    )
    parser.add_argument("role", nargs="*", help=f"{', '.join(ROLES)}; none: what this machine is already")
    parser.add_argument("--site", default="", metavar="ID", help="hub: the site's id, a-z 0-9 -")
    parser.add_argument("--hub", default="", metavar="URL", help="kiosk: https://HOST:8443 of the hub")
    parser.add_argument("--name", default="", help="kiosk: its name at the site; cloud: the server's public name")
    parser.add_argument("--host", action="append", default=[], help="hub: another name or address of this machine")
    parser.add_argument("--administrator", default="quantri", metavar="NAME", help="hub: who logs in first")
    parser.add_argument("--wheels", type=Path, metavar="FOLDER", help="Python packages from here, not the internet")
    parser.add_argument("--no-apt", action="store_true", help="leave Debian's packages to somebody else")
    parser.add_argument("--any-system", action="store_true", help="although nobody tried this system")
    parser.add_argument("--check", action="store_true", help="say what would change, and change nothing")
    parser.add_argument("--uninstall", action="store_true", help="take the roles away; data and configuration stay")
    parser.add_argument("--purge", action="store_true", help="with --uninstall: data, secrets and configuration too")
    parser.add_argument("--lang", choices=("vi", "en"), default="vi", help="the language of the lines")
    return parser


if __name__ == "__main__":
    main()
