"""The cloud counts a site's numbers once each, whichever machine is its hub, and what only the old one knew too."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from edge.contracts.commands import CallNext, IssueTicket
from edge.contracts.events import Event, TicketIssued
from edge.daemon.hub_client import new_command_id
from provisioning.demo.site import Ports, provision
from provisioning.demo.supervisor import Supervisor
from tests.standby_site import Pair
from tests.waiting import until

_event: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def ledger(folder: Path) -> tuple[list[str], int, int]:
    """The labels of every number in the ledger, how many were counted, and how many calls."""
    with closing(sqlite3.connect(f"file:{folder}/data/cloud/ledger.db?mode=ro", uri=True)) as db:
        events = [_event.decode(event) for (event,) in db.execute("SELECT event FROM events")]
        issued, called = db.execute(
            "SELECT coalesce(sum(issued_none), 0), coalesce(sum(called), 0) FROM days"
        ).fetchone()
    return sorted(event.label for event in events if isinstance(event, TicketIssued)), issued, called


@pytest.mark.timeout(300)
@pytest.mark.req("X4", "D1", "T1")
def test_a_failover_loses_and_repeats_nothing_in_the_cloud(tmp_path: Path) -> None:
    site = provision(tmp_path / "site", Ports.free())
    pair = Pair(site, uplink=True)
    with Supervisor(site.programs("broker", "ingest")):
        try:
            pair.start()
            kiosk, board = pair.device("kiosk-1"), pair.device("board-1")
            labels = [kiosk.do(IssueTicket(new_command_id(), "general")).ticket.label for _ in range(5)]
            until(lambda: ledger(site.folder)[0] == sorted(labels), within_s=30, what="the first numbers in the cloud")
            pair.wait_whole()
            pair.standby.kill()
            labels.append(kiosk.do(IssueTicket(new_command_id(), "general")).ticket.label)  # on the old disk only
            pair.hub.kill()
            pair.standby.start()
            pair.promote()
            kiosk, board = pair.device("kiosk-1", standby=True), pair.device("board-1", standby=True)
            labels += [kiosk.do(IssueTicket(new_command_id(), "general")).ticket.label for _ in range(4)]
            board.do(CallNext(new_command_id(), "q1"))  # one who waits since before
            until(lambda: len(ledger(site.folder)[0]) >= 9, within_s=60, what="the new hub's numbers in the cloud")
            assert len(set(labels)) == 10
            pair.hub.start()
            until(lambda: pair.hub.exit_status() == 0, what="the old hub to step down")
            pair.hub.start()
            until(lambda: ledger(site.folder)[0] == sorted(labels), within_s=60, what="every number in the cloud")
            until(lambda: ledger(site.folder)[1:] == (10, 1), within_s=10, what="each counted once")
        finally:
            pair.stop()
