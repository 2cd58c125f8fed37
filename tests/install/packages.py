"""Packages of this tree, built for a machine and lying on it."""

import subprocess
from pathlib import Path

from tests.install.machine import PYTHON, Machine, wheels


def build(tree: Path, suite: str, version: str, into: Path, architecture: str = "amd64") -> tuple[Path, ...]:
    """Packages of this version for this suite."""
    command = [
        "python3",
        "-m",
        "provisioning.deb.build",
        "--wheels",
        str(wheels(suite, architecture)),
        "--into",
        str(into),
    ]
    command += ["--python", PYTHON[suite], "--architecture", architecture, "--version", version]
    subprocess.run(["nice", "-n", "15", *command], check=True, cwd=tree, stdout=subprocess.DEVNULL)
    return tuple(sorted(into.glob("*.deb")))


def paths(machine: Machine, folder: str, *names: str) -> list[str]:
    """The packages in this folder of the machine."""
    found = [path for path in machine.path(folder).iterdir() if path.name.partition("_")[0] in names]
    assert len(found) == len(names)
    return [f"{folder}/{path.name}" for path in found]
