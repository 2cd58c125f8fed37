"""PACE: the worked example of ICAO Doc 9303-11, G.1, and a chip of its own making for the other suites."""

from collections.abc import Iterable
from hashlib import sha1, sha256

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.contracts.reading import ReadingFault
from edge.emrtd.access_keys import Can, MrzKey
from edge.emrtd.apdu import Command, Response, select_application
from edge.emrtd.cipher import Cipher
from edge.emrtd.curves import CURVES
from edge.emrtd.errors import CardError
from edge.emrtd.pace import pace
from edge.emrtd.secure_messaging import SecureChannel
from edge.emrtd.security_infos import Mapping, PaceInfo, parse_security_infos
from edge.emrtd.tlv import read_one, write

G1_INFO = parse_security_infos(bytes.fromhex("31143012060A04007F0007020204020202010202010D")).pace[0]
G1_KEY = MrzKey("T22000129", "640812", "101031")
G1_RANDOM = (
    "7F4EF07B9EA82FD78AD689B38D0BC78CF21F249D953BC46F4C6E19259C010F99",
    "A73FB703AC1436A18E0CFA5ABB3F7BEC7A070E7A6788486BEE230C4A22762595",
)
G1_EXCHANGE = (
    ("0022C1A40F800A04007F00070202040202830101", "9000"),
    ("10860000027C0000", "7C12801095A3A016522EE98D01E76CB6B98B42C39000"),
    (
        "10860000457C438141047ACF3EFC982EC45565A4B155129EFBC74650DCBFA6362D896FC70262E0C2CC5E"
        "544552DCB6725218799115B55C9BAA6D9F6BC3A9618E70C25AF71777A9C4922D00",
        "7C43824104824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F57"
        "30D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C549000",
    ),
    (
        "10860000457C438341042DB7A64C0355044EC9DF190514C625CBA2CEA48754887122F3A5EF0D5EDD301C"
        "3556F3B3B186DF10B857B58F6A7EB80F20BA5DC7BE1D43D9BF850149FBB3646200",
        "7C438441049E880F842905B8B3181F7AF7CAA9F0EFB743847F44A306D2D28C1D9EC65DF6DB"
        "7764B22277A2EDDC3C265A9F018F9CB852E111B768B326904B59A0193776F0949000",
    ),
    ("008600000C7C0A8508C2B0BD78D94BA86600", "7C0A86083ABB9674BCE93C089000"),
)
G1_ANSWERS = tuple(answer for _, answer in G1_EXCHANGE)


def g1_with(answers: Iterable[str], key: Can | MrzKey = G1_KEY) -> tuple[list[str], SecureChannel]:
    """What is sent, and the channel, where the chip gives these answers and ours are the example's private keys."""
    draws = iter(G1_RANDOM)
    steps = pace(G1_INFO, key, lambda _size: bytes.fromhex(next(draws)))
    sent: list[str] = []
    command = next(steps)
    try:
        for answer in answers:
            sent.append(command.encode().hex().upper())
            command = steps.send(Response.decode(bytes.fromhex(answer)))
    except StopIteration as end:
        channel: SecureChannel = end.value
        return sent, channel
    raise AssertionError(f"unanswered: {command}")


def fault_with(step: int, answer: str, key: Can | MrzKey = G1_KEY) -> ReadingFault:
    with pytest.raises(CardError) as caught:
        g1_with([*G1_ANSWERS[:step], answer, *G1_ANSWERS[step + 1 :]], key)
    return caught.value.fault


def test_the_worked_example_of_appendix_g1() -> None:
    sent, channel = g1_with(G1_ANSWERS)
    assert sent == [command for command, _ in G1_EXCHANGE]
    keys = bytes.fromhex("F5F0E35C0D7161EE6724EE513A0D9A7F"), bytes.fromhex("FE251C7858B356B24514B3BD5F4297D1")
    expected = SecureChannel(Cipher.AES128, *keys).protect(select_application())
    assert channel.protect(select_application()) == expected
    # By the reference of g0ddest/javacard-express.
    assert expected.encode().hex().upper() == "0CA4040C1D871101752F676B09FAC86A87D632749A49C7CC8E08C18BA1FCE707BD9F00"


