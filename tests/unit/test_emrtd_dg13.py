"""DG13 of a CCCD, the file in Vietnamese."""

import traceback
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.reading import ReadingFault
from edge.emrtd.dg13 import Dg13, parse_dg13
from edge.emrtd.errors import CardError
from edge.emrtd.lds import File
from tests.emrtd_files import FILES, VIETNAMESE, damaged, der, dg13, fault_of, field, integer, oid, text

FATHER, MOTHER, SPOUSE = "Nguyễn Văn Giả", "Trần Thị Thử", "Lê Thị Mẫu"


def malformed(data: bytes) -> None:
    with pytest.raises(CardError) as caught:
        parse_dg13(data)
    assert caught.value.fault is ReadingFault.MALFORMED


@pytest.mark.req("K7")
def test_every_field_is_told_by_its_number() -> None:
    assert parse_dg13(FILES[File.DG13]) == Dg13(
        id_number="001099000017",
        full_name="Nguyễn Văn Mẫu",
        birth="1999-02-01",
        sex="Nam",
        nationality="Việt Nam",
        ethnicity="Kinh",
        religion="Không",
        place_of_origin="Xã Giả, Hà Nội",
        residence="Số 1 phố Giả, Hà Nội",
        identifying_marks="Nốt ruồi C:1cm trên sau cánh mũi",
        issued="2021-05-10",
        expires="2039-02-01",
        old_id="012345678",
        unknown=1,
    )


def test_fields_may_come_in_any_order() -> None:
    turned = dg13(*(field(number, text(words)) for number, words in reversed(VIETNAMESE.items())))
    assert parse_dg13(turned) == parse_dg13(FILES[File.DG13])


@pytest.mark.parametrize("missing", VIETNAMESE)
def test_any_field_may_be_missing_or_have_no_value(missing: int) -> None:
    whole = parse_dg13(FILES[File.DG13])
    others = {number: text(words) for number, words in VIETNAMESE.items() if number != missing}
    without = parse_dg13(dg13(*(field(number, value) for number, value in others.items())))
    empty = parse_dg13(dg13(field(missing), *(field(number, value) for number, value in others.items())))
    assert without == empty
    assert sum(getattr(without, name) != getattr(whole, name) for name in Dg13.__struct_fields__) == 1


def test_a_card_without_any_field_says_nothing() -> None:
    assert parse_dg13(dg13()) == Dg13()


@pytest.mark.parametrize(
    ("values", "father", "mother"),
    [
        ([der(0x30, text(FATHER)), der(0x30, text(MOTHER))], FATHER, MOTHER),  # as public readers find it
        ([der(0x30, text(FATHER), text(MOTHER))], FATHER, MOTHER),
        ([der(0x30, der(0x30, text(FATHER)), der(0x30, text(MOTHER)))], FATHER, MOTHER),
        ([text(FATHER), text(MOTHER)], FATHER, MOTHER),
        ([der(0x30), der(0x30, text(MOTHER))], "", MOTHER),
        ([der(0x30, text("")), der(0x30, text(MOTHER))], "", MOTHER),
        ([der(0x30, text(FATHER))], FATHER, ""),
        ([der(0x30, der(0x30, text(FATHER)))], FATHER, ""),
        ([der(0x30)], "", ""),
        ([], "", ""),
    ],
)
def test_parents_are_told_by_their_place(values: list[bytes], father: str, mother: str) -> None:
    parents = parse_dg13(dg13(field(13, *values)))
    assert (parents.father, parents.mother) == (father, mother)


@pytest.mark.parametrize(
    ("values", "spouse"),
    [
        ([der(0x30, text(SPOUSE))], SPOUSE),
        ([der(0x30, der(0x30, text(SPOUSE)))], SPOUSE),
        ([text(SPOUSE)], SPOUSE),
        ([], ""),  # as public readers find it on the cards of the unmarried
    ],
)
def test_a_spouse_may_be_named(values: list[bytes], spouse: str) -> None:
    assert parse_dg13(dg13(field(14, *values))).spouse == spouse


@pytest.mark.parametrize(
    ("fields", "old_id", "unknown"),
    [
        ({15: "012345678"}, "012345678", 0),
        ({16: "012345678"}, "012345678", 0),
        ({15: "", 16: "012345678901"}, "012345678901", 0),
        ({15: "012345678", 16: "00112233445566AA"}, "012345678", 1),
        ({16: "0011223344556677"}, "", 1),
        ({15: "012345678", 16: "112345678"}, "012345678", 1),
    ],
)
def test_the_old_number_is_field_15_or_on_some_cards_16(fields: dict[int, str], old_id: str, unknown: int) -> None:
    card = parse_dg13(dg13(*(field(number, text(words)) for number, words in fields.items())))
    assert (card.old_id, card.unknown) == (old_id, unknown)


def test_fields_that_nobody_could_name_are_counted_whatever_they_hold() -> None:
    odd = (field(0), field(17, der(0x04, b"\xff\x00")), field(300, der(0x30, text("a"), text("b"))))
    assert parse_dg13(dg13(*odd, field(2, text("Mẫu")))) == Dg13(full_name="Mẫu", unknown=3)


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("01/02/1999", "1999-02-01"),
        ("01021999", "1999-02-01"),
        ("02/1999", "1999-02"),
        ("021999", "1999-02"),
        ("1999", "1999"),
        ("00/00/1999", "1999"),
        ("00/02/1999", "1999-02"),
        ("00001999", "1999"),
        ("29/02/2000", "2000-02-29"),
        ("", ""),
    ],
)
def test_dates_come_out_alike_however_the_card_writes_them(written: str, date: str) -> None:
    card = parse_dg13(dg13(*(field(number, text(written)) for number in (3, 11, 12))))
    assert (card.birth, card.issued, card.expires) == (date, date, date)


