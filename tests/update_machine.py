"""A machine in a folder that can be updated: releases whose programs really run, and where systemd stands a program
that speaks systemctl's command line and really starts and stops them.

A release carries the product's own guard; its installer and its way to make an environment are small ones of this file.
"""

import contextlib
import json
import os
import platform
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from provisioning.update import bundle
from provisioning.update.apply import python_version
from provisioning.update.manifest import Manifest, Processor
from provisioning.update.store import Store
from tests.update_runner import Runner

ROOT = Path(__file__).parents[1]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
UNIT = "moiso-hub.service"
PARTS = ("__init__", "store", "system", "health", "switch", "guard")

SYSTEMCTL = '''#!/usr/bin/python3
"""systemctl, as far as an update asks it. A unit's program is told by its file; it is ready once it says so."""
import os, signal, subprocess, sys, time
from pathlib import Path
root = Path(__file__).resolve().parents[1]
units, run = root / "usr/lib/systemd/system", root / "run"
words = [word for word in sys.argv[1:] if not word.startswith("-")]
verb, names = words[0], words[1:]

def pid(unit):
    try:
        number = int((run / f"{unit}.pid").read_text())
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, ValueError):
        return 0
    return 0 if state == "Z" else number

def ready(unit):
    number = pid(unit)
    try:
        return number if number and int((run / f"{unit}.ready").read_text()) == number else 0
    except (OSError, ValueError):
        return 0

def stop(unit):
    number = pid(unit)
    if number:
        os.kill(number, signal.SIGKILL)
    while pid(unit):
        time.sleep(0.005)

def start(unit):
    told = (units / unit).read_text().splitlines()
    command = next(line.partition("=")[2] for line in told if line.startswith("ExecStart="))
    with (root / "log").open("ab") as log:
        done = subprocess.Popen([command, unit], cwd=root, start_new_session=True, stdin=subprocess.DEVNULL,
                                stdout=log, stderr=log, env={"PATH": "/usr/bin:/bin"})
    new = run / f"{unit}.pid.new"
    new.write_text(str(done.pid))
    new.replace(run / f"{unit}.pid")

if verb == "list-units":
    for path in sorted(units.glob("moiso-*.service")):
        if ready(path.name):
            print(path.name, "loaded active running MoiSo")
elif verb == "show":
    number = ready(names[0])
    print("ActiveState=active\\nSubState=running" if number else "ActiveState=failed\\nSubState=dead")
    print(f"MainPID={number}")
elif verb == "restart":
    for unit in names:
        stop(unit)
        start(unit)
elif verb == "disable":
    for unit in names:
        stop(unit)
'''

PROGRAM = {
    "good": 'echo VERSION > run/version; echo $$ > "run/$1.ready"; exec sleep 3600',
    "ends at once": "exit 1",
    "is never ready": "exec sleep 3600",
    "ends after a while": 'echo VERSION > run/version; echo $$ > "run/$1.ready"; sleep 0.3',
}

INSTALL = """#!/usr/bin/python3
import os, shutil, subprocess, sys
from pathlib import Path
tree = Path(__file__).resolve().parents[1]
root = tree.parents[2]
if (tree / "cannot-be-installed").exists():
    sys.exit("this release cannot be installed")
for unit in sorted((tree / "systemd").iterdir()):
    target = root / "usr/lib/systemd/system" / unit.name
    new = target.with_name(target.name + ".new")
    new.write_text(unit.read_text().replace("ROOT", str(root)))
    new.replace(target)
subprocess.run(["systemctl", "--no-block", "restart", "moiso-hub.service"], check=True)
"""

STAGE = """import argparse, json, os, shutil
from pathlib import Path
parser = argparse.ArgumentParser()
parser.add_argument("--root", type=Path)
parser.add_argument("--only-name", action="store_true")
options = parser.parse_args()
tree = Path(__file__).resolve().parents[2]
name = (tree / "environment-name").read_text()
folder = options.root / "opt/moiso.d" / name
if not options.only_name and not (folder / "complete").exists():
    mark = folder.with_name(name + ".staging")
    mark.touch()
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "bin").mkdir(parents=True)
    for program in sorted((tree / "programs").iterdir()):
        shutil.copy(program, folder / "bin" / program.name)
    (folder / "complete").touch()
    mark.unlink()
print(name)
"""

DOCTOR = """#!/bin/sh
cat <<'.'
{"findings": FINDINGS}
.
"""

