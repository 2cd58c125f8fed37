"""What opens a chip, with the values of ICAO Doc 9303-11, appendices D.2 and G."""

import pytest

from edge.emrtd.access_keys import Can, MrzKey
from edge.emrtd.mrz import MrzError, parse_mrz

D2_LONG = "I<UTOD23145890<7349<<<<<<<<<<<3407127M9507122UTO<<<<<<<<<<<2STEVENSON<<PETER<JOHN<<<<<<<<<"


def test_the_seed_of_appendix_d2() -> None:
    key = MrzKey("L898902C", "690806", "940623")
    assert key.information() == "L898902C<369080619406236"
    assert key.pace_secret().hex() == "239ab9cb282daf66231dc5a4df6bfbaedf477565"
    assert key.seed().hex() == "239ab9cb282daf66231dc5a4df6bfbae"


def test_the_seed_of_a_document_number_of_more_than_nine_characters() -> None:
    key = MrzKey.of(parse_mrz(D2_LONG))
    assert key == MrzKey("D23145890734", "340712", "950712")
    assert key.information() == "D23145890734934071279507122"
    assert key.seed().hex() == "b366ad857ddca2b08c0e299811714730"


def test_the_passwords_of_pace() -> None:
    mrz, can = MrzKey("T22000129", "640812", "101031"), Can("123456")
    assert (mrz.pace_reference, mrz.information()) == (1, "T22000129364081251010318")
    assert mrz.pace_secret().hex() == "7e2d2a41c74ea0b38cd36f863939bfa8e9032aad"
    assert (can.pace_reference, can.pace_secret()) == (2, b"123456")


@pytest.mark.parametrize("digits", ["", "12345", "1234567", "12345a", "１２３４５６", "12345\n"])
def test_a_can_that_is_none_is_refused(digits: str) -> None:
    with pytest.raises(ValueError, match="six digits"):
        Can(digits)


@pytest.mark.parametrize(
    "fields",
    [
        ("", "690806", "940623"),
        ("L898902C<", "690806", "940623"),
        ("l898902c", "690806", "940623"),
        ("A" * 23, "690806", "940623"),
        ("L898902C", "1969-8", "940623"),
        ("L898902C", "69080", "940623"),
        ("L898902C", "690806", "9406230"),
        ("L898902C", "690806\n", "940623"),
    ],
)
def test_fields_of_no_mrz_are_refused(fields: tuple[str, str, str]) -> None:
    with pytest.raises(MrzError):
        MrzKey(*fields)


def test_a_repr_shows_no_key() -> None:
    shown = repr(Can("123456")) + repr(MrzKey("L898902C", "690806", "940623"))
    for private in ("123456", "L898902C", "690806", "940623"):
        assert private not in shown
