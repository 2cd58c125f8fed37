"""The journal's epochs: entries that were copied from another hub keep the name under which it reported them.

The cloud counts an entry once by (site, epoch, seq). A hub that carries on a copied journal reports what it copied
under the old epoch, and what it adds under its own, which counts from 1 again.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from edge.contracts.events import Entry


class Epoch(Struct, frozen=True):
    """One epoch; ``first`` is the journal's sequence number of its first entry."""

    first: int
    epoch: str


_epochs = msgspec.json.Decoder(tuple[Epoch, ...])


def read_epochs(stored: str, epoch: str) -> tuple[Epoch, ...]:
    """The epochs as the journal keeps them; a journal that was never copied has its own alone."""
    return _epochs.decode(stored) if stored else (Epoch(1, epoch),)


def written(epochs: Sequence[Epoch]) -> str:
    """The same, to be kept."""
    return msgspec.json.encode(tuple(epochs)).decode()


class Lineage:
    """The epochs of one journal, the eldest first."""

    def __init__(self, epochs: Sequence[Epoch]) -> None:
        self.epochs = tuple(epochs)

    def as_sent(self, entries: Sequence[Entry]) -> tuple[str, list[Entry]]:
        """The epoch of the first of these entries, and as many of them as belong to it, numbered within it.

        >>> from edge.contracts.events import HubRetired
        >>> two = Lineage((Epoch(1, "a"), Epoch(3, "b")))
        >>> [(e.seq) for e in two.as_sent([Entry(n, 0, HubRetired(0)) for n in (2, 3)])[1]]
        [2]
        """
        place = self._place(entries[0].seq)
        first, epoch = self.epochs[place].first, self.epochs[place].epoch
        end = self.epochs[place + 1].first if place + 1 < len(self.epochs) else None
        belonging = [entry for entry in entries if end is None or entry.seq < end]
        if first == 1:
            return epoch, belonging
        return epoch, [replace(entry, seq=entry.seq - first + 1) for entry in belonging]

    def seq_of(self, epoch: str, seq: int) -> int | None:
        """The journal's number of the entry that is ``seq`` in an epoch; None where the epoch is none of its own.

        Of an epoch before the last one never more than was copied. Where the cloud has nothing of an epoch that carries
        on another one, it may lack some of that one: it is asked from its beginning.
        """
        for place, one in enumerate(self.epochs):
            if one.epoch != epoch:
                continue
            if seq == 0:
                return self.epochs[max(place - 1, 0)].first - 1
            last = one.first - 1 + seq
            return min(last, self.epochs[place + 1].first - 1) if place + 1 < len(self.epochs) else last
        return None

    def before(self) -> tuple[str, int] | None:
        """The epoch before the last one, and the last of its numbers that was copied; None where there is none."""
        if len(self.epochs) < 2:
            return None
        old, new = self.epochs[-2:]
        return old.epoch, new.first - old.first

    def _place(self, seq: int) -> int:
        return max(place for place, one in enumerate(self.epochs) if one.first <= seq)