def test_the_mapping_and_the_secret_of_appendix_g1() -> None:
    curve = CURVES[13]
    chip_map = curve.decode(bytes.fromhex(G1_ANSWERS[2])[4:-2])
    shared = curve.multiply(int(G1_RANDOM[0], 16), chip_map)
    assert shared.x == 0x60332EF2450B5D247EF6D3868397D398852ED6E8CAF6FFEEF6BF85CA57057FD5
    assert shared.y == 0x0840CA7415BAF3E43BD414D35AA4608B93A2CAF3A4E3EA4E82C9C13D03EB7181
    generator = curve.add(curve.multiply(0x3F00C4D39D153F2B2A214A078D899B22, curve.g), shared)
    assert generator.x == 0x8CED63C91426D4F0EB1435E7CB1D74A46723A0AF21C89634F65A9AE87A9265E2
    assert generator.y == 0x8C879506743F8611AC33645C5B985C80B5F09A0B83407C1B6A4D857AE76FE522
    chip_key = curve.decode(bytes.fromhex(G1_ANSWERS[3])[4:-2])
    assert curve.agree(int(G1_RANDOM[1], 16), chip_key).hex().upper() == (
        "28768D20701247DAE81804C9E780EDE582A9996DB4A315020B2733197DB84925"
    )
    # And from the chip's side.
    assert curve.multiply(0x498FF49756F2DC1587840041839A85982BE7761D14715FB091EFA7BCE9058560, curve.g) == chip_map
    private = 0x107CF58696EF6155053340FD633392BA81909DF7B9706F226F32086C7AFF974A
    assert curve.multiply(private, generator) == chip_key


@pytest.mark.parametrize("sw", ["63C1", "63C9"])
def test_a_warning_of_few_tries_left_does_not_stop(sw: str) -> None:
    sent, _ = g1_with([sw, *G1_ANSWERS[1:]])
    assert len(sent) == 5


@pytest.mark.parametrize("sw", ["6300", "63C2", "6982", "6983"])
def test_a_last_step_that_is_refused_is_another_card(sw: str) -> None:
    assert fault_with(4, sw) is ReadingFault.WRONG_ACCESS_KEY


@pytest.mark.parametrize(
    ("step", "sw"),
    [(0, "6A80"), (0, "6A88"), (0, "6300"), (0, "6283"), (1, "6982"), (2, "6A80"), (3, "6300"), (4, "6700")],
)
def test_a_step_that_is_refused_otherwise(step: int, sw: str) -> None:
    assert fault_with(step, sw) is ReadingFault.ACCESS_REFUSED


def test_a_token_with_any_bit_changed_is_refused() -> None:
    token = 0x3ABB9674BCE93C08
    for bit in range(64):
        assert fault_with(4, f"7C0A8608{token ^ 1 << bit:016X}9000") is ReadingFault.INTEGRITY_LOST


def test_a_token_that_is_cut_off_is_refused() -> None:
    """Readers have been seen that compare no more of the token than the chip sends."""
    token = bytes.fromhex("3ABB9674BCE93C08")
    for size in range(8):
        short = write(0x7C, write(0x86, token[:size])) + b"\x90\x00"
        assert fault_with(4, short.hex()) is ReadingFault.INTEGRITY_LOST
    assert fault_with(4, (write(0x7C, write(0x86, token + b"\0")) + b"\x90\x00").hex()) is ReadingFault.INTEGRITY_LOST
    for nothing in ("9000", "7C009000", "7C0A85083ABB9674BCE93C089000"):
        assert fault_with(4, nothing) is ReadingFault.MALFORMED


def test_our_own_token_sent_back_is_refused() -> None:
    assert fault_with(4, "7C0A8608C2B0BD78D94BA8669000") is ReadingFault.INTEGRITY_LOST


@pytest.mark.parametrize("step", [2, 3])
def test_our_own_key_sent_back_is_refused(step: int) -> None:
    ours = bytes.fromhex(G1_EXCHANGE[step][0])[9:-1]
    assert len(ours) == 65
    back = write(0x7C, write(0x80 | 2 * (step - 1), ours)) + b"\x90\x00"
    with pytest.raises(CardError, match="integrity-lost: PACE: our own key came back"):
        g1_with([*G1_ANSWERS[:step], back.hex(), *G1_ANSWERS[step + 1 :]])


def test_a_chip_that_is_our_mirror_does_not_get_in() -> None:
    """With our own key taken for its own, our own token would be the right one."""

    class Mirror(PaceChip):
        def answer(self, command: Command) -> Response:
            if command.cla == 0x00 and command.ins == 0x86:
                return self.told(0x86, read_one(read_one(command.data).value).value)
            response = super().answer(command)
            return self.told(0x84, self.theirs) if self.theirs else response

    chip = Mirror(info_of(Cipher.AES128, 13), b"000018", OURS)
    with pytest.raises(CardError) as caught:
        run(chip, CAN)
    assert caught.value.fault is ReadingFault.INTEGRITY_LOST


