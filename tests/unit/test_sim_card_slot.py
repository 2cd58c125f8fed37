"""The simulated card as a client of a virtual reader: the protocol of vpcd, against a socket that plays the reader."""

import socket
from collections.abc import Iterator
from datetime import date

import pytest

from edge.devices.sim.card.applet import ATR
from edge.devices.sim.card.faults import Flaw
from edge.devices.sim.card.issuer import Issuer
from edge.devices.sim.card.personalise import Person, personalise
from edge.devices.sim.card.vpcd import CardInSlot
from tests.waiting import until

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
SELECT = bytes.fromhex("00A4020C02011C")


class Reader:
    """The other end: a slot that a card can be laid on."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.server.getsockname()[1])
        self.card: socket.socket | None = None

    def take(self) -> None:
        self.card, _ = self.server.accept()
        self.card.settimeout(10)

    def send(self, message: bytes) -> None:
        assert self.card is not None
        self.card.sendall(len(message).to_bytes(2, "big") + message)

    def receive(self) -> bytes:
        """The next message; empty where the card has gone."""
        assert self.card is not None
        length = self.card.recv(2, socket.MSG_WAITALL)
        return self.card.recv(int.from_bytes(length, "big"), socket.MSG_WAITALL) if length else b""

    def ask(self, message: bytes) -> bytes:
        self.send(message)
        return self.receive()

    def close(self) -> None:
        if self.card is not None:
            self.card.close()
        self.server.close()


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.close()


def laid_on(reader: Reader, flaw: Flaw | None = None, at: int = 1) -> CardInSlot:
    card = CardInSlot(personalise(PERSON, ISSUER, TODAY, flaw=flaw, at=at), reader.port)
    card.insert()
    reader.take()
    return card


def test_a_card_answers_with_its_atr_and_to_commands(reader: Reader) -> None:
    card = laid_on(reader)
    assert card.present
    assert reader.ask(b"\x04") == ATR
    reader.send(b"\x01")
    assert reader.ask(SELECT).hex() == "9000"
    assert reader.ask(bytes.fromhex("00B0000000")) == card.chip.contents.files[0x011C] + b"\x90\x00"
    card.close()


def test_the_check_byte_of_the_atr_is_right() -> None:
    check = 0
    for byte in ATR[1:]:
        check ^= byte
    assert check == 0


@pytest.mark.parametrize("control", [b"\x00", b"\x01", b"\x02"])
def test_power_and_reset_are_not_answered_and_take_the_session(reader: Reader, control: bytes) -> None:
    card = laid_on(reader)
    assert reader.ask(SELECT).hex() == "9000"
    assert reader.ask(bytes.fromhex("00B0000004")).endswith(b"\x90\x00")
    reader.send(control)
    assert reader.ask(bytes.fromhex("00B0000004")).hex() == "6986"
    assert card.chip.commands == 1
    card.close()


def test_a_message_in_pieces_is_one_message(reader: Reader) -> None:
    card = laid_on(reader)
    assert reader.card is not None
    for byte in len(SELECT).to_bytes(2, "big") + SELECT:
        reader.card.sendall(bytes((byte,)))
    assert reader.receive().hex() == "9000"
    reader.card.sendall((b"\x00\x01\x04") * 3)
    assert [reader.receive() for _ in range(3)] == [ATR] * 3
    card.close()


def test_taken_away_it_is_gone_and_taking_it_away_twice_does_no_harm(reader: Reader) -> None:
    card = laid_on(reader)
    card.close()
    assert reader.receive() == b""
    assert not card.present
    card.close()
    CardInSlot(card.chip, reader.port).close()  # it was never there


def test_the_same_chip_is_laid_on_again(reader: Reader) -> None:
    first = laid_on(reader)
    assert reader.ask(SELECT).hex() == "9000"
    first.close()
    again = CardInSlot(first.chip, reader.port)
    again.insert()
    reader.take()
    assert reader.ask(bytes.fromhex("00B0000004")).hex() == "6986"
    again.close()


def test_pulled_out_it_closes_as_the_command_arrives(reader: Reader) -> None:
    card = laid_on(reader, Flaw.PULLED, at=2)
    reader.send(b"\x01")
    assert reader.ask(SELECT).hex() == "9000"
    assert reader.ask(SELECT) == b""
    until(lambda: not card.present)
    card.close()


def test_mute_it_stays_and_says_nothing_until_the_power_comes_anew(reader: Reader) -> None:
    card = laid_on(reader, Flaw.MUTE, at=2)
    assert reader.ask(SELECT).hex() == "9000"
    reader.send(SELECT)
    assert reader.ask(b"\x04") == ATR  # the next thing that comes is no answer to the command
    assert card.present
    reader.send(b"\x02")
    assert reader.ask(SELECT).hex() == "9000"
    card.close()


def test_a_reader_that_goes_away_leaves_no_thread_behind(reader: Reader) -> None:
    card = laid_on(reader)
    assert reader.card is not None
    reader.card.sendall(b"\x00\x05\x00")  # and in the middle of a message
    reader.card.close()
    until(lambda: not card.present)
    card.close()


def test_without_a_reader_it_cannot_be_laid_on() -> None:
    nobody = socket.create_server(("127.0.0.1", 0))
    port = int(nobody.getsockname()[1])
    nobody.close()
    card = CardInSlot(personalise(PERSON, ISSUER, TODAY), port)
    with pytest.raises(OSError, match="refused"):
        card.insert()
    assert not card.present
