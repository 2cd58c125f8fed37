"""The machine readable zone, with the specimens of ICAO Doc 9303 (Utopia's) and fictitious cards."""

import traceback
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.reading import ReadingFault
from edge.emrtd.mrz import Mrz, MrzError, check_digit, parse_mrz

# 9303-5, appendix B; 9303-4, appendix B; 9303-11, D.2.
TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
TD1_LONG_NUMBER = "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<"


def td1(first: str, second: str, third: str) -> str:
    """Three lines, of which the first and second get their fillers, and the second its composite check digit."""
    first, second = first.ljust(30, "<"), second.ljust(29, "<")
    return first + second + check_digit(first[5:] + second[:7] + second[8:15] + second[18:]) + third.ljust(30, "<")


def checked(field: str) -> str:
    return field + check_digit(field)


CCCD_FIRST = "IDVNM" + checked("099000017") + "001099000017<<" + check_digit("001099000017<<")
CCCD_SECOND = checked("990201") + "M" + checked("390201") + "VNM"
CCCD = td1(CCCD_FIRST, CCCD_SECOND, "NGUYEN<<VAN<MAU")


def refused(text: str) -> MrzError:
    with pytest.raises(MrzError) as caught:
        parse_mrz(text)
    assert caught.value.fault is ReadingFault.MALFORMED
    return caught.value


@pytest.mark.parametrize(
    ("field", "digit"),
    [
        # 9303-3, 4.9; 9303-11, D.2; and the specimens.
        ("520727", "3"),
        ("AB2134<<<", "5"),
        ("L898902C<", "3"),
        ("690806", "1"),
        ("940623", "6"),
        ("D23145890734", "9"),
        ("340712", "7"),
        ("950712", "2"),
        ("HA672242<658022549601086<<<<<<<<<<<<<<0", "8"),
        ("D231458907<<<<<<<<<<<<<<<34071279507122<<<<<<<<<<", "2"),
        ("", "0"),
    ],
)
def test_check_digits_are_those_of_the_standard(field: str, digit: str) -> None:
    assert check_digit(field) == digit


@pytest.mark.parametrize("field", ["l898902c", "12 34", "Ð", "٣", "12\n"])
def test_a_character_that_no_mrz_has_has_no_check_digit(field: str) -> None:
    with pytest.raises(MrzError):
        check_digit(field)


def test_the_specimen_of_an_identity_card() -> None:
    assert parse_mrz(TD1) == Mrz(
        document_code="I",
        issuer="UTO",
        document_number="D23145890",
        primary="ERIKSSON",
        secondary="ANNA MARIA",
        nationality="UTO",
        birth="740812",
        sex="F",
        expiry="120415",
        optional="",
        optional_2="",
    )


def test_the_specimen_of_a_passport() -> None:
    assert parse_mrz(TD3) == Mrz(
        document_code="P",
        issuer="UTO",
        document_number="L898902C3",
        primary="ERIKSSON",
        secondary="ANNA MARIA",
        nationality="UTO",
        birth="740812",
        sex="F",
        expiry="120415",
        optional="ZE184226B",
    )


def test_a_long_document_number_goes_on_in_the_optional_data() -> None:
    mrz = parse_mrz(TD1_LONG_NUMBER)
    assert (mrz.document_number, mrz.optional) == ("D23145890734", "")
    assert (mrz.primary, mrz.secondary, mrz.sex) == ("STEVENSON", "PETER JOHN", "M")


def test_what_follows_a_long_document_number_is_optional_data() -> None:
    text = td1("I<UTOD23145890<7349<AB12", "3407127M9507122UTO", "STEVENSON")
    assert (parse_mrz(text).document_number, parse_mrz(text).optional) == ("D23145890734", "AB12")


@pytest.mark.req("K7")
def test_a_cccd_has_the_whole_id_number_in_its_optional_data() -> None:
    mrz = parse_mrz(CCCD)
    assert len(CCCD_FIRST) == 30
    assert (mrz.document_code, mrz.issuer, mrz.document_number) == ("ID", "VNM", "099000017")
    assert mrz.id_number == "001099000017"
    assert (mrz.primary, mrz.secondary, mrz.birth, mrz.expiry) == ("NGUYEN", "VAN MAU", "990201", "390201")


