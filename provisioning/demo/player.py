"""Plays a simulated morning against the running hub: as a kiosk and as counters with tokens of their own, and as an
officer at the desk. The hub cannot tell it from people."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from datetime import date
from typing import Any

from edge.contracts.commands import (
    CallNext,
    CancelTicket,
    Command,
    ConfirmPrint,
    Done,
    Finish,
    IssueTicket,
    MarkNoShow,
    Rate,
    Recall,
    Refused,
    Reply,
    ReturnToQueue,
    SendToTests,
    SetCounter,
    SetPriority,
    TakePayment,
)
from edge.contracts.counter import CounterState, Pause
from edge.contracts.outlook import Outlook
from edge.contracts.refusals import Refusal
from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import Priority, State, Ticket
from edge.daemon.config import Hub
from edge.daemon.hub_client import HubClient, HubRejected, HubUnreachable, new_command_id
from provisioning.demo.configuration import MORNING_BOARD, MORNING_KIOSK
from provisioning.demo.crowd import Crowd, Person
from provisioning.demo.layout import FLOOR_LEAD, Site
from provisioning.demo.morning import NO_DOCTOR, Doctor, Morning, clock, plan
from provisioning.demo.morning_clock import MorningClock
from provisioning.demo.morning_view import MorningView, Phase, StartMorning, SteerMorning, Trainee
from provisioning.demo.officer import DeskWork, Officer, OfficerRefused

PRESS_S = 2.2  # real seconds between two presses at a counter: the hub takes a quicker one for a trembling hand
TIDY_S = 30.0  # real seconds to leave everything in order
TOLD_S = 0.5
AGAIN_S = 60.0
LOOKS_S = 25.0  # of the morning: so long a counter looks round for somebody who does not come
PROOF_S = 90.0  # of the morning: from the kiosk to the desk

# What happens to somebody who works beside people; any other refusal is shown as a fault.
EXPECTED = frozenset(
    {
        *(Refusal.NOBODY_WAITING, Refusal.JUST_CALLED, Refusal.NOT_AT_COUNTER, Refusal.NOTHING_TO_RATE),
        *(Refusal.CLOSED, Refusal.LAST_TICKET, Refusal.DAY_FULL, Refusal.UNKNOWN_SERVICE, Refusal.UNKNOWN_COUNTER),
    }
)


class Performance:
    """One morning, from the first patient until everybody was served."""

    def __init__(self, site: Site, order: StartMorning) -> None:
        self._order = order
        self._counters = {counter.id for counter in site.catalogue.counters} - set(order.left_out)
        self._clock = MorningClock(order.speed)
        self._kiosk = HubClient(_hub(site, MORNING_KIOSK))
        self._board = HubClient(_hub(site, MORNING_BOARD))
        self._officer = Officer(site, FLOOR_LEAD, site.passwords.floor_lead)
        self._snapshot: Snapshot | None = None
        self._changed = asyncio.Event()
        self._stop = asyncio.Event()
        self._acts: list[asyncio.Task[None]] = []
        self._in_flight: set[asyncio.Task[Reply]] = set()
        self._crowd = Crowd()
        self._opened: set[str] = set()
        self._turned_away = 0
        self._refused: dict[str, int] = {}
        self._hub_lost = False
        self._no_officer = False
        self._phase = Phase.STARTING

    def steer(self, steering: SteerMorning) -> None:
        """Change the speed, pause or go on."""
        running = steering.running if self._phase is Phase.PLAYING else None
        self._clock.set(speed=steering.speed, running=running)

    def stop(self) -> None:
        """Bring it to an end; ``play`` returns when all is in order."""
        self._stop.set()
        self._changed.set()

    def view(self) -> MorningView:
        """How far it is."""
        states = self._crowd.states()
        return MorningView(
            phase=self._phase,
            running=self._clock.running,
            clock=clock(self._clock.at_s),
            speed=self._clock.speed,
            seed=self._order.seed,
            patients=self._order.patients,
            arrived=len(states),
            waiting=sum(state in (State.WAITING, State.PARKED) for state in states),
            at_counters=states.count(State.CALLED),
            served=states.count(State.FINISHED),
            no_shows=self._crowd.missed_calls,
            turned_away=self._turned_away,
            hub_lost=self._hub_lost,
            no_officer=self._no_officer,
            refused=dict(self._refused),
            trainees=tuple(self._trainee(counter) for counter in self._order.left_out),
        )

    def _trainee(self, counter: str) -> Trainee:
        snapshot = self._snapshot
        ticket = snapshot.tickets.get(snapshot.at_counter.get(counter, "")) if snapshot else None
        person = self._crowd.who_has(ticket)
        if ticket is None or person is None:
            return Trainee(counter)
        tests = person.patient.tests_at(ticket) if person.comes and not person.tested else ()
        return Trainee(counter, ticket.label, person.comes, tests)

    async def play(self) -> None:
        """Play until everybody was served, or ``stop`` was called. It returns with everything in order."""
        try:
            async with asyncio.TaskGroup() as group:
                following = group.create_task(self._follow(group))
                try:
                    await self._play(group)
                finally:
                    following.cancel()
        except* HubRejected:
            self._phase = Phase.FAILED
        finally:
            self._clock.set(running=False)
            for sending in self._in_flight:
                sending.cancel()
            await asyncio.gather(*self._in_flight, return_exceptions=True)
            await self._kiosk.close()
            await self._board.close()
            await self._officer.close()

    async def _play(self, group: asyncio.TaskGroup) -> None:
        await self._until(lambda: self._stop.is_set() or bool(self._snapshot and self._snapshot.day))
        if self._snapshot is not None and not self._stop.is_set():
            today, order = date.fromisoformat(self._snapshot.day), self._order
            morning = plan(self._snapshot.catalogue, patients=order.patients, seed=order.seed, today=today)
            self._phase = Phase.PLAYING
            self._clock.set(running=True)
            self._begin(group, self._arrivals(morning, group))
            for doctor in morning.doctors:
                if doctor.counter in self._counters:  # the token knows no counter that was added since
                    self._begin(group, self._works(doctor))
            await self._until(lambda: self._stop.is_set() or self._is_over())
        stopped = not self._is_over()
        self._phase = Phase.STOPPING
        for act in self._acts:
            act.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TIDY_S):
                await self._tidy()
        self._phase = Phase.STOPPED if stopped else Phase.OVER

    def _begin(self, group: asyncio.TaskGroup, act: Coroutine[Any, Any, None]) -> None:
        self._acts.append(group.create_task(act))

    def _is_over(self) -> bool:
        return len(self._crowd) + self._turned_away == self._order.patients and self._crowd.is_done

    async def _until(self, holds: Callable[[], bool]) -> None:
        """Return when this holds after a change of the queue."""
        while not holds():
            self._changed.clear()
            await self._changed.wait()

    # --- what the hub tells

    async def _follow(self, group: asyncio.TaskGroup) -> None:
        async for change in self._board.changes():
            match change:
                case None:
                    self._hub_lost = True
                case (snapshot, entry):
                    self._hub_lost = False
                    self._snapshot = snapshot
                    missed = self._crowd.note(snapshot, entry)
                    if missed and self._phase is Phase.PLAYING:
                        self._begin(group, self._comes_back(*missed))
                    self._changed.set()
                case Outlook():
                    pass

    # --- patients and the desk

    async def _arrivals(self, morning: Morning, group: asyncio.TaskGroup) -> None:
        for patient in morning.patients:
            await self._clock.until(patient.at_s)
            command = IssueTicket(
                new_command_id(),
                patient.service,
                document=patient.document,
                birth_date=patient.birth_date,
                claim=patient.claim,
            )
            person = self._crowd.add(command.id, patient)  # a ticket has the id of the command
            reply = await self._sent(self._kiosk, command)
            if not isinstance(reply, Done):
                self._crowd.turn_away(command.id)
                self._turned_away += 1
                self._changed.set()
                continue
            await self._sent(self._kiosk, ConfirmPrint(new_command_id(), command.id))
            if reply.ticket.claim is not Priority.NONE:
                self._begin(group, self._shows_proof(command.id, person))

    async def _shows_proof(self, ticket_id: str, person: Person) -> None:
        await self._clock.take(PROOF_S)
        found = person.patient.claim if person.patient.proven else Priority.NONE
        await self._at_desk(SetPriority(new_command_id(), ticket_id, found))

    async def _comes_back(self, ticket_id: str, person: Person) -> None:
        await self._clock.take(person.patient.back_s)
        if not await self._at_desk(ReturnToQueue(new_command_id(), ticket_id)):
            person.will_return = False
            self._changed.set()

    async def _at_desk(self, work: DeskWork) -> bool:
        """Have the officer do it; whether it was done. Without an officer nothing is, and the page says so."""
        if self._no_officer:
            return False
        try:
            return await self._officer.press(work)
        except OfficerRefused:
            self._no_officer = True
            return False

    # --- counters

    async def _works(self, doctor: Doctor) -> None:
        """What one counter does all morning."""
        await self._clock.until(doctor.late_s)
        await self._stand(doctor.counter, CounterState.OPEN)
        pauses = list(doctor.pauses)
        while True:
            await self._clock.until(0)  # nobody moves while the morning stands still
            if pauses and pauses[0][0] <= self._clock.at_s:
                _, until_s = pauses.pop(0)
                await self._stand(doctor.counter, CounterState.PAUSED)
                await self._clock.until(until_s)
                await self._stand(doctor.counter, CounterState.OPEN)
            if self._somebody_for(doctor.counter):
                ticket = await self._call(doctor.counter)
                if ticket is None:
                    await self._clock.take(0, least_real_s=PRESS_S)
                else:
                    await self._serve(doctor, ticket)
            else:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PRESS_S):  # a pause may begin, too
                        await self._until(lambda: self._somebody_for(doctor.counter))

    async def _stand(self, counter: str, state: CounterState) -> None:
        pause = Pause.BREAK if state is CounterState.PAUSED else Pause.NONE
        self._opened.add(counter)
        await self._sent(self._board, SetCounter(new_command_id(), counter, state, pause))

    def _somebody_for(self, counter_id: str) -> bool:
        """Whether somebody stands at this counter, or waits and could be called to it."""
        snapshot = self._snapshot
        counters = snapshot.catalogue.counters if snapshot else ()
        services = next((counter.services for counter in counters if counter.id == counter_id), ())
        if snapshot is None or counter_id in snapshot.at_counter:
            return snapshot is not None
        waiting = [snapshot.tickets[t] for service in services for t in snapshot.waiting.get(service, ())]
        return any(ticket.room in ("", counter_id) or not ticket.returning for ticket in waiting)

    async def _call(self, counter: str) -> Ticket | None:
        """Call the next person; whoever stands there already, where a hand was quicker."""
        reply = await self._sent(self._board, CallNext(new_command_id(), counter))
        if isinstance(reply, Done):
            return reply.ticket
        there = isinstance(reply, Refused) and reply.reason is Refusal.JUST_CALLED
        return reply.ticket if there and isinstance(reply, Refused) else None

    async def _serve(self, doctor: Doctor, ticket: Ticket) -> None:
        counter, person = doctor.counter, self._crowd.who_has(ticket)
        if person is not None and not person.comes:
            await self._clock.take(LOOKS_S, least_real_s=PRESS_S)
            await self._sent(self._board, Recall(new_command_id(), counter, ticket.id))
            await self._clock.take(LOOKS_S, least_real_s=PRESS_S)
            await self._sent(self._board, MarkNoShow(new_command_id(), counter, ticket.id))
            return
        effort = person.next_effort() if person else 1.0
        planned_s = 60 * self._planned_min(ticket.service)
        await self._clock.take(planned_s * effort * doctor.pace, least_real_s=PRESS_S)
        tests = person.patient.tests_at(ticket) if person and not person.tested else ()
        if tests:
            await self._sent(self._board, SendToTests(new_command_id(), counter, ticket.id, tests))
            return
        if person and self._takes_fees(ticket.service):
            await self._at_desk(TakePayment(new_command_id(), counter, ticket.id, person.patient.pays))
        await self._sent(self._board, Finish(new_command_id(), counter, ticket.id))
        if person and person.patient.score and not person.rated and ticket.service not in NO_DOCTOR:
            person.rated = True
            rating = Rate(new_command_id(), counter, person.patient.score, person.patient.complaint, ticket.id)
            await self._sent(self._board, rating)

    def _planned_min(self, service: str) -> int:
        services = self._snapshot.catalogue.services if self._snapshot else ()
        return next((s.planned_min for s in services if s.id == service), 5)

    def _takes_fees(self, service: str) -> bool:
        services = self._snapshot.catalogue.services if self._snapshot else ()
        return any(s.fees for s in services if s.id == service)

    async def _tidy(self) -> None:
        """Finish whoever is served, cancel whoever waits of this morning, and close the counters that it opened."""
        if self._in_flight:
            await asyncio.wait(self._in_flight)
        self._crowd.nobody_returns()
        while served := {c: t for c, t in self._at_counter().items() if c in self._opened}:
            for counter, ticket_id in served.items():
                await self._sent(self._board, Finish(new_command_id(), counter, ticket_id))
            await self._until_told()
        for ticket in self._still_there():
            if ticket.state is not State.CALLED:  # a trainee finishes with whoever is there
                await self._at_desk(CancelTicket(new_command_id(), ticket.id))
        for counter in sorted(self._opened):
            await self._sent(self._board, SetCounter(new_command_id(), counter, CounterState.CLOSED))

    def _at_counter(self) -> Mapping[str, str]:
        return self._snapshot.at_counter if self._snapshot else {}

    async def _until_told(self) -> None:
        """Give the stream time to tell what was done."""
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TOLD_S):
                await self._changed.wait()

    def _still_there(self) -> list[Ticket]:
        return list(self._crowd.still_there(self._snapshot)) if self._snapshot else []

    async def _sent(self, link: HubClient, command: Command) -> Reply:
        """The hub's reply. The command is sent until there is one, even where whoever asked for it has gone home."""
        sending = asyncio.create_task(_until_answered(link, command))
        self._in_flight.add(sending)
        sending.add_done_callback(self._in_flight.discard)
        reply = await asyncio.shield(sending)
        if isinstance(reply, Refused) and reply.reason not in EXPECTED:
            name = f"{type(command).__name__}: {reply.reason.value}"
            self._refused[name] = self._refused.get(name, 0) + 1
        return reply


async def _until_answered(link: HubClient, command: Command) -> Reply:
    while True:
        with contextlib.suppress(HubUnreachable):
            return await link.send_until_answered(command, within_s=AGAIN_S)


def _hub(site: Site, device: str) -> Hub:
    folder = site.folder
    url = f"https://127.0.0.1:{site.ports.hub}"
    return Hub(url=url, ca=folder / "tls/site-ca.crt", token_file=folder / f"secrets/{device}.token")
