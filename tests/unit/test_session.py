"""The kiosk's screens: every way through them."""

import pytest
from msgspec.structs import replace

from edge.contracts.commands import Done
from edge.contracts.commands import Refused as HubRefused
from edge.contracts.refusals import Refusal
from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import Document, Paper, PrintFault
from edge.identity.qr_text import QrFault
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk.screens import Outage, ScanProblem
from edge.kiosk.state import (
    CHOOSE_MS,
    NEXT_SCAN_MS,
    PHOTOGRAPH_MS,
    PREFERENCES_MS,
    PRINT_MS,
    READ_NUMBER_MS,
    READ_WORDS_MS,
    SETTLE_MS,
    STILL_THERE_MS,
    Session,
)
from edge.kiosk.words import FAULT_WORDS, OUTAGE_WORDS, SCAN_WORDS
from tests.kiosk_session import GIA, MAU, ME, SITE, Kiosk, site_with, ticket
from tests.sites import CATALOGUE, NOON_MS, command_id


@pytest.fixture
def kiosk() -> Kiosk:
    kiosk = Kiosk()
    kiosk.give(h.ScannerChanged(True))
    kiosk.give(h.SiteChanged(SITE, NOON_MS))
    assert kiosk.shows() == s.Start()
    return kiosk


@pytest.mark.req("K12")
def test_a_person_without_a_document_takes_a_number_in_one_touch(kiosk: Kiosk) -> None:
    command = kiosk.choose()
    assert (command.document, command.id_number) == (Document.NONE, "")
    given = ticket(id_=command.id)
    assert kiosk.give(h.HubAnswered(Done(command.id, given, ahead=3))) == (h.Print(given, 3, copy=False),)
    assert kiosk.shows() == s.Printing(given, 3)
    assert kiosk.give(h.PrintDone(given.id)) == (h.Confirm(given.id),)
    assert kiosk.shows() == s.Taken(given, 3)


