"""The demo's own card reader: a port of this machine at which a simulated card is laid down."""

import socket

import pytest

from edge.contracts.reading import ReadingFault
from edge.daemon.config import ConfigError
from edge.devices.card_reader import ReaderState, Slot
from edge.devices.registry import CardReaderConfig, open_card_reader
from edge.devices.vpcd import VpcdReader
from tests.card_desk import LAID, OK, READ, SELECT, Desk, good, readings
from tests.waiting import until
from tests.wire.mosquitto import free_port
from tests.wire.pcsc import TcpCard


@pytest.mark.parametrize("link", ["any", "tcp:0.0.0.0:9107", "tcp:10.0.0.9:9107", "tcp:127.0.0.1", "/dev/ttyACM0"])
def test_the_demos_reader_listens_at_this_machine_only(link: str) -> None:
    with pytest.raises(ConfigError, match=r"\[card_reader\] link: .*tcp:"):
        open_card_reader(CardReaderConfig(driver="vpcd", link=link), lambda _state: None)


def test_an_unknown_driver_is_named_at_the_start() -> None:
    with pytest.raises(ConfigError, match=r"\[card_reader\] driver.*'acr122'.*pcsc, vpcd"):
        open_card_reader(CardReaderConfig(driver="acr122"), lambda _state: None)


@pytest.mark.req("D4")
def test_a_port_that_is_taken_is_told_once_and_used_when_it_is_free(caplog: pytest.LogCaptureFixture) -> None:
    squatter = socket.create_server(("127.0.0.1", 0))
    port = squatter.getsockname()[1]
    desk = Desk("vpcd", f"tcp:127.0.0.1:{port}", (port,))
    try:
        assert until(lambda: desk.states) == [ReaderState(Slot.NO_READER)]
        squatter.close()
        until(lambda: desk.reader.state.slot is Slot.EMPTY)
        desk.lay()
        assert desk.outcome(SELECT) == [SELECT + OK]
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert str(port) in caplog.messages[0]
    finally:
        desk.close()


@pytest.mark.parametrize("atr", [b"", bytes(34)])
def test_what_gives_no_answer_to_reset_is_no_card(atr: bytes) -> None:
    port = free_port()
    desk = Desk("vpcd", f"tcp:127.0.0.1:{port}", (port,))
    try:
        until(lambda: desk.states)
        stranger = TcpCard(port, good, atr)
        until(lambda: 4 in stranger.controls)
        desk.lay()
        assert [state.slot for state in desk.states] == [Slot.EMPTY, Slot.CARD]
        assert desk.outcome(SELECT) == [SELECT + OK]
        assert stranger.commands == []
        stranger.pull()
    finally:
        desk.close()


def test_a_second_card_lies_there_when_the_first_is_taken_away() -> None:
    port = free_port()
    reader = VpcdReader(f"tcp:127.0.0.1:{port}")
    try:
        assert reader.watch(0.01) == (ReaderState(Slot.EMPTY, "vpcd"),)
        first, second = TcpCard(port, good), TcpCard(port, lambda _command: OK)
        assert until(lambda: reader.watch(0.1)) == (LAID,)
        first.pull()
        assert until(lambda: reader.watch(0.1)) == (ReaderState(Slot.EMPTY, "vpcd"),)
        assert until(lambda: reader.watch(0.1)) == (LAID,)
        card = reader.open_card()
        assert card.transmit(SELECT) == OK
        card.close()
        second.pull()
    finally:
        reader.release()


def test_a_card_that_was_silent_owes_an_answer_and_is_not_asked_again() -> None:
    """The late answer would be taken for the answer to another command."""
    port = free_port()
    desk = Desk("vpcd", f"tcp:127.0.0.1:{port}", (port,))
    try:
        until(lambda: desk.states)
        desk.lay(lambda _command: None)
        assert desk.outcome(SELECT) is ReadingFault.NO_ANSWER
        until(lambda: not readings())
        assert desk.outcome(READ) is ReadingFault.NO_ANSWER
        assert desk.cards[0].commands == [SELECT]
    finally:
        desk.close()
