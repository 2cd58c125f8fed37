"""Whom the single writer takes for the same person, by which document ever they come, and what it keeps of readings."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.contracts.commands import (
    Agreed,
    Done,
    IssueTicket,
    LeaseNumbers,
    PersonKey,
    Refused,
    RegisterTicket,
    ReportReading,
)
from edge.contracts.events import DocumentRead
from edge.contracts.reading import ReadingFault
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Document
from tests.hub_at_work import Hub, story, working
from tests.sites import command_id

ID = "001099000017"
OLD_CARD, NEW_CARD = "GD4014099988817", "4099988817"
LETTERED = "TE101KT00000017"


async def come(hub: Hub, document: Document, id_number: str = "", insurance_number: str = "") -> Done:
    """Somebody asks for a number with this document."""
    command = IssueTicket(command_id(), "general", document, id_number, insurance_number=insurance_number)
    reply = await hub.send(command)
    assert isinstance(reply, Done)
    return reply


@pytest.mark.req("K8", "K11")
@story
async def test_qr_chip_and_vneid_of_one_person_are_one_number(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        first = await come(hub, Document.CCCD_QR, ID)
        for document in (Document.CCCD_CHIP, Document.VNEID_QR):
            again = await come(hub, document, ID)
            assert (again.ticket.id, again.again) == (first.ticket.id, True)


@pytest.mark.req("K8", "K11", "K12")
@story
async def test_the_old_and_the_new_insurance_card_of_one_person_are_one_number(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        first = await come(hub, Document.BHYT_QR, insurance_number=OLD_CARD)
        assert not first.again
        again = await come(hub, Document.BHYT_QR, insurance_number=NEW_CARD)
        assert (again.ticket.id, again.again) == (first.ticket.id, True)
        other = await come(hub, Document.BHYT_QR, insurance_number="4099988818")
        assert not other.again


@pytest.mark.req("K12")
@story
async def test_a_code_with_letters_gets_a_number_and_is_no_other_code(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        first = await come(hub, Document.BHYT_QR, insurance_number=LETTERED)
        again = await come(hub, Document.BHYT_QR, insurance_number=LETTERED)
        assert (again.ticket.id, again.again) == (first.ticket.id, True)
        other = await come(hub, Document.BHYT_QR, insurance_number="TE179KT00000017")
        assert not other.again


@pytest.mark.req("K8")
@story
async def test_either_number_of_a_person_who_gave_both_gets_the_ticket_they_hold(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        first = await come(hub, Document.CCCD_CHIP, ID, NEW_CARD)
        for id_number, insurance_number in ((ID, ""), ("", OLD_CARD), (ID, OLD_CARD)):
            again = await come(hub, Document.CCCD_QR, id_number, insurance_number)
            assert (again.ticket.id, again.again) == (first.ticket.id, True)


@pytest.mark.req("K8", "P6")
@story
async def test_a_number_that_is_first_given_at_the_second_asking_counts_from_then_on(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        first = await come(hub, Document.BHYT_QR, insurance_number=NEW_CARD)
        again = await come(hub, Document.CCCD_CHIP, ID, NEW_CARD)
        assert (again.ticket.id, again.again) == (first.ticket.id, True)
        assert (await come(hub, Document.CCCD_QR, ID)).ticket.id == first.ticket.id
        assert [found.id for found in hub.inbox.find(PersonKey.CCCD, ID)] == [first.ticket.id]


@pytest.mark.req("P6")
@story
async def test_a_visit_is_found_by_the_card_that_it_was_taken_with_and_no_number_is_on_the_disk(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        by_card = await come(hub, Document.BHYT_QR, insurance_number=OLD_CARD)
        both = await come(hub, Document.CCCD_CHIP, ID, "4099988818")
    async with working(Hub(folder)) as hub:
        assert [found.id for found in hub.inbox.find(PersonKey.BHYT, NEW_CARD)] == [by_card.ticket.id]
        assert [found.id for found in hub.inbox.find(PersonKey.BHYT, OLD_CARD.lower())] == [by_card.ticket.id]
        for kind, number in ((PersonKey.BHYT, "DN4014099988818"), (PersonKey.CCCD, ID)):
            assert [found.id for found in hub.inbox.find(kind, number)] == [both.ticket.id]
        assert hub.inbox.find(PersonKey.CCCD, "001099000018") == []
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(number.encode() in content for number in (ID, NEW_CARD, "4099988818"))


@pytest.mark.req("P6")
@story
async def test_of_two_tickets_taken_with_two_cards_none_is_lost_to_the_one_who_shows_both(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        first = await come(hub, Document.CCCD_QR, ID)
        second = await come(hub, Document.BHYT_QR, insurance_number=NEW_CARD)
        again = await come(hub, Document.CCCD_CHIP, ID, NEW_CARD)
        assert (again.ticket.id, again.again) == (first.ticket.id, True)
        found = {ticket.id for ticket in hub.inbox.find(PersonKey.BHYT, NEW_CARD)}
        assert found == {first.ticket.id, second.ticket.id}


@pytest.mark.req("P6")
@story
async def test_a_number_given_while_the_hub_was_away_is_found_by_its_card(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        await hub.send(LeaseNumbers(command_id(), "general"))
        lease = hub.inbox.queue.leases[0]
        day, now_ms = hub.inbox.queue.day, hub.now_ms
        given = RegisterTicket(
            command_id(), "general", lease.first, day, now_ms, document=Document.BHYT_QR, insurance_number=OLD_CARD
        )
        assert isinstance(await hub.send(given), Done)
        assert [found.id for found in hub.inbox.find(PersonKey.BHYT, NEW_CARD)] == [given.id]


@story
async def test_a_command_sent_again_with_another_insurance_number_is_not_answered_with_the_first_ones(
    folder: Path,
) -> None:
    async with working(Hub(folder)) as hub:
        command = IssueTicket(command_id(), "general", Document.BHYT_QR, insurance_number=NEW_CARD)
        first = await hub.inbox.handle("kiosk-1", command)
        assert await hub.inbox.handle("kiosk-1", replace(command, insurance_number=OLD_CARD)) == first
        for changed in (
            replace(command, insurance_number="4099988818"),
            replace(command, insurance_number=""),
            replace(command, id_number=ID),
        ):
            reply = await hub.send(changed)
            assert isinstance(reply, Refused)
            assert reply.reason is Refusal.ID_REUSED


@pytest.mark.req("D1")
@story
async def test_each_reading_is_one_entry_that_changes_nothing_else(folder: Path) -> None:
    async with working(Hub(folder)) as hub:
        await hub.issue()
        before = hub.inbox.queue
        command = ReportReading(command_id(), Document.CCCD_CHIP, ReadingFault.CARD_REMOVED)
        assert await hub.send(command) == await hub.send(command) == Agreed(command.id)
        await hub.send(ReportReading(command_id(), Document.BHYT_QR), "kiosk-2")
        read = [entry.event for entry in hub.told if isinstance(entry.event, DocumentRead)]
        assert read == [
            DocumentRead("kiosk-1", Document.CCCD_CHIP, ReadingFault.CARD_REMOVED),
            DocumentRead("kiosk-2", Document.BHYT_QR),
        ]
        after = hub.inbox.queue
        assert replace(after, seq=before.seq) == before
        assert after.seq == before.seq + 2