@pytest.mark.req("K7")
def test_a_scanned_person_is_greeted_and_takes_a_number_with_the_card(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    assert kiosk.shows() == s.Identified(MAU)
    command = kiosk.choose("insurance")
    assert (command.service, command.document, command.id_number) == ("insurance", Document.CCCD_QR, MAU.id_number)


def test_another_card_takes_the_place_of_the_first(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    kiosk.give(h.Scanned(GIA))
    assert kiosk.choose().id_number == GIA.id_number


def test_a_card_that_lies_under_the_scanner_does_not_prolong_its_name_on_the_screen(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    for _ in range(CHOOSE_MS // 1000):
        kiosk.give(h.Scanned(MAU), after_ms=1000)
    kiosk.give(h.TimedOut())
    assert kiosk.shows() == s.Start()


@pytest.mark.req("K8")
def test_a_double_touch_takes_one_number(kiosk: Kiosk) -> None:
    step = kiosk.session.step
    kiosk.choose()
    assert kiosk.give(h.ServiceTouched(step, "general"), after_ms=80) == ()
    assert kiosk.touch(lambda now: h.ServiceTouched(now, "general")) == ()


def test_the_second_half_of_a_double_touch_does_not_close_the_number_it_has_not_seen(kiosk: Kiosk) -> None:
    given = kiosk.take()
    kiosk.give(h.PrintDone(given.id))
    kiosk.touch(h.Dismissed, after_ms=SETTLE_MS - 1)
    assert kiosk.shows() == s.Taken(given, 3)
    kiosk.touch(h.Dismissed, after_ms=1)
    assert kiosk.shows() == s.Start()


def test_a_touch_made_on_an_earlier_picture_does_nothing(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    seen = kiosk.session.step
    kiosk.give(h.TimedOut(), after_ms=CHOOSE_MS)
    assert kiosk.give(h.ServiceTouched(seen, "general")) == ()
    assert kiosk.shows() == s.Start()


def test_a_service_that_is_not_offered_cannot_be_touched(kiosk: Kiosk) -> None:
    assert kiosk.touch(lambda step: h.ServiceTouched(step, "nothing")) == ()
    assert kiosk.shows() == s.Start()


@pytest.mark.parametrize("problem", ScanProblem)
def test_a_failed_scan_says_what_to_do_and_still_lets_the_person_choose(kiosk: Kiosk, problem: ScanProblem) -> None:
    kiosk.give(h.ScanFailed(problem))
    assert kiosk.shows() == s.ScanTrouble(problem)
    assert kiosk.choose().document is Document.NONE


def test_a_failed_scan_does_not_send_away_a_person_who_was_read(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    kiosk.give(h.ScanFailed(ScanProblem.UNREADABLE))
    assert kiosk.shows() == s.Identified(MAU)


@pytest.mark.req("K9")
def test_a_failed_print_keeps_the_number_on_screen_and_tells_the_staff(kiosk: Kiosk) -> None:
    given = kiosk.take()
    assert kiosk.give(h.PrintFailed(given.id, PrintFault.PAPER_OUT)) == (h.Report(given.id, PrintFault.PAPER_OUT),)
    assert kiosk.shows() == s.Taken(given, 3, fault=PrintFault.PAPER_OUT)
    assert kiosk.touch(h.ReprintTouched) == (h.Print(given, 3, copy=True),)
    assert kiosk.touch(h.ReprintTouched) == (), "the slip is being printed already"
    assert kiosk.give(h.PrintDone(given.id)) == (h.Confirm(given.id),)
    assert kiosk.shows() == s.Taken(given, 3)


def test_a_slip_that_came_out_is_not_printed_again(kiosk: Kiosk) -> None:
    given = kiosk.take()
    kiosk.give(h.PrintDone(given.id))
    assert kiosk.touch(h.ReprintTouched) == ()


def test_a_printer_that_never_answers_does_not_hold_the_screen(kiosk: Kiosk) -> None:
    given = kiosk.take()
    assert kiosk.give(h.TimedOut(), after_ms=PRINT_MS) == (h.Report(given.id, PrintFault.NO_ANSWER),)
    assert kiosk.shows() == s.Taken(given, 3, fault=PrintFault.NO_ANSWER, may_come=True)
    assert kiosk.give(h.PrintDone(given.id)) == (h.Confirm(given.id),)
    assert kiosk.shows() == s.Taken(given, 3)


def test_word_of_an_earlier_slip_does_not_change_the_next_persons_screen(kiosk: Kiosk) -> None:
    first = kiosk.take(1)
    kiosk.give(h.PrintFailed(first.id, PrintFault.OFFLINE))
    kiosk.touch(h.Dismissed)
    kiosk.give(h.Scanned(MAU))
    assert kiosk.give(h.PrintDone(first.id)) == (h.Confirm(first.id),)
    assert kiosk.shows() == s.Identified(MAU)


@pytest.mark.req("K8")
def test_a_held_number_is_printed_as_a_copy(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    command = kiosk.choose()
    held = ticket(7, paper=Paper.PRINTED)
    assert kiosk.give(h.HubAnswered(Done(command.id, held, again=True))) == (h.Print(held, 0, copy=True),)
    assert kiosk.shows() == s.Printing(held, 0, again=True)


def test_a_refusal_is_shown_in_words_and_goes_by_itself(kiosk: Kiosk) -> None:
    command = kiosk.choose()
    kiosk.give(h.HubAnswered(HubRefused(command.id, Refusal.DAY_FULL)))
    assert kiosk.shows() == s.Refused(Refusal.DAY_FULL)
    kiosk.give(h.TimedOut(), after_ms=READ_WORDS_MS)
    assert kiosk.shows() == s.Start()


def test_an_answer_to_another_command_is_not_taken_for_ours(kiosk: Kiosk) -> None:
    command = kiosk.choose()
    assert kiosk.give(h.HubAnswered(Done(command_id(), ticket(9)))) == ()
    assert kiosk.shows() == s.Issuing(command)


@pytest.mark.parametrize(
    ("fault", "stays_ms"), [(None, READ_NUMBER_MS), (PrintFault.COVER_OPEN, PHOTOGRAPH_MS)], ids=["printed", "failed"]
)
def test_the_number_goes_by_itself_after_time_to_read_it(kiosk: Kiosk, fault: PrintFault | None, stays_ms: int) -> None:
    given = kiosk.take()
    kiosk.give(h.PrintFailed(given.id, fault) if fault else h.PrintDone(given.id))
    kiosk.give(h.TimedOut(), after_ms=stays_ms - 1)
    assert isinstance(kiosk.shows(), s.Taken)
    kiosk.give(h.TimedOut(), after_ms=1)
    assert kiosk.shows() == s.Start()


def test_the_next_persons_card_ends_the_number_once_it_could_be_read(kiosk: Kiosk) -> None:
    given = kiosk.take()
    kiosk.give(h.PrintDone(given.id))
    kiosk.give(h.Scanned(GIA), after_ms=NEXT_SCAN_MS - 1)
    assert isinstance(kiosk.shows(), s.Taken)
    kiosk.give(h.Scanned(GIA), after_ms=1)
    assert kiosk.shows() == s.Identified(GIA)


def test_language_and_contrast_are_the_persons_own_and_end_with_them(kiosk: Kiosk) -> None:
    kiosk.touch(h.LanguageTouched)
    kiosk.touch(h.ContrastTouched)
    assert (kiosk.session.language, kiosk.session.contrast) == ("en", True)
    given = kiosk.take()
    kiosk.give(h.PrintDone(given.id))
    assert kiosk.session.language == "en"
    kiosk.touch(h.Dismissed)
    assert (kiosk.session.language, kiosk.session.contrast) == ("vi", False)


def test_a_language_that_nobody_uses_goes_back_by_itself(kiosk: Kiosk) -> None:
    kiosk.touch(h.LanguageTouched)
    kiosk.give(h.TimedOut(), after_ms=PREFERENCES_MS)
    assert (kiosk.shows(), kiosk.session.language) == (s.Start(), "vi")


def test_a_lost_hub_takes_the_kiosk_out_of_service_until_it_is_back(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    kiosk.give(h.HubLost())
    assert kiosk.shows() == s.OutOfService(Outage.HUB)
    kiosk.give(h.SiteChanged(SITE, NOON_MS))
    assert kiosk.shows() == s.Start()


def test_a_number_that_is_on_the_screen_stays_while_the_hub_is_lost(kiosk: Kiosk) -> None:
    given = kiosk.take()
    kiosk.give(h.HubLost())
    kiosk.give(h.PrintDone(given.id))
    assert kiosk.shows() == s.Taken(given, 3)
    kiosk.touch(h.Dismissed)
    assert kiosk.shows() == s.OutOfService(Outage.HUB)


@pytest.mark.parametrize(
    ("site", "why"),
    [
        (replace(SITE, day=""), Outage.CLOCK),
        (replace(SITE, catalogue=replace(CATALOGUE, services=())), Outage.CATALOGUE),
    ],
    ids=["clock", "catalogue"],
)
def test_a_site_that_can_give_no_number_says_why(kiosk: Kiosk, site: Snapshot, why: Outage) -> None:
    kiosk.give(h.SiteChanged(site, NOON_MS))
    assert kiosk.shows() == s.OutOfService(why)
    kiosk.give(h.SiteChanged(SITE, NOON_MS))
    assert kiosk.shows() == s.Start()


def test_a_silent_hub_is_admitted_and_the_next_person_can_try(kiosk: Kiosk) -> None:
    command = kiosk.choose()
    kiosk.give(h.HubSilent(command.id))
    assert kiosk.shows() == s.OutOfService(Outage.UNANSWERED)
    kiosk.give(h.TimedOut(), after_ms=READ_WORDS_MS)
    assert kiosk.shows() == s.Start()


def test_a_number_whose_answer_was_lost_is_reported_and_shown_to_whoever_still_waits(kiosk: Kiosk) -> None:
    command = kiosk.choose()
    kiosk.give(h.HubSilent(command.id))
    found = ticket(id_=command.id)
    effects = kiosk.give(h.SiteChanged(site_with(found, waiting=("other", found.id)), NOON_MS + 20_000))
    assert effects == (h.Report(found.id, PrintFault.INTERRUPTED),)
    assert kiosk.shows() == s.Taken(found, 1, fault=PrintFault.INTERRUPTED)


def test_the_stream_may_tell_of_our_number_before_the_answer_does(kiosk: Kiosk) -> None:
    command = kiosk.choose()
    given = ticket(id_=command.id)
    assert kiosk.give(h.SiteChanged(site_with(given), NOON_MS)) == ()
    kiosk.give(h.HubAnswered(Done(command.id, given)))
    assert kiosk.give(h.SiteChanged(site_with(given), NOON_MS)) == (), "its slip is being printed"


def test_after_a_crash_unconfirmed_slips_are_reported_and_the_last_person_sees_the_number() -> None:
    kiosk = Kiosk()
    old, new = replace(ticket(1), issued_at_ms=NOON_MS - 600_000), ticket(2)
    others = (ticket(3, issuer="kiosk-2"), ticket(4, paper=Paper.PRINTED), ticket(5, paper=Paper.FAILED))
    effects = kiosk.give(h.SiteChanged(site_with(old, new, *others), NOON_MS + 5_000))
    assert set(effects) == {h.Report(t.id, PrintFault.INTERRUPTED) for t in (old, new)}
    assert kiosk.shows() == s.Taken(new, 0, fault=PrintFault.INTERRUPTED)
    assert kiosk.touch(h.ReprintTouched) == (h.Print(new, 0, copy=True),)
    assert kiosk.give(h.SiteChanged(site_with(old, new), NOON_MS + 6_000)) == (), "each is reported once"


def test_after_a_crash_nobody_is_shown_a_number_of_long_ago() -> None:
    kiosk = Kiosk()
    kiosk.give(h.SiteChanged(site_with(ticket(1)), NOON_MS + STILL_THERE_MS))
    assert kiosk.shows() == s.Start()


def test_a_changed_catalogue_makes_touches_on_the_old_tiles_void(kiosk: Kiosk) -> None:
    seen = kiosk.session.step
    other = replace(CATALOGUE, services=tuple(reversed(CATALOGUE.services)))
    kiosk.give(h.SiteChanged(replace(SITE, catalogue=other), NOON_MS))
    assert kiosk.give(h.ServiceTouched(seen, "general")) == ()


def test_every_reason_has_its_words() -> None:
    assert set(OUTAGE_WORDS) == set(Outage)
    assert set(SCAN_WORDS) == set(ScanProblem)
    assert set(FAULT_WORDS) == set(PrintFault)
    assert {fault.value for fault in QrFault} <= {problem.value for problem in ScanProblem}


def test_nothing_personal_stands_in_a_repr() -> None:
    session = Session(ME, screen=s.Identified(MAU))
    assert MAU.name not in repr(session)
    assert MAU.id_number not in repr(session)
