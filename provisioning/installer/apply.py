"""Does the steps of a plan. Each is done whole or not at all; after a cut a second run makes it good."""

import contextlib
import grp
import os
import pwd
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from provisioning.installer.facts import MARKERS, RELEASES, SHARE, VENV, VENVS, is_packaged
from provisioning.installer.lock import BUILT, with_built
from provisioning.installer.plan import OFFICERS, POLICIES
from provisioning.installer.product import TREE, Product
from provisioning.installer.steps import (
    Enable,
    InstallPackages,
    Link,
    MakeAdministrator,
    MakeAuthority,
    MakeCloudKeys,
    MakeFolder,
    MakeSecret,
    MakeUsers,
    Mark,
    NoDesktop,
    Reload,
    Start,
    Step,
    SystemSite,
    WriteFile,
    WritePolicies,
)

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another
KEPT_FOR_ADMINISTRATOR = "root/moiso-administrator.txt"
OLDER_KEPT = 1  # environments beside the one in force: the way back


class StepFailed(Exception):
    """A step could not be done; the text says which command failed and what it said."""


class Applier:
    """Does steps on a machine. ``wheels``: a folder to install Python packages from, without the internet."""

    def __init__(
        self, product: Product, wheels: Path | None, say: Callable[[str], None], root: Path = Path("/")
    ) -> None:
        self._product = product
        self._wheels = wheels
        self._say = say
        self._root = root
        self._bin = root / VENV / "bin"

    def do(self, step: Step) -> None:
        """Do one step. Raises StepFailed and OSError."""
        match step:
            case InstallPackages(names):
                self._install_packages(names)
            case MakeUsers():
                self._run("systemd-sysusers", f"--root={self._root}")
            case MakeFolder(target, mode, owner, group):
                self._make_folder(self._at(target), mode, owner, group)
            case WriteFile(target, content, mode, group):
                write(self._at(target), content, mode, group)
            case MakeSecret(target):
                write(self._at(target), f"{secrets.token_urlsafe(32)}\n".encode(), 0o400, "root")
            case SystemSite(on):
                self._system_site(on=on)
            case Link(target, to):
                link(self._at(target), to)
            case Reload(udev):
                self._reload(udev=udev)
            case Enable(names):
                self._run("systemctl", f"--root={self._root}", "--quiet", "enable", *names)
            case NoDesktop():
                self._run("systemctl", f"--root={self._root}", "--quiet", "set-default", "multi-user.target")
            case MakeAuthority():
                self._python("-m", "provisioning.enrol.app", "hub")
            case MakeAdministrator(name):
                self._make_administrator(name)
            case MakeCloudKeys(name):
                self._python("-m", "provisioning.installer.cloud_keys", name)
            case WritePolicies():
                self._run(self._bin / "moiso-screen", "--write-policies", POLICIES)
            case Mark(role):
                write(self._root / MARKERS / role, b"", 0o644, "root")
            case Start(names):
                self._run("systemctl", "--no-block", "restart", *names)
            case _:
                self._build_venv(step.digest)

    def _at(self, target: str) -> Path:
        return self._root / target.lstrip("/")

    def _install_packages(self, names: Sequence[str]) -> None:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        self._run("apt-get", "update", "-qq", environment=quiet)
        self._run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *names, environment=quiet)

    def _make_folder(self, path: Path, mode: int, owner: str, group: str) -> None:
        path.mkdir(parents=True, exist_ok=True)
        os.chown(path, pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid)
        path.chmod(mode)

    def _build_venv(self, digest: str) -> None:
        folder = self._root / VENVS / digest
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._run(sys.executable, "-m", "venv", folder)
        pip: list[str | Path] = [
            folder / "bin/pip",
            "install",
            "-q",
            "--disable-pip-version-check",
            "--no-deps",
            "--no-cache-dir",
        ]
        pip += ["--no-compile", "--root-user-action=ignore"]
        offline: list[str | Path] = ["--no-index", "--find-links", self._wheels] if self._wheels else []
        (folder / "requirements.txt").write_text(self._known(self._product.requirements), encoding="utf-8")
        setuptools = _only(self._product.requirements, "setuptools")
        if setuptools and not self._wheels:  # what builds pyscard is itself locked
            (folder / "setuptools.txt").write_text(setuptools, encoding="utf-8")
            self._run(*pip, "--require-hashes", "-r", folder / "setuptools.txt")
        build = [] if self._wheels else ["--no-build-isolation"]
        self._run(*pip, *offline, *build, "--require-hashes", "-r", folder / "requirements.txt")
        if self._product.models:
            (folder / "models.txt").write_text(self._known(self._product.models), encoding="utf-8")
            self._run(*pip, *offline, "--require-hashes", "-r", folder / "models.txt")
        self._run(*pip, "--no-index", self._product.wheel)
        self._run(folder / "bin/python", "-m", "compileall", "-q", folder / "lib")
        self._keep_tree()
        os.sync()  # a power cut must not leave empty files under a mark that says that all is there
        write(folder / "complete", b"", 0o644, "root")
        link(self._root / VENV, f"{Path(VENVS).name}/{digest}")
        self._tidy_venvs(digest)

    def _keep_tree(self) -> None:
        """Keep what the installer reads of the source tree, for moiso-install, and for an update's way back."""
        source, kept = self._product.source, self._root / SHARE
        if kept.resolve() == source.resolve() or source.parent.name == Path(RELEASES).name or is_packaged(self._root):
            return
        new, old = (kept.with_name(f"{kept.name}.moiso-{which}") for which in ("new", "old"))
        for path in (new, old):
            shutil.rmtree(path, ignore_errors=True)
        for name in TREE:
            found = source / name
            for path in [found] if found.is_file() else sorted(found.rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    target = new / path.relative_to(source)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, target)
        (new / "wheels").mkdir()
        shutil.copy(self._product.wheel, new / "wheels")
        if kept.exists():
            kept.rename(old)
        new.rename(kept)
        shutil.rmtree(old, ignore_errors=True)

    def _known(self, requirements: str) -> str:
        """With the hashes of those that were built for this folder of wheels."""
        built = self._wheels / BUILT if self._wheels else None
        return with_built(requirements, built.read_text(encoding="utf-8") if built and built.exists() else "")

    def _tidy_venvs(self, digest: str) -> None:
        """Keep the environment in force and the one before it."""
        folder, releases = self._root / VENVS, self._root / RELEASES
        kept = {path.read_text(encoding="ascii").strip() for path in releases.glob("*/environment")} | {digest}
        others = [path for path in folder.iterdir() if path.is_dir() and path.name not in kept]
        others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in others[OLDER_KEPT:]:
            shutil.rmtree(path)

    def _system_site(self, *, on: bool) -> None:
        """The environment's own packages come first, whatever Debian has: only what is missing comes from there."""
        path = self._root / VENV / "pyvenv.cfg"
        lines = path.read_text(encoding="utf-8").splitlines()
        said = f"include-system-site-packages = {'true' if on else 'false'}"
        kept = [line for line in lines if not line.startswith("include-system-site-packages")]
        write(path, ("\n".join([*kept, said]) + "\n").encode(), 0o644, "root")

    def _reload(self, *, udev: bool) -> None:
        self._run("systemctl", "daemon-reload")
        if udev:
            with contextlib.suppress(StepFailed):  # a container has no udev of its own
                self._run("udevadm", "control", "--reload")
                self._run("udevadm", "trigger")
        with contextlib.suppress(StepFailed):
            self._run("systemctl", "try-restart", "systemd-journald.service")

    def _make_administrator(self, name: str) -> None:
        password = "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))
        hashing = "import sys, argon2; print(argon2.PasswordHasher().hash(sys.stdin.read()))"
        hashed = self._python("-c", hashing, given=password).strip()
        told = f"{name} {password}\n"
        write(self._root / KEPT_FOR_ADMINISTRATOR, told.encode(), 0o600, "root")
        account = f'[[officer]]\nname = "{name}"\npassword_argon2 = "{hashed}"\n'
        write(self._at(OFFICERS), account.encode(), 0o640, "moiso-hub")
        self._say(f"    {name}  {password}    (/{KEPT_FOR_ADMINISTRATOR})")

    def _python(self, *arguments: str, given: str | None = None) -> str:
        """Run the environment's Python, isolated: PYTHONPATH leads to the installer's own part of the product."""
        return self._run(self._bin / "python", "-I", *arguments, given=given)

    def _run(self, *command: str | Path, environment: dict[str, str] | None = None, given: str | None = None) -> str:
        """Run a command and return what it printed. Raises StepFailed where it does not end with 0."""
        done = subprocess.run(
            [str(part) for part in command], env=environment, input=given, capture_output=True, text=True
        )
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip())[-2000:]
            raise StepFailed(f"{Path(command[0]).name} {' '.join(map(str, command[1:4]))}: {said}")
        return done.stdout


def write(path: Path, content: bytes, mode: int, group: str) -> None:
    """Put a file of root's in its place, whole and on the disk, or leave what was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.moiso-new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.write(content)
        if group != "root":
            os.fchown(file.fileno(), 0, grp.getgrnam(group).gr_gid)
        os.fchmod(file.fileno(), mode)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def link(path: Path, to: str) -> None:
    """Make a symbolic link, or lead it elsewhere, by one rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.moiso-new")
    new.unlink(missing_ok=True)
    new.symlink_to(to)
    new.replace(path)


def _only(requirements: str, name: str) -> str:
    """One requirement of a lock, with its hashes."""
    kept: list[str] = []
    for line in requirements.splitlines():
        if line.startswith(f"{name}==") or (kept and line.startswith("    ")):
            kept.append(line)
        elif kept:
            break
    return "\n".join(kept) + "\n" if kept else ""