# Ends the whole group of processes at the given one of the steps that change something below the machine's folder.
CUT = """
import os, signal, sys
_log, _at, _root = os.environ["CUT_LOG"], int(os.environ["CUT_AT"]), os.environ["CUT_ROOT"]
_EVENTS = {"os.rename", "os.symlink", "os.remove", "os.mkdir", "os.rmdir", "open", "subprocess.Popen"}
_busy = False

def _step(event, arguments):
    global _busy
    if _busy or event not in _EVENTS:
        return
    if event == "open":
        flags = arguments[2] if isinstance(arguments[2], int) else 0
        if not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return
    if event != "subprocess.Popen":
        paths = " ".join(os.fsdecode(one) for one in arguments[:2] if isinstance(one, (str, bytes, os.PathLike)))
        if _root not in paths:
            return
        if event == "open" and ("/log" in paths or "/run/" in paths):
            return
    else:
        paths = str(arguments[0])
    _busy = True
    at = os.open(_log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(at, f"{event} {paths}"[:300].replace("\\n", " ").encode() + b"\\n")
    os.close(at)
    with open(_log, "rb") as file:
        count = file.read().count(b"\\n")
    _busy = False
    if count == _at:
        os.killpg(0, signal.SIGKILL)

sys.addaudithook(_step)
"""


