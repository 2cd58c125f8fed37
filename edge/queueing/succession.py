"""Numbers when another machine becomes the hub: the old one may still be giving some, and nobody gives one twice.

The hub sets numbers aside for its successor as it does for kiosks: a block of every service's range under the
successor's name. Until it is known that every hub before it has stopped, a successor gives, and leases, nothing but
numbers of its own block; what the old hub does meanwhile, alone, can then never be the same number.
"""

from collections.abc import Sequence

from edge.contracts.catalogue import Service
from edge.contracts.events import HubRetired, HubSucceeded, Lease
from edge.contracts.term import BLOCK_PREFIX, RESTORED, Term, block_of

BLOCK_SIZE = 1000
SHARE = 5  # at most this part of a range is set aside for one successor


def term_after(term: Term, event: HubSucceeded | HubRetired) -> Term:
    """Whose time it is after this event."""
    match event:
        case HubSucceeded():
            return Term(event.generation, event.block, (*term.alive, term.generation))
        case HubRetired():
            return Term(term.generation, term.block, tuple(g for g in term.alive if g != event.generation))


def next_day(term: Term, leases: tuple[Lease, ...]) -> tuple[Term, tuple[Lease, ...]]:
    """What the next business day takes over: numbers begin at the usual ones again where no hub before may be alive."""
    if term.alive or not term.block:
        return term, leases
    return Term(term.generation), tuple(lease for lease in leases if lease.device != term.block)


def block_for(holder: str, leases: Sequence[Lease], service: Service) -> Lease | None:
    """The numbers of a service that are set aside under this name; None where there are none."""
    for lease in leases:
        if (lease.device, lease.service, lease.prefix) == (holder, service.id, service.prefix):
            return lease
    return None


def counts(term: Term, leases: Sequence[Lease], prefix: str, number: int) -> bool:
    """Whether this number is one that the hub gives itself, so that the next one follows it.

    A block lies within that of the hub before, and within it lie those of kiosks: the smallest is whose it is.
    """
    holding = [lease for lease in leases if lease.prefix == prefix and lease.first <= number <= lease.last]
    if not holding:
        return not term.block
    return min(holding, key=lambda lease: lease.last - lease.first).device == term.block


def size_for(holder: str, usual: int, first: int, last: int) -> int:
    """How many numbers of a range are set aside at once: for a kiosk the ``usual``, for a successor a day's, or what a
    small range can spare."""
    if not holder.startswith(BLOCK_PREFIX):
        return usual
    return max(1, min(BLOCK_SIZE, (last - first + 1) // SHARE))


def keeps_from(holder: str, first: int, last: int) -> int:
    """The lowest number of a range that may be set aside: a successor leaves the hub the lower half."""
    if not holder.startswith(BLOCK_PREFIX):
        return 0
    return (first + last) // 2 + 1


def highest_gap(first: int, last: int, held: Sequence[Lease], size: int) -> tuple[int, int]:
    """The highest ``size`` numbers in a row from ``first`` to ``last`` that nobody holds; they begin below ``first``
    where there are none."""
    for lease in sorted(held, key=lambda lease: -lease.last):
        if lease.last < first or lease.first > last:
            continue
        if last - lease.last >= size:
            break
        last = lease.first - 1
    return last - size + 1, last


def successors(term: Term) -> tuple[str, ...]:
    """Whom numbers are set aside for: the standby, and a machine that is set up from a backup."""
    return block_of(term.generation + 1), RESTORED
