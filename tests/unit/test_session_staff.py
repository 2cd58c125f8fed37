"""The kiosk's screens for its staff, and what a person may ask of a screen: more time, lower controls."""

import pytest
from msgspec.structs import replace

from edge.contracts.ticket import Document, PrintFault
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk import upkeep as u
from edge.kiosk.screens import Outage, ScanProblem
from edge.kiosk.state import CHOOSE_MS, STAFF_MS
from tests.kiosk_session import MAU, SITE, Kiosk, without_rest
from tests.sites import NOON_MS

PIN = "730184"


@pytest.fixture
def kiosk() -> Kiosk:
    kiosk = Kiosk()
    kiosk.session = replace(kiosk.session, staffed=True)
    kiosk.give(h.ScannerChanged(True))
    kiosk.give(h.SiteChanged(without_rest(SITE), NOON_MS))
    return kiosk


def type_pin(kiosk: Kiosk) -> tuple[h.Effect, ...]:
    kiosk.touch(u.StaffTouched)
    return kiosk.touch(lambda step: u.PinTyped(step, PIN))


def enter(kiosk: Kiosk) -> None:
    type_pin(kiosk)
    assert kiosk.give(u.PinChecked(True)) == (u.CheckPrinter(),)
    assert kiosk.shows() == s.Staff()


def test_staff_come_in_by_their_pin_alone(kiosk: Kiosk) -> None:
    assert type_pin(kiosk) == (u.CheckPin(PIN),)
    assert kiosk.shows() == s.StaffPin(checking=True)
    kiosk.give(u.PinChecked(False))
    assert kiosk.shows() == s.StaffPin(wrong=True)
    kiosk.touch(lambda step: u.PinTyped(step, PIN))
    kiosk.give(u.PinChecked(False, wait_s=60))
    assert kiosk.shows() == s.StaffPin(wrong=True, wait_s=60)


def test_a_pin_stands_in_no_repr() -> None:
    assert PIN not in repr(u.PinTyped(1, PIN)) + repr(u.CheckPin(PIN))


def test_without_a_pin_there_is_no_way_in(kiosk: Kiosk) -> None:
    kiosk.session = replace(kiosk.session, staffed=False)
    kiosk.touch(u.StaffTouched)
    assert kiosk.shows() == s.Start()


