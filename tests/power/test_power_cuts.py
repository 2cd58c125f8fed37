"""The power goes while the hub gives numbers, again and again: file system and journal come back, no number is lost."""

import contextlib
import os
import random
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import httpx
import msgspec
import pytest

from edge.contracts.changes import issued_ticket
from edge.contracts.commands import CallNext, Done, Finish, IssueTicket
from edge.contracts.events import Entry, Event, TicketIssued
from edge.daemon.hub_client import new_command_id
from provisioning.demo import supervisor as supervision
from provisioning.demo.site import Ports, Site, provision
from provisioning.demo.supervisor import ProgramFailed, Supervisor
from tests.hub_http import Device
from tests.power.machine import WHY_NOT, check_file_system, make_disk, powered
from tests.waiting import until
from tests.whole_site import assert_truthful

CUTS = int(os.environ.get("MOISO_TEST_CUTS", "3"))
SERVICES = ("general", "insurance", "maternity", "pharmacy")
MOST_WRITES = 400  # of the disk in a round: about fifty numbers
AT_START = 3  # each fifth time the power goes while the hub starts

pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=f"a disk of its own {WHY_NOT}")


class Crowd:
    """People who take numbers and are called, until the hub answers no more; what they were promised."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.promised: dict[str, str] = {}
        self.called: set[str] = set()
        self._gone = threading.Event()

    def until_the_power_goes(self, supervisor: Supervisor) -> None:
        """Come and go. The disk answers no more at some moment; whoever still asks then is answered nothing."""
        self._gone.clear()
        threads = [threading.Thread(target=self._come), threading.Thread(target=self._serve)]
        for thread in threads:
            thread.start()
        self._gone.wait(60)
        self._gone.set()
        supervisor.unplug("hub")
        for thread in threads:
            thread.join()

    def _come(self) -> None:
        kiosk, chance = Device(self._site, "kiosk-1"), random.Random(len(self.promised))
        while not self._gone.is_set():
            try:
                reply = kiosk.send(IssueTicket(new_command_id(), chance.choice(SERVICES)))
            except httpx.HTTPError:
                self._gone.set()
                return
            assert isinstance(reply, Done), reply
            self.promised[reply.ticket.id] = reply.ticket.label

    def _serve(self) -> None:
        board = Device(self._site, "board-1")
        while not self._gone.is_set():
            try:
                called = board.send(CallNext(new_command_id(), "q1"))
                if isinstance(called, Done) and called.ticket:
                    self.called.add(called.ticket.id)
                    board.send(Finish(new_command_id(), "q1", called.ticket.id))
            except httpx.HTTPError:
                return


@pytest.mark.timeout(3600)
@pytest.mark.req("X4", "K8")
def test_no_number_is_lost_or_given_twice_however_often_the_power_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "START_S", 120.0)  # a limit, for a machine with much else to do
    site = provision(tmp_path / "site", Ports.free())
    image, place = tmp_path / "data.ext4", site.folder / "data/hub"
    shutil.rmtree(place)
    place.mkdir(mode=0o700)
    make_disk(image)
    chance, crowd, met = random.Random(20261127), Crowd(site), 0
    for cut in range(CUTS):
        check_file_system(image)
        with powered(image, place, writes=chance.randrange(1, MOST_WRITES), seed=cut) as doom:
            supervisor = Supervisor(site.programs("hub"))
            try:
                if cut % 5 == AT_START:
                    doom()
                    with contextlib.suppress(ProgramFailed):
                        supervisor.start()
                else:
                    supervisor.start()
                    assert_nothing_is_lost(site, crowd)
                    doom()
                before = len(crowd.promised)
                crowd.until_the_power_goes(supervisor)
                met += len(crowd.promised) > before
            finally:
                supervisor.stop()
    assert met >= CUTS // 2, "half of the cuts came while numbers were given"
    check_file_system(image)
    with powered(image, place, writes=0, seed=CUTS), Supervisor(site.programs("hub")):
        assert_nothing_is_lost(site, crowd)


def assert_nothing_is_lost(site: Site, crowd: Crowd) -> None:
    """The hub's journal holds every number that somebody was told, each once, and every call."""
    until(lambda: Device(site, "kiosk-1").snapshot().day, what="the hub to open its day")
    journal = journal_of(site)
    assert_truthful(journal)
    issued = {e.event.ticket: issued_ticket(e.event, e.at_ms) for e in journal if isinstance(e.event, TicketIssued)}
    labels = {ticket.id: ticket.label for ticket in issued.values()}
    assert crowd.promised.items() <= labels.items(), "a promised number is not in the journal"
    assert len(set(labels.values())) == len(labels), "a number was given twice"
    assert crowd.called <= set(labels)


def journal_of(site: Site) -> list[Entry]:
    """Every entry, read from the file, which is closed again: else the disk could not be taken away."""
    decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
    with closing(sqlite3.connect(f"file:{site.folder}/data/hub/hub.db?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT seq, at_ms, event FROM entries ORDER BY seq").fetchall()
    return [Entry(seq, at_ms, decoder.decode(event)) for seq, at_ms, event in rows]