@pytest.mark.parametrize(
    "first",
    [
        "IDUTO" + checked("099000017") + "001099000017",  # another country's
        "IDVNM" + checked("099000018") + "001099000017",  # another document number
        "IDVNM" + checked("099000017") + "00109900001<7",
        "IDVNM" + checked("000017<<<") + "001099000017",
    ],
)
def test_optional_data_of_another_form_is_no_id_number(first: str) -> None:
    assert parse_mrz(td1(first, CCCD_SECOND, "NGUYEN<<VAN<MAU")).id_number == ""


def test_a_passport_has_no_id_number_of_a_cccd() -> None:
    assert parse_mrz(TD3).id_number == ""


@pytest.mark.parametrize("line_end", ["", "\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(line_end: str) -> None:
    assert parse_mrz(TD1.replace("\n", line_end) + line_end) == parse_mrz(TD1)


def test_a_holder_of_one_name_has_no_secondary() -> None:
    mrz = parse_mrz(td1("I<UTO" + checked("D23145890"), "7408122F1204159UTO", "MONONYM"))
    assert (mrz.primary, mrz.secondary) == ("MONONYM", "")


def test_names_cut_off_at_the_end_of_the_line_are_kept() -> None:
    mrz = parse_mrz(td1("I<UTO" + checked("D23145890"), "7408122F1204159UTO", "NGUYEN<THI<<HOANG<MINH<THU<NGO"))
    assert (mrz.primary, mrz.secondary) == ("NGUYEN THI", "HOANG MINH THU NGO")


@pytest.mark.parametrize(("letter", "sex"), [("M", "M"), ("F", "F"), ("<", "<"), ("X", "<")])
def test_a_sex_may_be_left_open(letter: str, sex: str) -> None:
    assert parse_mrz(td1("I<UTO" + checked("D23145890"), f"7408122{letter}1204159UTO", "A<<B")).sex == sex


@pytest.mark.parametrize("specimen", [TD1.replace("\n", ""), TD3.replace("\n", ""), CCCD])
def test_every_digit_that_is_misread_is_noticed(specimen: str) -> None:
    names = range(60, 90) if len(specimen) == 90 else range(44)
    for at, letter in enumerate(specimen):
        if letter.isdigit() and at not in names:
            wrong = str((int(letter) + 1) % 10)
            with pytest.raises(MrzError):
                parse_mrz(specimen[:at] + wrong + specimen[at + 1 :])


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (td1("I<UTOD231458906", "7408122F1204159UTO", "A<<B"), "check digit of the document number"),
        (td1("I<UTOD231458907", "7408123F1204159UTO", "A<<B"), "check digit of the date of birth"),
        (td1("I<UTOD231458907", "7408122F1204158UTO", "A<<B"), "check digit of the date of expiry"),
        (TD1.replace("<6\n", "<7\n"), "composite check digit"),
        (TD1_LONG_NUMBER.replace("7349", "7348"), "check digit of the document number"),
        (td1("I<UTOD23145890<", "7408122F1204159UTO", "A<<B"), "a document number that goes on nowhere"),
        (td1("I<UTO<<<<<<<<<0", "7408122F1204159UTO", "A<<B"), "no document number"),
        (td1("I<UTOD231458907", "7408122F1204159UTO", ""), "no name"),
        (td1("I<UTOD231458907", "7408122Q1204159UTO", "A<<B"), "sex"),
        (td1("I<UTOD231458907", checked("741312") + "F1204159UTO", "A<<B"), "date of birth"),
        (td1("I<UTOD231458907", checked("740230") + "F1204159UTO", "A<<B"), "date of birth"),
        (td1("I<UTOD231458907", checked("750229") + "F1204159UTO", "A<<B"), "date of birth"),
        (td1("I<UTOD231458907", checked("74<<12") + "F1204159UTO", "A<<B"), "date of birth"),
        (td1("I<UTOD231458907", checked("7A0812") + "F1204159UTO", "A<<B"), "date of birth"),
        (TD1[:-1], "89 characters"),
        (TD1[3:] + "<<", "89 characters"),
        (TD1.lower(), "a character that no MRZ has"),
        (TD1.replace("ERIKSSON", "ĐRIKSSON"), "a character that no MRZ has"),
        (TD1 + "\n" * 100, "too long"),
        ("", "0 characters"),
        (TD3.replace("ZE184226B<<<<<1", "ZE184226B<<<<<<"), "check digit of the personal number"),
    ],
)
def test_what_is_wrong_is_said_by_field(text: str, where: str) -> None:
    assert refused(text).where == f"MRZ: {where}"


