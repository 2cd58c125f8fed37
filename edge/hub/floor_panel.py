"""What the floor lead's page shows, made from the queue and the hub's expectations; pure."""

from collections.abc import Container, Mapping

from msgspec import Struct

from edge.contracts.catalogue import Counter, Facility, Service
from edge.contracts.counter import Standing
from edge.contracts.face import ChipVerdict, Contest
from edge.contracts.notice import SpotNotice, standing
from edge.contracts.outlook import AlarmKind, Outlook, Window
from edge.contracts.ticket import State, Ticket
from edge.hub.panel import Beside, Opening, WaitingLine, beside, opening, to_confirm, waiting_for, waiting_line
from edge.queueing.faces import open_contests
from edge.queueing.queue import Queue


class AlarmLine(Struct, frozen=True):
    """One alarm with what it is about."""

    kind: AlarmKind
    ticket: Ticket | None
    service: Service | None
    counter: Counter | None
    since_ms: int


class Desk(Struct, frozen=True):
    """One counter: ``officers`` have its page open, ``next_labels`` are those it will call."""

    counter: Counter
    services: tuple[Service, ...]
    standing: Standing
    current: Ticket | None
    waiting: int
    next_labels: tuple[str, ...]
    officers: tuple[str, ...]


class ServiceLine(Struct, frozen=True):
    """One service: how many wait, and when somebody who comes now would be called."""

    service: Service
    waiting: int
    wait: Window | None
    counters_open: int


class ContestLine(Struct, frozen=True):
    """Somebody at a kiosk looks like the holder of ``ticket`` and says to be another; who of them can be seen."""

    contest: Contest
    ticket: Ticket
    service: Service
    holder_seen: bool
    claimant_seen: bool


class ChipLine(Struct, frozen=True):
    """Somebody whose face does not, or not surely, match the portrait in their chip, and who is not served yet."""

    ticket: Ticket
    service: Service
    verdict: ChipVerdict


class FloorPanel(Struct, frozen=True):
    """The changing part of the floor lead's page."""

    facility: Facility
    version: int
    opening: Opening
    alarms: tuple[AlarmLine, ...]
    claims: tuple[WaitingLine, ...]
    contests: tuple[ContestLine, ...]
    chips: tuple[ChipLine, ...]
    notices: tuple[SpotNotice, ...]
    desks: tuple[Desk, ...]
    services: tuple[ServiceLine, ...]
    beside: tuple[Beside, ...]
    waiting_count: int


def floor_panel(
    queue: Queue,
    outlook: Outlook,
    now_ms: int,
    seated: Mapping[str, tuple[str, ...]],
    holders: Container[str] = frozenset(),
    claimants: Container[str] = frozenset(),
) -> FloorPanel:
    """The whole floor; ``seated`` is counter id → the officers who have its page open, ``holders`` the tickets and
    ``claimants`` the captures of which there is a picture."""
    plan = queue.plan
    by_label = {ticket.label: ticket for ticket in queue.tickets.values()}
    claims = to_confirm(queue.tickets.values())
    services = tuple(_service_line(queue, service, outlook) for service in plan.services.values() if service.active)
    return FloorPanel(
        facility=queue.catalogue.facility,
        version=queue.catalogue.version,
        opening=opening(queue, now_ms),
        alarms=tuple(
            AlarmLine(
                alarm.kind,
                by_label.get(alarm.label),
                plan.services.get(alarm.service),
                plan.counters.get(alarm.counter),
                alarm.since_ms,
            )
            for alarm in outlook.alarms
            if alarm.kind is not AlarmKind.CLAIM  # they have a list of their own
        ),
        claims=tuple(waiting_line(queue, ticket) for ticket in claims if ticket.service in plan.services),
        contests=tuple(
            ContestLine(
                contest,
                queue.tickets[contest.ticket],
                plan.services[contest.service],
                contest.ticket in holders,
                contest.face in claimants,
            )
            for contest in open_contests(queue)
            if contest.service in plan.services
        ),
        chips=_chip_lines(queue),
        notices=standing(queue.notices, now_ms),
        desks=tuple(_desk(queue, counter, outlook, seated.get(counter.id, ())) for counter in plan.counters.values()),
        services=services,
        beside=beside(queue, now_ms),
        waiting_count=sum(line.waiting for line in services),
    )


def _chip_lines(queue: Queue) -> tuple[ChipLine, ...]:
    doubtful = [
        ChipLine(ticket, queue.plan.services[ticket.service], verdict)
        for ticket_id, verdict in queue.chips.items()
        if verdict is not ChipVerdict.MATCH
        and (ticket := queue.tickets[ticket_id]).state in (State.WAITING, State.CALLED)
        and ticket.service in queue.plan.services
    ]
    return tuple(sorted(doubtful, key=lambda line: (line.ticket.arrived_ms, line.ticket.id)))


def find_by_label(queue: Queue, typed: str) -> Ticket | None:
    """Today's ticket with this number, as a person types it: ``b 12`` finds B012.

    A number that a service gives again the same day does not exist, so there is at most one.
    """
    wanted = "".join(typed.split()).upper()
    prefix = wanted.rstrip("0123456789")
    digits = wanted[len(prefix) :]
    if not prefix or not digits or len(digits) > 9:
        return None
    label = f"{prefix}{int(digits):03d}"
    return next((ticket for ticket in queue.tickets.values() if ticket.label == label), None)


def _desk(queue: Queue, counter: Counter, outlook: Outlook, officers: tuple[str, ...]) -> Desk:
    expected = outlook.counters.get(counter.id)
    return Desk(
        counter=counter,
        services=tuple(queue.plan.services[service] for service in counter.services),
        standing=queue.standing(counter.id),
        current=queue.tickets.get(queue.at_counter.get(counter.id, "")),
        waiting=waiting_for(queue, counter),
        next_labels=expected.next if expected else (),
        officers=officers,
    )


def _service_line(queue: Queue, service: Service, outlook: Outlook) -> ServiceLine:
    expected = outlook.services.get(service.id)
    return ServiceLine(
        service=service,
        waiting=len(queue.waiting_for(service.id)),
        wait=expected.wait if expected else None,
        counters_open=expected.counters_open if expected else 0,
    )
