"""One person, one number, where only a face speaks: the rules, and what a follower of the stream sees of them."""

import pytest
from msgspec.structs import replace

from edge.contracts.commands import CancelTicket, IssueTicket, MarkNoShow
from edge.contracts.events import (
    ChipMatched,
    ConsentGiven,
    ContestSettled,
    NumberContested,
    PersonErased,
    TicketAskedAgain,
    TicketIssued,
    TicketReturned,
)
from edge.contracts.face import (
    AskAgain,
    AskOfficer,
    ChipVerdict,
    Consent,
    ContestVerdict,
    ErasePerson,
    Giver,
    Purpose,
    SettleContest,
)
from edge.contracts.refusals import Refusal
from edge.contracts.snapshot import follow
from edge.contracts.ticket import Document
from edge.queueing.faces import Evidence, open_contests
from edge.queueing.queue import new_queue, snapshot_of
from tests.queue_story import Site
from tests.sites import CATALOGUE, command_id

CONSENT = Consent((Purpose.PORTRAIT, Purpose.ONE_NUMBER), Giver.GUARDIAN, "1", "vi")
FACE = "a" * 32


def like(*tickets: str) -> Evidence:
    return Evidence(CONSENT, tickets)


def ask(**more: object) -> IssueTicket:
    return replace(IssueTicket(command_id(), "general", face=FACE), **more)


def contested(site: Site) -> tuple[str, str]:
    """A number that somebody holds, and the contest about it."""
    held = site.issue()
    command = AskOfficer(command_id(), "general", held, FACE)
    site.do(command, evidence=like(held))
    return held, command.id


@pytest.mark.req("K8", "X3")
def test_a_number_with_a_face_notes_the_consent_and_how_it_compares_with_the_chip() -> None:
    command = ask(chip=ChipVerdict.UNSURE, document=Document.CCCD_CHIP)
    issued, agreed, matched = Site().do(command, evidence=like())
    assert isinstance(issued, TicketIssued)
    assert agreed == ConsentGiven(command.id, CONSENT.purposes, Giver.GUARDIAN, "1", "vi", "kiosk-1")
    assert matched == ChipMatched(command.id, ChipVerdict.UNSURE, "kiosk-1")


def test_a_number_without_a_face_notes_none() -> None:
    assert len(Site().do(IssueTicket(command_id(), "general"))) == 1


@pytest.mark.req("K8")
def test_who_looks_like_a_holder_is_asked_and_told_which_number() -> None:
    site = Site()
    held = site.issue()
    refused = site.refusal(ask(), evidence=like(held))
    assert (refused.reason, refused.ticket) == (Refusal.SEEMS_HELD, held)


@pytest.mark.req("K8")
def test_a_document_says_more_than_a_face() -> None:
    site = Site()
    held = site.issue()
    assert isinstance(site.do(ask(document=Document.CCCD_QR), evidence=like(held))[0], TicketIssued)


def test_a_number_of_another_service_or_one_that_ended_stands_in_nobodys_way() -> None:
    site = Site()
    other, ended = site.issue("insurance"), site.issue()
    site.do(CancelTicket(command_id(), ended))
    assert isinstance(site.do(ask(), evidence=like(other, ended))[0], TicketIssued)


def test_a_missed_number_stands_in_the_way_only_while_it_can_be_taken_up_again() -> None:
    site = Site()
    held = site.issue()
    site.call("q1")
    site.do(MarkNoShow(command_id(), "q1", held))
    assert site.refusal(ask(), evidence=like(held)).reason is Refusal.SEEMS_HELD
    again = site.do(AskAgain(command_id(), held, FACE), evidence=like(held))
    assert again == (TicketReturned(held, "general"), TicketAskedAgain(held, "kiosk-1"))
    site.call("q1")
    site.do(MarkNoShow(command_id(), "q1", held))
    site.now_ms += (site.queue.plan.policy.no_show_grace_min + 1) * 60_000
    assert isinstance(site.do(ask(), evidence=like(held))[0], TicketIssued)
    assert site.refusal(AskAgain(command_id(), held, FACE), evidence=like(held)).reason is Refusal.NOT_WAITING


@pytest.mark.req("K8")
def test_who_says_to_be_the_holder_gets_the_same_number_and_a_stranger_does_not() -> None:
    site = Site()
    held, other = site.issue(), site.issue()
    assert site.do(AskAgain(command_id(), held, FACE), evidence=like(held)) == (TicketAskedAgain(held, "kiosk-1"),)
    assert site.refusal(AskAgain(command_id(), other, FACE), evidence=like(held)).reason is Refusal.NOT_YOURS
    assert site.refusal(AskAgain(command_id(), other)).reason is Refusal.NOT_YOURS


