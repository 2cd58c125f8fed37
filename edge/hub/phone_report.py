"""What patients' telephones are told outside the building: how it stands with each ticket, sent up when it changes.

Only the newest counts, so nothing is kept for a broker that is away: every minute the whole picture goes up anew.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import inf
from zoneinfo import ZoneInfo

import msgspec

from edge.contracts import phone, topics
from edge.contracts.catalogue import Catalogue
from edge.contracts.events import Entry, TicketRecalled
from edge.contracts.phone import PhoneReport, PhoneTicket
from edge.contracts.ticket import State, Ticket
from edge.hub.inbox import Inbox
from edge.hub.uplink import Uplink
from edge.hub.visit import ticket_view
from edge.queueing.queue import Queue

log = logging.getLogger(__name__)

AT_MOST_EVERY_S = 2.0
AT_MOST_SHARE = 0.1  # of this machine's time
TOGETHER = 16  # tickets worked out before others may run
ENDED_MS = 10 * 60_000  # so long is the end of a visit told again and again; the cloud keeps it for the day

_encode = msgspec.json.Encoder().encode


class PhoneReports:
    """Sends reports of a site's tickets by its uplink, ``every_s`` seconds apart at the least, and the whole picture
    every ``whole_s`` seconds."""

    def __init__(
        self,
        inbox: Inbox,
        uplink: Uplink,
        site: str,
        *,
        every_s: float = AT_MOST_EVERY_S,
        whole_s: float = phone.AT_LEAST_EVERY_S,
    ) -> None:
        self._every_s, self._whole_s = every_s, whole_s
        self._inbox = inbox
        self._uplink = uplink
        self._topic = topics.phone(site)
        self._changed = asyncio.Event()
        self._recalled: dict[str, int] = {}
        self._told: Mapping[str, PhoneTicket] = {}
        self._catalogue: Catalogue | None = None
        self._whole_at = -inf

    def wake(self, entries: Sequence[Entry]) -> None:
        """These happened."""
        for entry in entries:
            if isinstance(entry.event, TicketRecalled):
                self._recalled[entry.event.ticket] = entry.at_ms
        self._changed.set()

    async def run(self) -> None:
        """Report for ever."""
        while True:
            due_s = self._whole_at + self._whole_s - time.monotonic()
            try:
                async with asyncio.timeout(max(0.0, due_s)):
                    await self._changed.wait()
            except TimeoutError:
                pass
            if not self._uplink.ready:
                await asyncio.sleep(self._every_s)
                continue
            self._changed.clear()
            worked_s = await self._report()
            await asyncio.sleep(max(self._every_s, worked_s / AT_MOST_SHARE))

    async def _report(self) -> float:
        """Send what changed, or everything where that is due; the seconds that it took to work out."""
        queue, now_ms, now = self._inbox.queue, self._inbox.now_ms, time.monotonic()
        self._recalled = {t: at_ms for t, at_ms in self._recalled.items() if t in queue.tickets}
        tickets, worked_s = await self._worked_out(queue, now_ms)
        whole = now - self._whole_at >= self._whole_s or self._catalogue != queue.catalogue
        changed = tickets.values() if whole else [t for key, t in tickets.items() if self._told.get(key) != t]
        if not changed and not whole:
            return worked_s
        if self._uplink.tell(self._topic, payload_of(queue, changed, now_ms, whole=whole)):
            self._told, self._catalogue = tickets, queue.catalogue
            self._whole_at = now if whole else self._whole_at
        else:
            self._changed.set()
        return worked_s

    async def _worked_out(self, queue: Queue, now_ms: int) -> tuple[dict[str, PhoneTicket], float]:
        """Every ticket that is told of, by its key. The queue never changes, so others may run in between."""
        tickets: dict[str, PhoneTicket] = {}
        places = {counter.id: place for place, counter in enumerate(queue.catalogue.counters)}
        services = {service.id: place for place, service in enumerate(queue.catalogue.services)}
        worked_s = 0.0
        ids = told_of(queue, now_ms)
        for first in range(0, len(ids), TOGETHER):
            began = time.thread_time()
            for ticket_id in ids[first : first + TOGETHER]:
                made = phone_ticket(queue, ticket_id, now_ms, services, places, self._recalled.get(ticket_id, 0))
                tickets[made.key] = made
            worked_s += time.thread_time() - began
            await asyncio.sleep(0)
        return tickets, worked_s


def told_of(queue: Queue, now_ms: int) -> list[str]:
    """The ids of today's tickets that somebody may still look at, those who are called soonest first."""
    told = [ticket for ticket in queue.tickets.values() if _told(queue, ticket, now_ms)]
    told.sort(key=lambda ticket: (ticket.state is State.WAITING, ticket.arrived_ms))
    if len(told) > phone.MOST_TICKETS:
        log.warning("more than %d tickets at once: the last of them are not on telephones", phone.MOST_TICKETS)
    return [ticket.id for ticket in told[: phone.MOST_TICKETS]]


