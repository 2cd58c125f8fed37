"""Only where it is asked for: these install whole machines and take their time."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.install.machine import CACHE, Machine, base, wheels

NEEDED = ("debootstrap", "systemd-nspawn", "dpkg-deb", "nsenter")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip them all without MOISO_TEST_INSTALL, and of those with it either the slow ones or the others."""
    asked = os.environ.get("MOISO_TEST_INSTALL", "")
    why = ""
    if not asked:
        why = "make test-install"
    elif os.geteuid() != 0:
        why = "needs root: it makes machines"
    elif missing := [name for name in NEEDED if shutil.which(name) is None]:
        why = f"apt-get install {' '.join(missing)}"
    for item in items:
        if "tests/install" in str(item.path):
            slow = item.path.name == "test_arm64.py"
            item.add_marker(pytest.mark.timeout(5400 if slow else 1500))
            if why or slow is not (asked == "arm64"):
                item.add_marker(pytest.mark.skip(reason=why or "make test-install-arm64"))


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This source tree as it is now: what is installed twice must be the same twice."""
    copy = tmp_path_factory.mktemp("source") / "moiso"
    source = Path(__file__).parents[2]
    names = ("pyproject.toml", "requirements", "systemd", "edge", "board_controller", "cloud", "provisioning", "tests")
    copy.mkdir()
    for name in names:
        if (source / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source / name, copy / name, ignore=ignored, symlinks=True)
        else:
            shutil.copyfile(source / name, copy / name)
    return copy


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def suite(request: pytest.FixtureRequest) -> str:
    """Debian 12 and 13."""
    name: str = request.param
    base(name)
    wheels(name)
    return name


@pytest.fixture(scope="module")
def bare(suite: str, tree: Path) -> Iterator[Machine]:
    """A bare machine with apt's lists, and the source tree at /mnt/moiso."""
    CACHE.mkdir(parents=True, exist_ok=True)
    root = CACHE / f"machine-{suite}-{os.getpid()}"
    machine = Machine(root, suite, tree=tree)
    machine.unpack()
    machine.run("apt-get", "update", "-qq")
    yield machine
    subprocess.run(["rm", "-rf", "--one-file-system", root, f"{root}.console"], check=True)
