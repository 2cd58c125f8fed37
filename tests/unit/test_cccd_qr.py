"""The QR of a CCCD, as text."""

import traceback
import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.ticket import Document
from edge.identity.card_date import CardDate
from edge.identity.cccd_qr import CccdQr
from edge.identity.id_number import Sex
from edge.identity.qr import read_qr
from edge.identity.qr_text import QrError, QrFault

CARD_2021 = "001099000017|012345678|Nguyễn Văn Mẫu|01021999|Nam|Số 1 phố Giả, Hà Nội|10052021"
CARD_2024 = "079301000024||Trần Thị Thử|15082001|Nữ|Ấp Mẫu, Xã Giả, Bình Phước|01072024||||"
VNEID = CARD_2021.replace("10052021", "01022039")


def parse_cccd_qr(text: str) -> CccdQr:
    card = read_qr(text)
    assert isinstance(card, CccdQr)
    return card


def refusal(text: str) -> QrFault:
    with pytest.raises(QrError) as caught:
        parse_cccd_qr(text)
    return caught.value.kind


@pytest.mark.req("K7")
def test_the_card_of_2021_has_seven_fields() -> None:
    assert parse_cccd_qr(CARD_2021) == CccdQr(
        id_number="001099000017",
        old_id="012345678",
        full_name="Nguyễn Văn Mẫu",
        birth=CardDate(year=1999, month=2, day=1),
        sex=Sex.MALE,
        address="Số 1 phố Giả, Hà Nội",
        dated=CardDate(year=2021, month=5, day=10),
    )


@pytest.mark.req("K7")
def test_the_card_of_2024_has_four_more_that_are_kept_as_they_stand() -> None:
    card = parse_cccd_qr(CARD_2024)
    assert card.id_number == "079301000024"
    assert card.sex is Sex.FEMALE
    assert card.extra == ("", "", "", "")
    assert parse_cccd_qr(CARD_2024[:-4] + "|a|b|c|d").extra == ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("written", "birth"),
    [
        ("01021999", CardDate(1999, 2, 1)),
        ("021999", CardDate(1999, 2)),
        ("1999", CardDate(1999)),
        ("00001999", CardDate(1999)),
    ],
)
def test_a_birth_date_may_lack_its_day_or_month(written: str, birth: CardDate) -> None:
    assert parse_cccd_qr(CARD_2021.replace("01021999", written)).birth == birth


@pytest.mark.parametrize("written", ["31021999", "01131999", "01001999", "0102199", "01021799", "", "1/2/1999"])
def test_an_impossible_birth_date_is_damage(written: str) -> None:
    assert refusal(CARD_2021.replace("01021999", written)) is QrFault.DAMAGED


def test_names_come_out_composed_however_the_card_spells_them() -> None:
    assert parse_cccd_qr(unicodedata.normalize("NFD", CARD_2021)) == parse_cccd_qr(CARD_2021)


def test_line_ends_and_nuls_around_the_text_are_ignored() -> None:
    assert parse_cccd_qr(f"\ufeff {CARD_2021}\r\n\0") == parse_cccd_qr(CARD_2021)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("https://vneid.gov.vn/qr?x=1", QrFault.URL),
        ("HTTP://example.org/001099000017|a|b|c|d|e|f", QrFault.URL),
        ("www.example.org", QrFault.URL),
        ("", QrFault.NOT_A_CARD),
        ("8934567890123", QrFault.NOT_A_CARD),
        ("Xin chào", QrFault.NOT_A_CARD),
        ("a|b|c|d|e|f|g", QrFault.NOT_A_CARD),
        ("x" * 5000, QrFault.NOT_A_CARD),
        (CARD_2021 + "x" * 5000, QrFault.NOT_A_CARD),
        ("001099000017", QrFault.DAMAGED),
        (CARD_2021[3:], QrFault.DAMAGED),
        (CARD_2021.replace("|Nam|", "|N|"), QrFault.DAMAGED),
        (CARD_2021.replace("Nguyễn", "Nguy?n"), QrFault.DAMAGED),
        (CARD_2021.replace("Hà Nội", "H\ufffd N\ufffdi"), QrFault.DAMAGED),
        (CARD_2021.replace("Hà Nội", "x" * 500), QrFault.DAMAGED),
        (CARD_2021.replace("Nguyễn Văn Mẫu", ""), QrFault.DAMAGED),
        (CARD_2021 + CARD_2021, QrFault.DAMAGED),
        (CARD_2021.replace("Nam|", "Nam\0|"), QrFault.DAMAGED),
        (CARD_2021.replace("Hà Nội", "Hà\x07 Nội"), QrFault.DAMAGED),
        (CARD_2021.replace("10052021", "052021"), QrFault.DAMAGED),
    ],
)
def test_what_is_no_card_is_refused_by_kind(text: str, kind: QrFault) -> None:
    assert refusal(text) is kind


