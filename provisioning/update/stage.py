"""``python3 -m provisioning.update.stage`` out of a release's own tree: make the environment that it runs in here.

Beside the one in force, from the release's own wheels, without the internet, and only where it is not there yet. The
last line that it prints is the environment's name. It ends with 0, or with 1 and the reason on standard error.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from provisioning.installer import app
from provisioning.installer.facts import VENVS, installed_roles
from provisioning.installer.lock import BUILT, with_built
from provisioning.installer.product import Product, product
from provisioning.installer.roles import ROLES
from provisioning.update.store import COMPLETE, STAGING, sync_folder

TREE = Path(__file__).resolve().parents[2]


class StageFailed(Exception):
    """A command failed; the text says which, and what it said."""


def main() -> None:
    """Do it."""
    parser = argparse.ArgumentParser(prog="moiso-update-stage")
    parser.add_argument("--root", type=Path, default=Path("/"))
    parser.add_argument("--only-name", action="store_true", help="build nothing")
    options = parser.parse_args()
    try:
        print(stage(options.root, build=not options.only_name))
    except (StageFailed, OSError, KeyError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def stage(root: Path, *, build: bool = True) -> str:
    """The name of this release's environment for the roles that this machine has; it is complete when this returns."""
    roles = [ROLES[name] for name in sorted(installed_roles(root)) if name in ROLES]
    with tempfile.TemporaryDirectory(prefix="moiso-") as work:
        made = product(TREE, roles, app._python(), Path(work))
        folder = root / VENVS / made.digest
        if build and not (folder / COMPLETE).is_file():
            staging = folder.with_name(f"{folder.name}{STAGING}")
            folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            staging.touch()
            _build(folder, made)
            staging.unlink()
        return made.digest


def _build(folder: Path, made: Product) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _run(sys.executable, "-m", "venv", folder)
    wheels = TREE / "wheels"
    built = (wheels / BUILT).read_text(encoding="utf-8") if (wheels / BUILT).exists() else ""
    pip: list[str | Path] = [
        folder / "bin/pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-cache-dir",
    ]
    pip += ["--no-compile", "--root-user-action=ignore", "--no-index"]
    for name, text in (("requirements.txt", made.requirements), ("models.txt", made.models)):
        if text:
            (folder / name).write_text(with_built(text, built), encoding="utf-8")
            _run(*pip, "--find-links", wheels, "--require-hashes", "-r", folder / name)
    _run(*pip, made.wheel)
    _run(folder / "bin/python", "-m", "compileall", "-q", folder / "lib")
    os.sync()  # a power cut must not leave empty files under a mark that says that all is there
    (folder / COMPLETE).touch(mode=0o644)
    sync_folder(folder)


def _run(*command: str | Path) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, errors="replace")
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-1000:]
        raise StageFailed(f"{Path(command[0]).name} {' '.join(map(str, command[1:4]))}: {said}")


if __name__ == "__main__":
    main()
