"""The kiosk's screens: somebody who seems to hold a number, an officer who looks, and what is erased on request."""

import pytest
from msgspec.structs import replace

from edge.contracts.commands import Agreed, Done, Refused
from edge.contracts.face import AskAgain, AskOfficer, Contest, ContestVerdict, ErasePerson
from edge.contracts.reading import ReadingFault
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Document, Ticket
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk import sightings as f
from edge.kiosk.screens import Outage, ScanProblem
from edge.kiosk.state import AWAIT_MS, CLAIM_MS
from tests.kiosk_session import BHYT, MAU, ME, SITE, Kiosk, site_with, ticket
from tests.sites import NOON_MS, command_id


@pytest.fixture
def kiosk() -> Kiosk:
    kiosk = Kiosk()
    kiosk.meet()
    return kiosk


@pytest.fixture
def held() -> Ticket:
    return ticket(7, issuer="kiosk-2")


def tell(
    kiosk: Kiosk, held: Ticket, contest: str = "", verdict: ContestVerdict | None = None, *, lives: bool = True
) -> tuple[h.Effect, ...]:
    """What the site says of the ticket and of the contest (empty: nothing)."""
    site = site_with(held) if lives else SITE
    if contest:
        told = Contest(contest, held.id, "general", ME, "f" * 32, NOON_MS, verdict)
        site = replace(site, contests={contest: told})
    return kiosk.give(h.SiteChanged(site, NOON_MS))


def ask_officer(kiosk: Kiosk, held: Ticket) -> str:
    kiosk.seem_to_hold(held)
    (asked,) = kiosk.touch(f.NotMineTouched)
    assert isinstance(asked, h.Ask)
    kiosk.give(h.HubAnswered(Done(asked.command.id, held)))
    return asked.command.id


def test_whoever_says_that_the_number_is_theirs_gets_its_slip_as_a_copy(kiosk: Kiosk, held: Ticket) -> None:
    claim = kiosk.seem_to_hold(held)
    (asked,) = kiosk.touch(f.MineTouched)
    assert isinstance(asked, h.Ask)
    assert asked.command == AskAgain(asked.command.id, held.id, face=claim.capture.id)
    (printed,) = kiosk.give(h.HubAnswered(Done(asked.command.id, held, ahead=2)))
    assert printed == h.Print(held, 2, copy=True)
    printing = kiosk.shows()
    assert isinstance(printing, s.Printing)
    assert printing.again


def test_whoever_says_to_be_another_waits_for_an_officer(kiosk: Kiosk, held: Ticket) -> None:
    claim = kiosk.seem_to_hold(held)
    (asked,) = kiosk.touch(f.NotMineTouched)
    assert isinstance(asked, h.Ask)
    assert asked.command == AskOfficer(asked.command.id, "general", held.id, claim.capture.id)
    kiosk.give(h.HubAnswered(Agreed(asked.command.id)))
    assert kiosk.shows() == s.Awaiting(claim, asked.command.id)


@pytest.mark.parametrize("after_ms", [500, CLAIM_MS])
def test_leaving_without_a_word_gives_nothing(kiosk: Kiosk, held: Ticket, after_ms: int) -> None:
    kiosk.seem_to_hold(held)
    effects = kiosk.touch(h.Dismissed) if after_ms == 500 else kiosk.give(h.TimedOut(), after_ms=after_ms)
    assert effects == ()
    assert kiosk.shows() == s.Start()


def test_a_contest_that_the_site_has_not_told_of_yet_is_not_over(kiosk: Kiosk, held: Ticket) -> None:
    contest = ask_officer(kiosk, held)
    for lives in (True, False):
        assert tell(kiosk, held, lives=lives) == ()
        assert isinstance(kiosk.shows(), s.Awaiting)
    assert tell(kiosk, held, contest) == ()
    awaiting = kiosk.shows()
    assert isinstance(awaiting, s.Awaiting)
    assert awaiting.seen


