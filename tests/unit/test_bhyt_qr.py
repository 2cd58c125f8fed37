"""The QR of a BHYT card, as text."""

import contextlib
import traceback
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.identity.bhyt_qr import BhytQr
from edge.identity.card_date import CardDate
from edge.identity.id_number import Sex
from edge.identity.qr import read_qr
from edge.identity.qr_text import QrError, QrFault

NAME = "4e677579e1bb856e2056c4836e204de1baab75"
ADDRESS = "48c3a0204ee1bb9969"
OLD = (
    f"HC4010099000017|{NAME}|01/02/1999|1|{ADDRESS}|01 - 001|01/01/2026|31/12/2026|05/12/2025|01010099000017|-|4|"
    "01/01/2030|0123456789abcdef-7102|$"
)
NEW = (
    f"0099000017|{NAME}|01/02/1999|1|-|01 - C54|01/07/2026|-|30/06/2026|01010099000017|-|4| 01/10/2030|"
    "0123456789abcdef-7102|4|48c3a0204ee1bb9969|$"
)
SHORT = f"HC4010099000017|{NAME}|1999|2|{ADDRESS}|01 - 001|01/01/2026|31/12/2026|-|$"


def card_of(text: str) -> BhytQr:
    card = read_qr(text)
    assert isinstance(card, BhytQr)
    return card


def refusal(text: str) -> QrFault:
    with pytest.raises(QrError) as caught:
        read_qr(text)
    return caught.value.kind


@pytest.mark.req("K11", "K12")
def test_an_old_card_has_its_code_of_fifteen_characters() -> None:
    assert card_of(OLD) == BhytQr(
        insurance_number="HC4010099000017",
        full_name="Nguyễn Văn Mẫu",
        birth=CardDate(1999, 2, 1),
        sex=Sex.MALE,
        address="Hà Nội",
        facility="01-001",
        valid_from=CardDate(2026, 1, 1),
        valid_to=CardDate(2026, 12, 31),
        issued=CardDate(2025, 12, 5),
        extra=("01010099000017", "-", "4", "01/01/2030", "0123456789abcdef-7102"),
    )


@pytest.mark.req("K11", "K12")
def test_a_new_card_has_ten_digits_and_leaves_out_what_it_does_not_say() -> None:
    card = card_of(NEW)
    assert (card.insurance_number, card.full_name, card.address) == ("0099000017", "Nguyễn Văn Mẫu", "")
    assert (card.facility, card.valid_from, card.valid_to) == ("01-C54", CardDate(2026, 7, 1), None)
    assert card.extra[3:] == ("01/10/2030", "0123456789abcdef-7102", "4", ADDRESS)


def test_the_short_form_ends_after_the_day_of_issue() -> None:
    card = card_of(SHORT)
    assert (card.birth, card.sex, card.issued, card.extra) == (CardDate(1999), Sex.FEMALE, None, ())


@pytest.mark.parametrize(
    "written", [f" {OLD}", f"{OLD}\0", f"\ufeff{OLD}\r\n", f"{OLD}\0rubbish|after|it", OLD.replace("|", " | ")]
)
def test_what_scanners_put_around_the_text_is_ignored(written: str) -> None:
    assert card_of(written) == card_of(OLD)


@pytest.mark.parametrize("written", ["01–001", "01 – 001", "01-001", " 01  -  001 ", "01—001"])
def test_the_facilitys_code_comes_out_in_one_way_however_the_card_spaces_it(written: str) -> None:
    assert card_of(OLD.replace("01 - 001", written)).facility == "01-001"


def test_a_code_with_letters_in_it_is_a_code() -> None:
    assert card_of(OLD.replace("HC4010099000017", "TE101KT00000017")).insurance_number == "TE101KT00000017"


def test_names_come_out_composed_however_the_card_spells_them() -> None:
    spelled = unicodedata.normalize("NFD", "Nguyễn Văn Mẫu").encode().hex()
    assert card_of(OLD.replace(NAME, spelled.upper())) == card_of(OLD)


@pytest.mark.parametrize(
    "damaged",
    [
        OLD[:-1],
        OLD[:-2],
        OLD[:60],
        OLD[8:],
        "HC4010099000017|",
        "0099000017|4e67",
        OLD.replace("HC4010099000017", "HC401009900001"),
        OLD.replace("HC4010099000017", "hc4010099000017"),
        OLD.replace(NAME, "-"),
        OLD.replace(NAME, ""),
        OLD.replace(NAME, NAME[:-1]),
        OLD.replace(NAME, NAME[:-4]),  # a letter cut in two
        OLD.replace(NAME, "Nguyễn Văn Mẫu"),
        OLD.replace(NAME, "3c623e"),
        OLD.replace(NAME, "61" * 101),
        OLD.replace(ADDRESS, "61" * 401),
        OLD.replace(ADDRESS, "6107"),
        OLD.replace("01/02/1999", "31/02/1999"),
        OLD.replace("01/02/1999", "01021999"),
        OLD.replace("01/02/1999", "-"),
        OLD.replace("|1|", "|3|"),
        OLD.replace("|1|", "|Nam|"),
        OLD.replace("01/01/2026", "01/2026"),
        OLD.replace("31/12/2026", "31/13/2026"),
        OLD.replace("01 - 001", "x" * 101),
        OLD.replace("|$", "|a" * 20 + "|$"),
        OLD.replace("-7102", "\ufffd"),
    ],
)
def test_what_is_missing_or_unreadable_is_damage(damaged: str) -> None:
    assert refusal(damaged) is QrFault.DAMAGED


@pytest.mark.parametrize("card", [OLD, NEW, SHORT])
def test_a_card_of_which_a_part_is_missing_never_becomes_another_persons(card: str) -> None:
    number = card_of(card).insurance_number[-10:]
    for start in range(len(card)):
        for stop in range(start, len(card) + 1):
            try:
                part = card_of(card[start:stop])
            except QrError:
                continue
            assert (part.insurance_number[-10:], part.full_name) == (number, "Nguyễn Văn Mẫu")


pieces = st.sampled_from(["HC4010099000017", "0099000017", NAME, "01/02/1999", "1999", "1", "2", "-", "", "61", "$"])


@given(st.lists(pieces | st.text(max_size=12), min_size=2, max_size=30).map("|".join))
def test_any_text_is_a_card_or_a_refusal(text: str) -> None:
    try:
        card = read_qr(text)
    except QrError:
        return
    assert card.full_name


@given(st.sampled_from([OLD, NEW, SHORT]), st.data())
def test_a_line_with_a_letter_changed_is_a_card_or_a_refusal(card: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(card) - 1))
    changed = card[:at] + data.draw(st.characters()) + card[at + 1 :]
    with contextlib.suppress(QrError):
        assert isinstance(read_qr(changed), BhytQr)


@pytest.mark.parametrize("damaged", [OLD[:-1], OLD.replace(NAME, NAME[:-4]), OLD.replace("01/02/1999", "31/02/1999")])
def test_neither_a_repr_nor_an_error_shows_what_was_read(damaged: str) -> None:
    shown = repr(card_of(OLD))
    with pytest.raises(QrError) as caught:
        read_qr(damaged)
    shown += "".join(traceback.format_exception(caught.value))
    for private in ("HC401", "0099000017", "Nguyễn", "Hà Nội", "1999", NAME[:20], ADDRESS):
        assert private not in shown
