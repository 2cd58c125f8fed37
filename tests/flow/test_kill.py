"""``kill -9`` of any program at any moment: no ticket lost, no number twice, none called twice, every event once."""

import hashlib
import random
import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from edge.contracts.changes import issued_ticket
from edge.contracts.commands import CallNext, Done, Finish, IssueTicket, Refused
from edge.contracts.events import PrintFailed, TicketIssued, TicketPrinted
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Document
from edge.daemon.hub_client import new_command_id
from provisioning.demo.site import Ports, Site, provision
from tests import slips
from tests.hub_http import Device
from tests.long import LONG
from tests.waiting import until
from tests.whole_site import KioskPage, WholeSite, assert_truthful

KILLS = 20 if LONG else 7  # of each program
PROGRAMS = ("hub", "kiosk", "board", "ingest", "broker")
SERVICES = ("general", "insurance", "maternity", "children", "cashier", "pharmacy")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    site = provision(tmp_path_factory.mktemp("killed"), Ports.free())
    add_kiosk(site, "kiosk-2")
    with WholeSite(site, "broker", "hub", "ingest", "kiosk", "board") as running:
        yield running


def add_kiosk(site: Site, name: str) -> None:
    """One more kiosk for the hub, with a token of its own; the test plays it."""
    token = secrets.token_urlsafe(32)
    (site.folder / f"secrets/{name}.token").write_text(token, encoding="utf-8")
    with (site.folder / "secrets/devices.toml").open("a", encoding="utf-8") as devices:
        digest = hashlib.sha256(token.encode()).hexdigest()
        devices.write(f'\n[[device]]\nname = "{name}"\nrole = "kiosk"\ntoken_sha256 = "{digest}"\n')


class Load:
    """Kiosks and counters that go on whatever happens, and write down what they were promised."""

    def __init__(self, running: WholeSite) -> None:
        self.running = running
        self.promised: dict[str, str] = {}
        self.called: dict[str, str] = {}
        self.errors: list[BaseException] = []
        self._over = threading.Event()
        work = [self._take_numbers, self._call, self._press, self._touch]
        self._threads = [threading.Thread(target=self._until_over, args=(once,)) for once in work]
        self._kiosk = Device(running.site, "kiosk-2")
        self._board = Device(running.site, "board-1")
        self._page = KioskPage(running.site)
        self._random = random.Random(7)

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _until_over(self, once: Callable[[], None]) -> None:
        try:
            while not self._over.is_set():
                once()
                self._over.wait(0.05)
        except BaseException as error:
            self.errors.append(error)
            raise

    def _persist(self, device: Device, command: IssueTicket | CallNext | Finish) -> Done | Refused:
        """Send a command under its one id until it is answered, as a kiosk does."""
        while True:
            try:
                reply = device.send(command)
                assert isinstance(reply, Done | Refused)
                return reply
            except httpx.HTTPError:
                if self._over.wait(0.02):
                    raise

    def _take_numbers(self) -> None:
        command = IssueTicket(new_command_id(), self._random.choice(SERVICES))
        reply = self._persist(self._kiosk, command)
        assert isinstance(reply, Done), reply
        self.promised[reply.ticket.id] = reply.ticket.label

    def _call(self) -> None:
        reply = self._persist(self._board, CallNext(new_command_id(), "q1"))
        if isinstance(reply, Refused):
            assert reply.reason in (Refusal.NOBODY_WAITING, Refusal.JUST_CALLED)
        if reply.ticket is not None:
            self.called[reply.ticket.id] = reply.ticket.label
            self._persist(self._board, Finish(new_command_id(), "q1", reply.ticket.id))

    def _press(self) -> None:
        action = self._random.choice(("next", "next", "recall", "finish", "no_show"))
        self.running.press(self._random.choice(("q2", "q3", "q4")), action)

    def _touch(self) -> None:
        try:
            html = self._page.html()
            if 'data-touch="service"' in html:
                if self._random.random() < 0.05:
                    number = self._random.randrange(10**6)
                    self.running.scanner.scan(f"001099{number:06d}||Nguyễn Văn Mẫu|01021999|Nam|Hà Nội|10052021")
                self._page.touch("service", service=self._random.choice(SERVICES))
            elif 'data-touch="dismiss"' in html:
                self._page.touch("dismiss")
        except httpx.HTTPError:
            self._over.wait(0.05)


@pytest.mark.timeout(900)
@pytest.mark.req("X4", "P2", "K8", "K9")
def test_whatever_is_killed_nothing_is_lost_and_nothing_happens_twice(running: WholeSite, tmp_path: Path) -> None:
    chance = random.Random(20261122)
    victims = [name for name in PROGRAMS for _ in range(KILLS)]
    chance.shuffle(victims)
    with Load(running) as load:
        until(lambda: len(load.promised) > 5, within_s=20, what="the load to begin")
        for victim in victims:
            moment = threading.Event()
            moment.wait(chance.uniform(0.0, 0.5))
            running.supervisor.kill(victim)
            if chance.random() < 0.8:  # sometimes the next one is pulled before this one is back
                running.supervisor.wait_ready(victim)
            assert load.errors == []
        for name in PROGRAMS:
            running.supervisor.wait_ready(name)
        so_far = len(load.promised)
        until(lambda: len(load.promised) > so_far + 5, within_s=20, what="work to go on")
    assert load.errors == []
    until(running.has_caught_up, within_s=60, what="the cloud's ledger to hold the journal, each entry once")

    # The papers before the journal: the last touch may still be on its way, and what is printed was committed before.
    papers = [slips.ticket_id(slip.png, tmp_path) for slip in running.printer.slips]
    journal = running.journal()
    assert_truthful(journal)
    issued = {e.event.ticket: issued_ticket(e.event, e.at_ms) for e in journal if isinstance(e.event, TicketIssued)}
    labels = {ticket.id: ticket.label for ticket in issued.values()}
    assert load.promised.items() <= labels.items(), "a promised number is not in the journal"
    assert load.called.items() <= labels.items()

    assert len(papers) > KILLS // 3, "the kiosk printed while it was being killed"
    assert set(papers) <= set(issued), "a paper without a ticket"
    taken_at_kiosk = {t.id for t in issued.values() if t.issuer == "kiosk-1"}
    assert set(papers) <= taken_at_kiosk

    def accounted_for() -> bool:
        told = {e.event.ticket for e in running.journal() if isinstance(e.event, TicketPrinted | PrintFailed)}
        live = {t.id for t in Device(running.site, "kiosk-2").snapshot().tickets.values()}
        return live & taken_at_kiosk <= told

    until(accounted_for, within_s=30, what="every slip of a live ticket to be confirmed or reported")
    assert {ticket.document for ticket in issued.values()} == {Document.NONE, Document.CCCD_QR}
