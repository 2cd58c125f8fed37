"""The lock file, and which of it a role needs: the closure of its extras in pyproject.toml, by the lock's own "via".

Source: pip's documentation, "Requirements File Format" and "Secure installs"; uv writes under each requirement who asks
for it.
"""

import hashlib
import re
import sys
import tomllib
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==")
_ASKED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
BUILT = "built.txt"


class Locked(NamedTuple):
    """One requirement: its lines as they stand, and who asks for it."""

    name: str
    lines: tuple[str, ...]
    wanted_by: frozenset[str]


def read_lock(text: str) -> tuple[Locked, ...]:
    """Every requirement of a lock file, in its order."""
    found: list[tuple[str, list[str], set[str]]] = []
    for line in text.splitlines():
        start = _NAME.match(line)
        if start:
            found.append((normal(start[1]), [line], set()))
        elif found and line.lstrip().startswith("#"):
            told = line.strip().lstrip("#").strip()
            told = told.removeprefix("via").strip() if told.startswith("via") else told
            found[-1][2].update({told} if told else ())
        elif found and line.strip():
            found[-1][1].append(line)
    return tuple(Locked(name, tuple(lines), frozenset(wanted)) for name, lines, wanted in found)


def asked_for(pyproject: str, extras: Collection[str]) -> frozenset[str]:
    """What the product and these extras of it ask for by name."""
    project = tomllib.loads(pyproject)["project"]
    lists = [project["dependencies"], *(project["optional-dependencies"][extra] for extra in extras)]
    return frozenset(normal(match[0]) for asked in lists for one in asked if (match := _ASKED.match(one)))


def closure(lock: Iterable[Locked], roots: Collection[str]) -> tuple[Locked, ...]:
    """What of the lock these names need, themselves included, in the lock's order."""
    lock = tuple(lock)
    wanted = set(roots)
    while True:
        more = {one.name for one in lock if one.wanted_by & wanted} - wanted
        if not more:
            return tuple(one for one in lock if one.name in wanted)
        wanted |= more


def written(lock: Iterable[Locked]) -> str:
    """A requirements file of these."""
    return "".join(f"{line}\n" for one in lock for line in one.lines)


def built_here(folder: Path, lock: Iterable[Locked]) -> str:
    """Requirements for the wheels of a folder that the lock does not know: built there, from sources that it knows.

    Raises ValueError where one is of another version than the lock's, or of nothing in it.
    """
    lines = []
    pinned = {(one.name, one.lines[0].split()[0].partition("==")[2]): one for one in lock}
    for wheel in sorted(folder.glob("*.whl")):
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        name, version = normal(wheel.name.split("-")[0]), wheel.name.split("-")[1]
        one = pinned.get((name, version))
        if one is None:
            raise ValueError(f"{wheel}: the lock has no {name} {version}")
        if not any(digest in line for line in one.lines):
            lines.append(f"{name}=={version} --hash=sha256:{digest}\n")
    return "".join(lines)


def with_built(requirements: str, built: str) -> str:
    """The requirements, each taking its wheel of ``built_here`` too."""
    more = dict(line.split(" --hash=", 1) for line in built.splitlines())
    written_anew = []
    for line in requirements.splitlines():
        pin = line.split()[0] if line[:1].strip() else ""
        name, _, version = pin.partition("==")
        extra = more.get(f"{normal(name)}=={version}") if version else None
        # the hash stands before the others, so that whatever follows goes on to follow
        written_anew += [line, f"    --hash={extra} \\"] if extra else [line]
    return "".join(f"{line}\n" for line in written_anew)


def normal(name: str) -> str:
    """A distribution's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    wheels, *locks = (Path(argument) for argument in sys.argv[1:])
    known = [one for lock in locks for one in read_lock(lock.read_text(encoding="utf-8"))]
    (wheels / BUILT).write_text(built_here(wheels, known), encoding="utf-8")
