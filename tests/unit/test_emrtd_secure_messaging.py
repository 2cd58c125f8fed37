"""Secure messaging: against a far end of `cryptography` alone, and everything that must end a session."""

from functools import partial

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.reading import ReadingFault
from edge.emrtd.apdu import EXTENDED, SHORT, Command, Response, read_binary, select_application
from edge.emrtd.cipher import Cipher
from edge.emrtd.errors import CardError
from edge.emrtd.secure_messaging import SecureChannel
from edge.emrtd.tlv import write

each_cipher = pytest.mark.parametrize("cipher", Cipher)


def channel(cipher: Cipher, ssc: bytes = b"") -> SecureChannel:
    return SecureChannel(cipher, *keys(cipher), ssc)


def keys(cipher: Cipher) -> tuple[bytes, bytes]:
    return bytes(range(cipher.key_size)), bytes(range(100, 100 + cipher.key_size))


class FarEnd:
    """What a chip answers, from the primitives of `cryptography` alone; the retail MAC by its definition."""

    def __init__(self, cipher: Cipher) -> None:
        self.des = cipher is Cipher.DES3
        self.block = 8 if self.des else 16
        self.k_enc, self.k_mac = keys(cipher)
        self.counter = 0

    def pad(self, data: bytes) -> bytes:
        padded = data + b"\x80"
        while len(padded) % self.block:
            padded += b"\0"
        return padded

    def mac(self, data: bytes) -> bytes:
        padded = self.pad(data)
        if not self.des:
            cmac = CMAC(AES(self.k_mac))
            cmac.update(padded)
            return cmac.finalize()[:8]
        outer, inner = (TripleDES(key * 3) for key in (self.k_mac[:8], self.k_mac[8:]))
        state = bytes(8)
        for at in range(0, len(padded), 8):
            state = BlockCipher(outer, modes.CBC(state)).encryptor().update(padded[at : at + 8])
        state = BlockCipher(inner, modes.CBC(bytes(8))).decryptor().update(state)
        return BlockCipher(outer, modes.CBC(bytes(8))).encryptor().update(state)

    def encrypted(self, data: bytes) -> bytes:
        counter = (self.counter + 2).to_bytes(self.block)  # of the answer to come
        if self.des:
            triple = TripleDES(self.k_enc + self.k_enc[:8])
            return BlockCipher(triple, modes.CBC(bytes(8))).encryptor().update(self.pad(data))
        iv = BlockCipher(AES(self.k_enc), modes.CBC(bytes(16))).encryptor().update(counter)
        return BlockCipher(AES(self.k_enc), modes.CBC(iv)).encryptor().update(self.pad(data))

    def answer(self, data: bytes = b"", sw: int = 0x9000, odd: bool = False) -> Response:
        objects = self.data_object(data, odd) + write(0x99, sw.to_bytes(2))
        return self.sealed(objects, sw)

    def data_object(self, data: bytes, odd: bool = False) -> bytes:
        if not data:
            return b""
        return write(0x85, self.encrypted(data)) if odd else write(0x87, b"\x01" + self.encrypted(data))

    def sealed(self, objects: bytes, sw: int = 0x9000) -> Response:
        """These data objects under a right MAC: the counter goes on by the command's and the answer's."""
        self.counter += 2
        return Response(objects + write(0x8E, self.mac(self.counter.to_bytes(self.block) + objects)), sw)


def lost(session: SecureChannel, response: Response, why: str = "integrity-lost") -> None:
    """The answer is refused, and with it the session."""
    with pytest.raises(CardError, match=why) as caught:
        session.unprotect(response)
    assert caught.value.fault is ReadingFault.INTEGRITY_LOST
    with pytest.raises(CardError) as caught:
        session.protect(read_binary(0, 4))
    assert caught.value.fault is ReadingFault.INTEGRITY_LOST


@each_cipher
@pytest.mark.parametrize("size", [0, 1, 15, 16, 223, 231, 300, 2015, 60_000])
def test_answers_of_any_length_come_out_whole(cipher: Cipher, size: int) -> None:
    session, chip = channel(cipher), FarEnd(cipher)
    data = bytes(at % 251 for at in range(size))
    for odd in (False, True):
        session.protect(Command(0x00, 0xB1 if odd else 0xB0, 0, 0, b"\x54\x00" if odd else b"", EXTENDED))
        assert session.unprotect(chip.answer(data, odd=odd)) == Response(data, 0x9000)