def phone_ticket(
    queue: Queue,
    ticket_id: str,
    now_ms: int,
    services: Mapping[str, int],
    places: Mapping[str, int],
    recalled_ms: int = 0,
) -> PhoneTicket:
    """How it stands with one ticket; ``services`` and ``places``: where services and counters stand in the report."""
    view = ticket_view(queue, queue.tickets[ticket_id], now_ms)
    ticket, window = view.ticket, view.window
    return PhoneTicket(
        key=phone.key_of(ticket_id),
        label=view.label,
        into=ticket.label if ticket.label != view.label else "",
        state=ticket.state,
        service=services.get(ticket.service, -1),
        counters=tuple(places[counter.id] for counter in view.counters[: phone.MOST_PLACES]),
        ahead=view.ahead,
        low_ms=window.low_ms if window else 0,
        high_ms=window.high_ms if window else 0,
        called_ms=max(ticket.called_at_ms, recalled_ms) if ticket.state is State.CALLED else 0,
        back_until_ms=view.back_until_ms,
    )


def payload_of(queue: Queue, tickets: Iterable[PhoneTicket], now_ms: int, *, whole: bool) -> bytes:
    """The message, never longer than ``MOST_BYTES``."""
    catalogue, chosen = queue.catalogue, tuple(tickets)
    report = PhoneReport(
        version=phone.VERSION,
        whole=whole,
        at_ms=now_ms,
        until_ms=day_ends_ms(now_ms, catalogue.facility.time_zone),
        facility=catalogue.facility.name[: phone.MOST_NAME],
        facility_en=catalogue.facility.name_en[: phone.MOST_NAME],
        time_zone=catalogue.facility.time_zone,
        services=tuple((s.name[: phone.MOST_NAME], s.name_en[: phone.MOST_NAME]) for s in catalogue.services),
        counters=tuple((counter.number, counter.room[: phone.MOST_ROOM]) for counter in catalogue.counters),
        tickets=chosen,
    )
    return _encode(report)


def day_ends_ms(now_ms: int, time_zone: str) -> int:
    """The midnight after this moment.

    >>> day_ends_ms(1_795_410_000_000, "Asia/Ho_Chi_Minh") - 1_795_410_000_000
    43200000
    """
    zone = ZoneInfo(time_zone)
    tomorrow = datetime.fromtimestamp(now_ms / 1000, zone).date() + timedelta(days=1)
    return int(datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone).astimezone(UTC).timestamp() * 1000)


def _told(queue: Queue, ticket: Ticket, now_ms: int) -> bool:
    if ticket.state is State.MERGED:
        into = ticket
        while into.state is State.MERGED:
            into = queue.tickets[into.into]
        return _told(queue, into, now_ms)
    grace_ms = queue.plan.policy.no_show_grace_min * 60_000 if ticket.state is State.NO_SHOW else 0
    return ticket.state in phone.LIVE or now_ms - ticket.ended_at_ms <= max(grace_ms, ENDED_MS)