@pytest.mark.req("K8")
def test_an_officer_who_sees_two_people_gives_the_second_a_number() -> None:
    site = Site()
    held, contest = contested(site)
    assert site.refusal(ask(contest=contest), evidence=like(held)).reason is Refusal.SEEMS_HELD
    site.do(SettleContest(command_id(), contest, ContestVerdict.DIFFERENT), by="lan")
    assert isinstance(site.do(ask(contest=contest), evidence=like(held))[0], TicketIssued)


@pytest.mark.parametrize("other", [{"by": "kiosk-2"}, {"face": "b" * 32}, {"service": "insurance"}])
def test_an_officers_word_holds_for_that_person_at_that_kiosk_for_that_service_only(other: dict[str, str]) -> None:
    site = Site()
    held, contest = contested(site)
    same = site.issue("insurance")
    site.do(SettleContest(command_id(), contest, ContestVerdict.DIFFERENT), by="lan")
    by = other.pop("by", "kiosk-1")
    refused = site.refusal(ask(contest=contest, **other), by=by, evidence=like(held, same))
    assert refused.reason is Refusal.SEEMS_HELD


@pytest.mark.req("K8")
def test_an_officer_who_sees_one_person_lets_them_have_their_number_again() -> None:
    site = Site()
    held, contest = contested(site)
    assert site.refusal(AskAgain(command_id(), held, contest=contest)).reason is Refusal.NOT_YOURS
    site.do(SettleContest(command_id(), contest, ContestVerdict.SAME), by="lan")
    assert site.refusal(AskAgain(command_id(), held, contest=contest), by="kiosk-2").reason is Refusal.NOT_YOURS
    assert site.do(AskAgain(command_id(), held, contest=contest)) == (TicketAskedAgain(held, "kiosk-1"),)


def test_a_contest_is_settled_once_and_only_its_own_kiosk_says_that_its_person_left() -> None:
    site = Site()
    _, contest = contested(site)
    left = SettleContest(command_id(), contest, ContestVerdict.LEFT)
    assert site.refusal(left, by="kiosk-2").reason is Refusal.NOT_YOURS
    site.do(SettleContest(command_id(), contest, ContestVerdict.SAME), by="lan")
    assert site.do(SettleContest(command_id(), contest, ContestVerdict.SAME), by="hoa") == ()
    different = SettleContest(command_id(), contest, ContestVerdict.DIFFERENT)
    assert site.refusal(different, by="hoa").reason is Refusal.CONTEST_OVER
    assert site.refusal(left).reason is Refusal.CONTEST_OVER
    assert site.refusal(replace(left, contest="f" * 32)).reason is Refusal.CONTEST_OVER


def test_a_kiosk_has_one_open_contest_the_person_of_the_one_before_has_gone() -> None:
    site = Site()
    held, first = contested(site)
    second = AskOfficer(command_id(), "general", held, "c" * 32)
    left, begun = site.do(second, evidence=like(held))
    assert left == ContestSettled(first, held, ContestVerdict.LEFT)
    assert begun == NumberContested(second.id, held, "general", "kiosk-1", "c" * 32)
    assert [contest.id for contest in open_contests(site.queue)] == [second.id]


def test_nobody_contests_a_number_whose_holder_they_do_not_resemble() -> None:
    site = Site()
    held = site.issue()
    assert site.refusal(AskOfficer(command_id(), "general", held, FACE), evidence=like()).reason is Refusal.NOT_YOURS
    assert site.refusal(AskOfficer(command_id(), "general", held, FACE)).reason is Refusal.FACE_GONE
    missing = AskOfficer(command_id(), "general", "f" * 32, FACE)
    assert site.refusal(missing, evidence=like("f" * 32)).reason is Refusal.UNKNOWN_TICKET


@pytest.mark.req("X3")
def test_what_is_kept_of_a_person_is_erased_and_the_number_stays() -> None:
    site = Site()
    ticket = site.issue()
    before = site.ticket(ticket)
    assert site.refusal(ErasePerson(command_id(), ticket)).reason is Refusal.NOTHING_KEPT
    assert site.do(ErasePerson(command_id(), ticket), kept=(ticket,)) == (PersonErased(ticket, "kiosk-1"),)
    assert site.ticket(ticket) == before


def test_whoever_follows_the_stream_sees_the_contests_as_the_hub_does() -> None:
    site = Site()
    snapshot = snapshot_of(new_queue(CATALOGUE), "e")
    _, contest = contested(site)
    site.do(ask(chip=ChipVerdict.MATCH), evidence=like())
    site.do(SettleContest(command_id(), contest, ContestVerdict.DIFFERENT), by="lan")
    for entry in site.entries:
        snapshot = follow(snapshot, entry)
    assert snapshot == snapshot_of(site.queue, "e")
    assert snapshot.contests[contest].verdict is ContestVerdict.DIFFERENT