@each_cipher
def test_the_largest_payload_just_fits(cipher: Cipher) -> None:
    session = channel(cipher)
    for total in (SHORT, 1024, 2048, 32_000):
        most = session.max_payload(total)
        chip = FarEnd(cipher)
        assert len(chip.answer(bytes(most)).data) <= total
        assert len(chip.answer(bytes(most + 1)).data) > total
    assert channel(Cipher.DES3).max_payload(SHORT) == 231
    assert channel(Cipher.AES128).max_payload(SHORT) == 223


@each_cipher
@pytest.mark.parametrize("data", [b"", b"data of a file"])
def test_an_answer_with_any_bit_changed_is_lost(cipher: Cipher, data: bytes) -> None:
    good = FarEnd(cipher).answer(data, sw=0x6282)
    raw = good.data + good.sw.to_bytes(2)
    for bit in range(8 * len(raw)):
        session = channel(cipher)
        session.protect(read_binary(0, 4))
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        lost(session, Response.decode(bytes(changed)))


@each_cipher
def test_an_answer_that_is_cut_off_anywhere_is_lost(cipher: Cipher) -> None:
    good = FarEnd(cipher).answer(b"data of a file")
    for start in range(len(good.data) + 1):
        for response in (Response(good.data[:start], good.sw), Response(good.data[start:], good.sw)):
            if response != good:
                session = channel(cipher)
                session.protect(read_binary(0, 4))
                lost(session, response)


@each_cipher
@pytest.mark.parametrize("size", range(8))
def test_a_mac_that_is_cut_off_is_lost(cipher: Cipher, size: int) -> None:
    """Readers have been seen that compare no more of the MAC than the chip sends."""
    good = FarEnd(cipher).answer(b"data")
    objects, mac = good.data[:-10], good.data[-8:]
    for response in (
        Response(objects + write(0x8E, mac[:size]), 0x9000),
        Response(objects + b"\x8e\x08" + mac[:size], 0x9000),
        Response(objects, 0x9000),
        Response(objects + write(0x8E, mac + mac[:size] + b"\0"), 0x9000),
    ):
        session = channel(cipher)
        session.protect(read_binary(0, 4))
        lost(session, response)


@each_cipher
def test_an_answer_that_is_replayed_is_lost(cipher: Cipher) -> None:
    session, chip = channel(cipher), FarEnd(cipher)
    session.protect(read_binary(0, 4))
    first = chip.answer(b"data")
    session.unprotect(first)
    session.protect(read_binary(0, 4))
    lost(session, first)


@each_cipher
def test_answers_in_another_order_are_lost(cipher: Cipher) -> None:
    session, chip = channel(cipher), FarEnd(cipher)
    session.protect(read_binary(0, 4))
    chip.answer(b"one")
    lost(session, chip.answer(b"two"))


@each_cipher
def test_an_answer_that_nothing_asked_for_is_lost(cipher: Cipher) -> None:
    session, chip = channel(cipher), FarEnd(cipher)
    session.protect(read_binary(0, 4))
    session.unprotect(chip.answer(b"one"))
    lost(session, chip.answer(b"two"), "nothing was asked for")
    lost(channel(cipher), FarEnd(cipher).answer(), "nothing was asked for")


@each_cipher
@pytest.mark.parametrize("sw", [0x6282, 0x6A82, 0x9001, 0x0000])
def test_another_status_than_the_protected_one_is_lost(cipher: Cipher, sw: int) -> None:
    session = channel(cipher)
    session.protect(read_binary(0, 4))
    lost(session, Response(FarEnd(cipher).answer(b"data").data, sw))


@each_cipher
@pytest.mark.parametrize("sw", [0x9000, 0x6282, 0x6700, 0x6982, 0x6987, 0x6988, 0x6D00])
def test_a_bare_status_ends_the_session(cipher: Cipher, sw: int) -> None:
    session = channel(cipher)
    session.protect(read_binary(0, 4))
    lost(session, Response(b"", sw), f"an unprotected answer, {sw:04X}")


