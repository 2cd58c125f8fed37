"""A hall for tests: a catalogue with as many counters as wanted, and calls that happen in it."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import uvicorn

from board_controller.media import NoMedia
from board_controller.signage import NOTHING, Signage, project
from board_controller.tv.server import Kept, Tv, application
from edge.contracts.catalogue import Catalogue, Counter, Facility, OpeningPeriod, Service, ServiceGroup
from edge.contracts.counter import CLOSED, CounterState, Pause
from edge.contracts.events import (
    CounterChanged,
    DayOpened,
    Entry,
    Event,
    RoomChanged,
    TicketCalled,
    TicketFinished,
    TicketIssued,
    TicketRecalled,
)
from edge.contracts.outlook import CounterOutlook, Hours, Outlook, ServiceOutlook, Window
from edge.contracts.snapshot import Snapshot, follow
from edge.contracts.ticket import Document
from edge.daemon.config import Listen
from edge.daemon.listen import open_socket

NINE_MS = 1_795_399_200_000  # Monday 2026-11-23, 09:00 in Vietnam
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
# That Monday, 7:00–11:30 and 13:30–17:00; the next opening is on Tuesday at 7:00.
WORKING = Hours(
    spans=(
        (NINE_MS - 2 * HOUR_MS, NINE_MS + 2 * HOUR_MS + 30 * MINUTE_MS),
        (NINE_MS + 4 * HOUR_MS + 30 * MINUTE_MS, NINE_MS + 8 * HOUR_MS),
    ),
    next_opens_ms=NINE_MS + 22 * HOUR_MS,
)
_SERVICES = ("Khám tổng quát", "Khám BHYT", "Khám thai", "Khám nhi", "Thu viện phí", "Cấp phát thuốc bảo hiểm y tế")


def catalogue(counters: int = 4, name: str = "Trung tâm Y tế huyện Mẫu") -> Catalogue:
    """A fictitious facility with this many counters, one service each; counter q1 serves prefix A, q2 B and so on."""
    services = tuple(
        Service(f"s{at}", "exam", chr(ord("A") + at), name, name, "#0b6e6e") for at, name in enumerate(_SERVICES)
    )
    return Catalogue(
        facility=Facility(name=name, name_en="Mau District Health Centre", department="Khoa Khám bệnh"),
        hours=(OpeningPeriod((0, 1, 2, 3, 4, 5, 6), "07:00", "11:30"), OpeningPeriod((0, 1), "13:30", "17:00")),
        groups=(ServiceGroup("exam", "Khám bệnh", "Examination"),),
        services=services,
        counters=tuple(
            Counter(f"q{number}", number, str(100 + number), (services[(number - 1) % len(services)].id,))
            for number in range(1, counters + 1)
        ),
    )


def outlook(
    at_ms: int,
    *,
    waits_min: Mapping[str, tuple[int, int]] | None = None,
    following: Mapping[str, tuple[str, ...]] | None = None,
    hours: Hours = WORKING,
) -> Outlook:
    """What the hub expects: service → wait in minutes, counter → the labels that it calls next."""
    windows = {
        service: Window(at_ms + low * MINUTE_MS, at_ms + high * MINUTE_MS)
        for service, (low, high) in (waits_min or {}).items()
    }
    return Outlook(
        at_ms,
        hours,
        {service: ServiceOutlook(3, window, 1) for service, window in windows.items()},
        {counter: CounterOutlook(labels, len(labels)) for counter, labels in (following or {}).items()},
    )


class Hall:
    """A snapshot that grows by events, as a board controller would follow them."""

    def __init__(self, of: Catalogue, at_ms: int = NINE_MS) -> None:
        self.at_ms = at_ms
        self.snapshot = Snapshot("e" * 32, 0, at_ms, "", of, {}, {}, {}, ())
        self.entry = self.happens(DayOpened("2026-11-23"))

    def happens(self, event: Event, after_ms: int = 1000) -> Entry:
        """One more event, so many milliseconds later."""
        self.at_ms += after_ms
        self.entry = Entry(self.snapshot.seq + 1, self.at_ms, event)
        self.snapshot = follow(self.snapshot, self.entry)
        return self.entry

    def issue(self, service: str, number: int) -> str:
        """A number for this service; its ticket's id."""
        prefix = self.snapshot.catalogue.service(service).prefix
        ticket = f"{ord(prefix):02x}{number:030x}"
        label = f"{prefix}{number:03d}"
        self.happens(TicketIssued(ticket, label, number, service, Document.NONE, "kiosk-1", 0))
        return ticket

    def call(self, ticket: str, counter: str) -> Entry:
        """The ticket is called at the counter; who was there is finished."""
        there = self.snapshot.at_counter.get(counter)
        if there:
            self.happens(TicketFinished(there, counter), 0)
        if self.snapshot.standings.get(counter, CLOSED).state is not CounterState.OPEN:
            self.set(counter, CounterState.OPEN)
        known = self.snapshot.tickets[ticket]
        return self.happens(TicketCalled(ticket, known.label, known.service, counter))

    def recall(self, ticket: str) -> Entry:
        """The ticket is called once more where it is."""
        known = self.snapshot.tickets[ticket]
        return self.happens(TicketRecalled(ticket, known.label, known.service, known.counter))

    def set(self, counter: str, state: CounterState, pause: Pause = Pause.NONE) -> Entry:
        """A counter opens, pauses, closes or turns to online dossiers."""
        return self.happens(CounterChanged(counter, state, pause), 0)

    def move(self, ticket: str, room: str) -> Entry:
        """The waiting ticket is to be called by this counter (empty: by any)."""
        known = self.snapshot.tickets[ticket]
        return self.happens(RoomChanged(ticket, known.label, known.service, room, known.room))

    def signage(
        self, *new: str, lost_since_ms: int = 0, moved: Sequence[str] = (), outlook: Outlook | None = None
    ) -> Signage:
        """What is shown while these tickets have just been called, and those moved."""
        return project(
            self.snapshot,
            dict.fromkeys(new, 0),
            0,
            lost_since_ms,
            moved_ms=dict.fromkeys(moved, 0),
            outlook=outlook,
        )