@pytest.mark.req("K11")
def test_a_date_to_come_in_the_seventh_field_is_the_expiry_that_vneid_shows() -> None:
    today = date(2026, 11, 23)
    assert parse_cccd_qr(VNEID).document(today) is Document.VNEID_QR
    for card in (CARD_2021, CARD_2024, CARD_2021.replace("10052021", "23112026")):
        assert parse_cccd_qr(card).document(today) is Document.CCCD_QR
    assert parse_cccd_qr(CARD_2021.replace("10052021", "24112026")).document(today) is Document.VNEID_QR


@pytest.mark.parametrize("card", [CARD_2021, CARD_2024])
def test_a_card_of_which_a_part_is_missing_never_becomes_another_number(card: str) -> None:
    whole = parse_cccd_qr(card).id_number
    for start in range(len(card)):
        for stop in range(start, len(card) + 1):
            try:
                assert parse_cccd_qr(card[start:stop]).id_number == whole
            except QrError:
                continue


@given(st.text(max_size=1200) | st.lists(st.text(max_size=20), min_size=6, max_size=12).map("|".join))
def test_any_text_is_a_card_or_a_refusal(text: str) -> None:
    try:
        card = read_qr(text)
    except QrError:
        return
    assert isinstance(card, CccdQr)
    assert len(card.id_number) == 12


letters = st.sampled_from("aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạấầẩẫậắằẳẵặéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ")
names = st.lists(st.text(letters, min_size=1, max_size=8).map(str.capitalize), min_size=2, max_size=6).map(" ".join)


@given(
    digits=st.from_regex(r"[0-9]{12}", fullmatch=True),
    old=st.just("") | st.from_regex(r"[0-9]{9}", fullmatch=True),
    name=names,
    birth=st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 1, 1)),
    sex=st.sampled_from([("Nam", Sex.MALE), ("Nữ", Sex.FEMALE)]),
    address=names,
    more=st.sampled_from(["", "||||"]),
)
def test_a_card_that_is_written_is_read_back(
    digits: str, old: str, name: str, birth: date, sex: tuple[str, Sex], address: str, more: str
) -> None:
    card = parse_cccd_qr(f"{digits}|{old}|{name}|{birth:%d%m%Y}|{sex[0]}|{address}|10052021{more}")
    assert (card.id_number, card.old_id, card.full_name, card.sex, card.address) == (digits, old, name, sex[1], address)
    assert f"{card.birth.year:04}-{card.birth.month:02}-{card.birth.day:02}" == str(birth)


@pytest.mark.parametrize("damaged", [CARD_2021[3:], CARD_2021.replace("01021999", "31021999")])
def test_neither_a_repr_nor_an_error_shows_what_was_read(damaged: str) -> None:
    shown = repr(parse_cccd_qr(CARD_2021)) + repr(parse_cccd_qr(CARD_2021).birth)
    with pytest.raises(QrError) as caught:
        parse_cccd_qr(damaged)
    shown += "".join(traceback.format_exception(caught.value))
    for private in ("001099000017", "099000017", "Nguyễn", "1999", "Giả"):
        assert private not in shown
