"""The single writer, on a real journal."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.contracts.commands import (
    CallNext,
    Done,
    IssueTicket,
    Refused,
)
from edge.contracts.events import DayOpened, TicketIssued
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Document
from edge.hub.journal import JournalError
from edge.queueing.queue import apply, new_queue
from tests.hub_at_work import Hub, story, working
from tests.sites import CATALOGUE, DAY_MS, NOON_MS, command_id

ID = "001099000017"


@story
async def test_a_command_sent_twice_is_done_once_and_answered_the_same(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        command = IssueTicket(command_id(), "general")
        first, second = await hub.inbox.handle("kiosk-1", command), await hub.inbox.handle("kiosk-1", command)
        assert first == second
        assert sum(isinstance(entry.event, TicketIssued) for entry in hub.told) == 1


@story
async def test_the_very_first_command_of_a_site_sent_twice_is_done_once(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        command = IssueTicket(command_id(), "general", Document.CCCD_QR, ID)
        assert await hub.inbox.handle("kiosk-1", command) == await hub.inbox.handle("kiosk-1", command)


@story
async def test_a_command_sent_again_after_a_restart_is_answered_the_same(folder: Path) -> None:
    command = IssueTicket(command_id(), "general")
    async with working(Hub(folder)) as hub:
        first = await hub.inbox.handle("kiosk-1", command)
    async with working(Hub(folder)) as hub:
        assert await hub.inbox.handle("kiosk-1", command) == first


@story
async def test_the_same_command_twice_in_one_batch_is_done_once(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        command = IssueTicket(command_id(), "general")
        answers = await asyncio.gather(*(hub.inbox.handle("kiosk-1", command) for _ in range(5)))
        assert len(set(answers)) == 1


@story
async def test_another_command_under_a_used_id_is_refused(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        command = IssueTicket(command_id(), "general")
        await hub.send(command)
        for other in (
            hub.send(replace(command, service="insurance")),
            hub.send(command, sender="kiosk-2"),
            hub.send(replace(command, id_number=ID)),
        ):
            reply = await other
            assert isinstance(reply, Refused)
            assert reply.reason is Refusal.ID_REUSED


@story
async def test_the_same_person_at_two_kiosks_at_once_gets_one_number(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        replies = await asyncio.gather(*(hub.issue(ID) for _ in range(4)))
        assert {reply.ticket.label for reply in replies} == {"A001"}
        assert sorted(reply.again for reply in replies) == [False, True, True, True]


@story
async def test_the_same_person_after_a_restart_gets_the_number_they_hold(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        first = await hub.issue(ID)
    async with working(Hub(folder)) as hub:
        again = await hub.issue(ID)
        assert (again.ticket.id, again.again) == (first.ticket.id, True)


@story
async def test_people_without_a_document_get_a_number_each(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        labels = [(await hub.issue()).ticket.label for _ in range(3)]
        assert labels == ["A001", "A002", "A003"]


@story
async def test_a_reply_says_how_many_wait_before_the_ticket(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        assert [(await hub.issue()).ahead for _ in range(3)] == [0, 1, 2]


@story
async def test_no_personal_data_is_in_the_journals_file(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        await hub.issue(ID)
        await hub.send(IssueTicket(command_id(), "nothing", Document.CCCD_QR, ID))
    for path in folder.rglob("*"):
        if path.is_file():
            assert ID.encode() not in path.read_bytes()


@story
async def test_a_wrong_clock_gives_no_number_until_it_is_set(folder: Path) -> None:
    async with working(Hub(folder, now_ms=0)) as hub:
        reply = await hub.send(IssueTicket(command_id(), "general"))
        assert isinstance(reply, Refused)
        assert reply.reason is Refusal.CLOCK
        assert not hub.inbox.clock_trusted
        hub.now_ms = NOON_MS
        assert (await hub.issue()).ticket.label == "A001"


@story
async def test_a_clock_that_jumps_while_people_wait_stops_the_journals_time_and_nothing_else(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        await hub.issue()
        hub.now_ms = NOON_MS - 3_600_000
        assert (await hub.issue()).ticket.issued_at_ms == NOON_MS
        hub.now_ms = NOON_MS + 5000 * DAY_MS
        assert (await hub.issue()).ticket.label == "A003"
        assert [entry.at_ms for entry in hub.told] == sorted(entry.at_ms for entry in hub.told)
        assert sum(isinstance(entry.event, DayOpened) for entry in hub.told) == 1


@story
async def test_numbers_begin_again_after_midnight_of_the_site(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        await hub.issue(ID)
        hub.now_ms = NOON_MS + 12 * 3_600_000
        reply = await hub.issue(ID)
        assert (reply.ticket.label, reply.again) == ("A001", False)


@story
async def test_a_command_id_that_was_forgotten_after_two_days_is_a_new_one(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        command = IssueTicket(command_id(), "general")
        await hub.send(command)
        hub.now_ms = NOON_MS + 3 * DAY_MS
        await hub.issue()
        reply = await hub.send(command)
        assert isinstance(reply, Done)
        assert reply.ticket.label == "A002"


@story
async def test_a_start_reads_the_business_day_and_finds_the_same_queue(folder: Path) -> None:
    for day in range(3):
        async with working(Hub(folder, now_ms=NOON_MS + day * DAY_MS)) as hub:
            await hub.issue(ID)
            await hub.send(CallNext(command_id(), "q1"))
    hub = Hub(folder, now_ms=NOON_MS + 2 * DAY_MS)
    whole = new_queue(CATALOGUE)
    for entry in hub.journal.entries():
        whole = apply(whole, entry)
    assert hub.inbox.queue == whole
    assert len(list(hub.journal.entries(hub.journal.day() - 1))) < whole.seq / 2
    hub.journal.close()


@story
async def test_a_technician_may_vouch_for_a_clock_that_is_far_from_the_journal(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        await hub.issue()
    half_a_year_later = NOON_MS + 180 * DAY_MS
    async with working(Hub(folder, now_ms=half_a_year_later)) as hub:
        assert isinstance(await hub.send(IssueTicket(command_id(), "general")), Refused)
    async with working(Hub(folder, now_ms=half_a_year_later, believe_clock=True)) as hub:
        assert (await hub.issue()).ticket.label == "A001"


@story
async def test_a_command_sent_again_with_another_persons_number_is_not_answered_with_the_first_ones(
    folder: Path,
) -> None:
    async with working(Hub(folder)) as hub:
        command = IssueTicket(command_id(), "general", Document.CCCD_QR, ID)
        await hub.send(command)
        reply = await hub.send(replace(command, id_number="001099000018"))
        assert isinstance(reply, Refused)
        assert reply.reason is Refusal.ID_REUSED


@story
async def test_a_disk_that_refuses_changes_nothing_and_the_sender_may_try_again(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        await hub.issue()
        await hub.inbox.on_disk(hub.journal._db.execute, "PRAGMA query_only = ON")
        command = IssueTicket(command_id(), "general")
        with pytest.raises(JournalError):
            await hub.inbox.handle("kiosk-1", command)
        await hub.inbox.on_disk(hub.journal._db.execute, "PRAGMA query_only = OFF")
        reply = await hub.send(command)
        assert isinstance(reply, Done)
        assert reply.ticket.label == "A002"


@story
async def test_sixteen_senders_at_once_never_share_a_number_or_a_call(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        replies = await asyncio.gather(*(hub.issue() for _ in range(200)))
        assert len({reply.ticket.label for reply in replies}) == 200
        calls = await asyncio.gather(
            *(hub.send(CallNext(command_id(), counter)) for counter in ("q1", "q2") for _ in range(8))
        )
        assert len({reply.ticket.id for reply in calls if isinstance(reply, Done)}) == 2
