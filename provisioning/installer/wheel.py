"""The product itself as a wheel, made of a source tree without setuptools: a bare machine has none.

Source: PyPA specifications, "Binary distribution format" and "Entry points". The product is pure Python; a test
compares the outcome with what setuptools would pack.
"""

import base64
import hashlib
import re
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

WHEN = (2026, 1, 1, 0, 0, 0)  # of every file in it, so that the same source gives the same bytes


def build(source: Path, into: Path) -> Path:
    """Pack the product of this source tree into ``into``, and return the wheel's path."""
    told = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))
    name, version = told["project"]["name"], told["project"]["version"]
    info = f"{name}-{version}.dist-info"
    files = [(path.relative_to(source).as_posix(), path.read_bytes()) for path in _packed(source, told)]
    files += [
        (f"{info}/METADATA", _metadata(told).encode()),
        (f"{info}/WHEEL", b"Wheel-Version: 1.0\nGenerator: moiso\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
        (f"{info}/entry_points.txt", _entry_points(told).encode()),
    ]
    record = "".join(f"{path},sha256={_digest(data)},{len(data)}\n" for path, data in files)
    files.append((f"{info}/RECORD", f"{record}{info}/RECORD,,\n".encode()))
    wheel = into / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as packed:
        for path, data in files:
            one = zipfile.ZipInfo(path, WHEN)
            one.external_attr = 0o100644 << 16
            one.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(one, data)
    return wheel


def _packed(source: Path, told: dict[str, Any]) -> Iterator[Path]:
    """Every file of the packages that pyproject.toml includes: its Python, and the data that it names."""
    setuptools = told["tool"]["setuptools"]
    wanted = ("*.py", *setuptools["package-data"]["*"])
    for top in sorted(source.iterdir()):
        if not (top / "__init__.py").is_file():
            continue
        if not any(fnmatch(top.name, pattern) for pattern in setuptools["packages"]["find"]["include"]):
            continue
        for path in sorted(top.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and any(fnmatch(path.name, one) for one in wanted):
                yield path


def _metadata(told: dict[str, Any]) -> str:
    project = told["project"]
    lines = ["Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {project['version']}"]
    lines.append(f"Requires-Python: {project['requires-python']}")
    lines += [f"Requires-Dist: {one}" for one in project["dependencies"]]
    return "\n".join(lines) + "\n"


def _entry_points(told: dict[str, Any]) -> str:
    scripts = told["project"]["scripts"]
    return "[console_scripts]\n" + "".join(f"{name} = {what}\n" for name, what in scripts.items())


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def content_digest(wheel: Path) -> str:
    """A digest of what is in a wheel, whatever the order and packing."""
    with zipfile.ZipFile(wheel) as packed:
        names = sorted(name for name in packed.namelist() if not re.search(r"\.dist-info/(RECORD|WHEEL)$", name))
        told = "".join(f"{name} {hashlib.sha256(packed.read(name)).hexdigest()}\n" for name in names)
    return hashlib.sha256(told.encode()).hexdigest()


if __name__ == "__main__":
    print(build(Path(__file__).parents[2], Path(sys.argv[1])))
