"""The chips of the cards on the workbench, and the kiosk's card reader on which they are laid."""

import os
import threading
import time
from datetime import UTC, datetime

from edge.devices.sim.card.applet import Chip, Contents
from edge.devices.sim.card.faults import Flaw
from edge.devices.sim.card.issuer import Issuer
from edge.devices.sim.card.personalise import Person, personalise
from edge.devices.sim.card.vpcd import CardInSlot
from provisioning.demo.layout import Site

CERTIFICATE = "demo-csca.cer"
HALF_WAY = 9  # the command at which a flaw happens that happens: the chip is open and being read by then


class ReaderAway(Exception):
    """No card can be laid on the reader: it is a part of the kiosk's program, which does not run."""


class UnhurriedChip(Chip):
    """A chip that takes ``answer_s`` seconds for every answer, as radio and a real chip's computing would."""

    def __init__(self, contents: Contents, flaw: Flaw | None, answer_s: float) -> None:
        super().__init__(contents, flaw, HALF_WAY)
        self._answer_s = answer_s

    def process(self, raw: bytes) -> bytes:
        """See Chip."""
        time.sleep(self._answer_s)
        return super().process(raw)


class ReaderOnTable:
    """The kiosk's card reader, on which one card lies or none."""

    def __init__(self, site: Site) -> None:
        self._port = site.ports.card_reader
        self._issuer = Issuer.restore(site.csca_key.read_bytes(), (site.csca / CERTIFICATE).read_bytes())
        self._slot: CardInSlot | None = None
        self._card = ""
        self._hand = threading.Lock()  # there is one

    @property
    def card(self) -> str:
        """The id of the card that lies there, empty where none does."""
        slot = self._slot
        return self._card if slot is not None and slot.present else ""

    def lay(self, card: str, holder: Person, flaw: Flaw | None = None, *, answer_s: float = 0.0) -> None:
        """Lay a card on that takes ``answer_s`` seconds for every answer, in the place of the one that lies there.

        Raises ReaderAway.
        """
        chip = personalise(holder, self._issuer, datetime.now(UTC).date(), flaw=flaw)
        slot = CardInSlot(UnhurriedChip(chip.contents, flaw, answer_s), self._port)
        with self._hand:
            self._take()
            try:
                slot.insert()
            except OSError as error:
                raise ReaderAway from error
            self._slot, self._card = slot, card

    def take(self) -> None:
        """Take the card away; without effect where none lies there."""
        with self._hand:
            self._take()

    def _take(self) -> None:
        if self._slot is not None:
            self._slot.close()
            self._slot = None


def provide_issuer(site: Site) -> None:
    """See that the site's cards have an issuer whom its kiosk trusts; the one that is there is kept."""
    certificate = site.csca / CERTIFICATE
    if certificate.exists() and site.csca_key.exists():
        return
    issuer = Issuer.create(datetime.now(UTC).date())
    with os.fdopen(os.open(site.csca_key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(issuer.private_key)
    certificate.write_bytes(issuer.certificate)