def test_an_officer_who_says_that_it_is_the_same_person_lets_the_slip_be_printed_again(
    kiosk: Kiosk, held: Ticket
) -> None:
    contest = ask_officer(kiosk, held)
    tell(kiosk, held, contest)
    (asked,) = tell(kiosk, held, contest, ContestVerdict.SAME)
    assert isinstance(asked, h.Ask)
    assert asked.command == AskAgain(asked.command.id, held.id, contest=contest)
    (printed,) = kiosk.give(h.HubAnswered(Done(asked.command.id, held)))
    assert printed == h.Print(held, 0, copy=True)


def test_an_officer_who_says_that_it_is_another_person_lets_the_number_be_given(kiosk: Kiosk, held: Ticket) -> None:
    contest = ask_officer(kiosk, held)
    awaiting = kiosk.shows()
    assert isinstance(awaiting, s.Awaiting)
    (sent,) = tell(kiosk, held, contest, ContestVerdict.DIFFERENT)
    assert isinstance(sent, h.Send)
    first = awaiting.claim.asked
    assert sent.command == replace(first, id=sent.command.id, contest=contest)
    assert sent.command.id != first.id
    assert sent.command.face == awaiting.claim.capture.id
    (again,) = kiosk.give(h.HubAnswered(Refused(sent.command.id, Refusal.FACE_GONE)))
    assert isinstance(again, h.Send)
    assert again.capture == awaiting.claim.capture, "a hub that was started anew has lost it"
    assert again.command.contest == contest


def test_the_word_of_an_officer_who_was_faster_than_the_hubs_reply_counts(kiosk: Kiosk, held: Ticket) -> None:
    kiosk.seem_to_hold(held)
    (asked,) = kiosk.touch(f.NotMineTouched)
    assert isinstance(asked, h.Ask)
    tell(kiosk, held, asked.command.id, ContestVerdict.DIFFERENT)
    (sent,) = kiosk.give(h.HubAnswered(Done(asked.command.id, held)))
    assert isinstance(sent, h.Send)


def test_a_contest_that_ended_otherwise_prints_nothing(kiosk: Kiosk, held: Ticket) -> None:
    contest = ask_officer(kiosk, held)
    assert tell(kiosk, held, contest, ContestVerdict.LEFT) == ()
    assert kiosk.shows() == s.Start()


def test_a_contest_that_a_new_day_has_swept_away_prints_nothing(kiosk: Kiosk, held: Ticket) -> None:
    contest = ask_officer(kiosk, held)
    tell(kiosk, held, contest)
    assert tell(kiosk, held) == ()
    assert kiosk.shows() == s.Start()


def test_once_the_number_is_done_with_nobody_waits_for_the_officer(kiosk: Kiosk, held: Ticket) -> None:
    contest = ask_officer(kiosk, held)
    tell(kiosk, held, contest)
    assert tell(kiosk, held, contest, lives=False) == (h.LeaveContest(contest),)
    assert kiosk.shows() == s.Start()


def test_the_same_person_whose_number_is_done_with_goes_home(kiosk: Kiosk, held: Ticket) -> None:
    contest = ask_officer(kiosk, held)
    assert tell(kiosk, held, contest, ContestVerdict.SAME, lives=False) == ()
    assert kiosk.shows() == s.Start()


@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize("waits", [False, True])
def test_whoever_does_not_wait_is_waited_for_by_no_officer(kiosk: Kiosk, held: Ticket, told: bool, waits: bool) -> None:
    contest = ask_officer(kiosk, held)
    if told:
        tell(kiosk, held, contest)
    effects = kiosk.give(h.TimedOut(), after_ms=AWAIT_MS) if waits else kiosk.touch(h.Dismissed)
    assert effects == (h.LeaveContest(contest),)
    assert kiosk.shows() == s.Start()


def test_a_hub_that_is_lost_meanwhile_ends_no_waiting(kiosk: Kiosk, held: Ticket) -> None:
    ask_officer(kiosk, held)
    kiosk.give(h.HubLost())
    kiosk.give(h.HubAway())
    assert isinstance(kiosk.shows(), s.Awaiting)


