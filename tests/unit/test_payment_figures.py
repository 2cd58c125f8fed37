"""How fees were paid, from the journal's entries to the periodic report."""

import io

import openpyxl
import pytest
from msgspec.structs import replace

from cloud.counts import NOTHING
from cloud.reports.report import Share
from cloud.reports.tables import report
from cloud.reports.xlsx import workbook
from cloud.rollups import MEASURES, PAID, Folded, SiteState, fold
from cloud.wording import PAYMENTS
from edge.contracts.commands import Finish, TakePayment, Transfer, Undo
from edge.contracts.events import PaymentTaken
from edge.contracts.payment import PaymentMeans
from edge.daemon.i18n import translations
from tests.journals import DAY, OPENING_MS, Journal
from tests.queue_story import Site
from tests.reporting import MADE, counts, facts
from tests.sites import CATALOGUE, command_id

CASH, QR, CARD = PaymentMeans.CASH, PaymentMeans.QR, PaymentMeans.CARD
NEW = SiteState("Asia/Ho_Chi_Minh", "", {})
MINUTE_MS = 60_000


def paid(folded: Folded) -> dict[str, int]:
    """What the payments of the day add up to, those that cancel out left out; hours and services must agree."""
    by_hour = {m: sum(n for (_, _, one), n in folded.hours.items() if one == m) for m in PAID.values()}
    by_service = {m: sum(n for (_, _, one), n in folded.days.items() if one == m) for m in PAID.values()}
    assert by_hour == by_service
    return {measure: n for measure, n in by_hour.items() if n}


def hospital() -> Site:
    """Fees are taken for "insurance" by the counter q3."""
    general, insurance = CATALOGUE.services
    return Site(replace(CATALOGUE, services=(general, replace(insurance, fees=True))))


@pytest.mark.req("D7")
def test_a_payment_counts_for_its_service_in_the_hour_in_which_it_was_noted() -> None:
    journal = Journal(OPENING_MS + 70 * MINUTE_MS)
    journal.open()
    for ticket, means in (("t1", QR), ("t2", CASH), ("t3", QR), ("t4", CARD)):
        journal.issue(ticket, "cashier")
        journal.call(ticket, "cashier")
        journal.happens(PaymentTaken(ticket, "cashier", "q1", means))
    result = fold(NEW, journal.entries)
    assert paid(result) == {"paid_qr": 2, "paid_cash": 1, "paid_card": 1}
    assert result.hours[DAY, 8, "paid_qr"] == result.days[DAY, "cashier", "paid_qr"] == 2


@pytest.mark.req("D7")
def test_a_payment_that_was_corrected_counts_no_more_where_it_had_been_counted() -> None:
    site = hospital()
    ticket = site.issue("insurance")
    site.call("q3")
    site.do(TakePayment(command_id(), "q3", ticket, CASH))
    site.now_ms += 60 * MINUTE_MS  # an hour later
    site.do(TakePayment(command_id(), "q3", ticket, QR))
    result = fold(NEW, site.entries)
    assert paid(result) == {"paid_qr": 1}
    assert all(n >= 0 for n in (*result.hours.values(), *result.days.values()))


@pytest.mark.req("D7", "P5")
@pytest.mark.parametrize("before", [None, CASH])
def test_a_payment_that_was_taken_back_is_uncounted_and_the_one_before_it_counts_again(
    before: PaymentMeans | None,
) -> None:
    site = hospital()
    ticket = site.issue("insurance")
    site.call("q3")
    if before is not None:
        site.do(TakePayment(command_id(), "q3", ticket, before))
        site.now_ms += 30 * MINUTE_MS
    mistake = TakePayment(command_id(), "q3", ticket, CARD)
    site.do(mistake)
    site.do(Undo(command_id(), "q3", mistake.id))
    result = fold(NEW, site.entries)
    assert paid(result) == ({} if before is None else {PAID[before]: 1})
    assert result.state.open[ticket].called_at_ms