@pytest.mark.parametrize("step", [2, 3])
def test_a_point_beside_the_curve_is_malformed(step: int) -> None:
    good, tag = bytes.fromhex(G1_ANSWERS[step])[4:-2], 0x80 | 2 * (step - 1)
    other_curve = CURVES[12].encode(CURVES[12].g)
    for point in (
        b"",
        b"\0",
        b"\x04" + bytes(64),
        good[:-1],
        good + b"\0",
        good[:-1] + b"\0",
        other_curve,
        b"\x02" + good[1:33],
    ):
        answer = write(0x7C, write(tag, point)) + b"\x90\x00"
        assert fault_with(step, answer.hex()) is ReadingFault.MALFORMED


@pytest.mark.parametrize("nonce", [0, 1, 15, 17, 80])
def test_a_nonce_of_no_whole_blocks_is_malformed(nonce: int) -> None:
    answer = write(0x7C, write(0x80, bytes(nonce))) + b"\x90\x00"
    with pytest.raises(CardError, match=f"malformed: PACE: a nonce of {nonce} bytes"):
        g1_with([G1_ANSWERS[0], answer.hex()])


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_an_answer_of_another_form_is_malformed(step: int) -> None:
    good = bytes.fromhex(G1_ANSWERS[step])[:-2]
    for end in range(len(good)):
        assert fault_with(step, (good[:end] + b"\x90\x00").hex()) is ReadingFault.MALFORMED
    for bad in (b"\x7d" + good[1:], good + b"\0", good[2:]):
        assert fault_with(step, (bad + b"\x90\x00").hex()) is ReadingFault.MALFORMED


def test_a_mapping_that_ends_at_infinity_is_malformed() -> None:
    """A chip that knew our key could cancel the nonce's part, and so choose the generator."""
    curve = CURVES[13]
    # k1 * point = -(s * G): point = -(s / k1) * G
    factor = -0x3F00C4D39D153F2B2A214A078D899B22 * pow(int(G1_RANDOM[0], 16), -1, curve.n) % curve.n
    answer = write(0x7C, write(0x82, curve.encode(curve.public(factor)))) + b"\x90\x00"
    assert fault_with(2, answer.hex()) is ReadingFault.MALFORMED


@settings(max_examples=30)
@given(step=st.integers(0, 4), answer=st.binary(max_size=80))
def test_any_answer_is_the_right_one_or_a_card_error(step: int, answer: bytes) -> None:
    try:
        g1_with([*G1_ANSWERS[:step], (answer + b"\x90\x00").hex(), *G1_ANSWERS[step + 1 :]])
    except CardError:
        return
    assert step == 0  # of the answer to MSE:Set AT only the status counts


class PaceChip:
    """A chip that does PACE without any point arithmetic of its own.

    It is told our private keys, so that it can make each point as a multiple of the standard generator, by OpenSSL.
    Cipher, MAC and key derivation are of hashlib and `cryptography`.
    """

    def __init__(self, info: PaceInfo, secret: bytes, ours: tuple[int, int]) -> None:
        self.info, self.secret, self.ours = info, secret, ours
        self.curve = CURVES[info.parameter_id].openssl()
        self.n = CURVES[info.parameter_id].n
        self.nonce = (bytes(range(0x91, 0xA1)) * 2)[: 32 if info.cipher in (Cipher.AES192, Cipher.AES256) else 16]
        self.map, self.key = 0xC0FFEE1234567, 0xBADC0DE7654321
        self.mapped = (int.from_bytes(self.nonce) + ours[0] * self.map) % self.n
        self.commands: list[bytes] = []
        self.shared = self.theirs = b""

    def derive(self, secret: bytes, counter: int) -> bytes:
        hashed = secret + bytes([0, 0, 0, counter])
        if self.info.cipher in (Cipher.AES192, Cipher.AES256):
            return sha256(hashed).digest()[: 24 if self.info.cipher is Cipher.AES192 else 32]
        return sha1(hashed, usedforsecurity=False).digest()[:16]  # the parity of Triple DES's keys does not matter

    def token(self, point: bytes) -> bytes:
        key, data = self.derive(self.shared, 2), write(0x7F49, write(0x06, self.info.protocol) + write(0x86, point))
        return self.info.cipher.mac(_with_parity(key) if self.info.cipher is Cipher.DES3 else key, data)

    def point(self, factor: int) -> bytes:
        key = ec.derive_private_key(factor % self.n, self.curve).public_key()
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def answer(self, command: Command) -> Response:
        self.commands.append(command.encode())
        if command.ins == 0x22:
            return Response(b"", 0x9000)
        sent = read_one(command.data).value
        if not sent:
            key = self.derive(self.secret, 3)
            des = self.info.cipher is Cipher.DES3
            algorithm, iv = (TripleDES(key + key[:8]), bytes(8)) if des else (AES(key), bytes(16))
            return self.told(0x80, BlockCipher(algorithm, modes.CBC(iv)).encryptor().update(self.nonce))
        inner = read_one(sent)
        if inner.tag == 0x81:
            assert inner.value == self.point(self.ours[0])
            return self.told(0x82, self.point(self.map))
        if inner.tag == 0x83:
            self.theirs = inner.value
            public = ec.EllipticCurvePublicKey.from_encoded_point(self.curve, self.theirs)
            self.shared = ec.derive_private_key(self.key, self.curve).exchange(ec.ECDH(), public)
            return self.told(0x84, self.point(self.key * self.mapped))
        if inner.value != self.token(self.point(self.key * self.mapped)):
            return Response(b"", 0x6300)
        return self.told(0x86, self.token(self.theirs))

    def told(self, tag: int, value: bytes) -> Response:
        return Response(write(0x7C, write(tag, value)), 0x9000)