def test_a_passport_without_a_personal_number_may_leave_its_check_digit_out() -> None:
    second = "L898902C36UTO7408122F1204159" + "<" * 14
    for digit in ("<", "0"):
        line = second + digit
        composite = check_digit(line[:10] + line[13:20] + line[21:43])
        assert parse_mrz(TD3[:45] + line + composite).optional == ""


@pytest.mark.parametrize(
    ("birth", "today", "born"),
    [
        ("740812", date(2026, 11, 21), (1974, 8, 12)),
        ("261121", date(2026, 11, 21), (2026, 11, 21)),
        ("261122", date(2026, 11, 21), (1926, 11, 22)),
        ("991231", date(2100, 1, 1), (2099, 12, 31)),
        ("51<<<<", date(2026, 11, 21), (1951, 0, 0)),
        ("5202<<", date(2026, 11, 21), (1952, 2, 0)),
        ("510000", date(2026, 11, 21), (1951, 0, 0)),
        ("<<<<<<", date(2026, 11, 21), (0, 0, 0)),
    ],
)
def test_a_birth_date_is_in_the_latest_century_that_is_not_to_come(
    birth: str, today: date, born: tuple[int, int, int]
) -> None:
    mrz = parse_mrz(td1("I<UTO" + checked("D23145890"), checked(birth) + "F1204159UTO", "A<<B"))
    assert mrz.birth == birth
    assert mrz.born(today) == born


letters = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<")


@given(
    st.text(max_size=120)
    | st.text(letters, min_size=90, max_size=90)
    | st.text(letters, min_size=88, max_size=88)
    | st.tuples(st.sampled_from([TD1, TD3, TD1_LONG_NUMBER, CCCD]), st.integers(0, 95), st.characters()).map(
        lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] + 1 :]
    )
)
def test_any_text_is_an_mrz_or_an_error(text: str) -> None:
    try:
        mrz = parse_mrz(text)
    except MrzError:
        return
    assert len(mrz.born(date(2026, 11, 21))) == 3


@given(
    number=st.from_regex(r"[0-9A-Z]{1,20}", fullmatch=True),
    birth=st.dates(date(1927, 1, 1), date(2026, 1, 1)),
    name=st.lists(st.from_regex(r"[A-Z]{1,5}", fullmatch=True), min_size=1, max_size=4),
)
def test_a_card_that_is_written_is_read_back(number: str, birth: date, name: list[str]) -> None:
    head, rest = number[:9].ljust(9, "<"), number[9:]
    first = "I<UTO" + (head + "<" + rest + check_digit(number) if rest else checked(head))
    mrz = parse_mrz(td1(first, checked(f"{birth:%y%m%d}") + "F1204159UTO", "A<<" + "<".join(name)))
    assert (mrz.document_number, mrz.primary, mrz.secondary) == (number, "A", " ".join(name))
    assert mrz.born(date(2026, 11, 21)) == (birth.year, birth.month, birth.day)


def test_neither_a_repr_nor_an_error_shows_what_was_read() -> None:
    shown = repr(parse_mrz(CCCD))
    for at in (5, 14, 31, 59, 89):
        error = refused(CCCD[:at] + "#" + CCCD[at + 1 :])
        shown += "".join(traceback.format_exception(error, limit=0)) + str(error)
    shown += str(refused(CCCD.replace("099000017", "099000018", 1)))
    for private in ("099000017", "099000018", "990201", "NGUYEN", "MAU"):
        assert private not in shown