@each_cipher
def test_data_objects_that_do_not_belong_are_lost_under_a_right_mac(cipher: Cipher) -> None:
    """These are a chip's own doing: nobody else can make the MAC."""
    chip = FarEnd(cipher)
    data, status, block = chip.data_object(b"data"), write(0x99, b"\x90\x00"), cipher.block_size
    for objects in (
        b"",
        data,
        status + data,
        data + data + status,
        data + status + status,
        status + status,
        data + chip.data_object(b"data", odd=True) + status,
        write(0x81, b"plain") + status,
        status + write(0x80, b""),
        write(0x99, b"\x90"),
        data + write(0x99, b"\x90\x00\x00"),
        data + write(0x99, b""),
        write(0x87, b"") + status,
        write(0x87, b"\x01") + status,
        write(0x85, b"") + status,
        write(0x87, b"\x02" + data[3:]) + status,  # padding of another kind
        write(0x87, data[3:]) + status,
        write(0x87, b"\x01" + bytes(block - 1)) + status,
        write(0x87, b"\x01" + bytes(block)) + status,  # what it decrypts to is not padded
        data + status + b"\x87",
        data + status[:-1],
        b"\x87\x80" + data[2:] + b"\0\0" + status,
    ):
        session = channel(cipher)
        session.protect(read_binary(0, 4))
        fresh = FarEnd(cipher)
        lost(session, fresh.sealed(objects))


@each_cipher
def test_the_far_end_s_right_answer_is_right(cipher: Cipher) -> None:
    """So that the test above fails for the reasons that it gives."""
    chip, session = FarEnd(cipher), channel(cipher)
    session.protect(read_binary(0, 4))
    assert session.unprotect(chip.sealed(chip.data_object(b"data") + write(0x99, b"\x90\x00"))).data == b"data"


def test_a_command_before_the_last_answer_is_a_mistake_of_ours() -> None:
    session = channel(Cipher.AES128)
    session.protect(read_binary(0, 4))
    with pytest.raises(ValueError, match="not yet answered"):
        session.protect(read_binary(0, 4))


@each_cipher
def test_the_counter_carries_and_turns_over(cipher: Cipher) -> None:
    session, chip = channel(cipher, b"\xff" * cipher.block_size), FarEnd(cipher)
    chip.counter = -1
    session.protect(read_binary(0, 4))
    assert session.unprotect(chip.answer(b"data")).data == b"data"


@each_cipher
@given(data=st.data())
def test_any_answer_is_the_chip_s_or_lost(cipher: Cipher, data: st.DataObject) -> None:
    session = channel(cipher)
    session.protect(read_binary(0, 4))
    good = FarEnd(cipher).answer(b"data of a file")
    raw = bytearray(good.data)
    at = data.draw(st.integers(0, len(raw)))
    raw[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    response = data.draw(
        st.sampled_from([Response(bytes(raw), 0x9000)]) | st.builds(Response, st.binary(), st.just(0x9000))
    )
    if response == good:
        assert session.unprotect(response).data == b"data of a file"
    else:
        lost(session, response)


@each_cipher
def test_any_objects_under_a_right_mac_are_an_answer_or_lost(cipher: Cipher) -> None:
    @given(st.binary(max_size=60))
    def check(objects: bytes) -> None:
        session = channel(cipher)
        session.protect(read_binary(0, 4))
        try:
            session.unprotect(FarEnd(cipher).sealed(objects))
        except CardError:
            return
        assert objects.endswith(b"\x99\x02\x90\x00")

    check()


def test_neither_a_repr_nor_an_error_shows_a_key_or_data() -> None:
    session = SecureChannel(Cipher.AES128, bytes(16), bytes(16))
    session.protect(read_binary(0, 4))
    with pytest.raises(CardError) as caught:
        session.unprotect(Response(b"secret", 0x6988))
    assert repr(session) == "SecureChannel(AES128)"
    assert str(caught.value) == "integrity-lost: secure messaging: no MAC"


def test_two_channels_of_one_secret_understand_each_other() -> None:
    make = partial(SecureChannel.of_secret, Cipher.AES256, b"secret")
    assert make().protect(select_application()) == make().protect(select_application())
