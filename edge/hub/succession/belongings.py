"""What a hub needs beside its journal: its configuration with the files that it names, and its small databases."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from edge.contracts.copy import CopiedFile
from edge.hub.config import HubConfig

CONFIG = "hub.toml"
DATABASES = ("officers.db", "drafts.db", "tablets.db", "enrolled.db")
LEFT_OUT = ("data", "listen", "site_secret_file")  # a successor has its own
# Sessions end with the hub they were begun at: nobody's cookie is worth anything at another address.
FORGOTTEN = {"officers.db": ("sessions", "known_here")}


class Belongings:
    """Everything that a hub's configuration names, by a name of its own, and snapshots of its databases.

    ``extra`` are further files, name → content.
    """

    def __init__(self, config: HubConfig, extra: dict[str, bytes]) -> None:
        self._config = config
        self._extra = extra

    def read(self) -> dict[str, bytes]:
        """Name → content, as they are now."""
        named: dict[str, Path] = {}
        text = portable(self._config, named)
        found = {CONFIG: text.encode(), **self._extra}
        for name, path in named.items():
            if path.is_dir():
                found |= {f"{name}/{one.name}": one.read_bytes() for one in sorted(path.iterdir()) if one.is_file()}
            else:
                found[name] = path.read_bytes()
        for name in DATABASES:
            path = self._config.data / name
            if path.exists():
                found[name] = snapshot_of(path, FORGOTTEN.get(name, ()))
        return found


def listed(files: dict[str, bytes]) -> tuple[CopiedFile, ...]:
    """The inventory's lines for these files."""
    return tuple(
        CopiedFile(name, hashlib.sha256(content).hexdigest(), len(content)) for name, content in sorted(files.items())
    )


def portable(config: HubConfig, named: dict[str, Path]) -> str:
    """The configuration as TOML in which every file has a plain name beside it; ``named`` is filled with name → path.

    Where the hub listens, its data and its secret are left out.
    """

    def told(value: Any, where: str) -> Any:
        if isinstance(value, msgspec.Struct):
            fields = msgspec.structs.asdict(value)
            fields.pop("identity", None)  # what it leads to is copied by hand: a successor enrols anew
            return {key: told(one, f"{where}{key}.") for key, one in fields.items() if one is not None}
        if isinstance(value, Path):
            name = where.rstrip(".").replace("_", "-")
            named[name] = value
            return name
        if isinstance(value, tuple):
            return [told(one, f"{where}{at}.") for at, one in enumerate(value)]
        return value

    kept = {key: one for key, one in msgspec.structs.asdict(config).items() if key not in LEFT_OUT and one is not None}
    return as_toml({key: told(one, f"{key}.") for key, one in kept.items()})


def as_toml(values: dict[str, Any]) -> str:
    """Values, and sections of values one level deep, as TOML; lists of sections are arrays of tables.

    >>> print(as_toml({"site": "mau-01", "uplink": {"address": "a:1"}}))
    site = "mau-01"
    <BLANKLINE>
    [uplink]
    address = "a:1"
    <BLANKLINE>
    """
    return "\n".join(_lines(values)) + "\n"


def _lines(values: dict[str, Any]) -> Iterator[str]:
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    arrays = {key: value for key, value in values.items() if _is_array(value)}
    for key, value in values.items():
        if key not in tables and key not in arrays:
            yield f"{key} = {json.dumps(value, ensure_ascii=False)}"
    for key, value in tables.items():
        yield f"\n[{key}]"
        yield from (f"{name} = {json.dumps(one, ensure_ascii=False)}" for name, one in value.items())
    for key, sections in arrays.items():
        for section in sections:
            yield f"\n[[{key}]]"
            yield from (f"{name} = {json.dumps(one, ensure_ascii=False)}" for name, one in section.items())


def _is_array(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def snapshot_of(path: Path, emptied: tuple[str, ...] = ()) -> bytes:
    """A consistent copy of a SQLite file while others write to it, with these tables emptied."""
    with closing(sqlite3.connect(path, timeout=10)) as live, closing(sqlite3.connect(":memory:")) as copy:
        live.backup(copy)
        for table in emptied:
            copy.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of this module
        copy.commit()
        copy.execute("VACUUM")  # what was deleted is not left in free pages
        return copy.serialize()
