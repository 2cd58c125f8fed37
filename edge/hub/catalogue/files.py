"""The catalogue as a file that technicians carry from site to site: TOML, as ``catalogue.toml`` has it, or JSON."""

import json
from typing import Any

import msgspec
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue

MAX_LETTERS = 200_000


class FileError(Exception):
    """The text is no catalogue; the message says where."""


def as_json(catalogue: Catalogue) -> bytes:
    """The catalogue as readable JSON."""
    return msgspec.json.format(msgspec.json.encode(catalogue), indent=2) + b"\n"


def as_toml(catalogue: Catalogue) -> bytes:
    """The catalogue as TOML that ``read`` and the hub's configuration understand.

    Source: TOML 1.0.0. JSON's strings, numbers and arrays are TOML's own.
    """
    parts: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(catalogue))
    lines = _fields(parts)
    for name, part in parts.items():
        if isinstance(part, dict):
            lines += ["", f"[{name}]", *_fields(part), *_tables(name, part)]
        for row in part if _of_tables(part) else ():
            lines += ["", f"[[{name}]]", *_fields(row)]
            lines += _tables(name, row)
    return ("\n".join(lines) + "\n").encode()


def read(text: str) -> Catalogue:
    """The catalogue in a JSON or TOML text, without its version. Raises FileError."""
    if len(text) > MAX_LETTERS:
        raise FileError(f"{len(text)} > {MAX_LETTERS}")
    raw = text.encode()
    try:
        if text.lstrip().startswith("{"):
            catalogue = msgspec.json.decode(raw, type=Catalogue)
        else:
            catalogue = msgspec.toml.decode(raw, type=Catalogue)
    except (msgspec.ValidationError, msgspec.DecodeError, RecursionError) as error:
        raise FileError(str(error)) from None
    return replace(catalogue, version=0)


def _tables(name: str, table: dict[str, Any]) -> list[str]:
    """The tables within a table, such as a week within a service."""
    lines: list[str] = []
    for field, rows in table.items():
        for row in rows if _of_tables(rows) else ():
            lines += ["", f"[[{name}.{field}]]", *_fields(row)]
    return lines


def _of_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _fields(table: dict[str, Any]) -> list[str]:
    plain = {name: value for name, value in table.items() if not isinstance(value, dict) and not _of_tables(value)}
    return [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in plain.items()]
