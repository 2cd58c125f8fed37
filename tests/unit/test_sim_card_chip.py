"""The simulated chip, command by command: what it answers in which state, and that any bytes have an answer."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.devices.sim.card import lds, points
from edge.devices.sim.card.access import BY_CAN, BY_MRZ
from edge.devices.sim.card.applet import Chip
from edge.devices.sim.card.crypto import Suite
from edge.devices.sim.card.der import tlv
from edge.devices.sim.card.issuer import Issuer
from edge.devices.sim.card.messaging import Channel
from edge.devices.sim.card.personalise import Person, Profile, personalise
from edge.devices.sim.card.points import BRAINPOOL_P256, BRAINPOOL_P384, P256, P384, Curve
from edge.devices.sim.card.proofs import Active
from tests.sim_terminal import SELECT_APPLICATION, Refused, Terminal, ask

TODAY = date(2026, 11, 25)
PERSON = Person(
    id_number="001099000017",
    full_name="Nguyễn Văn Mẫu",
    birth=date(1999, 2, 1),
    sex="Nam",
    issued=date(2021, 5, 10),
    expiry=date(2039, 2, 1),
)
ISSUER = Issuer.create(TODAY)


def chip(profile: Profile = Profile()) -> Chip:  # noqa: B008 (frozen)
    return personalise(PERSON, ISSUER, TODAY, profile=profile)


def opened(profile: Profile = Profile()) -> Terminal:  # noqa: B008 (frozen)
    terminal = Terminal(chip(profile))
    terminal.pace(PERSON.can)
    return terminal


def chip_public(terminal: Terminal) -> bytes:
    """The key of Chip Authentication as it stands at the end of its BIT STRING in DG14."""
    key = terminal.chip.contents.chip_key
    assert key is not None
    numbers = key.private.public_key().public_numbers()
    point = points.encode(key.curve, (numbers.x, numbers.y))
    assert point in terminal.read(lds.DG14)
    return point


def test_before_it_is_open_only_the_access_file_can_be_read() -> None:
    closed = chip()
    card_access = closed.contents.files[0x011C].hex().upper() + "9000"
    assert ask(closed, "00B09C0000") == card_access
    assert ask(closed, "00A4020C02011C") == "9000"
    assert ask(closed, "00B0000000") == card_access
    assert ask(closed, "00B0000004") == card_access[:8] + "9000"
    assert ask(closed, "00B000FF00") == "6B00"
    assert ask(closed, "00B0000050") == card_access[:-4] + "6282"
    assert ask(closed, "00A4020C020101") == "6A82"


def test_without_a_session_every_file_of_the_application_is_refused() -> None:
    closed = chip()
    assert ask(closed, "00B0000000") == "6986"
    assert ask(closed, SELECT_APPLICATION.hex()) == "9000"
    for command in ("00B0810000", "00B09E0000", "00A4020C020101", "00A4020C02011E", "00A4020C02010B"):
        assert ask(closed, command) == "6982"
    assert ask(closed, "00B0000000") == "6986"
    assert ask(closed, "0088000008000102030405060700") == "6982"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("00A4000C023F00", "6D00"),  # as on the CCCD
        ("00A4000C", "6D00"),
        ("00A4040C07A0000000031010", "6A82"),
        ("00A4030C020101", "6A86"),
        ("00A4020C022F00", "6A82"),
        ("00B0FC0000", "6A86"),
        ("00D6000001AA", "6D00"),
        ("80CA9F7F00", "6E00"),
        ("0CB000000D9701048E08ED6705417E96BA5500", "6985"),
        ("10A4020C02011C", "6884"),
        ("0084000008", "6985"),
        ("00860000027C0000", "6985"),
        ("0022C1A40F800A04007F00070202040203830102", "6A80"),
        ("0022C1A40F800A04007F00070202040202830103", "6A88"),
        ("0022C1A412800A04007F0007020204020283010284010C", "6A88"),
        ("0022C1A401FF", "6A80"),
        ("002241A40C800A04007F00070202030202", "6985"),
        ("0022FFFF0100", "6A86"),
        ("00A402", "6700"),
        ("00A4020C05011C", "6700"),
        ("00A4020C0000", "6700"),
        ("00A4020C000000AA", "6700"),
        ("", "6700"),
    ],
)
def test_what_it_cannot_do_it_refuses_by_name(command: str, answer: str) -> None:
    assert ask(chip(), command) == answer


@pytest.mark.parametrize("curve", [P256, P384, BRAINPOOL_P256, BRAINPOOL_P384], ids=lambda curve: curve.name)
@pytest.mark.parametrize("suite", Suite)
def test_pace_opens_every_suite_on_every_curve_with_either_password(suite: Suite, curve: Curve) -> None:
    profile = Profile(suite=suite, curve=curve, chip_suite=suite, active=Active.NONE)
    terminal = opened(profile)
    assert terminal.read(lds.DG1) == terminal.chip.contents.files[lds.DG1]
    terminal.pace(terminal.chip.contents.secrets[BY_MRZ], BY_MRZ)
    assert terminal.read(lds.COM) == terminal.chip.contents.files[lds.COM]
    terminal.authenticate_chip(chip_public(terminal), way="KAT" if suite is Suite.DES3 else "AT")
    assert terminal.read(lds.DG13) == terminal.chip.contents.files[lds.DG13]


def test_a_wrong_can_is_told_at_the_last_step_and_the_right_one_works_afterwards() -> None:
    terminal = Terminal(chip())
    with pytest.raises(Refused, match="6300"):
        terminal.pace("000018")
    with pytest.raises(Refused, match="6985"):  # the run is over
        terminal.step(0x00, tlv(0x85, bytes(8)), 0x86)
    terminal.pace(PERSON.can)
    assert terminal.read(lds.DG1)


def test_a_password_that_the_chip_does_not_take_is_told_at_once() -> None:
    profile = Profile(passwords=frozenset((BY_CAN,)))
    with pytest.raises(Refused, match="6A88"):
        Terminal(chip(profile)).pace("x", BY_MRZ)


def test_steps_out_of_order_and_points_beside_the_curve_end_the_run_of_pace() -> None:
    terminal = Terminal(chip())
    begin = bytes.fromhex("0022C1A40F800A04007F00070202040202830102")
    generator = points.encode(BRAINPOOL_P256, BRAINPOOL_P256.base)
    for cla, data, answer in [
        (0x00, b"", "6A80"),
        (0x10, tlv(0x80, b"x"), "6A80"),
    ]:
        terminal.plain(begin)
        with pytest.raises(Refused, match=answer):
            terminal.step(cla, data, 0x80)
    for data in (b"", tlv(0x83, generator), tlv(0x81, generator[:-1] + b"\x00"), tlv(0x81, generator) * 2):
        terminal.plain(begin)
        terminal.step(0x10, b"", 0x80)
        with pytest.raises(Refused, match="6A80"):
            terminal.step(0x10, data, 0x82)
    terminal.plain(begin)
    terminal.step(0x10, b"", 0x80)
    terminal.plain(bytes.fromhex("00B09C0000"))  # another command in between
    with pytest.raises(Refused, match="6985"):
        terminal.step(0x10, tlv(0x81, generator), 0x82)
    terminal.plain(begin)
    terminal.step(0x10, b"", 0x80)
    terminal.step(0x10, tlv(0x81, generator), 0x82)
    terminal.step(0x10, tlv(0x83, generator), 0x84)
    with pytest.raises(Refused, match="6883"):
        terminal.step(0x10, tlv(0x85, bytes(8)), 0x86)


def test_basic_access_opens_with_the_mrz_and_only_with_it() -> None:
    terminal = Terminal(chip(Profile(pace=False, chip_suite=Suite.DES3)))
    assert ask(terminal.chip, "00A4020C02011C") == "6A82"
    with pytest.raises(Refused, match="6300"):
        terminal.basic_access(PERSON.document_number, "990201", "390202")
    with pytest.raises(Refused, match="6985"):  # a challenge is good for one attempt
        terminal.plain(bytes.fromhex("0082000028") + bytes(40) + b"\x28")
    terminal.basic_access(PERSON.document_number, "990201", "390201")
    assert terminal.read(lds.DG1) == terminal.chip.contents.files[lds.DG1]
    terminal.authenticate_chip(chip_public(terminal), way="KAT")
    assert terminal.read(lds.DG1) == terminal.chip.contents.files[lds.DG1]


def test_a_chip_without_basic_access_gives_no_challenge() -> None:
    terminal = Terminal(chip(Profile(bac=False)))
    with pytest.raises(Refused, match="6985"):
        terminal.basic_access(PERSON.document_number, "990201", "390201")


def test_open_it_shows_its_files_and_keeps_two_back() -> None:
    terminal = opened()
    for fid in (lds.COM, lds.SOD, lds.DG1, lds.DG2, lds.DG13, lds.DG14, lds.DG15):
        assert terminal.read(fid) == terminal.chip.contents.files[fid]
    assert terminal.send("00A4020C", b"\x01\x03") == (b"", 0x6982)
    assert terminal.send("00B08300", le=b"\x00") == (b"", 0x6982)
    assert terminal.send("00A4020C", b"\x01\x0b") == (b"", 0x6A82)
    assert terminal.send("00A4020C", b"\x01\x1c") == (b"", 0x6A82)  # it is not of this application
    assert terminal.send("00A4020C", b"\x01\x01") == (b"", 0x9000)
    assert terminal.send("00B00000", le=b"\x04") == (bytes.fromhex("615D5F1F"), 0x9000)


def test_a_short_answer_carries_what_fits_under_protection() -> None:
    for suite, most in ((Suite.AES128, 223), (Suite.DES3, 231)):
        terminal = opened(Profile(suite=suite))
        sod = terminal.chip.contents.files[lds.SOD]
        assert terminal.send("00B09D00", le=b"\x00") == (sod[:most], 0x9000)
        assert terminal.send("00B09D00", le=bytes((most,))) == (sod[:most], 0x9000)
        with pytest.raises(Refused, match="6700"):
            terminal.send("00B09D00", le=bytes((most + 1,)))
        with pytest.raises(Refused, match="6985"):  # the session is lost
            terminal.send("00B09D00", le=b"\x04")


@given(most=st.integers(20, 70_000), suite=st.sampled_from(Suite))
@settings(max_examples=60)
def test_the_room_for_data_is_exact(most: int, suite: Suite) -> None:
    room = Channel(suite, bytes(16)).room(min(most, 65_533))
    assert room == 0 or len(Channel(suite, bytes(16)).seal(bytes(room), 0x9000)) - 2 <= most
    assert len(Channel(suite, bytes(16)).seal(bytes(room + 1), 0x9000)) - 2 > min(most, 65_533)


@pytest.mark.parametrize(("most", "commands"), [(2048, 12), (32_000, 1), (65_536, 1)])
def test_extended_reads_carry_as_much_as_the_chip_gives(most: int, commands: int) -> None:
    terminal = opened(Profile(most_bytes=most))
    dg2 = terminal.chip.contents.files[lds.DG2]
    le = (most % 65_536).to_bytes(2, "big")
    data, sw = terminal.send("00B08200", le=le, extended=True)
    begun = terminal.chip.commands
    while len(data) < len(dg2):
        more, sw = terminal.send(f"00B0{len(data):04X}", le=le, extended=True)
        data += more
    assert data == dg2
    assert terminal.chip.commands - begun == commands - 1
    assert sw == (0x9000 if most == 65_536 else 0x6282)


@pytest.mark.parametrize(
    ("most", "le", "extended"),
    [(256, b"\x04", True), (2048, b"\x08\x01", True), (2048, b"\x00\x00", True), (160, b"\xa1", False)],
)
def test_asked_for_more_than_it_gives_it_says_6700_and_the_session_is_lost(
    most: int, le: bytes, extended: bool
) -> None:
    terminal = opened(Profile(most_bytes=most))
    with pytest.raises(Refused, match="6700"):
        terminal.send("00B08200", le=le, extended=extended)
    with pytest.raises(Refused, match="6985"):
        terminal.send("00B08100", le=b"\x04")
    terminal.pace(PERSON.can)
    assert terminal.send("00B08200", le=b"\x9f")[1] == 0x9000


def test_every_byte_of_a_protected_command_counts() -> None:
    terminal = opened()
    assert terminal.keys is not None
    command = terminal.keys.protect(bytes.fromhex("00B08100"), le=b"\x04")
    answers = set()
    for at in range(len(command)):
        for flip in (0x01, 0x80):
            terminal.pace(PERSON.can)
            sent = bytearray(terminal.keys.protect(bytes.fromhex("00B08100"), le=b"\x04"))
            sent[at] ^= flip
            answer = terminal.chip.process(bytes(sent))
            answers.add(answer.hex())
            if at != len(command) - 1:  # Le is the transport's
                assert len(answer) == 2
                with pytest.raises(Refused, match="6985"):
                    terminal.send("00B08100", le=b"\x04")
    assert "6988" in answers


def test_a_replayed_a_stale_and_an_unprotected_command_end_the_session() -> None:
    terminal = opened()
    assert terminal.keys is not None
    sent = terminal.keys.protect(bytes.fromhex("00B08100"), le=b"\x04")
    terminal.keys.open(terminal.chip.process(sent))
    assert terminal.chip.process(sent).hex() == "6988"
    with pytest.raises(Refused, match="6985"):
        terminal.send("00B08100", le=b"\x04")
    terminal.pace(PERSON.can)
    assert ask(terminal.chip, "00B0810004") == "6982"
    with pytest.raises(Refused, match="6985"):
        terminal.send("00B08100", le=b"\x04")
    terminal.pace(PERSON.can)
    assert ask(terminal.chip, "00B081") == "6700"
    with pytest.raises(Refused, match="6985"):
        terminal.send("00B08100", le=b"\x04")


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (tlv(0x97, b"\x04"), "6987"),
        (b"", "6987"),
        (b"\x97", "6988"),
        (tlv(0x8E, bytes(7)), "6988"),
        (tlv(0x8E, bytes(8)), "6988"),
        (tlv(0x97, b"\x04") + tlv(0x97, b"\x04") + tlv(0x8E, bytes(8)), "6988"),
        (tlv(0x8E, bytes(8)) + tlv(0x97, b"\x04"), "6988"),
        (tlv(0x99, b"\x90\x00") + tlv(0x8E, bytes(8)), "6988"),
        (tlv(0x97, b"\x00\x00\x04") + tlv(0x8E, bytes(8)), "6988"),
    ],
)
def test_data_objects_that_are_missing_doubled_or_in_disorder_end_the_session(body: bytes, answer: str) -> None:
    terminal = opened()
    assert ask(terminal.chip, "0CB08100" + f"{len(body):02X}" * bool(body) + body.hex() + "00") == answer
    with pytest.raises(Refused, match="6985"):
        terminal.send("00B08100", le=b"\x04")


@pytest.mark.parametrize(
    "body",
    [
        tlv(0x97, b"\x04") + tlv(0x99, b"\x90\x00"),
        tlv(0x99, b"\x90\x00") + tlv(0x97, b"\x04"),
        tlv(0x97, b"\x04") + tlv(0x87, b"\x01" + bytes(16)),
        tlv(0x85, bytes(16)) + tlv(0x97, b"\x04"),  # of an odd instruction
        tlv(0x87, bytes(17)) + tlv(0x97, b"\x04"),  # no padding indicator
        tlv(0x87, b"\x01" + bytes(15)) + tlv(0x97, b"\x04"),
        tlv(0x87, b"\x01" + bytes(16)) + tlv(0x97, b"\x04"),  # no padding
        tlv(0x97, b"\x00\x00\x04"),
    ],
)
def test_a_right_mac_does_not_excuse_wrong_data_objects(body: bytes) -> None:
    terminal = opened()
    assert terminal.keys is not None
    assert terminal.chip.process(terminal.keys.sign(bytes.fromhex("00B08100"), body)).hex() == "6988"
    with pytest.raises(Refused, match="6985"):
        terminal.send("00B08100", le=b"\x04")


def test_a_protected_command_that_leaves_no_room_for_an_answer_ends_the_session() -> None:
    terminal = opened()
    assert terminal.keys is not None
    sent = terminal.keys.protect(bytes.fromhex("00A4020C"), b"\x01\x01")
    assert terminal.chip.process(sent[:-1]).hex() == "6700"
    with pytest.raises(Refused, match="6985"):
        terminal.send("00B08100", le=b"\x04")


def test_the_power_takes_everything_but_the_files() -> None:
    terminal = opened()
    terminal.chip.reset()
    with pytest.raises(Refused, match="6985"):
        terminal.send("00B08100", le=b"\x04")
    assert ask(terminal.chip, "00B0810000") == "6A82"  # the application is no longer selected
    assert terminal.chip.commands == 2


def test_chip_authentication_changes_the_keys_and_the_old_ones_are_dead() -> None:
    terminal = opened()
    old = terminal.keys
    terminal.authenticate_chip(chip_public(terminal))
    assert terminal.read(lds.DG1) == terminal.chip.contents.files[lds.DG1]
    terminal.keys = old
    with pytest.raises(Refused, match="6988"):
        terminal.send("00B08100", le=b"\x04")


def test_chip_authentication_takes_no_other_protocol_and_no_wrong_point() -> None:
    terminal = opened()
    wrong = bytes.fromhex("800A04007F00070202030203")
    assert terminal.send("002241A4", wrong) == (b"", 0x6A80)
    assert terminal.send("00860000", tlv(0x7C, tlv(0x80, b"\x04" + bytes(64))), b"\x00") == (b"", 0x6985)
    right = bytes.fromhex("800A04007F00070202030202")
    assert terminal.send("002241A4", right) == (b"", 0x9000)
    assert terminal.send("00860000", tlv(0x7C, tlv(0x80, b"\x04" + bytes(64))), b"\x00") == (b"", 0x6A80)
    assert terminal.send("002241A6", tlv(0x91, b"\x04" + bytes(64))) == (b"", 0x6A80)  # it is not 3DES
    assert terminal.read(lds.DG1)
    without = opened(Profile(chip_suite=None))
    assert without.send("002241A4", right) == (b"", 0x6A88)


@given(data=st.binary(max_size=300) | st.binary(min_size=4, max_size=40).map(lambda tail: b"\x0c\xb0" + tail))
@settings(max_examples=300)
def test_any_bytes_have_an_answer(data: bytes) -> None:
    for state in _STATES:
        assert len(state.process(data)) >= 2


@given(
    ins=st.sampled_from([0xA4, 0xB0, 0x22, 0x86, 0x84, 0x82, 0x88]),
    p1p2=st.sampled_from([b"\x04\x0c", b"\x02\x0c", b"\x81\x00", b"\xc1\xa4", b"\x41\xa4", b"\x41\xa6", b"\x00\x00"]),
    data=st.binary(max_size=60) | st.binary(max_size=60).map(lambda inside: tlv(0x7C, inside)),
    le=st.sampled_from([b"", b"\x00", b"\x08", b"\x00\x00"]),
)
@settings(max_examples=300)
def test_any_command_under_a_session_has_an_answer(ins: int, p1p2: bytes, data: bytes, le: bytes) -> None:
    keys = _OPEN.keys
    assert keys is not None
    answer = _OPEN.chip.process(keys.protect(bytes((0, ins)) + p1p2, data, le, extended=True))
    if len(answer) == 2:
        _OPEN.pace(PERSON.can)
    else:
        keys.open(answer)


def test_no_repr_shows_a_key_or_a_person() -> None:
    terminal = opened()
    contents = terminal.chip.contents
    shown = repr([terminal.chip, contents, contents.chip_key, PERSON, ISSUER, Channel(Suite.AES128, b"secret" * 4)])
    for private in ("001099", "000017", "Nguyễn", "1999", "secret", contents.seed.hex(), "\\x"):
        assert private not in shown


_OPEN = opened()
_STATES = (chip(), _OPEN.chip)
