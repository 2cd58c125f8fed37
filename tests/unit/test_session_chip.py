"""The kiosk's screens: a card on the reader, its chip, and the documents that have none."""

import pytest
from msgspec.structs import replace

from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document, Priority
from edge.emrtd.reader import Step
from edge.identity.qr_text import QrFault
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk.identifying import HARMLESS, READ_CHIP_MS, SCAN_FAULTS
from edge.kiosk.screens import Card, ScanProblem
from edge.kiosk.state import CHOOSE_MS, NEXT_SCAN_MS
from edge.kiosk.words import READING_WORDS
from tests.kiosk_session import BHYT, GIA, MAU, MAU_BY_CHIP, SITE, Kiosk
from tests.sites import NOON_MS

READ_WELL = (h.ReportReading(Document.CCCD_CHIP),)
OF_A_CHIP = [fault for fault in ReadingFault if fault not in SCAN_FAULTS.values()]
GRAVE = [fault for fault in OF_A_CHIP if fault not in HARMLESS]


@pytest.fixture
def kiosk() -> Kiosk:
    """A kiosk with a card reader on which nothing lies."""
    kiosk = Kiosk()
    kiosk.give(h.ScannerChanged(True))
    kiosk.give(h.CardTaken())
    kiosk.give(h.SiteChanged(SITE, NOON_MS))
    assert kiosk.shows() == s.Start()
    return kiosk


def lay(kiosk: Kiosk) -> h.ReadChip:
    """Lay a card on the reader: the reading that this begins."""
    (effect,) = kiosk.give(h.CardLaid())
    assert isinstance(effect, h.ReadChip)
    return effect


def read(kiosk: Kiosk, person: s.Person = MAU_BY_CHIP) -> None:
    """Scan, lay the card on, and have it read well."""
    kiosk.give(h.Scanned(MAU))
    assert kiosk.give(h.ChipRead(lay(kiosk).reading, person)) == READ_WELL


def noted(kiosk: Kiosk, person: s.Person) -> tuple[h.Effect, ...]:
    """What becomes of a QR that named this person: the reading is counted, and the hub asked about insurance."""
    return h.ReportReading(person.document), h.CheckInsurance(kiosk.session.checks, person)