@pytest.mark.parametrize(
    "written",
    [
        "31/02/1999",
        "29/02/1999",
        "01/13/1999",
        "01/00/1999",
        "0102199",
        "1999-02-01",
        "01/021999",
        "1/2/1999",
        "00/00/0000",
    ],
)
@pytest.mark.parametrize("number", [3, 11, 12])
def test_an_impossible_date_is_malformed(number: int, written: str) -> None:
    malformed(dg13(field(number, text(written))))


def test_a_card_that_never_expires_says_so_in_words() -> None:
    assert parse_dg13(dg13(field(12, text("Không thời hạn")))).expires == ""
    malformed(dg13(field(3, text("Không rõ"))))


def test_text_comes_out_composed_however_the_card_spells_it() -> None:
    spelled = unicodedata.normalize("NFD", VIETNAMESE[2])
    assert parse_dg13(dg13(field(2, der(0x0C, spelled.encode())))).full_name == "Nguyễn Văn Mẫu"


@pytest.mark.parametrize(
    "value",
    [
        der(0x0C, b"\xe1"),
        der(0x0C, b"a\x07b"),
        der(0x0C, b"a\nb"),
        der(0x0C, b"x" * 101),
        der(0x04, b"name"),
        der(0x02, b"\1"),
        der(0x30, text("name")),
        text("one") + text("two"),
    ],
    ids=["encoding", "bell", "line", "long", "octets", "integer", "sequence", "two"],
)
def test_a_name_that_is_no_text_is_malformed(value: bytes) -> None:
    malformed(dg13(field(2, value)))


def test_an_address_may_be_longer_than_a_name() -> None:
    assert len(parse_dg13(dg13(field(9, text("ờ" * 400)))).residence) == 400
    malformed(dg13(field(9, text("ờ" * 401))))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        der(0x6D),
        der(0x6D, der(0x30)),
        der(0x6D, der(0x31)),
        der(0x6D, der(0x30, integer(1), oid("1.0.10646.1.0.8"))),
        der(0x6D, der(0x30, integer(1), der(0x31))),
        dg13(field(2, text("a")), field(2, text("b"))),
        dg13(field(2), field(2)),
        dg13(der(0x30)),
        dg13(der(0x30, text("a"))),
        dg13(der(0x30, der(0x02, b""))),
        dg13(der(0x30, der(0x02, b"\0\0\2"))),
        dg13(der(0x31, integer(2))),
        dg13(integer(2)),
        dg13(*(field(number) for number in range(1, 66))),
        dg13() + bytes(65_536),
    ],
)
def test_another_structure_is_malformed(data: bytes) -> None:
    malformed(data)


def test_a_file_cut_anywhere_or_of_another_tag_is_malformed() -> None:
    whole = FILES[File.DG13]
    for end in range(len(whole)):
        malformed(whole[:end])
    malformed(b"\x6e" + whole[1:])
    malformed(whole + b"\0")


words = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=40)


@given(words)
def test_text_that_is_written_is_read_back(written: str) -> None:
    try:
        read = parse_dg13(dg13(field(9, der(0x0C, written.encode())))).residence
    except CardError:
        assert "\ufffd" in written
    else:
        assert read == unicodedata.normalize("NFC", written).strip(" ")


@given(damaged(FILES[File.DG13]))
def test_a_file_damaged_anywhere_is_a_card_or_malformed(data: bytes) -> None:
    assert fault_of(parse_dg13, data) in (None, ReadingFault.MALFORMED)


values = st.recursive(
    st.tuples(st.sampled_from([0x02, 0x04, 0x0C, 0x13]), st.binary(max_size=12)).map(lambda each: der(*each)),
    lambda inner: st.tuples(st.sampled_from([0x30, 0x31]), st.lists(inner, max_size=3)).map(
        lambda each: der(each[0], *each[1])
    ),
    max_leaves=8,
)


@given(st.lists(st.tuples(st.integers(0, 20), st.lists(values, max_size=3)), max_size=8))
def test_any_values_are_a_card_or_malformed(fields: list[tuple[int, list[bytes]]]) -> None:
    data = dg13(*(field(number, *inside) for number, inside in fields))
    assert fault_of(parse_dg13, data) in (None, ReadingFault.MALFORMED)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_card_or_malformed(content: bytes) -> None:
    assert fault_of(parse_dg13, der(0x6D, content)) in (None, ReadingFault.MALFORMED)


def test_neither_a_repr_nor_an_error_shows_what_was_read() -> None:
    shown = repr(parse_dg13(FILES[File.DG13]))
    for damage in (field(2, der(0x0C, b"Nguy\xe1")), field(3, text("31/02/1999")), field(9, text("Giả\n"))):
        with pytest.raises(CardError) as caught:
            parse_dg13(dg13(damage))
        shown += "".join(traceback.format_exception(caught.value))
    for private in ("001099000017", "Nguy", "1999", "Giả", "0xe1"):
        assert private not in shown
