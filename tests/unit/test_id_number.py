"""The 12-digit ID number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.identity.id_number import IdNumberError, Sex, read_id_number


@pytest.mark.req("K7")
@pytest.mark.parametrize(
    ("digits", "place", "sex", "birth_year"),
    [
        ("001099000017", "001", Sex.MALE, 1999),
        ("001199000017", "001", Sex.FEMALE, 1999),
        ("079201000001", "079", Sex.MALE, 2001),
        ("079301000001", "079", Sex.FEMALE, 2001),
        ("079400000001", "079", Sex.MALE, 2100),
        ("079999000001", "079", Sex.FEMALE, 2399),
    ],
)
def test_the_digits_tell_place_sex_and_birth_year(digits: str, place: str, sex: Sex, birth_year: int) -> None:
    number = read_id_number(digits)
    assert (number.place, number.sex, number.birth_year) == (place, sex, birth_year)


def test_a_place_that_no_list_knows_is_accepted() -> None:
    assert read_id_number("999099000017").place == "999"


@given(st.text(max_size=20).filter(lambda text: not (len(text) == 12 and text.isascii() and text.isdigit())))
def test_anything_but_twelve_ascii_digits_is_refused(text: str) -> None:
    with pytest.raises(IdNumberError):
        read_id_number(text)


def test_digits_of_another_script_are_refused() -> None:
    with pytest.raises(IdNumberError):
        read_id_number("٠٠١٠٩٩٠٠٠٠١٧")


def test_neither_its_repr_nor_its_error_shows_the_number() -> None:
    assert "1999" not in repr(read_id_number("001099000017"))
    with pytest.raises(IdNumberError) as caught:
        read_id_number("00109900001x")
    assert "001099" not in str(caught.value)
