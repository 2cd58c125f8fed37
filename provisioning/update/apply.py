"""From a bundle to a release that is ready to be put in force: verified, unpacked, staged, armed.

Nothing of what runs is touched here. The switch itself is the guard's (``provisioning.update.guard``), which runs out
of the tree of the release that is in force now.
"""

import platform
import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.daemon.config import ConfigError
from provisioning.installer.facts import SHARE, installed_roles, packages_installed
from provisioning.update import switch
from provisioning.update.config import Update
from provisioning.update.manifest import Manifest, is_version, numbers
from provisioning.update.plan import Here, packages_of, why_not
from provisioning.update.signed import read_keys
from provisioning.update.store import PART, Store, StoreError, sync_tree
from provisioning.update.system import SystemFailed
from provisioning.update.verify import BadBundle, manifest_of, unpack, verify
from provisioning.update.words import N_, WHY, Refused

WHEEL = "moiso-*.whl"

NO_TREE = N_("Không tìm thấy cây nguồn của bản đang chạy ({tree}). Chạy lại bộ cài của bản đó, rồi thử lại.")
OTHER = N_("Bản đang chạy không phải từ {tree}. Chạy lại bộ cài của bản đó, rồi thử lại.")
NO_VERSION = N_("Bản đang chạy không có số phiên bản dùng được: {version}")
NOT_STAGED = N_("Không chuẩn bị được {version}: {why}")
BAD = N_("Không dùng gói {name}: {why}")
NONE_THERE = N_("Trong {folder} không có gói nào (moiso-*.bundle).")


def read_public_keys(path: Path) -> tuple[Ed25519PublicKey, ...]:
    """The keys that vouch for updates. Raises ConfigError."""
    try:
        return read_keys(path.read_bytes())
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); the public key of updates belongs there"
        ) from error
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from error


def adopt(store: Store) -> str:
    """The release in force, after making one of what was installed otherwise: from source, by apt, with one more role.

    Raises Refused where there is nothing to come back to.
    """
    current = store.current()
    if current and store.is_complete(current) and store.environment() == store.environment_of(current):
        return current
    led = store.installer.resolve() if store.installer.is_symlink() else store.root / SHARE / "provisioning/install"
    tree = led.parents[1]
    if not (tree / "pyproject.toml").is_file() or not store.environment():
        raise Refused(NO_TREE, tree=tree)
    version = str(tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
    if not is_version(version):
        raise Refused(NO_VERSION, version=version)
    if tree.parent.resolve() != store.folder.resolve():
        _copy(store, tree, version)
    digest = stage(store, version, only_name=True)
    if digest != store.environment():
        raise Refused(OTHER, tree=tree)
    store.set_environment(version, digest)
    store.set_current(version)
    return version


def _copy(store: Store, tree: Path, version: str) -> None:
    part = store.folder / f"{version}{PART}"
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(tree, part, symlinks=True, ignore=_surplus)
    sync_tree(part)
    _set_aside(store, version)
    part.rename(store.release(version))


def _surplus(folder: str, names: list[str]) -> set[str]:
    """What a way back does not need: the wheels of others, since their environment is there."""
    surplus = {"__pycache__", ".git", ".venv", ".mypy_cache", ".ruff_cache"} & {*names}
    if Path(folder).name == "wheels":
        surplus |= {*names} - {path.name for path in Path(folder).glob(WHEEL)}
    return surplus


def _set_aside(store: Store, version: str) -> None:
    """Let a release of this name, which nothing leads to, be gone."""
    old = store.release(version)
    if old.exists():
        aside = store.folder / f"{version}.old{PART}"
        shutil.rmtree(aside, ignore_errors=True)
        old.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)


def look(store: Store, version: str, packages: Sequence[str]) -> Here:
    """What of this machine counts for a release that asks for these packages."""
    history = store.history()
    return Here(
        version=version,
        highest=history.highest,
        failed=history.failed,
        roles=installed_roles(store.root),
        packages=packages_installed(packages) if packages else frozenset(),
        python=python_version(),
        machine=platform.machine(),
        free_bytes=shutil.disk_usage(store.folder).free,
    )


def python_version() -> str:
    """The version of Debian's Python, such as "3.11"."""
    told = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([switch.python(), "-c", told], capture_output=True, text=True, check=True).stdout.strip()


def newest_of(place: Path, keys: Sequence[Ed25519PublicKey], python: str, machine: str) -> Path:
    """The bundle that this path names; of a folder the newest that fits here. Raises Refused."""
    if not place.is_dir():
        return place
    best, version = None, (-1, -1, -1)
    for path in sorted(place.glob("moiso-*.bundle"))[:100]:
        try:
            manifest = manifest_of(path, keys)
        except (BadBundle, OSError):
            continue
        if (manifest.python, manifest.machine) == (python, machine) and numbers(manifest.version) > version:
            best, version = path, numbers(manifest.version)
    if best is None:
        found = sorted(place.glob("moiso-*.bundle"))
        if not found:
            raise Refused(NONE_THERE, folder=place)
        best = found[-1]  # and let it be told what is wrong with it
    return best


def examine(path: Path, keys: Sequence[Ed25519PublicKey]) -> Manifest:
    """Verify a bundle to its last byte. Raises Refused."""
    try:
        return verify(path, keys)
    except BadBundle as error:
        raise Refused(BAD, name=path.name, why=error) from error
    except OSError as error:
        raise Refused(BAD, name=path.name, why=error.strerror) from error


def prepare(
    store: Store, settings: Update, keys: Sequence[Ed25519PublicKey], path: Path, manifest: Manifest, *, again: bool
) -> None:
    """Unpack a verified bundle, make its environment, and arm the guard. Raises Refused: then nothing has changed."""
    here = look(store, store.current(), sorted(packages_of(manifest)))
    refusal = why_not(manifest, here, again=again)
    if refusal:
        raise Refused(WHY[refusal.reason], **refusal.values)
    version = manifest.version
    part = store.folder / f"{version}{PART}"
    shutil.rmtree(part, ignore_errors=True)
    try:
        unpack(path, keys, part, manifest)
        _set_aside(store, version)
        part.rename(store.release(version))
        store.set_environment(version, stage(store, version))
        switch.arm(store, version, settings.within_s, settings.steady_s, manifest.keys)
    except BadBundle as error:
        raise Refused(BAD, name=path.name, why=error) from error
    except OSError as error:
        raise Refused(NOT_STAGED, version=version, why=error.strerror or error) from error
    except (StoreError, SystemFailed) as error:
        raise Refused(NOT_STAGED, version=version, why=error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
        if store.pending() is None:
            store.prune((store.current(), store.fallback()))


def stage(store: Store, version: str, *, only_name: bool = False) -> str:
    """Have a release make its environment; its name. Raises Refused."""
    command = [switch.python(), "-B", "-m", "provisioning.update.stage", "--root", str(store.root)]
    tree = store.release(version)
    done = subprocess.run(
        [*command, *(["--only-name"] if only_name else [])], cwd=tree, capture_output=True, text=True, errors="replace"
    )
    if done.returncode:
        raise Refused(NOT_STAGED, version=version, why=done.stderr.strip()[-500:])
    return done.stdout.strip().splitlines()[-1]


def guard(store: Store, what: str) -> int:
    """Let the guard of the release before do this; its exit code."""
    version = store.fallback() or store.current()
    command = [switch.python(), "-B", "-m", "provisioning.update.guard", what, "--root", str(store.root.resolve())]
    return subprocess.run(command, cwd=store.release(version).resolve()).returncode
