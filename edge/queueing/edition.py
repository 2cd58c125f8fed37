"""A new edition of the catalogue: whether it may be adopted, and what it does to those who wait."""

from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue
from edge.contracts.commands import AdoptCatalogue
from edge.contracts.events import CatalogueAdopted, Entry, Event
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import State
from edge.queueing import rooms
from edge.queueing.catalogue import check
from edge.queueing.catalogue_faults import CatalogueError
from edge.queueing.queue import Queue, apply
from edge.queueing.refused import NotAllowed


def adopted(queue: Queue, command: AdoptCatalogue, now_ms: int) -> tuple[Event, ...]:
    """The edition as the next version, and new rooms for those whose room it takes away.

    Refused where it was made from another version than the one in force, contradicts itself, or leaves somebody
    without the service they wait for or the counter they stand at.
    """
    if command.base != queue.catalogue.version:
        raise NotAllowed(Refusal.CATALOGUE_CHANGED)
    edition = replace(command.catalogue, version=queue.catalogue.version + 1)
    try:
        check(edition)
    except CatalogueError as error:
        raise NotAllowed(Refusal.CATALOGUE_WRONG, detail=str(error)) from None
    needed = stranded_by(queue, edition)
    if needed:
        raise NotAllowed(Refusal.PEOPLE_WAIT, detail=needed)
    adoption = CatalogueAdopted(edition)
    return (adoption, *rooms.unreachable(apply(queue, Entry(queue.seq + 1, now_ms, adoption))))


def stranded_by(queue: Queue, edition: Catalogue) -> str:
    """The id of a service or counter that somebody needs and that this edition lacks; empty where there is none."""
    served = {service for counter in edition.counters for service in counter.services}
    served &= {service.id for service in edition.services}
    counters = {counter.id for counter in edition.counters}
    for ticket in queue.tickets.values():
        if ticket.state in (State.WAITING, State.CALLED, State.PARKED, State.NO_SHOW) and ticket.service not in served:
            return ticket.service
        if ticket.state in (State.CALLED, State.PARKED) and ticket.counter not in counters:
            return ticket.counter
    return ""
