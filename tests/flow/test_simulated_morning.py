"""A simulated morning against the real programs: nobody is lost, a dead hub is waited for, a stop leaves order."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import date

import pytest

from edge.contracts.commands import CallNext, Done
from edge.contracts.counter import CounterState, Pause
from edge.contracts.events import (
    CounterChanged,
    Onward,
    PaymentTaken,
    PrioritySet,
    TicketCalled,
    TicketCancelled,
    TicketFinished,
    TicketIssued,
    TicketNoShow,
    TicketRated,
    TicketReturned,
    TicketSentOn,
)
from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import Priority, State
from edge.daemon.hub_client import new_command_id
from provisioning.demo.configuration import MORNING_KIOSK
from provisioning.demo.morning import plan
from provisioning.demo.morning_view import MorningView, Phase, StartMorning, SteerMorning
from provisioning.demo.site import Ports, provision
from provisioning.demo.stage import Stage
from tests.hub_http import Device
from tests.waiting import until
from tests.whole_site import WholeSite, assert_truthful

LIMIT_S = 150.0  # a limit, for a machine with much else to do
SEED = 7


@pytest.fixture
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    site = provision(tmp_path_factory.mktemp("morning"), Ports.free())
    with WholeSite(site, "broker", "hub", "ingest", "board") as running:
        yield running


def played(
    running: WholeSite, order: StartMorning, *moments: tuple[Callable[[MorningView], bool], Callable[[Stage], None]]
) -> MorningView:
    """Play a morning to its end. Each moment is what is to be seen, and what is done then, one after another."""

    async def play() -> MorningView:
        stage = Stage(running.site)
        playing = asyncio.create_task(stage.run())
        stage.start(order)
        try:
            async with asyncio.timeout(LIMIT_S):
                for seen, do in moments:
                    while not seen(stage.view):
                        await asyncio.sleep(0.02)
                    do(stage)
                while stage.is_playing:
                    await asyncio.sleep(0.05)
        finally:
            playing.cancel()
            await asyncio.wait([playing])
        assert playing.cancelled(), playing.exception()
        return stage.view

    return asyncio.run(play())


def snapshot(running: WholeSite) -> Snapshot:
    return Device(running.site, "board-1").snapshot()


@pytest.mark.req("P2", "X4")
def test_a_morning_is_played_to_its_end_through_a_dead_hub_and_nobody_is_lost(running: WholeSite) -> None:
    def pull_the_plug(_: Stage) -> None:
        running.supervisor.kill("hub")

    view = played(
        running,
        StartMorning(patients=40, speed=600, seed=SEED),
        (lambda view: view.served >= 3, pull_the_plug),
        (lambda view: view.hub_lost, lambda _: None),
        (lambda view: view.served >= 12 and not view.hub_lost, pull_the_plug),
    )
    assert view.phase is Phase.OVER
    assert (view.arrived, view.turned_away, view.refused, view.no_officer) == (40, 0, {}, False)
    assert view.waiting == view.at_counters == 0

    journal = running.journal()
    assert_truthful(journal)
    issued = running.happened(TicketIssued)
    assert {event.issuer for event in issued} == {MORNING_KIOSK}
    today = date.fromisoformat(snapshot(running).day)
    planned = plan(running.site.catalogue, patients=40, seed=SEED, today=today).patients
    assert [event.service for event in issued] == [patient.service for patient in planned]
    assert [event.claim for event in issued] == [patient.claim for patient in planned]
    finished = {event.ticket for event in running.happened(TicketFinished)}
    gone = {ticket.id: ticket.state for ticket in snapshot(running).tickets.values()}
    assert set(gone.values()) <= {State.NO_SHOW}
    assert finished | set(gone) == {event.ticket for event in issued}
    assert len(finished) == view.served
    assert len(running.happened(TicketNoShow)) == view.no_shows > 0

    assert running.happened(TicketReturned), "somebody who had missed the call came back"
    confirmed = {event.priority for event in running.happened(PrioritySet)}
    assert confirmed, "an officer looked at what people claimed"
    assert confirmed <= {Priority.NONE} | {patient.claim for patient in planned if patient.proven}
    assert {event.priority for event in issued} >= {Priority.NONE, Priority.FROM_75}
    assert {event.why for event in running.happened(TicketSentOn)} == {Onward.STEP, Onward.TESTS}
    assert {event.score for event in running.happened(TicketRated)} <= {1, 2, 3, 4, 5}
    assert {event.service for event in running.happened(PaymentTaken)} == {"cashier"}
    pauses = [e for e in running.happened(CounterChanged) if e.state is CounterState.PAUSED]
    assert {event.pause for event in pauses} == {Pause.BREAK}
    assert all(s.state is CounterState.CLOSED for s in snapshot(running).standings.values())
    until(running.has_caught_up, within_s=60, what="the cloud's ledger to hold the journal")


@pytest.mark.req("P2")
def test_a_trainee_s_counter_is_left_alone_and_a_stop_leaves_nobody_waiting(running: WholeSite) -> None:
    board = Device(running.site, "board-1")
    called: list[str] = []

    def trainee_calls(_: Stage) -> None:
        reply = board.send(CallNext(new_command_id(), "q1"))
        assert isinstance(reply, Done), reply
        called.append(reply.ticket.label)

    view = played(
        running,
        StartMorning(patients=60, speed=600, seed=SEED, left_out=("q1",)),
        (lambda view: view.arrived >= 15, trainee_calls),
        (lambda view: view.trainees[0].label != "", lambda stage: stage.steer(SteerMorning(running=False))),
        (lambda view: not view.running, lambda stage: stage.steer(SteerMorning(running=True, speed=60))),
        (lambda view: view.served >= 2, lambda stage: stage.stop()),
    )
    assert view.phase is Phase.STOPPED
    assert view.refused == {}
    assert view.trainees[0].label == called[0]

    calls = [event for event in running.happened(TicketCalled) if event.counter == "q1"]
    assert [event.label for event in calls] == called
    now = snapshot(running)
    assert now.waiting == {}
    assert list(now.at_counter) == ["q1"]
    assert {counter for counter, s in now.standings.items() if s.state is not CounterState.CLOSED} == {"q1"}
    assert running.happened(TicketCancelled)
    assert_truthful(running.journal())
