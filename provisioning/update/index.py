"""What the Department offers: a signed list of bundles, and from when which ring may take each of them.

``first`` is the ring of the site that goes first; ``rest`` is opened later, by a new index, once that one is well. A
machine that has seen an index takes no older one: its ``serial`` only grows.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from provisioning.update.manifest import MAX_BYTES, Processor, Python, Sha256, Version, numbers

KIND = "index"
NAME = "moiso.index"
MAX_INDEX = 256 * 1024
Ring = Literal["first", "rest"]
FileName = Annotated[str, Meta(pattern=r"^moiso-[A-Za-z0-9_.-]{1,80}\.bundle\Z")]
Instant = Annotated[datetime, Meta(tz=True)]


class NoIndex(Exception):
    """It is no index; the text repeats nothing of it."""


class Offer(Struct, frozen=True, forbid_unknown_fields=True):
    """A bundle beside the index; None: this ring does not get it yet."""

    version: Version
    file: FileName
    python: Python
    machine: Processor
    size: Annotated[int, Meta(ge=1, le=MAX_BYTES)]
    sha256: Sha256
    first: Instant | None = None
    rest: Instant | None = None


class Index(Struct, frozen=True, forbid_unknown_fields=True):
    """Every bundle that is offered."""

    format: Literal[1]
    serial: Annotated[int, Meta(ge=1, le=10**12)]
    made: Instant
    offers: Annotated[tuple[Offer, ...], Meta(max_length=200)] = ()


_decode = msgspec.json.Decoder(Index)


def read_index(data: bytes) -> Index:
    """The index. Raises NoIndex."""
    if len(data) > MAX_INDEX:
        raise NoIndex("too long")
    try:
        return _decode.decode(data)
    except (ValueError, RecursionError) as error:
        raise NoIndex("not written as an index is") from error


def newest(index: Index, python: str, machine: str, without: Collection[str] = ()) -> Offer | None:
    """The newest bundle for this Python and processor that was not tried in vain; None for none."""
    fitting = [one for one in index.offers if (one.python, one.machine) == (python, machine)]
    fitting = [one for one in fitting if one.version not in without]
    return max(fitting, key=lambda one: numbers(one.version), default=None)
