"""The QR that a banking app pays by: against codes that other programs made, and bounded on every side."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.payment import Payment
from edge.hub.payment.vietqr import LEAST, MOST, Transfer, crc16, read_amount, read_vietqr, vietqr
from tests.catalogues import payments

# bank, account, amount, purpose, and the code that a public program states for them: tests and READMEs of
# dynamic-vietqr (npm), vietnam-qr-pay (npm), and a code that vietqr.io's own image server drew.
PUBLISHED = [
    (
        ("970403", "0011012345678", 180_000, "thanh toan don hang"),
        "00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA530370454061800005802VN"
        "62230819thanh toan don hang63045FAB",
    ),
    (
        ("970416", "257678859", 10_000, "Chuyen tien"),
        "00020101021238530010A0000007270123000697041601092576788590208QRIBFTTA53037045405100005802VN"
        "62150811Chuyen tien630453E6",
    ),
    (
        ("970436", "1234567890", 50_000, "TEST MEMO"),
        "00020101021238540010A00000072701240006970436011012345678900208QRIBFTTA53037045405500005802VN"
        "62130809TEST MEMO6304DBA4",
    ),
]
MAU = Payment("999999", "MAU0000000001", "TRUNG TAM Y TE HUYEN MAU")


@pytest.mark.req("D7")
@pytest.mark.parametrize(("asked", "code"), PUBLISHED)
def test_the_code_is_that_of_other_programs_letter_for_letter(asked: tuple[str, str, int, str], code: str) -> None:
    bank, account, amount, purpose = asked
    assert vietqr(Payment(bank, account, "ai cũng được"), amount, purpose) == code
    assert read_vietqr(code) == Transfer(*asked)


def test_the_check_is_that_of_the_published_catalogue_of_crcs() -> None:
    assert crc16(b"123456789") == 0x29B1


@pytest.mark.req("D7")
@given(
    to=payments(),
    amount=st.integers(LEAST, MOST),
    purpose=st.from_regex(r"[0-9A-Za-z]([0-9A-Za-z ]{0,23}[0-9A-Za-z])?", fullmatch=True),
)
def test_what_a_code_asks_for_is_read_from_it_again(to: Payment, amount: int, purpose: str) -> None:
    code = vietqr(to, amount, purpose)
    assert read_vietqr(code) == Transfer(to.bank, to.account, amount, purpose)


@given(st.data())
def test_a_code_with_one_letter_changed_is_refused(data: st.DataObject) -> None:
    code = PUBLISHED[0][1]
    at = data.draw(st.integers(0, len(code) - 1))
    letter = data.draw(st.characters(codec="ascii", categories=("L", "N")).filter(lambda one: one != code[at]))
    with pytest.raises(ValueError, match=r"."):
        read_vietqr(code[:at] + letter + code[at + 1 :])


@given(st.text(max_size=200))
def test_any_other_text_is_refused_as_such(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_vietqr(text)


@pytest.mark.parametrize("body", ["", "00020101", "0002010102123802", "000201000201", "0002AB"])
def test_a_text_with_a_right_check_and_no_transfer_in_it_is_refused(body: str) -> None:
    text = f"{body}6304"
    with pytest.raises(ValueError, match=r"."):
        read_vietqr(f"{text}{crc16(text.encode()):04X}")


@pytest.mark.parametrize(
    ("to", "amount", "purpose"),
    [
        (Payment("97040", "MAU0000000001"), 50_000, "A001"),
        (Payment("999999", "MAU01"), 50_000, "A001"),
        (Payment("999999", "MAU 000000001"), 50_000, "A001"),
        (Payment("999999", "M" * 20), 50_000, "A001"),
        (Payment(), 50_000, "A001"),
        (MAU, LEAST - 1, "A001"),
        (MAU, MOST + 1, "A001"),
        (MAU, -50_000, "A001"),
        (MAU, 50_000, ""),
        (MAU, 50_000, "A" * 26),
        (MAU, 50_000, "Viện phí"),
        (MAU, 50_000, "A001-X"),
    ],
)
def test_no_code_is_made_of_what_a_bank_would_not_take(to: Payment, amount: int, purpose: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        vietqr(to, amount, purpose)


@pytest.mark.parametrize("typed", ["1000", " 1.000 ", "1,000", "1 000", "1\u00a0000"])
def test_an_amount_may_have_its_thousands_apart(typed: str) -> None:
    assert read_amount(typed) == 1000


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "999",
        "0",
        "-50.000",
        "150,5",
        "1.000,50",
        "1.00",
        "15.0000",
        "1.000 000",
        "150k",
        "١٥٠٠٠",
        "5e5",
        "500.000.001",
    ],
)
def test_an_amount_that_could_be_meant_otherwise_is_not_guessed_at(typed: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_amount(typed)


@given(amount=st.integers(LEAST, MOST))
def test_every_amount_within_the_bounds_is_read_as_it_is_written(amount: int) -> None:
    assert read_amount(str(amount)) == read_amount(f"{amount:,}".replace(",", ".")) == amount
