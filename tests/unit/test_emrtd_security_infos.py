"""What a chip offers: EF.CardAccess and DG14."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.reading import ReadingFault
from edge.emrtd.cipher import Cipher
from edge.emrtd.curves import CURVES, EcPublicKey
from edge.emrtd.errors import CardError
from edge.emrtd.pace import choose
from edge.emrtd.security_infos import Mapping, PaceInfo, parse_security_infos
from edge.emrtd.tlv import write

# PACEInfo of ICAO Doc 9303-11, G.1, in its SET.
G1 = bytes.fromhex("31143012060A04007F0007020204020202010202010D")
BSI = bytes.fromhex("04007F00070202")
POINT = CURVES[13].public(0x1234567)


def integer(number: int) -> bytes:
    return write(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def info(protocol: bytes, *fields: bytes) -> bytes:
    return write(0x30, write(0x06, protocol) + b"".join(fields))


def infos(*each: bytes) -> bytes:
    return write(0x31, b"".join(each))


def pace(mapping: int, cipher: int, parameter: int, version: int = 2) -> bytes:
    return info(BSI + bytes([4, mapping, cipher]), integer(version), integer(parameter))


def chip(cipher: int, *key_id: int, agreement: int = 2, version: int = 1) -> bytes:
    return info(BSI + bytes([3, agreement, cipher]), integer(version), *map(integer, key_id))


def chip_key(*key_id: int, curve: int = 13, multiple: int = 0x1234567, oid: bytes = b"") -> bytes:
    parameters = write(0x06, oid or CURVES[curve].oid)
    algorithm = write(0x30, write(0x06, bytes.fromhex("2A8648CE3D0201")) + parameters)
    point = CURVES[curve].encode(CURVES[curve].public(multiple))
    return info(BSI + b"\x01\x02", write(0x30, algorithm + write(0x03, b"\0" + point)), *map(integer, key_id))


ACTIVE = info(
    bytes.fromhex("678108010105"), integer(1), write(0x06, bytes.fromhex("04007F00070101040103"))
)  # ecdsa-plain-SHA256
TERMINAL_AUTHENTICATION = info(BSI + b"\x02", integer(1))


def test_the_pace_info_of_appendix_g1() -> None:
    found = parse_security_infos(G1)
    assert found.pace == (PaceInfo(bytes.fromhex("04007F00070202040202"), Mapping.ECDH_GM, Cipher.AES128, 13),)
    assert found.pace[0].supported
    assert (found.chip_authentication, found.active_authentication) == ((), "")


def test_a_protocol_with_several_parameters_is_ambiguous() -> None:
    found = parse_security_infos(infos(pace(2, 2, 12), pace(2, 2, 13), pace(2, 4, 13)))
    assert [each.ambiguous for each in found.pace] == [True, True, False]


def test_the_strongest_that_can_be_done_is_chosen() -> None:
    offered = (
        pace(2, 1, 18),  # Triple DES
        pace(2, 2, 17),
        pace(2, 4, 13),
        pace(2, 4, 16),
        pace(4, 4, 17),  # integrated mapping
        pace(6, 4, 17),  # chip authentication mapping
        pace(1, 4, 2),  # not on a curve
        pace(2, 4, 14),  # brainpoolP320r1
        info(BSI + b"\x04\x02\x04", integer(2)),  # the chip's own parameters
        pace(2, 4, 17, version=1),
        info(BSI + b"\x04\x02", write(0x30, b"")),  # PACEDomainParameterInfo
    )
    for order in (offered, offered[::-1]):
        chosen = choose(parse_security_infos(infos(*order)).pace)
        assert (chosen.mapping, chosen.cipher, chosen.parameter_id) == (Mapping.ECDH_GM, Cipher.AES256, 16)


@pytest.mark.parametrize("offered", [(), (pace(1, 2, 0),), (pace(4, 2, 13),), (pace(2, 2, 9),), (pace(2, 5, 13),)])
def test_a_chip_that_offers_nothing_known_is_refused(offered: tuple[bytes, ...]) -> None:
    with pytest.raises(CardError) as caught:
        choose(parse_security_infos(infos(*offered)).pace)
    assert caught.value.fault is ReadingFault.ACCESS_REFUSED


def test_chip_authentication_without_a_key_number() -> None:
    (found,) = parse_security_infos(infos(chip(2), chip_key(), TERMINAL_AUTHENTICATION)).chip_authentication
    assert (found.protocol, found.cipher, found.key_id) == (BSI + b"\x03\x02\x02", Cipher.AES128, b"")
    assert found.key == EcPublicKey(CURVES[13], POINT)


def test_chip_authentication_with_key_numbers() -> None:
    data = infos(chip_key(1, multiple=5), chip(2, 0xC3), chip_key(0xC3), chip(4, 1), chip_key(2, curve=15))
    strong, weak = parse_security_infos(data).chip_authentication
    assert (strong.cipher, strong.key_id, strong.key.point) == (Cipher.AES256, b"\x01", CURVES[13].public(5))
    assert (weak.cipher, weak.key_id, weak.key.point) == (Cipher.AES128, b"\xc3", POINT)


def test_a_key_alone_means_triple_des() -> None:
    without, numbered = (parse_security_infos(infos(key)).chip_authentication for key in (chip_key(), chip_key(0)))
    assert [(each.protocol, each.cipher, each.key_id) for each in without] == [
        (BSI + b"\x03\x02\x01", Cipher.DES3, b"")
    ]
    assert [each.key_id for each in numbered] == [b"\0"]


@pytest.mark.parametrize(
    "offered",
    [
        (chip(2),),
        (chip(2, 1), chip_key(2)),
        (chip(2, 1), chip_key()),
        (chip(2, agreement=1), chip_key()),  # not on a curve
        (chip(2, version=2), chip(2, version=3), chip_key()),
        (chip(2), chip_key(oid=bytes.fromhex("2B8104000A"))),
        (chip(7),),
    ],
)
def test_chip_authentication_that_cannot_be_done_is_left_out(offered: tuple[bytes, ...]) -> None:
    assert parse_security_infos(infos(*offered)).chip_authentication == ()


def test_the_algorithm_of_active_authentication() -> None:
    assert parse_security_infos(infos(pace(2, 2, 13), ACTIVE)).active_authentication == "0.4.0.127.0.7.1.1.4.1.3"
    no_algorithm = info(bytes.fromhex("678108010105"), integer(1))
    assert parse_security_infos(infos(no_algorithm)).active_authentication == ""
    rsa = info(bytes.fromhex("678108010105"), integer(1), write(0x06, bytes.fromhex("2A864886F70D01010B")))
    assert parse_security_infos(infos(rsa)).active_authentication == "1.2.840.113549.1.1.11"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        G1[:-1],
        G1 + b"\0",
        b"\x30" + G1[1:],
        infos(write(0x31, b"")),
        infos(write(0x30, b"")),
        infos(info(b"", integer(2)), integer(1)),
        infos(write(0x30, integer(2))),
        infos(info(BSI + b"\x04\x02\x02", write(0x04, b"\x02"), integer(13))),
        infos(info(BSI + b"\x04\x02\x02", integer(2), write(0x02, b""))),
        infos(info(BSI + b"\x04\x02\x02", integer(2), write(0x02, b"\xff"))),
        infos(info(BSI + b"\x04\x02\x02", integer(2), write(0x02, bytes(9)))),
        infos(info(BSI + b"\x01\x02")),
        infos(info(BSI + b"\x01\x02", integer(1))),
        infos(info(BSI + b"\x01\x02", write(0x30, b""))),
        infos(chip_key().replace(CURVES[13].encode(POINT)[:9], bytes(9))),
        infos(info(bytes.fromhex("678108010105"), integer(1), write(0x06, b"\x81"))),
        infos(info(bytes.fromhex("678108010105"), integer(1), write(0x06, b"\x01" * 40))),
        infos(*[pace(2, 2, 13)] * 1000),
        infos(*[pace(2, 2, 13)] * 300),
    ],
)
def test_what_is_no_security_infos_is_malformed(data: bytes) -> None:
    with pytest.raises(CardError) as caught:
        parse_security_infos(data)
    assert caught.value.fault is ReadingFault.MALFORMED


FULL = infos(pace(2, 2, 13), chip(2, 1), chip_key(1), chip(1), ACTIVE, TERMINAL_AUTHENTICATION)


@given(
    st.binary(max_size=200)
    | st.tuples(st.integers(0, len(FULL)), st.integers(0, 3), st.binary(max_size=3)).map(
        lambda cut: FULL[: cut[0]] + cut[2] + FULL[cut[0] + cut[1] :]
    )
)
def test_any_bytes_are_security_infos_or_malformed(data: bytes) -> None:
    try:
        found = parse_security_infos(data)
    except CardError:
        return
    assert all(each.key.curve.parameter_id in CURVES for each in found.chip_authentication)


def test_what_is_cut_off_is_malformed() -> None:
    for end in range(len(FULL)):
        with pytest.raises(CardError):
            parse_security_infos(FULL[:end])
