"""Machines to install on: Debian as debootstrap makes it, in a folder, booted by systemd-nspawn with its real systemd.

Base systems and wheels are kept in ``MOISO_TEST_CACHE`` (/var/cache/moiso-test-install): the first run makes them.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

TREE = Path(__file__).parents[2]
CACHE = Path(os.environ.get("MOISO_TEST_CACHE", "/var/cache/moiso-test-install"))
MIRROR = os.environ.get("MOISO_TEST_MIRROR", "http://deb.debian.org/debian")
PYTHON = {"bookworm": "3.11", "trixie": "3.13"}
BASE = "init,systemd-sysv,dbus,udev,ca-certificates,procps,python3"
BUILDERS = ("gcc", "libpcsclite-dev", "python3-dev", "python3-venv", "swig")
SOON_S = 240.0  # what takes seconds, on a machine that does something else too
NSPAWN = ("systemd-nspawn", "-q", "--register=no", "--keep-unit")
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")


class CommandFailed(AssertionError):
    """A command on the machine did not end with 0."""


class Machine:
    """A Debian in a folder. While it is not booted it has this machine's network, for apt; booted it has loopback."""

    def __init__(self, root: Path, suite: str, architecture: str = "amd64", tree: Path = TREE) -> None:
        self.root = root
        self._tree = tree
        self.suite = suite
        self.architecture = architecture
        self._leader = 0

    def unpack(self) -> None:
        """Begin with a bare system."""
        self.root.mkdir(parents=True)
        subprocess.run(["tar", "-C", self.root, "--zstd", "-xf", base(self.suite, self.architecture)], check=True)
        (self.root / "etc/resolv.conf").unlink(missing_ok=True)
        shutil.copyfile("/etc/resolv.conf", self.root / "etc/resolv.conf")
        shutil.copyfile(AUTHORITIES, self.root / AUTHORITIES.relative_to("/"))
        (self.root / "etc/hostname").write_text("moiso-test\n", encoding="ascii")
        (self.root / "etc/hosts").write_text("127.0.0.1\tlocalhost\n127.0.1.1\tmoiso-test\n", encoding="ascii")
        (self.root / "etc/dpkg/dpkg.cfg.d/test").write_text("force-unsafe-io\n", encoding="ascii")  # it is thrown away
        (self.root / "etc/apt/apt.conf.d/90test").write_text(
            'APT::Sandbox::User "root";\nBinary::apt::APT::Keep-Downloaded-Packages "true";\n'
            'APT::Keep-Downloaded-Packages "true";\n',
            encoding="ascii",
        )

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command, whether or not the machine is booted, and return what it printed on both of its outputs."""
        done = subprocess.run(self._inside(command), capture_output=True, text=True, timeout=1800)
        if check and done.returncode:
            raise CommandFailed(f"{command}: status {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
        return done.stdout + done.stderr

    def status(self, *command: str) -> int:
        """Run a command and return its exit status."""
        return subprocess.run(self._inside(command), capture_output=True, timeout=1800).returncode

    def _inside(self, command: tuple[str, ...]) -> list[str]:
        if self._leader:
            return ["nsenter", f"--target={self._leader}", "--all", "--", "/usr/bin/env", *_ENVIRONMENT, *command]
        archives = CACHE / f"apt-{self.suite}-{self.architecture}"
        (archives / "partial").mkdir(parents=True, exist_ok=True)
        binds = [f"--bind={archives}:/var/cache/apt/archives", f"--bind-ro={self._tree}:/mnt/moiso"]
        binds += [f"--bind={wheels(self.suite, self.architecture, make=False)}:/mnt/wheels", "--pipe"]
        return ["nice", "-n", "15", *NSPAWN, *binds, "-D", str(self.root), "/usr/bin/env", *_ENVIRONMENT, *command]

    @contextlib.contextmanager
    def booted(self) -> Iterator[None]:
        """The machine with its systemd running, until the block ends."""
        log = self.root.with_name(f"{self.root.name}.console")
        binds = [
            f"--bind-ro={self._tree}:/mnt/moiso",
            f"--bind-ro={wheels(self.suite, self.architecture, make=False)}:/mnt/wheels",
        ]
        command = ["nice", "-n", "15", *NSPAWN, "--private-network", *binds, "-D", str(self.root), "-b"]
        with log.open("wb") as console:
            nspawn = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        try:
            self._leader = _child_of(nspawn.pid)
            until(
                lambda: self.run("systemctl", "is-system-running", check=False).strip() in ("running", "degraded"),
                2 * SOON_S,
            )
            yield
        finally:
            if self._leader and nspawn.poll() is None:
                self.run("systemctl", "poweroff", check=False)
            self._leader = 0
            try:
                nspawn.wait(90)
            except subprocess.TimeoutExpired:
                nspawn.kill()
                nspawn.wait()

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """What systemd says of a unit."""
        told = self.run("systemctl", "show", unit, *(f"--property={name}" for name in properties))
        return dict(line.split("=", 1) for line in told.splitlines() if "=" in line)

    def is_active(self, unit: str) -> bool:
        """Whether it runs, and has said itself that it is ready."""
        return self.run("systemctl", "is-active", unit, check=False).strip() == "active"

    def path(self, path: str) -> Path:
        """A file of the machine, seen from here."""
        return self.root / path.lstrip("/")


_ENVIRONMENT = (
    "-i",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
    "LANG=C.UTF-8",
    "DEBIAN_FRONTEND=noninteractive",
    f"PIP_CERT={AUTHORITIES}",
)


def until(holds: Callable[[], object], within_s: float) -> None:
    """Wait until it holds. Raises AssertionError where it never does."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {within_s} s"
        time.sleep(0.2)