class TvServer:
    """The TV pages on a free loopback port, in a thread of their own."""

    def __init__(self, media: Kept) -> None:
        self.tv = Tv(lambda: time.time_ns() // 1_000_000, media)
        self._loop = asyncio.new_event_loop()
        self._socket = open_socket(Listen("127.0.0.1:0"))
        self.port: int = self._socket.getsockname()[1]
        self._app = application(self.tv, lambda: b"{}", media)
        self._server = self._new_server()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address of the first screen."""
        return f"http://127.0.0.1:{self.port}/tv/1"

    def show(self, signage: Signage) -> None:
        """Tell every screen."""
        self._in_loop(lambda: self.tv.show(signage))

    def stop(self) -> None:
        """End the server; its port refuses connections."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def start_again(self) -> None:
        """A new server on the same port that knows nothing yet."""
        self._loop = asyncio.new_event_loop()
        self._socket = open_socket(Listen(f"127.0.0.1:{self.port}"))
        self.tv.show(NOTHING)
        self._server = self._new_server()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _new_server(self) -> uvicorn.Server:
        return uvicorn.Server(
            uvicorn.Config(self._app, lifespan="off", log_config=None, timeout_graceful_shutdown=1, ws="none")
        )

    def _in_loop(self, work: Callable[[], None]) -> None:
        done = threading.Event()

        def run() -> None:
            work()
            done.set()

        self._loop.call_soon_threadsafe(run)
        assert done.wait(5)

    def _run(self) -> None:
        async def serve() -> None:
            clock = asyncio.create_task(self.tv.run())
            await self._server.serve(sockets=[self._socket])
            clock.cancel()
            for connection in [*self._server.server_state.connections]:  # as the kernel does when a process ends
                connection.transport.abort()
            await asyncio.sleep(0)

        self._loop.run_until_complete(serve())
        self._loop.close()


@contextmanager
def tv_server(media: Kept | None = None) -> Iterator[TvServer]:
    """A running server of TV pages, with these media."""
    server = TvServer(media or NoMedia())
    try:
        yield server
    finally:
        server.stop()