def test_an_officer_whom_a_silent_hub_may_have_called_is_told_not_to_come(kiosk: Kiosk, held: Ticket) -> None:
    kiosk.seem_to_hold(held)
    (asked,) = kiosk.touch(f.NotMineTouched)
    assert isinstance(asked, h.Ask)
    assert kiosk.give(h.HubSilent(asked.command.id)) == (h.LeaveContest(asked.command.id),)
    assert kiosk.shows() == s.OutOfService(Outage.UNANSWERED)


def test_what_the_hub_refuses_is_said(kiosk: Kiosk, held: Ticket) -> None:
    kiosk.seem_to_hold(held)
    (asked,) = kiosk.touch(f.MineTouched)
    assert isinstance(asked, h.Ask)
    kiosk.give(h.HubAnswered(Refused(command_id(), Refusal.NOT_YOURS)))
    assert isinstance(kiosk.shows(), s.Asking), "an answer to another question"
    kiosk.give(h.HubAnswered(Refused(asked.command.id, Refusal.NOT_WAITING)))
    assert kiosk.shows() == s.Refused(Refusal.NOT_WAITING)


@pytest.mark.req("K8")
def test_the_slips_qr_erases_what_is_kept_of_its_holder(kiosk: Kiosk, held: Ticket) -> None:
    kiosk.touch(f.EraseTouched)
    assert kiosk.shows() == s.Erasing()
    (asked,) = kiosk.give(h.SlipScanned(held.id))
    assert isinstance(asked, h.Ask)
    assert asked.command == ErasePerson(asked.command.id, ticket=held.id)
    kiosk.give(h.HubAnswered(Done(asked.command.id, held)))
    assert kiosk.shows() == s.Erased("A007")


@pytest.mark.req("K8")
@pytest.mark.parametrize("person", [MAU, BHYT], ids=["căn cước", "BHYT"])
def test_a_document_erases_what_is_kept_of_its_holder(kiosk: Kiosk, person: s.Person) -> None:
    kiosk.touch(f.EraseTouched)
    reported, asked = kiosk.give(h.Scanned(person))
    assert reported == h.ReportReading(person.document)
    assert isinstance(asked, h.Ask)
    assert asked.command == ErasePerson(
        asked.command.id, id_number=person.id_number, insurance_number=person.insurance_number
    )
    assert not any(number and number in repr(kiosk.session) for number in (person.id_number, person.insurance_number))
    kiosk.give(h.HubAnswered(Agreed(asked.command.id)))
    assert kiosk.shows() == s.Erased()


def test_of_whom_nothing_is_kept_is_told_so(kiosk: Kiosk) -> None:
    kiosk.touch(f.EraseTouched)
    (asked,) = kiosk.give(h.SlipScanned(command_id()))
    assert isinstance(asked, h.Ask)
    kiosk.give(h.HubAnswered(Refused(asked.command.id, Refusal.NOTHING_KEPT)))
    assert kiosk.shows() == s.Refused(Refusal.NOTHING_KEPT)


def test_a_scan_that_names_nobody_is_asked_for_again(kiosk: Kiosk) -> None:
    kiosk.touch(f.EraseTouched)
    assert kiosk.give(h.ScanFailed(ScanProblem.URL)) == (h.ReportReading(Document.NONE, ReadingFault.QR_UNKNOWN),)
    assert kiosk.shows() == s.Erasing(ScanProblem.URL)


def test_on_any_other_screen_a_slip_is_no_document(kiosk: Kiosk) -> None:
    kiosk.give(h.SlipScanned(command_id()))
    assert kiosk.shows() == s.ScanTrouble(ScanProblem.URL)


def test_a_kiosk_without_a_camera_has_nothing_to_erase() -> None:
    kiosk = Kiosk()
    kiosk.give(h.SiteChanged(SITE, NOON_MS))
    kiosk.touch(f.EraseTouched)
    assert kiosk.shows() == s.Start()
