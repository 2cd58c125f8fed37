"""What the receiving account of a catalogue must keep to: all of it, or none."""

from collections.abc import Iterator

from edge.contracts.payment import ACCOUNT, BANK, Payment
from edge.queueing.catalogue_faults import CatalogueError, Fault, Place, fits, worded


def payment_faults(payment: Payment) -> Iterator[CatalogueError]:
    """Everything that is wrong with the account; nothing where none of it is filled in."""
    if payment == Payment():
        return
    yield from fits(BANK, payment.bank, Place("payment", "", "bank"), Fault.BANK)
    yield from fits(ACCOUNT, payment.account, Place("payment", "", "account"), Fault.ACCOUNT)
    yield from worded(Place("payment", "", "name"), payment.name, least=1)