def _with_parity(key: bytes) -> bytes:
    return bytes(byte & 0xFE | (1 - (byte >> 1).bit_count() % 2) for byte in key)


def run(chip: PaceChip, password: Can | MrzKey) -> SecureChannel:
    draws = iter(chip.ours)
    steps = pace(chip.info, password, lambda size: next(draws).to_bytes(size))
    command = next(steps)
    while True:
        try:
            command = steps.send(chip.answer(command))
        except StopIteration as end:
            channel: SecureChannel = end.value
            return channel


def info_of(cipher: Cipher, parameter_id: int, ambiguous: bool = False) -> PaceInfo:
    protocol = bytes.fromhex("04007F000702020402") + bytes([cipher.value])
    return PaceInfo(protocol, Mapping.ECDH_GM, cipher, parameter_id, ambiguous)


CAN = Can("000017")
MRZ = MrzKey("099000017", "990201", "390201")
OURS = (0x1122334455667788, 0x99AABBCCDDEEFF01)


@pytest.mark.req("K7")
@pytest.mark.parametrize("password", [CAN, MRZ], ids=["can", "mrz"])
@pytest.mark.parametrize("cipher", Cipher)
@pytest.mark.parametrize("parameter_id", CURVES, ids=lambda number: CURVES[number].name)
def test_every_suite_opens_a_chip_with_either_password(
    cipher: Cipher, parameter_id: int, password: Can | MrzKey
) -> None:
    chip = PaceChip(info_of(cipher, parameter_id), password.pace_secret(), OURS)
    channel = run(chip, password)
    keys = [chip.derive(chip.shared, counter) for counter in (1, 2)]
    expected = SecureChannel(cipher, *(_with_parity(key) if cipher is Cipher.DES3 else key for key in keys))
    assert channel.protect(select_application()) == expected.protect(select_application())
    assert len(chip.commands) == 5
    assert chip.commands[0].hex().endswith("830102" if password is CAN else "830101")


@pytest.mark.parametrize("cipher", Cipher)
def test_another_password_does_not_open_the_chip(cipher: Cipher) -> None:
    for right, tried in ((CAN, Can("000018")), (MRZ, MrzKey("099000017", "990201", "390202"))):
        chip = PaceChip(info_of(cipher, 13), right.pace_secret(), OURS)
        with pytest.raises(CardError) as caught:
            run(chip, tried)
        assert caught.value.fault is ReadingFault.WRONG_ACCESS_KEY
        assert str(caught.value) == "wrong-access-key: PACE: the last step answered 6300"


def test_a_chip_that_does_not_know_the_password_cannot_pretend() -> None:
    """It takes any token, and answers with one of its own."""

    class Pretender(PaceChip):
        def answer(self, command: Command) -> Response:
            response = super().answer(command)
            return response if response.ok else self.told(0x86, self.token(self.theirs))

    chip = Pretender(info_of(Cipher.AES128, 13), b"000018", OURS)
    with pytest.raises(CardError) as caught:
        run(chip, CAN)
    assert caught.value.fault is ReadingFault.INTEGRITY_LOST


def test_ambiguous_parameters_are_named() -> None:
    chip = PaceChip(info_of(Cipher.AES128, 13, ambiguous=True), CAN.pace_secret(), OURS)
    run(chip, CAN)
    assert chip.commands[0].hex().upper() == "0022C1A412800A04007F0007020204020283010284010D"
