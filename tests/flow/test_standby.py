"""A standby follows the hub and takes over: no number twice, nothing called twice, and the old hub steps down."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from edge.contracts.commands import CallNext, Finish, IssueTicket
from edge.contracts.events import HubRetired, TicketIssued
from edge.contracts.term import TERM_HEADER
from edge.daemon.hub_client import new_command_id
from provisioning.demo.site import ADMINISTRATOR, Ports, provision
from tests.standby_site import Pair, journal
from tests.waiting import until
from tests.whole_site import assert_truthful


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(provision(tmp_path / "site", Ports.free()))
    try:
        pair.start()
        yield pair
    finally:
        pair.stop()


@pytest.mark.req("X4")
def test_the_standby_has_every_entry_before_a_kiosk_is_answered(pair: Pair) -> None:
    kiosk = pair.device("kiosk-1")
    for _ in range(20):
        done = kiosk.do(IssueTicket(new_command_id(), "general"))
        issued = [e.event.ticket for e in journal(pair.data / "hub") if isinstance(e.event, TicketIssued)]
        assert done.ticket.id in issued


@pytest.mark.req("X4")
def test_with_the_old_hub_dead_the_standby_goes_on_with_the_same_queue_and_gives_no_number_twice(pair: Pair) -> None:
    kiosk, board = pair.device("kiosk-1"), pair.device("board-1")
    before = [kiosk.do(IssueTicket(new_command_id(), "general")).ticket for _ in range(5)]
    called = board.do(CallNext(new_command_id(), "q1")).ticket
    pair.hub.kill()
    took_s = pair.promote()
    assert took_s < 60
    kiosk, board = pair.device("kiosk-1", standby=True), pair.device("board-1", standby=True)
    snapshot = kiosk.snapshot()
    assert {ticket.id for ticket in before} <= set(snapshot.tickets)
    assert snapshot.at_counter["q1"] == called.id
    after = [kiosk.do(IssueTicket(new_command_id(), "general")).ticket for _ in range(5)]
    labels = [ticket.label for ticket in (*before, *after)]
    assert len(set(labels)) == len(labels)
    assert board.do(Finish(new_command_id(), "q1", called.id)).ticket.id == called.id
    assert_truthful(journal(pair.data / "hub"))


@pytest.mark.req("X4")
def test_two_hubs_that_know_nothing_of_each_other_never_give_the_same_number(pair: Pair) -> None:
    """A split network: the old hub serves one half of the house, the standby is promoted in the other."""
    left = pair.device("kiosk-1")
    for _ in range(3):
        left.do(IssueTicket(new_command_id(), "general"))
    pair.standby.kill()
    pair.write_follower("https://127.0.0.1:9")  # its cable to the hub is cut
    pair.standby.start()
    pair.promote()
    right = pair.device("kiosk-1", standby=True)
    given = []
    for _ in range(30):
        given += [kiosk.do(IssueTicket(new_command_id(), "general")).ticket.label for kiosk in (left, right)]
    assert len(set(given)) == 60
    assert pair.health(pair.hub_url)["generation"] == 0
    assert pair.health(pair.standby_url)["generation"] == 1


@pytest.mark.req("X4", "X1")
def test_an_old_hub_steps_down_for_good_as_soon_as_a_device_shows_it_who_took_over(pair: Pair) -> None:
    pair.device("kiosk-1").do(IssueTicket(new_command_id(), "general"))
    pair.hub.kill()
    pair.promote()
    claim = pair.page().get("/api/v1/health").headers[TERM_HEADER]
    pair.standby.kill()  # nobody else tells it
    pair.hub.start()
    old = pair.device("kiosk-1")
    forged = claim[:-8] + "AAAAAAA="
    assert old.http.get("/api/v1/snapshot", headers={TERM_HEADER: forged}).status_code == 200
    assert old.http.get("/api/v1/snapshot", headers={TERM_HEADER: claim}).status_code == 503
    until(lambda: pair.hub.exit_status() == 0, what="the old hub to begin anew")
    pair.hub.start()
    with pytest.raises(httpx.HTTPStatusError):
        old.send(IssueTicket(new_command_id(), "general"))
    page = old.http.get("/counters")
    assert page.status_code == 503
    assert pair.standby_url in page.text
    assert not list((pair.site.folder / "data/hub/keys").iterdir())
    pair.hub.kill()
    pair.hub.start()
    assert old.http.get("/api/v1/snapshot").status_code == 503


@pytest.mark.req("X4")
def test_what_only_the_old_hub_knows_is_fetched_once_it_comes_back_and_the_next_day_begins_with_one(pair: Pair) -> None:
    kiosk = pair.device("kiosk-1")
    kiosk.do(IssueTicket(new_command_id(), "general"))
    pair.wait_whole()
    pair.standby.kill()
    alone = kiosk.do(IssueTicket(new_command_id(), "general")).ticket  # on one disk only
    pair.hub.kill()
    pair.standby.start()
    pair.promote()
    pair.hub.start()
    until(lambda: pair.hub.exit_status() == 0, what="the old hub to step down")
    pair.hub.start()

    def fetched() -> bool:
        page = officers_page(pair)
        return alone.label in page and "Máy chủ đời 0" not in page

    until(fetched, within_s=40, what="the promoted hub to know what it lacks")
    retired = [e.event.generation for e in journal(pair.data / "hub") if isinstance(e.event, HubRetired)]
    assert retired == [0]


def officers_page(pair: Pair) -> str:
    """The page of the standby, as an administrator sees it."""
    passwords = pair.site.passwords
    with httpx.Client(base_url=pair.standby_url, verify=pair.trust(), trust_env=False) as client:
        login = client.get("/login")
        token = re.search(r'name="csrf" value="([^"]+)"', login.text)
        assert token
        client.post("/login", data={"csrf": token[1], "name": ADMINISTRATOR, "password": passwords.administrator})
        return client.get("/succession").text
