"""A catalogue with its look-ups made once: what every decision asks for, in one step each."""

from collections.abc import Mapping

from edge.contracts.catalogue import Catalogue, Counter, Service
from edge.queueing.calendar import Calendar
from edge.queueing.order import RANKS, Lane


class Plan:
    """The services, counters and working calendar of one catalogue; never changed after it was made.

    ``desks`` is service id → the counters that serve it, in the catalogue's order; ``lanes`` (service id, room) → the
    lanes of its ranks, ``all_lanes`` service id → those of every room and of none.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.policy = catalogue.policy
        self.services: Mapping[str, Service] = {service.id: service for service in catalogue.services}
        self.counters: Mapping[str, Counter] = {counter.id: counter for counter in catalogue.counters}
        self.desks: Mapping[str, tuple[Counter, ...]] = {s: catalogue.counters_for(s) for s in self.services}
        self.lanes: Mapping[tuple[str, str], tuple[Lane, ...]] = {
            (s, room): tuple(Lane(s, room, rank) for rank in RANKS)
            for s, desks in self.desks.items()
            for room in ("", *(desk.id for desk in desks))
        }
        self.all_lanes: Mapping[str, tuple[Lane, ...]] = {
            s: tuple(lane for room in ("", *(desk.id for desk in desks)) for lane in self.lanes[s, room])
            for s, desks in self.desks.items()
        }
        self.calendar = Calendar(catalogue)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plan) and self.catalogue == other.catalogue

    def __hash__(self) -> int:
        return hash(self.catalogue)