@pytest.mark.req("K7")
def test_a_card_that_is_laid_on_after_the_scan_is_read_and_the_number_is_that_of_a_chip(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    begun = lay(kiosk)
    assert begun.person == MAU
    assert kiosk.shows() == s.ReadingChip(begun.reading, MAU)
    assert kiosk.give(h.ChipRead(begun.reading, MAU_BY_CHIP)) == READ_WELL
    assert kiosk.shows() == s.Identified(MAU_BY_CHIP)
    command = kiosk.choose("insurance")
    assert (command.document, command.id_number) == (Document.CCCD_CHIP, MAU.id_number)


@pytest.mark.req("K7")
def test_a_card_that_lies_there_already_is_read_as_soon_as_its_qr_was_scanned(kiosk: Kiosk) -> None:
    assert kiosk.give(h.CardLaid()) == ()
    assert kiosk.shows() == s.ScanFirst()
    report, _, begun = kiosk.give(h.Scanned(MAU))
    assert report == h.ReportReading(Document.CCCD_QR)
    assert isinstance(begun, h.ReadChip)
    assert kiosk.shows() == s.ReadingChip(begun.reading, MAU)


def test_a_card_that_is_lifted_to_be_scanned_is_read_when_it_is_laid_there_again(kiosk: Kiosk) -> None:
    kiosk.give(h.CardLaid())
    kiosk.give(h.CardTaken())
    assert kiosk.shows() == s.ScanFirst()
    kiosk.give(h.Scanned(MAU))
    assert kiosk.shows() == s.Identified(MAU)
    assert lay(kiosk).person == MAU


def test_a_person_need_not_lay_the_card_on(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    assert kiosk.choose().document is Document.CCCD_QR


@pytest.mark.req("K12")
def test_a_person_who_lays_a_card_on_and_scans_none_takes_a_number_without_a_document(kiosk: Kiosk) -> None:
    kiosk.give(h.CardLaid())
    command = kiosk.choose()
    assert (command.document, command.id_number) == (Document.NONE, "")


def test_without_a_scanner_nobody_is_told_to_scan_first(kiosk: Kiosk) -> None:
    kiosk.give(h.ScannerChanged(False))
    kiosk.give(h.CardLaid())
    assert kiosk.shows() == s.Start()


def test_a_card_that_was_left_behind_unread_is_not_taken_for_the_next_persons(kiosk: Kiosk) -> None:
    kiosk.give(h.CardLaid())
    kiosk.give(h.TimedOut(), after_ms=CHOOSE_MS)
    assert kiosk.shows() == s.Start()
    kiosk.give(h.Scanned(GIA))
    assert kiosk.shows() == s.Identified(GIA)
    kiosk.give(h.CardTaken())
    assert lay(kiosk).person == GIA


def test_a_card_that_was_read_and_left_behind_is_not_taken_for_the_next_persons(kiosk: Kiosk) -> None:
    read(kiosk)
    given = kiosk.take()
    kiosk.give(h.PrintDone(given.id))
    kiosk.give(h.Scanned(GIA), after_ms=NEXT_SCAN_MS)
    assert kiosk.shows() == s.Identified(GIA)
    assert kiosk.choose().id_number == GIA.id_number


@pytest.mark.parametrize("before", [h.CardTaken(), h.ReaderLost()], ids=["taken", "reader lost"])
def test_what_a_chip_said_stays_when_its_card_is_taken_away(kiosk: Kiosk, before: h.Input) -> None:
    read(kiosk)
    kiosk.give(before)
    assert kiosk.shows() == s.Identified(MAU_BY_CHIP)
    assert kiosk.choose().document is Document.CCCD_CHIP


@pytest.mark.parametrize("fault", [ReadingFault.WRONG_ACCESS_KEY, ReadingFault.NOT_EMRTD, ReadingFault.CARD_REMOVED])
def test_another_card_on_the_reader_never_inherits_what_the_first_one_proved(kiosk: Kiosk, fault: ReadingFault) -> None:
    read(kiosk)
    kiosk.give(h.CardTaken())
    begun = lay(kiosk)
    assert begun.person == MAU_BY_CHIP, "it is asked to be that person's again"
    kiosk.give(h.ChipFailed(begun.reading, fault))
    assert kiosk.shows() == s.ChipTrouble(fault)
    assert kiosk.choose().id_number == ""


def test_a_card_that_takes_the_firsts_place_while_its_answer_comes_is_read_too(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    begun = lay(kiosk)
    kiosk.give(h.CardTaken())
    kiosk.give(h.CardLaid())
    report, again = kiosk.give(h.ChipRead(begun.reading, MAU_BY_CHIP))
    assert (report,) == READ_WELL
    assert isinstance(again, h.ReadChip)


def test_scanning_the_same_card_again_takes_nothing_from_what_its_chip_said(kiosk: Kiosk) -> None:
    read(kiosk)
    assert kiosk.give(h.Scanned(MAU)) == ()
    assert kiosk.shows() == s.Identified(MAU_BY_CHIP)


def test_progress_is_shown_on_the_same_picture(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    begun = lay(kiosk)
    step = kiosk.session.step
    kiosk.give(h.ChipProgress(begun.reading, Step.CHIP, 0.6))
    assert kiosk.shows() == s.ReadingChip(begun.reading, MAU, step=Step.CHIP, share=0.6)
    assert kiosk.session.step == step
    kiosk.give(h.ChipProgress(begun.reading - 1, Step.DETAILS, 0.9))
    assert kiosk.shows() == s.ReadingChip(begun.reading, MAU, step=Step.CHIP, share=0.6)


def test_no_service_is_given_while_a_chip_is_read(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    lay(kiosk)
    assert kiosk.touch(lambda step: h.ServiceTouched(step, "general")) == ()
    assert isinstance(kiosk.shows(), s.ReadingChip)


def test_a_person_who_does_not_wait_for_the_chip_goes_on_by_the_qr(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    begun = lay(kiosk)
    assert kiosk.touch(h.Dismissed) == (h.CancelReading(begun.reading),), "what nobody waited for counts as no attempt"
    assert kiosk.shows() == s.Identified(MAU)
    assert kiosk.give(h.ChipRead(begun.reading, MAU_BY_CHIP)) == ()
    assert kiosk.choose().document is Document.CCCD_QR


def test_a_chip_that_never_answers_is_given_up(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    begun = lay(kiosk)
    cancelled, report = kiosk.give(h.TimedOut(), after_ms=READ_CHIP_MS)
    assert cancelled == h.CancelReading(begun.reading)
    assert report == h.ReportReading(Document.CCCD_CHIP, ReadingFault.NO_ANSWER)
    assert kiosk.shows() == s.ChipTrouble(ReadingFault.NO_ANSWER, MAU)
    assert kiosk.give(h.ChipFailed(begun.reading, ReadingFault.CARD_REMOVED)) == (), "it is told once"


def test_the_answer_for_somebody_else_is_not_taken(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    first = lay(kiosk)
    assert kiosk.give(h.Scanned(GIA)) == (h.CancelReading(first.reading), *noted(kiosk, GIA))
    assert kiosk.shows() == s.Identified(GIA)
    assert kiosk.give(h.ChipRead(first.reading, MAU_BY_CHIP)) == ()
    kiosk.give(h.CardTaken())
    second = lay(kiosk)
    assert second.person == GIA
    assert kiosk.give(h.ChipFailed(first.reading, ReadingFault.CLONED)) == ()
    assert kiosk.shows() == s.ReadingChip(second.reading, GIA)


@pytest.mark.parametrize("scanned", [h.Scanned(MAU), h.ScanFailed(ScanProblem.DAMAGED)], ids=["same", "none"])
def test_a_card_that_is_still_seen_by_the_scanner_disturbs_no_reading(kiosk: Kiosk, scanned: h.Input) -> None:
    kiosk.give(h.Scanned(MAU))
    begun = lay(kiosk)
    assert kiosk.give(scanned) == ()
    assert kiosk.shows() == s.ReadingChip(begun.reading, MAU)


@pytest.mark.req("K12")
@pytest.mark.parametrize("fault", OF_A_CHIP)
def test_a_chip_that_fails_is_reported_once_and_a_number_can_be_had_all_the_same(
    kiosk: Kiosk, fault: ReadingFault
) -> None:
    kiosk.give(h.Scanned(MAU))
    begun = lay(kiosk)
    assert kiosk.give(h.ChipFailed(begun.reading, fault)) == (h.ReportReading(Document.CCCD_CHIP, fault),)
    assert kiosk.give(h.ChipFailed(begun.reading, fault)) == ()
    kept = MAU if fault in HARMLESS else None
    assert kiosk.shows() == s.ChipTrouble(fault, kept)
    command = kiosk.choose()
    assert command.document is (Document.CCCD_QR if kept else Document.NONE)
    assert command.id_number == (MAU.id_number if kept else "")


@pytest.mark.parametrize("fault", [fault for fault in OF_A_CHIP if fault in HARMLESS])
def test_laying_the_card_there_again_reads_it_again(kiosk: Kiosk, fault: ReadingFault) -> None:
    kiosk.give(h.Scanned(MAU))
    first = lay(kiosk)
    kiosk.give(h.ChipFailed(first.reading, fault))
    kiosk.give(h.CardTaken())
    assert kiosk.shows() == s.ChipTrouble(fault, MAU)
    second = lay(kiosk)
    assert second.reading != first.reading
    assert kiosk.give(h.ChipRead(second.reading, MAU_BY_CHIP)) == READ_WELL
    assert kiosk.shows() == s.Identified(MAU_BY_CHIP)


def test_a_card_that_is_there_again_before_its_removal_was_told_is_read_again(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    first = lay(kiosk)
    kiosk.give(h.CardTaken())
    kiosk.give(h.CardLaid())
    report, again = kiosk.give(h.ChipFailed(first.reading, ReadingFault.CARD_REMOVED))
    assert report == h.ReportReading(Document.CCCD_CHIP, ReadingFault.CARD_REMOVED)
    assert isinstance(again, h.ReadChip)
    assert kiosk.shows() == s.ReadingChip(again.reading, MAU)


@pytest.mark.parametrize("fault", GRAVE)
def test_after_a_doubtful_card_the_qr_must_be_scanned_again(kiosk: Kiosk, fault: ReadingFault) -> None:
    kiosk.give(h.Scanned(MAU))
    kiosk.give(h.ChipFailed(lay(kiosk).reading, fault))
    kiosk.give(h.CardTaken())
    assert kiosk.give(h.CardLaid()) == ()
    assert kiosk.shows() == s.ScanFirst()


@pytest.mark.parametrize("fault", [ReadingFault.CARD_REMOVED, ReadingFault.CLONED])
def test_a_failed_reading_goes_by_itself_and_takes_the_person_with_it(kiosk: Kiosk, fault: ReadingFault) -> None:
    kiosk.give(h.Scanned(MAU))
    kiosk.give(h.ChipFailed(lay(kiosk).reading, fault))
    kiosk.give(h.TimedOut(), after_ms=CHOOSE_MS)
    assert kiosk.shows() == s.Start()


def test_back_from_a_failed_reading_is_to_the_person_where_one_is_known(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    kiosk.give(h.ChipFailed(lay(kiosk).reading, ReadingFault.CARD_REMOVED))
    kiosk.touch(h.Dismissed)
    assert kiosk.shows() == s.Identified(MAU)
    kiosk.give(h.CardTaken())
    kiosk.give(h.ChipFailed(lay(kiosk).reading, ReadingFault.CLONED))
    kiosk.touch(h.Dismissed)
    assert kiosk.shows() == s.Start()


@pytest.mark.req("K7", "K12")
@pytest.mark.parametrize("well", [True, False])
def test_a_claim_that_was_made_before_lasts_through_the_reading(kiosk: Kiosk, well: bool) -> None:
    kiosk.give(h.Scanned(MAU))
    kiosk.touch(h.PriorityTouched)
    kiosk.give(h.CardLaid())
    assert kiosk.shows() == s.Grounds(MAU), "nobody is taken away from the question"
    (begun,) = kiosk.touch(lambda step: h.GroundTouched(step, Priority.PREGNANT))
    assert isinstance(begun, h.ReadChip)
    if well:
        kiosk.give(h.ChipRead(begun.reading, MAU_BY_CHIP))
        assert kiosk.shows() == s.Claimed(Priority.PREGNANT, MAU_BY_CHIP)
    else:
        kiosk.give(h.ChipFailed(begun.reading, ReadingFault.CLONED))
    command = kiosk.choose()
    assert (command.claim, command.document) == (Priority.PREGNANT, Document.CCCD_CHIP if well else Document.NONE)


def test_a_card_laid_on_where_a_claim_stands_is_read(kiosk: Kiosk) -> None:
    kiosk.touch(h.PriorityTouched)
    kiosk.touch(lambda step: h.GroundTouched(step, Priority.MERIT))
    kiosk.give(h.Scanned(MAU))
    begun = lay(kiosk)
    kiosk.give(h.ChipRead(begun.reading, MAU_BY_CHIP))
    assert kiosk.shows() == s.Claimed(Priority.MERIT, MAU_BY_CHIP)


def test_when_no_number_can_be_had_a_reading_ends_and_the_person_is_forgotten(kiosk: Kiosk) -> None:
    kiosk.give(h.Scanned(MAU))
    begun = lay(kiosk)
    assert kiosk.give(h.HubLost()) == (h.CancelReading(begun.reading),)
    assert kiosk.shows() == s.OutOfService(s.Outage.HUB)


@pytest.mark.req("K7")
def test_a_health_insurance_card_names_a_person_and_its_number_goes_with_the_command(kiosk: Kiosk) -> None:
    assert kiosk.give(h.Scanned(BHYT)) == noted(kiosk, BHYT)
    assert kiosk.shows() == s.Identified(BHYT)
    assert kiosk.give(h.CardLaid()) == (), "it is no key to any chip"
    command = kiosk.choose()
    assert (command.document, command.id_number) == (Document.BHYT_QR, "")
    assert command.insurance_number == BHYT.insurance_number


def test_vneid_names_a_person_as_the_card_does(kiosk: Kiosk) -> None:
    vneid = replace(MAU, document=Document.VNEID_QR)
    assert kiosk.give(h.Scanned(vneid)) == noted(kiosk, vneid)
    command = kiosk.choose()
    assert (command.document, command.id_number) == (Document.VNEID_QR, MAU.id_number)


@pytest.mark.req("D1")
def test_a_scan_is_reported_once_however_long_the_document_lies_there(kiosk: Kiosk) -> None:
    assert kiosk.give(h.Scanned(MAU)) == noted(kiosk, MAU)
    assert kiosk.give(h.Scanned(MAU)) == ()
    assert kiosk.give(h.Scanned(GIA)) == noted(kiosk, GIA)


@pytest.mark.req("D1")
@pytest.mark.parametrize("problem", ScanProblem)
def test_a_failed_scan_is_reported_with_its_reason_and_again_when_it_is_tried_again(
    kiosk: Kiosk, problem: ScanProblem
) -> None:
    report = h.ReportReading(Document.NONE, SCAN_FAULTS[problem])
    assert kiosk.give(h.ScanFailed(problem)) == (report,)
    assert kiosk.give(h.ScanFailed(problem), after_ms=NEXT_SCAN_MS - 1) == (), "it lies there still"
    assert kiosk.give(h.ScanFailed(problem), after_ms=NEXT_SCAN_MS) == (report,)


def test_every_fault_has_its_two_sentences_and_every_refused_code_is_one() -> None:
    assert set(READING_WORDS) == set(ReadingFault)
    assert all(what and do for what, do in READING_WORDS.values())
    assert {problem.value for problem in ScanProblem} == {fault.value for fault in QrFault} | {"unreadable"}


def test_the_state_of_the_reader_is_known_on_every_screen() -> None:
    kiosk = Kiosk()
    assert kiosk.session.card is None
    for given, card in ((h.ReaderLost(), Card.NO_READER), (h.CardTaken(), Card.EMPTY), (h.CardLaid(), Card.LAID)):
        kiosk.give(given)
        assert kiosk.session.card is card