def _child_of(pid: int) -> int:
    """The machine's own first process."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    found: list[int] = []

    def started() -> bool:
        found[:] = [int(one) for one in children.read_text(encoding="ascii").split()]
        return bool(found) and b"systemd" in Path(f"/proc/{found[0]}/comm").read_bytes()

    until(started, 60)
    return found[0]


def base(suite: str, architecture: str = "amd64") -> Path:
    """The bare system as a tarball, made once."""
    kept = CACHE / (f"{suite}.tar.zst" if architecture == "amd64" else f"{suite}-{architecture}.tar.zst")
    if not kept.exists():
        folder = CACHE / f"{suite}-{architecture}.new"
        shutil.rmtree(folder, ignore_errors=True)
        command = [
            "nice",
            "-n",
            "15",
            "debootstrap",
            f"--arch={architecture}",
            "--variant=minbase",
            f"--include={BASE}",
        ]
        subprocess.run([*command, suite, str(folder), MIRROR], check=True, stdout=subprocess.DEVNULL)
        part = kept.with_suffix(".part")
        subprocess.run(["tar", "-C", folder, "--numeric-owner", "--zstd", "-cf", part, "."], check=True)
        part.rename(kept)
        shutil.rmtree(folder)
    return kept


def wheels(suite: str, architecture: str = "amd64", *, make: bool = True) -> Path:
    """The locked wheels for this suite's Python and processor, fetched and built once, on such a machine."""
    folder = CACHE / (f"wheels-{suite}" if architecture == "amd64" else f"wheels-{suite}-{architecture}")
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / f"complete-{_lock_digest()}"
    if make and not stamp.exists():
        builder = Machine(CACHE / f"builder-{suite}-{architecture}", suite, architecture)
        shutil.rmtree(builder.root, ignore_errors=True)
        builder.unpack()
        builder.run("apt-get", "update", "-qq")
        builder.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *BUILDERS)
        builder.run("/mnt/moiso/provisioning/deb/wheels", "/mnt/wheels")
        shutil.rmtree(builder.root)
        stamp.touch()
    return folder


def _lock_digest() -> str:
    locks = [(TREE / "requirements" / name).read_bytes() for name in ("runtime.txt", "models.txt")]
    return hashlib.sha256(b"\n".join(locks)).hexdigest()[:12]


BINFMT = Path("/proc/sys/fs/binfmt_misc")


def emulate() -> None:
    """Have the kernel run arm64 programs by qemu-user; what systemd-binfmt does where it runs."""
    if not (BINFMT / "register").exists():
        subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", BINFMT], check=True)
    if not (BINFMT / "qemu-aarch64").exists():
        line = Path("/usr/lib/binfmt.d/qemu-aarch64.conf").read_text(encoding="ascii").strip()
        (BINFMT / "register").write_text(line, encoding="ascii")
