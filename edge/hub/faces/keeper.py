"""The faces of the day in one hand: what the inbox asks about them, and what it does with them."""

import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from edge.contracts.face import FaceCapture
from edge.hub.faces.album import Album, AlbumError, Kind
from edge.hub.faces.captures import Captured, Captures
from edge.hub.faces.guard import Guard
from edge.hub.vault import Vault
from edge.queueing.faces import Evidence

log = logging.getLogger(__name__)


class Taken(NamedTuple):
    """The capture that became a ticket's."""

    ticket: str
    capture: FaceCapture


class FaceKeeper:
    """``captures`` and ``guard`` belong to the event loop's thread, ``album`` to the journal's: :meth:`save`,
    :meth:`destroy` and :meth:`open_day` run there, everything else in the loop."""

    def __init__(self, album: Album, vault: Vault, clock_ms: Callable[[], int]) -> None:
        self.captures = Captures(clock_ms, vault.keep_days)
        self.album = album
        self._vault = vault
        self._guard = Guard()
        self._kept: set[str] = set()  # of all days whose key is there
        self._of_days_before: set[str] = set()
        self.portraits: set[str] = set()  # the tickets of whose holders a picture can be seen

    @classmethod
    def at(cls, folder: Path, vault: Vault, clock_ms: Callable[[], int]) -> "FaceKeeper":
        """The keeper of the album in this folder; ``clock_ms`` is one that never runs backwards. An album that cannot
        be read gives way to a new one: without pictures numbers are given all the same."""
        path = folder / "faces.db"
        try:
            album = Album(path, vault)
        except AlbumError as error:
            log.error("the portraits of the day are lost, a new faces.db begins: %s", error)
            path.unlink()
            album = Album(path, vault)
        return cls(album, vault, clock_ms)

    def begin(self, day: str, erased: Iterable[str]) -> None:
        """Take up what the disk holds of this day, at a start. ``erased``: tickets whose holders' data was to be
        destroyed when the power went."""
        self.destroy(erased)
        self._forget_lapsed()
        try:
            self._kept = self.album.tickets()
            self.portraits = self.album.tickets(Kind.PORTRAIT)
            templates = self.album.templates(day)
        except AlbumError as error:
            log.error("the faces of the day cannot be read: %s", error)
            templates = {}
        for ticket, template in templates.items():
            self._guard.add(ticket, template)

    def look(self, face: str, device: str, taken: Sequence[Taken]) -> tuple[Captured, Evidence] | None:
        """The capture that a command of this device names, and whom of the day it resembles; None where it is gone.

        ``taken`` are those of the same batch.
        """
        captured = self.captures.get(face)
        if captured is None or captured.device != device:
            return None
        template = captured.capture.template
        others = [(other.ticket, other.capture.template) for other in taken if other.capture.template]
        alike = self._guard.alike(template, others) if template else ()
        return captured, Evidence(captured.capture.consent, alike)

    def kept(self, tickets: Iterable[str]) -> tuple[str, ...]:
        """Those of these tickets of whose holders something is kept."""
        return tuple(ticket for ticket in dict.fromkeys(tickets) if ticket in self._kept)

    def save(self, taken: Sequence[Taken]) -> list[Taken]:
        """Seal them on the disk; those that are. A disk that takes no picture costs nobody the number: it is logged."""
        saved = []
        for ticket, capture in taken:
            try:
                self.album.keep(ticket, capture)
            except AlbumError as error:
                log.error("a face was not kept: %s", error)
            else:
                saved.append(Taken(ticket, capture))
        return saved

    def destroy(self, tickets: Iterable[str]) -> None:
        """Erase what is kept of these. What fails is done again at the next start: the journal has noted it."""
        for ticket in tickets:
            try:
                self.album.erase(ticket)
            except AlbumError as error:
                log.error("a face was not erased yet: %s", error)

    def open_day(self, day: str) -> None:
        """A new business day: what has lapsed is destroyed, keys first."""
        self._vault.open_day(day)
        self._forget_lapsed()
        try:
            self._of_days_before = self.album.tickets()
        except AlbumError as error:
            log.error("the faces of the days before cannot be read: %s", error)
            self._of_days_before = set()

    def _forget_lapsed(self) -> None:
        try:
            self.album.forget()
        except AlbumError as error:
            log.error("faces whose key is destroyed still take room: %s", error)

    def committed(
        self, taken: Sequence[Taken], saved: Sequence[Taken], erased: Sequence[str], *, new_day: bool
    ) -> None:
        """What the journal has committed is true from here on; ``saved`` are those of ``taken`` that are sealed."""
        self.captures.forget_old()
        if new_day:
            self._guard.clear()
            self.portraits.clear()
            self._kept = self._of_days_before
        for ticket, capture in taken:
            self.captures.drop(capture.id)
            if capture.template:
                self._guard.add(ticket, capture.template)
        for ticket, capture in saved:
            if capture.template or capture.portrait:
                self._kept.add(ticket)
            if capture.portrait:
                self.portraits.add(ticket)
        for ticket in erased:
            self._guard.drop(ticket)
            self._kept.discard(ticket)
            self.portraits.discard(ticket)
