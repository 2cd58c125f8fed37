"""What officers do through the single writer: editions, look-ups, undo, the audit log; and what a day takes over."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.contracts.commands import (
    AdoptCatalogue,
    Agreed,
    CallNext,
    Done,
    LeaseNumbers,
    LinkPerson,
    PersonKey,
    Refused,
    Undo,
)
from edge.contracts.events import TicketCalled
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import State
from tests.hub_at_work import Hub, story, working
from tests.sites import CATALOGUE, DAY_MS, NOON_MS, command_id

ID = "001099000017"


@pytest.mark.req("K2", "P1")
@story
async def test_a_published_catalogue_is_in_force_at_once_and_after_a_restart_whatever_the_file_says(
    folder: Path,
) -> None:
    renamed = replace(CATALOGUE, facility=replace(CATALOGUE.facility, name="Tên mới"))
    async with working(Hub(folder)) as hub:
        await hub.issue()
        await hub.send(AdoptCatalogue(command_id(), 0, renamed), "quantri")
        assert hub.inbox.queue.catalogue.facility.name == "Tên mới"
        assert [edition.version for edition in hub.journal.editions()] == [1]
    async with working(Hub(folder)) as hub:
        await hub.issue()
        hub.now_ms = NOON_MS + DAY_MS
        await hub.issue()
        assert hub.inbox.queue.catalogue == replace(renamed, version=1)


@pytest.mark.req("K2", "P1")
@story
async def test_of_two_officers_who_publish_at_once_the_second_is_told_and_loses_nothing_of_the_first(
    folder: Path,
) -> None:
    first = replace(CATALOGUE, facility=replace(CATALOGUE.facility, name="Một"))
    second = replace(CATALOGUE, facility=replace(CATALOGUE.facility, name="Hai"))
    async with working(Hub(folder)) as hub:
        await hub.issue()
        replies = await asyncio.gather(
            hub.send(AdoptCatalogue(command_id(), 0, first), "an"),
            hub.send(AdoptCatalogue(command_id(), 0, second), "binh"),
        )
        assert isinstance(replies[1], Refused)
        assert replies[1].reason is Refusal.CATALOGUE_CHANGED
        assert hub.inbox.queue.catalogue.facility.name == "Một"


@story
async def test_a_catalogue_that_would_strand_people_is_refused_and_says_where_they_wait(folder: Path) -> None:
    smaller = replace(
        CATALOGUE,
        services=CATALOGUE.services[:1],
        counters=tuple(replace(counter, services=("general",)) for counter in CATALOGUE.counters),
    )
    async with working(Hub(folder)) as hub:
        await hub.issue(service="insurance")
        reply = await hub.send(AdoptCatalogue(command_id(), 0, smaller), "quantri")
        assert isinstance(reply, Refused)
        assert (reply.reason, reply.detail) == (Refusal.PEOPLE_WAIT, "insurance")


@pytest.mark.req("P6")
@story
async def test_a_visit_is_found_by_each_number_that_was_linked_and_none_is_on_the_disk(folder: Path) -> None:
    numbers = {PersonKey.PHONE: "0912 345 678", PersonKey.BHYT: "DN4797912345678"}
    async with working(Hub(folder)) as hub:
        ticket = (await hub.issue(ID)).ticket
        for kind, number in numbers.items():
            await hub.send(LinkPerson(command_id(), ticket.id, kind, number), "quay1")
        for kind, number in {**numbers, PersonKey.CCCD: ID, PersonKey.PHONE: "+84912345678"}.items():
            assert [found.id for found in hub.inbox.find(kind, number)] == [ticket.id]
        assert hub.inbox.find(PersonKey.PHONE, "0987654321") == []
    async with working(Hub(folder)) as hub:
        assert [found.id for found in hub.inbox.find(PersonKey.PHONE, "0912345678")] == [ticket.id]
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(number in content for number in (b"912345678", b"7912345678", ID.encode()))


@story
async def test_a_number_that_is_none_is_refused_and_not_repeated(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        ticket = (await hub.issue()).ticket
        reply = await hub.send(LinkPerson(command_id(), ticket.id, PersonKey.PHONE, "not a number"), "quay1")
        assert isinstance(reply, Refused)
        assert reply.reason is Refusal.NUMBER_WRONG


@pytest.mark.req("P5")
@story
async def test_a_call_can_be_taken_back_for_ten_seconds_and_not_after_a_restart(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        ticket = (await hub.issue()).ticket
        call = CallNext(command_id(), "q2")
        await hub.send(call)
        assert isinstance(await hub.send(Undo(command_id(), "q2", call.id)), Agreed)
        assert hub.inbox.queue.tickets[ticket.id].state is State.WAITING
        again = CallNext(command_id(), "q2")
        await hub.send(again)
    async with working(Hub(folder)) as hub:
        reply = await hub.send(Undo(command_id(), "q2", again.id))
        assert isinstance(reply, Refused)
        assert reply.reason is Refusal.TOO_LATE


@pytest.mark.req("X2")
@story
async def test_each_command_of_an_officer_leaves_a_line_done_or_refused_and_a_kiosks_leaves_none(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        await hub.issue()
        await hub.inbox.handle("quay1", CallNext(command_id(), "q2"), audited=True)
        await hub.inbox.handle("quay1", CallNext(command_id(), "q9"), audited=True)
        reused = CallNext(hub.told[-1].event.ticket if isinstance(hub.told[-1].event, TicketCalled) else "", "q1")
        await hub.inbox.handle("quay1", reused, audited=True)
        lines = [entry.line for entry in hub.journal.audit()]
        assert [(line.officer, line.action, line.outcome) for line in lines] == [
            ("quay1", "CallNext", "id-reused"),
            ("quay1", "CallNext", "unknown-counter"),
            ("quay1", "CallNext", "done"),
        ]
        assert "A001" in lines[2].subject


@story
async def test_a_new_day_keeps_what_the_site_learnt_and_the_numbers_that_kiosks_hold(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        await hub.send(LeaseNumbers(command_id(), "general"))
        for _ in range(6):
            await hub.issue()
        seen = ""
        for _ in range(6):
            hub.now_ms += 120_000
            reply = await hub.send(CallNext(command_id(), "q2", seen))
            assert isinstance(reply, Done)
            seen = reply.ticket.id
        before = hub.inbox.queue
        hub.now_ms = NOON_MS + DAY_MS
        await hub.issue()
        assert hub.inbox.queue.leases == before.leases
        assert hub.inbox.queue.tempos["general"].durations_s == before.tempos["general"].durations_s
    async with working(Hub(folder, now_ms=NOON_MS + DAY_MS)) as hub:
        assert hub.inbox.queue.leases == before.leases
        assert hub.inbox.queue.tempos["general"].durations_s == before.tempos["general"].durations_s