def test_nobody_comes_in_while_a_patient_is_served(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    kiosk.touch(u.StaffTouched)
    assert kiosk.shows() == s.Identified(MAU)


def test_an_answer_about_a_pin_that_nobody_waits_for_opens_nothing(kiosk: Kiosk) -> None:
    type_pin(kiosk)
    kiosk.touch(h.Dismissed)
    kiosk.give(u.PinChecked(True))
    assert kiosk.shows() == s.Start()


@pytest.mark.parametrize(
    "touch", [u.TestPrintTouched, u.LookAgainTouched, u.WithdrawTouched, u.ReopenTouched, u.RestartTouched]
)
def test_what_staff_can_do_nobody_can_do_from_another_screen(kiosk: Kiosk, touch: type[h.Touch]) -> None:
    assert kiosk.touch(touch) == ()
    assert kiosk.shows() == s.Start()


def test_a_test_page_is_printed_once_however_often_it_is_touched(kiosk: Kiosk) -> None:
    enter(kiosk)
    assert kiosk.touch(u.TestPrintTouched) == (u.TestPrint(),)
    assert kiosk.touch(u.TestPrintTouched) == ()
    kiosk.give(u.TestPrinted(PrintFault.PAPER_OUT))
    assert kiosk.shows() == s.Staff(test=s.Test.FAILED)
    assert kiosk.session.printer_fault is PrintFault.PAPER_OUT
    kiosk.touch(u.TestPrintTouched)
    kiosk.give(u.TestPrinted(None))
    assert kiosk.shows() == s.Staff(test=s.Test.WELL)
    assert kiosk.session.printer_fault is None


def test_a_card_that_staff_try_names_nobody(kiosk: Kiosk) -> None:
    enter(kiosk)
    kiosk.give(h.ScanFailed(ScanProblem.DAMAGED))
    assert kiosk.shows() == s.Staff(problem=ScanProblem.DAMAGED)
    kiosk.give(h.Scanned(MAU))
    assert kiosk.shows() == s.Staff(scanned=Document.CCCD_QR)
    assert not [effect for effect in kiosk.effects if isinstance(effect, h.ReportReading | h.CheckInsurance)]


def test_out_of_service_holds_until_staff_end_it(kiosk: Kiosk) -> None:
    enter(kiosk)
    assert kiosk.touch(u.WithdrawTouched) == (u.Withdraw(True),)
    kiosk.give(u.Withdrawn(True))
    kiosk.touch(h.Dismissed)
    assert kiosk.shows() == s.OutOfService(Outage.WITHDRAWN)
    assert kiosk.give(h.Scanned(MAU)) == ()
    kiosk.give(h.SiteChanged(without_rest(SITE), NOON_MS))
    assert kiosk.shows() == s.OutOfService(Outage.WITHDRAWN)
    enter(kiosk)
    assert kiosk.touch(u.ReopenTouched) == (u.Withdraw(False),)
    kiosk.give(u.Withdrawn(False))
    kiosk.touch(h.Dismissed)
    assert kiosk.shows() == s.Start()


def test_a_kiosk_that_was_out_of_service_begins_so(kiosk: Kiosk) -> None:
    kiosk.give(u.Withdrawn(True))
    assert kiosk.shows() == s.OutOfService(Outage.WITHDRAWN)


def test_the_staffs_screen_goes_by_itself(kiosk: Kiosk) -> None:
    enter(kiosk)
    kiosk.give(h.TimedOut(), after_ms=STAFF_MS)
    assert kiosk.shows() == s.Start()


def test_restart_leaves_the_staffs_screen(kiosk: Kiosk) -> None:
    enter(kiosk)
    assert kiosk.touch(u.RestartTouched) == (u.Restart(),)
    assert kiosk.shows() == s.Start()


@pytest.mark.req("K12")
def test_whoever_needs_more_time_has_it_as_often_as_they_say_so(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    for _ in range(12):
        kiosk.touch(h.StayTouched, after_ms=CHOOSE_MS - 1)
        assert kiosk.session.until_ms == kiosk.now_ms + CHOOSE_MS
    assert kiosk.shows() == s.Identified(MAU)
    kiosk.give(h.TimedOut(), after_ms=CHOOSE_MS)
    assert kiosk.shows() == s.Start()


def test_more_time_leaves_the_picture_as_it_is(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    step = kiosk.session.step
    kiosk.touch(h.StayTouched)
    assert kiosk.session.step == step


def test_lowered_controls_are_the_next_persons_no_more(kiosk: Kiosk) -> None:
    kiosk.touch(h.LowerTouched)
    assert kiosk.session.lowered
    kiosk.touch(h.PageTouched)
    assert kiosk.session.page == 1
    kiosk.give(h.Scanned(MAU))
    assert kiosk.session.lowered
    kiosk.give(h.TimedOut(), after_ms=CHOOSE_MS)
    assert (kiosk.session.lowered, kiosk.session.page) == (False, 0)


def test_there_are_no_pages_where_the_controls_are_where_they_were(kiosk: Kiosk) -> None:
    kiosk.touch(h.PageTouched)
    assert kiosk.session.page == 0


def test_the_languages_come_round_in_the_administrators_order(kiosk: Kiosk) -> None:
    settings = replace(SITE.catalogue.kiosk, languages=("vi", "km", "en"))
    site = replace(SITE, catalogue=replace(SITE.catalogue, kiosk=settings))
    kiosk.session = replace(kiosk.session, spoken=("vi", "en", "km"))
    kiosk.give(h.SiteChanged(site, NOON_MS))
    seen = []
    for _ in range(3):
        kiosk.touch(h.LanguageTouched)
        seen.append(kiosk.session.language)
    assert seen == ["km", "en", "vi"]


def test_a_language_that_the_kiosk_has_no_sentences_in_is_not_offered(kiosk: Kiosk) -> None:
    settings = replace(SITE.catalogue.kiosk, languages=("vi", "km"))
    kiosk.give(h.SiteChanged(replace(SITE, catalogue=replace(SITE.catalogue, kiosk=settings)), NOON_MS))
    kiosk.touch(h.LanguageTouched)
    assert kiosk.session.language == "vi"
