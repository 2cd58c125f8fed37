"""What stands on the kiosk's page of a person's document, chip and insurance, without a browser."""

import pytest
from msgspec.structs import replace

from edge.contracts.eligibility import Outcome
from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document, Priority
from edge.emrtd import reader
from edge.kiosk import screens as s
from edge.kiosk.screens import Card
from edge.kiosk.words import READING_WORDS
from tests.kiosk_screen import PERSON, START, html, words_of
from tests.sites import CATALOGUE


def test_a_person_is_greeted_by_name_and_the_number_of_the_card_is_masked() -> None:
    page = html(replace(START, screen=s.Identified(PERSON)))
    assert "•••••••••017" in page
    assert PERSON.id_number not in page
    assert "Nguyễn Văn &lt;b&gt;Mẫu&lt;/b&gt;" in page


@pytest.mark.req("K7")
def test_a_person_identified_by_the_chip_is_greeted_so_and_invited_no_more() -> None:
    by_chip = replace(PERSON, document=Document.CCCD_CHIP)
    page = html(replace(START, screen=s.Identified(by_chip), card=Card.EMPTY))
    assert "Đã xác thực bằng chip" in page
    assert "đầu đọc" not in page
    assert "•••••••••017" in page


@pytest.mark.req("K7")
@pytest.mark.parametrize(
    ("card", "words"),
    [
        (None, ""),
        (Card.NO_READER, ""),
        (Card.EMPTY, "Đặt thẻ lên đầu đọc để xác thực bằng chip"),
        (Card.READ, "Nhấc thẻ ra rồi đặt lại để xác thực bằng chip"),
    ],
)
def test_a_person_identified_by_the_qr_is_invited_to_the_reader_where_one_is(card: Card | None, words: str) -> None:
    for screen in (s.Identified(PERSON), s.Claimed(Priority.MERIT, PERSON)):
        page = html(replace(START, screen=screen, card=card))
        assert ("bằng chip" in page) is bool(words)
        assert words in page
    assert "bằng chip" not in html(replace(START, card=card))


def test_a_person_with_a_health_insurance_card_is_greeted_and_has_no_chip_to_read() -> None:
    person = s.Person("Lê Văn Minh Hoạ", "", Document.BHYT_QR, insurance_number="GD4010000000001")
    page = html(replace(START, screen=s.Identified(person), card=Card.EMPTY))
    assert "Lê Văn Minh Hoạ" in page
    assert "Thẻ BHYT" in page
    assert "••••••••••••001" in page
    assert "GD401" not in page
    assert "đầu đọc" not in page


@pytest.mark.req("K7")
def test_while_a_chip_is_read_there_is_a_bar_with_the_step_in_words_and_no_service() -> None:
    page = html(replace(START, screen=s.ReadingChip(1, PERSON, step=reader.Step.CHIP, share=0.618)))
    assert "Đang đọc chip, xin đừng nhấc thẻ" in page
    assert '<progress max="100" value="62"' in page
    assert "Đang kiểm tra thẻ thật" in page
    assert "data-service" not in page
    assert PERSON.id_number not in page


@pytest.mark.req("K12")
@pytest.mark.parametrize("fault", ReadingFault)
def test_a_chip_that_was_not_read_is_told_in_words_with_what_to_do_and_every_service(fault: ReadingFault) -> None:
    for person, how in ((PERSON, "bằng mã QR"), (None, "không cần giấy tờ")):
        page = words_of(html(replace(START, screen=s.ChipTrouble(fault, person), card=Card.EMPTY)))
        assert all(words in page for words in READING_WORDS[fault])
        assert f"Bạn vẫn lấy số được {how}" in page
        assert all(service.name in page for service in CATALOGUE.services)


def test_a_card_laid_on_before_it_was_scanned_is_to_be_scanned_first() -> None:
    page = html(replace(START, screen=s.ScanFirst(), card=Card.LAID))
    assert "Xin quét mã QR trên thẻ trước" in page
    assert 'data-touch="look-up"' in page


@pytest.mark.req("D5")
@pytest.mark.parametrize(
    ("insured", "words"),
    [
        (s.Insured(Outcome.VALID, "2026-12-31"), "Thẻ BHYT còn giá trị sử dụng (31/12/2026)"),
        (s.Insured(Outcome.EXPIRED), "Thẻ BHYT đã hết hạn"),
        (s.Insured(Outcome.NOT_FOUND), "Không tìm thấy thẻ BHYT theo số này"),
        (s.Insured(Outcome.UNREACHABLE), ""),
        (s.Insured(Outcome.NOT_AUTHORISED), ""),
        (None, ""),
    ],
)
def test_what_the_insurance_portal_says_is_told_in_one_sentence_where_it_is_the_persons_matter(
    insured: s.Insured | None, words: str
) -> None:
    page = html(replace(START, screen=s.Identified(PERSON), insured=insured))
    assert f'<p class="insured" data-live="insured">{words}</p>' in page
    assert "insured" not in html(replace(START, insured=insured))


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_of_a_look_up_has_its_sentence_in_english(outcome: Outcome) -> None:
    page = html(replace(START, screen=s.Identified(PERSON), insured=s.Insured(outcome), language="en"))
    assert "Thẻ BHYT" not in page
    assert "Cổng BHXH" not in page


def test_a_code_that_is_no_document_is_told_which_documents_are_read() -> None:
    for problem in (s.ScanProblem.URL, s.ScanProblem.NOT_A_CARD):
        assert "căn cước, VNeID hoặc thẻ BHYT" in html(replace(START, screen=s.ScanTrouble(problem)))
