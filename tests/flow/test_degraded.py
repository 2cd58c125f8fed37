"""A dead hub or a dead network: the kiosk goes on with numbers of its own, and not one is given twice or forgotten."""

import contextlib
import random
import socket
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from edge.contracts.commands import CallNext
from edge.contracts.events import NumbersLeased, PrintFailed, TicketCancelled, TicketIssued, TicketPrinted
from edge.contracts.ticket import Document, PrintFault
from provisioning.demo.site import Ports, Site, provision
from tests import slips
from tests.hub_http import Device
from tests.long import tries
from tests.waiting import until
from tests.whole_site import KioskPage, WholeSite, assert_truthful

SERVICES = ("general", "insurance", "maternity", "children", "cashier", "pharmacy")
CARD = "001046000017|012345678|Nguyễn Văn Mẫu|01021946|Nam|Số 1 phố Giả, Hà Nội|10052021"
NAME = "Nguyễn Văn Mẫu"
ROUNDS = tries(2)
BANNER = "Kiosk phát số dự phòng"


class Lan:
    """The wire between kiosk and hub, which a test can cut, or let carry questions and no answers."""

    def __init__(self, hub: int) -> None:
        self.is_cut = False
        self.answers = True
        self._hub = hub
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self.is_cut = True
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.cut()
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                kiosk, _ = self._server.accept()
                try:
                    hub = None if self.is_cut else socket.create_connection(("127.0.0.1", self._hub))
                except OSError:
                    hub = None
                if hub is None:
                    kiosk.close()
                    continue
                self._ends += [kiosk, hub]
                threading.Thread(target=self._carry, args=(kiosk, hub, False), daemon=True).start()
                threading.Thread(target=self._carry, args=(hub, kiosk, True), daemon=True).start()

    def _carry(self, here: socket.socket, there: socket.socket, is_answer: bool) -> None:
        with contextlib.suppress(OSError):
            while data := here.recv(65536):
                if self.answers or not is_answer:
                    there.sendall(data)
        for end in (here, there):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site where it is about noon: numbers lapse with their day, also those that a kiosk has not handed in yet."""
    site = provision(tmp_path / "site", Ports.free())
    catalogue = site.folder / "catalogue.toml"
    ahead = 12 - datetime.now(UTC).hour
    zone = f"Etc/GMT{-ahead:+d}"  # POSIX counts westward
    text = catalogue.read_text(encoding="utf-8").replace("Asia/Ho_Chi_Minh", zone)
    catalogue.write_text(text, encoding="utf-8")
    return site


@pytest.fixture
def lan(site: Site) -> Iterator[Lan]:
    lan = Lan(site.ports.hub)
    config = site.folder / "kiosk.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace(f"https://127.0.0.1:{site.ports.hub}", f"https://127.0.0.1:{lan.port}"))
    yield lan
    lan.close()


@pytest.fixture
def running(site: Site, lan: Lan) -> Iterator[WholeSite]:
    with WholeSite(site, "hub", "kiosk") as running:
        until(lambda: has_all_numbers(running), within_s=30, what="numbers for every service")
        yield running


@pytest.fixture
def kiosk(running: WholeSite) -> KioskPage:
    return KioskPage(running.site)


def has_all_numbers(running: WholeSite) -> bool:
    """Whether the kiosk has numbers of its own for every service, on its disk."""
    services = {service.id for service in Device(running.site, "kiosk-1").snapshot().catalogue.services}
    with contextlib.suppress(sqlite3.OperationalError):  # the file is not there yet, or has just been made
        return {service for (service,) in rows(running, "SELECT service FROM blocks")} == services
    return False


def rows(running: WholeSite, query: str) -> list[tuple[str, ...]]:
    with sqlite3.connect(f"file:{running.site.folder}/data/kiosk/reserve.db?mode=ro", uri=True) as db:
        return db.execute(query).fetchall()


def lose_the_hub(running: WholeSite, kiosk: KioskPage) -> None:
    running.supervisor.unplug("hub")
    until(lambda: kiosk.shows(BANNER), within_s=20, what="the kiosk to go on alone")


def hub_is_back(running: WholeSite, kiosk: KioskPage) -> None:
    running.supervisor.plug_in("hub")
    running.supervisor.wait_ready("hub")
    until(lambda: not kiosk.shows(BANNER), within_s=20, what="the kiosk to find the hub")
    until(lambda: all_handed_in(running), within_s=30, what="every number to be handed in")


def all_handed_in(running: WholeSite) -> bool:
    return rows(running, "SELECT id FROM given WHERE outcome = ''") == []


def choose(kiosk: KioskPage, service: str) -> None:
    def touched() -> bool:
        if kiosk.shows('data-touch="service"'):
            kiosk.touch("service", service=service)
        return not kiosk.shows('data-touch="service"')

    until(touched, what="the touch to be taken")


def leave(kiosk: KioskPage) -> None:
    def at_home() -> bool:
        if kiosk.shows('data-touch="dismiss"'):
            kiosk.touch("dismiss")
        return kiosk.shows('data-touch="service"') and not kiosk.shows('data-touch="dismiss"')

    until(at_home, what="the first screen")


def take(running: WholeSite, kiosk: KioskPage, service: str, label: str) -> bytes:
    """Take a number that must be this one; its slip."""
    before = len(running.printer.slips)
    choose(kiosk, service)
    until(lambda: kiosk.shows(f">{label}<"), within_s=20, what=f"the number {label}")
    until(lambda: len(running.printer.slips) > before, what="the slip")
    leave(kiosk)
    return running.printer.slips[-1].png


@pytest.mark.req("K1", "K9", "X4")
def test_numbers_given_without_the_hub_are_in_the_queue_when_it_is_back(
    running: WholeSite, kiosk: KioskPage, tmp_path: Path
) -> None:
    take(running, kiosk, "general", "A001")
    lose_the_hub(running, kiosk)
    papers = [take(running, kiosk, "general", f"A{number}") for number in (9950, 9951)]
    papers.append(take(running, kiosk, "cashier", "V9950"))
    hub_is_back(running, kiosk)

    taken = {event.ticket: event for event in running.happened(TicketIssued)}
    assert [taken[slips.ticket_id(paper, tmp_path)].label for paper in papers] == ["A9950", "A9951", "V9950"]
    until(lambda: len(running.happened(TicketPrinted)) == 4, what="every slip to be known as printed")
    assert running.happened(PrintFailed) == []
    take(running, kiosk, "general", "A002")
    board = Device(running.site, "board-1")
    assert board.do(CallNext("1" * 32, "q1")).ticket.label == "A001"


@pytest.mark.req("K1", "X4")
def test_a_kiosk_that_starts_while_the_hub_is_dead_gives_the_next_number(running: WholeSite, kiosk: KioskPage) -> None:
    lose_the_hub(running, kiosk)
    take(running, kiosk, "general", "A9950")
    running.supervisor.kill("kiosk")
    running.supervisor.wait_ready("kiosk")
    until(lambda: kiosk.shows(BANNER), within_s=20, what="the kiosk to go on alone")
    take(running, kiosk, "general", "A9951")
    hub_is_back(running, kiosk)
    assert sorted(event.label for event in running.happened(TicketIssued)) == ["A9950", "A9951"]


@pytest.mark.req("X4", "K9")
def test_a_kiosk_killed_between_commit_and_print_shows_its_number_again_and_reports_the_slip(
    running: WholeSite, kiosk: KioskPage
) -> None:
    lose_the_hub(running, kiosk)
    running.printer.silent = True
    choose(kiosk, "general")
    until(lambda: kiosk.shows(">A9950<"), what="the number")
    running.supervisor.kill("kiosk")
    running.printer.silent = False
    running.supervisor.wait_ready("kiosk")
    until(lambda: kiosk.shows(">A9950<") and kiosk.shows('data-touch="reprint"'), what="the number, shown again")
    printed = len(running.printer.slips)
    leave(kiosk)
    hub_is_back(running, kiosk)
    (issued,) = running.happened(TicketIssued)
    (failed,) = until(lambda: running.happened(PrintFailed), what="word of the slip")
    assert (failed.ticket, failed.fault) == (issued.ticket, PrintFault.INTERRUPTED)
    assert len(running.printer.slips) == printed, "a slip is never printed again by itself"


@pytest.mark.req("X4")
def test_an_answer_that_was_lost_on_the_way_does_not_leave_two_numbers(
    running: WholeSite, kiosk: KioskPage, lan: Lan
) -> None:
    take(running, kiosk, "general", "A001")
    lan.answers = False
    take(running, kiosk, "general", "A9950")
    lan.answers = True
    until(lambda: all_handed_in(running), within_s=60, what="the number to be handed in")
    live = Device(running.site, "kiosk-1").snapshot().tickets.values()
    assert sorted(ticket.label for ticket in live) == ["A001", "A9950"]
    labels = {event.ticket: event.label for event in running.happened(TicketIssued)}
    assert [labels[event.ticket] for event in running.happened(TicketCancelled)] == ["A002"]
    assert not kiosk.shows("A002")


@pytest.mark.req("K1", "X4")
def test_a_cut_network_is_as_good_as_a_dead_hub(running: WholeSite, kiosk: KioskPage, lan: Lan) -> None:
    lan.cut()
    until(lambda: kiosk.shows(BANNER), within_s=20, what="the kiosk to go on alone")
    take(running, kiosk, "general", "A9950")
    given = Device(running.site, "board-1").snapshot().tickets
    assert given == {}, "the hub works on and knows nothing of it"
    lan.is_cut = False
    until(lambda: all_handed_in(running), within_s=30, what="the number to be handed in")
    assert [event.label for event in running.happened(TicketIssued)] == ["A9950"]


@pytest.mark.req("K8", "X4")
def test_the_same_card_gets_the_same_number_without_the_hub_and_is_written_nowhere(
    running: WholeSite, kiosk: KioskPage
) -> None:
    lose_the_hub(running, kiosk)
    for _ in range(2):
        running.scanner.scan(CARD)
        until(lambda: kiosk.shows(NAME), what="the greeting")
        take(running, kiosk, "general", "A9950")
    hub_is_back(running, kiosk)
    (issued,) = running.happened(TicketIssued)
    assert issued.document is Document.CCCD_QR
    for file in running.files_written():
        content = file.read_bytes()
        assert b"001046000017" not in content, file
        assert b"1946-02-01" not in content, file


@pytest.mark.req("X4")
def test_a_kiosk_that_never_met_a_hub_stays_out_of_service(site: Site) -> None:
    with WholeSite(site, "kiosk") as running:
        kiosk = KioskPage(running.site)
        until(lambda: kiosk.shows("Kiosk tạm thời không lấy được số"), what="the outage")
        assert not kiosk.shows('data-touch="service"')


class Patients:
    """People who touch whatever the kiosk shows, as long as it lives."""

    def __init__(self, running: WholeSite) -> None:
        self.errors: list[BaseException] = []
        self.seen: set[str] = set()
        self._page = KioskPage(running.site)
        self._over = threading.Event()
        self._random = random.Random(11)
        self._thread = threading.Thread(target=self._until_over)

    def __enter__(self) -> "Patients":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _until_over(self) -> None:
        try:
            while not self._over.wait(0.05):
                self._touch()
        except BaseException as error:
            self.errors.append(error)
            raise

    def _touch(self) -> None:
        try:
            html = self._page.html()
            if 'data-touch="dismiss"' in html:
                self._page.touch("dismiss")
            elif 'data-touch="service"' in html:
                self._page.touch("service", service=self._random.choice(SERVICES))
        except httpx.HTTPError:
            self._over.wait(0.05)


@pytest.mark.req("K1", "X4")
def test_whatever_is_killed_no_number_is_given_twice_and_every_paper_is_known_in_the_end(
    running: WholeSite, kiosk: KioskPage, tmp_path: Path
) -> None:
    chance = random.Random(20261125)
    moment = threading.Event()
    with Patients(running) as patients:
        for _ in range(ROUNDS):
            running.supervisor.unplug("hub")
            for _ in range(chance.randint(1, 3)):
                moment.wait(chance.uniform(3.0, 7.0))
                running.supervisor.kill("kiosk")
                running.supervisor.wait_ready("kiosk")
            moment.wait(chance.uniform(0.0, 4.0))
            running.supervisor.plug_in("hub")
            for _ in range(chance.randint(1, 3)):  # while the numbers are handed in
                moment.wait(chance.uniform(0.2, 1.5))
                running.supervisor.kill(chance.choice(("hub", "kiosk")))
            running.supervisor.wait_ready("hub")
            running.supervisor.wait_ready("kiosk")
        assert patients.errors == []
    leave(kiosk)
    until(lambda: all_handed_in(running), within_s=60, what="every number to be handed in")

    assert_truthful(running.journal())
    issued = {event.ticket: event.label for event in running.happened(TicketIssued)}
    papers = Counter(slips.ticket_id(slip.png, tmp_path) for slip in running.printer.slips)
    assert set(papers) <= set(issued), "a paper that the hub does not know"
    assert max(papers.values()) == 1, "a slip was printed twice"
    alone = [label for label in issued.values() if int(label[1:]) >= 9950]
    assert len(alone) > 2 * ROUNDS, "the kiosk gave numbers of its own"
    assert {outcome for (outcome,) in rows(running, "SELECT outcome FROM given")} == {"registered"}
    cancelled = {event.ticket for event in running.happened(TicketCancelled)}
    assert not cancelled & set(papers), "a number on paper was cancelled"

    def accounted_for() -> bool:
        told = {event.ticket for event in running.happened(TicketPrinted)}
        told |= {event.ticket for event in running.happened(PrintFailed)}
        return set(issued) - cancelled <= told

    until(accounted_for, within_s=30, what="every slip to be confirmed or reported")
    leased = Counter(event.lease.service for event in running.happened(NumbersLeased))
    assert max(leased.values()) == 1, "numbers were set aside twice"