@pytest.mark.req("D7", "P5")
@pytest.mark.parametrize("slip", [Finish, Transfer])
def test_what_is_taken_back_after_a_payment_leaves_the_payment(slip: type[Finish] | type[Transfer]) -> None:
    site = hospital()
    ticket = site.issue("insurance")
    site.call("q3")
    site.do(TakePayment(command_id(), "q3", ticket, QR))
    more = ("general",) if slip is Transfer else ()
    mistake = slip(command_id(), "q3", ticket, *more)
    site.do(mistake)
    site.do(Undo(command_id(), "q3", mistake.id))
    assert paid(fold(NEW, site.entries)) == {"paid_qr": 1}


def test_a_payment_of_a_ticket_that_the_day_does_not_know_counts_for_nothing() -> None:
    journal = Journal()
    journal.open()
    journal.happens(PaymentTaken("t9", "cashier", "q1", QR, CASH, OPENING_MS))
    assert paid(fold(NEW, journal.entries)) == {}


@pytest.mark.req("D7")
def test_without_cash_is_a_transfer_or_a_card() -> None:
    some = counts(paid_cash=70, paid_qr=110, paid_card=10)
    assert (some.cash_free, some.paid) == (120, 190)
    assert dict(some.payments) == {CASH: 70, QR: 110, CARD: 10}
    assert (NOTHING.cash_free, NOTHING.paid) == (0, 0)


def test_every_means_has_its_words_in_both_languages() -> None:
    assert set(PAYMENTS) == set(PaymentMeans)
    english = translations("en", "cloud").gettext
    assert all(english(words) != words for words in PAYMENTS.values())


@pytest.mark.req("D7", "D3")
def test_the_report_tells_the_share_with_what_it_is_made_from_and_the_period_before() -> None:
    now = counts(issued_none=400, paid_cash=70, paid_qr=110, paid_card=10)
    before = counts(issued_none=300, paid_cash=100, paid_qr=100)
    made = report(facts(by_site={"mau-01": now}, before={"mau-01": before}), "vi")
    assert "Tỷ lệ thanh toán không tiền mặt tại quầy thu phí đạt 63,16 % (120/190)." in made.sentences
    (row,) = [row for row in made.summary.rows if row[0] == "Thanh toán không tiền mặt"]
    assert row[1:3] == (Share(120, 190), Share(100, 200))
    assert made.payments.rows == (
        ("Không tiền mặt", 120, Share(120, 190)),
        ("Chuyển khoản bằng mã QR", 110, Share(110, 190)),
        ("Thẻ", 10, Share(10, 190)),
        ("Tiền mặt", 70, Share(70, 190)),
    )
    assert made.payments in made.tables
    english = report(facts(by_site={"mau-01": now}), "en")
    assert "Fees at the counters were paid without cash in 63.16 % (120/190)." in english.sentences


@pytest.mark.req("D7", "D3")
def test_where_nobody_noted_a_fee_the_report_says_so_and_shows_no_share() -> None:
    made = report(facts(by_site={"mau-01": counts(issued_none=400)}), "vi")
    assert made.payments.rows == ()
    assert made.payments.note == "Thanh toán không tiền mặt: chưa có số liệu."
    assert not any("tiền mặt" in str(row[0]) for row in made.summary.rows)
    assert not any("tiền mặt" in sentence for sentence in made.sentences)


@pytest.mark.req("D7", "D3")
def test_the_workbook_has_the_share_as_a_formula_and_the_raw_counts_by_their_names() -> None:
    made = report(facts(by_site={"mau-01": counts(issued_none=400, paid_cash=70, paid_qr=120)}), "vi")
    book = openpyxl.load_workbook(io.BytesIO(workbook(made, MADE)))
    (row,) = [row for row in book["Chờ và hài lòng"].iter_rows(values_only=True) if row[0] == "Không tiền mặt"]
    assert row[1] == 120
    assert str(row[2]).startswith("=IF(")
    assert row[3:5] == (120, 190)
    raw = {cell.value for line in book["Số liệu gốc"].iter_rows(max_row=3) for cell in line}
    assert {"paid_cash", "paid_qr", "paid_card"} <= raw


def test_new_measures_stand_behind_the_old_ones_as_an_older_ledger_gets_its_columns() -> None:
    assert sorted(PAID.values(), key=MEASURES.index) == list(PAID.values())
    assert MEASURES.index("erased") < MEASURES.index("paid_cash")
