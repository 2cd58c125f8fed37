"""What counters ask to be paid at this moment: in memory only, for as long as it is shown."""

import secrets
from collections import Counter as Multiset
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec import Struct

from edge.contracts.payment import Payment
from edge.contracts.ticket import Ticket
from edge.hub.payment.vietqr import vietqr
from edge.queueing.queue import Queue

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # those that nobody takes for another
_LENGTH = 6


class Charge(Struct, frozen=True):
    """An amount (VND) asked of whoever is at a counter: ``text`` is what the QR says, ``purpose`` what the bank's
    notice will say. The others tell for whom it was made."""

    amount: int
    purpose: str
    text: str
    to: Payment
    ticket: str
    called_at_ms: int
    paid_at_ms: int

    def __repr__(self) -> str:
        return f"Charge(ticket={self.ticket!r}, …)"


class Charges:
    """At most one a counter. ``changed`` is called when one begins or ends otherwise than by what the journal says,
    and when a tablet begins or ends to look."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._at: dict[str, Charge] = {}
        self._tablets: Multiset[str] = Multiset()

    def at(self, counter_id: str) -> Charge | None:
        """What this counter asks for."""
        return self._at.get(counter_id)

    def ask(self, counter_id: str, ticket: Ticket, amount: int, to: Payment) -> None:
        """Ask this amount of whoever is at the counter, in place of any other; the same once more changes nothing.

        Raises ValueError where the amount or the account is none.
        """
        before = self._at.get(counter_id)
        if before and (before.amount, before.to) == (amount, to) and _stands(before, ticket):
            return
        reference = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        purpose = f"{ticket.label} {reference}"
        text = vietqr(to, amount, purpose)
        self._at[counter_id] = Charge(amount, purpose, text, to, ticket.id, ticket.called_at_ms, ticket.paid_at_ms)
        self._changed()

    def withdraw(self, counter_id: str) -> None:
        """Ask for nothing at this counter."""
        if self._at.pop(counter_id, None) is not None:
            self._changed()

    def settle(self, queue: Queue) -> None:
        """Forget what was paid, what was asked of somebody who has left, and what goes to another account than the
        facility has now."""
        for counter_id, charge in tuple(self._at.items()):
            there = queue.tickets.get(queue.at_counter.get(counter_id, ""))
            if there is None or not _stands(charge, there) or charge.to != queue.catalogue.payment:
                del self._at[counter_id]

    @contextmanager
    def seen(self, counter_id: str) -> Iterator[None]:
        """A tablet looks at this counter for as long as the block lasts."""
        self._tablets[counter_id] += 1
        self._changed()
        try:
            yield
        finally:
            self._tablets[counter_id] -= 1
            self._changed()

    def has_tablet(self, counter_id: str) -> bool:
        """Whether the patient has a tablet to scan from."""
        return self._tablets[counter_id] > 0


def _stands(charge: Charge, ticket: Ticket) -> bool:
    made_for = (charge.ticket, charge.called_at_ms, charge.paid_at_ms)
    return made_for == (ticket.id, ticket.called_at_ms, ticket.paid_at_ms)