class Done(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    said: str


class Machine:
    """The machine. It runs 0.1.0, installed by other means than an update."""

    def __init__(self, root: Path, runner: Runner) -> None:
        self.root = root
        self._runner = runner
        self.store = Store(root)
        for folder in ("usr/bin", "usr/lib/systemd/system", "usr/lib/moiso/roles", "etc/moiso", "bin", "run", "opt"):
            (root / folder).mkdir(parents=True)
        (root / "usr/lib/moiso/roles/hub").touch()
        _script(root / "bin/systemctl", SYSTEMCTL)
        public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (root / "etc/moiso/update.pem").write_bytes(public)
        self.configure()
        release(root / "usr/share/moiso", "0.1.0")
        environment = root / "opt/moiso.d/env-0.1.0"
        shutil.copytree(root / "usr/share/moiso/programs", environment / "bin")
        (environment / "complete").touch()
        (root / "opt/moiso").symlink_to("moiso.d/env-0.1.0")
        unit = (root / "usr/share/moiso/systemd" / UNIT).read_text(encoding="utf-8")
        (root / "usr/lib/systemd/system" / UNIT).write_text(unit.replace("ROOT", str(root)), encoding="utf-8")
        self.systemctl("restart", UNIT)

    def configure(self, **settings: object) -> None:
        """Write update.toml, quick unless something else is said."""
        told = {"within_s": 60, "steady_s": 0, **settings}
        lines = [f"{name} = {json.dumps(value)}" for name, value in told.items()]
        text = "\n".join(["[update]", *lines]) + "\n"
        (self.root / "etc/moiso/update.toml").write_text(text, encoding="utf-8")

    def systemctl(self, *arguments: str) -> str:
        """Ask the stand-in."""
        command = [str(self.root / "bin/systemctl"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def update(self, *arguments: str, cut_at: int = 0, log: Path | None = None) -> Done:
        """Run moiso-update; cut off at the given step, 0 for none."""
        output = self.root / "output"
        told = ["--lang", "en", "--root", str(self.root), *arguments]
        code = self._runner.run(told, self._environment(cut_at, log), output, CUT if log else "")
        return Done(code, output.read_text(encoding="utf-8"))

    def boot(self, cut_at: int = 0, log: Path | None = None) -> Done | None:
        """Start the machine again after a power cut: what ran is gone, then the guard, then the programs."""
        self.stop()
        done = None
        if (self.root / "opt/moiso.releases/pending.json").exists():  # ConditionPathExists=
            done = self.guard("boot", cut_at, log)
        if not cut_at:
            self.systemctl("restart", UNIT)
        return done

    def guard(self, what: str, cut_at: int = 0, log: Path | None = None) -> Done | None:
        """Run the guard as provisioning/files/update-guard does; None where nothing is pending."""
        if not (self.store.folder / "pending.json").exists():
            return None
        tree = next(link for name in ("fallback", "current") if (link := self.store.folder / name).exists())
        command = ["/usr/bin/python3", "-B", "-m", "provisioning.update.guard", what, "--root", str(self.root)]
        done = subprocess.run(
            command,
            cwd=tree.resolve(),
            env=self._environment(cut_at, log),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            timeout=120,
        )
        return Done(done.returncode, done.stdout)

    def _environment(self, cut_at: int, log: Path | None) -> dict[str, str]:
        environment = {**os.environ, "PATH": f"{self.root / 'bin'}:/usr/bin:/bin"}
        if log is not None:
            hook = log.parent / "hook"
            hook.mkdir(exist_ok=True)
            (hook / "sitecustomize.py").write_text(CUT, encoding="utf-8")
            environment |= {"CUT_LOG": str(log), "CUT_AT": str(cut_at), "CUT_ROOT": str(self.root)}
            environment["PYTHONPATH"] = str(hook)
        return environment

    def stop(self) -> None:
        """End every program: whatever works in the machine's folder, noted or not."""
        for here in Path("/proc").glob("[0-9]*/cwd"):
            with contextlib.suppress(OSError):  # not ours to look at, or gone
                if here.readlink() == self.root:
                    os.kill(int(here.parent.name), signal.SIGKILL)
        for path in (self.root / "run").iterdir():
            path.unlink()

    def runs(self) -> str:
        """The version of the program that runs, "" for none."""
        if not self.systemctl("list-units").strip():
            return ""
        return (self.root / "run/version").read_text(encoding="ascii").strip()

    def is_whole(self) -> bool:
        """Whether whatever a cut left behind could start: links lead to what is complete."""
        current, environment = self.store.current(), self.store.environment()
        return (not current or self.store.is_complete(current)) and (
            self.store.environments / environment / "complete"
        ).is_file()


def release(
    tree: Path,
    version: str,
    program: str = "good",
    findings: Mapping[str, str] | None = None,
    more: Mapping[str, str] | None = None,
) -> None:
    """Write a release's tree; ``findings`` are what its moiso-doctor says, ``more`` further files."""
    files = {
        "pyproject.toml": f'[project]\nname = "moiso"\nversion = "{version}"\n',
        "environment-name": f"env-{version}",
        "provisioning/__init__.py": "",
        "provisioning/update/stage.py": STAGE,
        f"systemd/{UNIT}": "[Service]\nExecStart=ROOT/opt/moiso/bin/moiso-hub\n",
        **(more or {}),
    }
    for name in PARTS:
        files[f"provisioning/update/{name}.py"] = (ROOT / f"provisioning/update/{name}.py").read_text(encoding="utf-8")
    for name, text in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _script(tree / "provisioning/install", INSTALL)
    _script(tree / "programs/moiso-hub", "#!/bin/sh\n" + PROGRAM[program].replace("VERSION", version) + "\n")
    told = [{"check": check, "verdict": verdict} for check, verdict in (findings or {"hub.program": "ok"}).items()]
    _script(tree / "programs/moiso-doctor", DOCTOR.replace("FINDINGS", json.dumps(told)))


def packed(
    folder: Path,
    version: str,
    program: str = "good",
    *,
    key: Ed25519PrivateKey = KEY,
    least: str = "0.1.0",
    findings: Mapping[str, str] | None = None,
    packages: Sequence[str] = (),
    room: int = 0,
    keys: Sequence[str] = (),
    more: Mapping[str, str] | None = None,
) -> Path:
    """A signed bundle of such a release."""
    folder.mkdir(parents=True, exist_ok=True)
    tree = folder / f"tree-{version}"
    shutil.rmtree(tree, ignore_errors=True)
    release(tree, version, program, findings, more)
    files = {path.relative_to(tree).as_posix(): path for path in tree.rglob("*") if path.is_file()}
    listed = tuple(
        bundle.file_of(name, path.read_bytes(), executable=bool(path.stat().st_mode & 0o100))
        for name, path in sorted(files.items())
    )
    machine: Processor = "aarch64" if platform.machine() == "aarch64" else "x86_64"
    manifest = Manifest(
        1, version, least, "2026-11-27", python_version(), machine, {"hub": tuple(packages)}, room, listed, tuple(keys)
    )
    target = folder / f"moiso-{version}-py{manifest.python}-{machine}.bundle"
    bundle.pack(manifest, files, [key], target)
    return target


@contextlib.contextmanager
def machine(root: Path, runner: Runner) -> Iterator[Machine]:
    """Such a machine; whatever it runs ends with the block."""
    made = Machine(root, runner)
    try:
        yield made
    finally:
        made.stop()


def _script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
