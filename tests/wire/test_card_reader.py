"""The card reader over pcscd with virtual readers, and over the demo's own reader, with cards that do as told."""

import logging
import threading
from collections.abc import Iterator

import pytest

from edge.contracts.reading import ReadingFault
from edge.devices.card_reader import CardReader, ReaderState, Slot
from edge.devices.pcsc import PcscReaders
from edge.emrtd.errors import CardError
from tests.card_desk import LONG_READ, OK, READ, SELECT, T0_ATR, Desk, Script, good, place, readings, script
from tests.waiting import until
from tests.wire.mosquitto import free_port
from tests.wire.pcsc import CONTACT_ATR, TcpCard, VirtualReaders


@pytest.fixture(params=["pcsc", "vpcd"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    if request.param == "pcsc":
        readers: VirtualReaders = request.getfixturevalue("virtual_readers")
        readers.await_empty()
        desk = Desk("pcsc", "Virtual PCD", readers.ports, readers.await_empty)
    else:
        port = free_port()
        desk = Desk("vpcd", f"tcp:127.0.0.1:{port}", (port,))
    until(lambda: desk.reader.state.slot is Slot.EMPTY, what="the reader")
    yield desk
    desk.close()


@pytest.fixture
def two(virtual_readers: VirtualReaders) -> Iterator[Desk]:
    """Both readers of pcscd as one."""
    virtual_readers.await_empty()
    desk = Desk("pcsc", "Virtual PCD", virtual_readers.ports, virtual_readers.await_empty)
    until(lambda: desk.reader.state.slot is Slot.EMPTY, what="the reader")
    yield desk
    desk.close()


@pytest.mark.req("K7")
def test_a_card_that_is_laid_down_is_told_and_read(desk: Desk) -> None:
    desk.lay()
    assert desk.outcome(SELECT, READ) == [SELECT + OK, READ + OK]
    assert desk.progress == ["step 0", "step 1"]
    desk.take(desk.cards[0])
    assert [place(state) for state in desk.states] == [(Slot.EMPTY, False), (Slot.CARD, True), (Slot.EMPTY, False)]


def test_the_same_card_is_read_again_from_its_reset_and_was_never_gone(desk: Desk) -> None:
    card = desk.lay()
    for _ in range(3):
        assert desk.outcome(SELECT) == [SELECT + OK]
    assert card.controls.count(2) + card.controls.count(1) >= 3
    assert [state.slot for state in desk.states] == [Slot.EMPTY, Slot.CARD]


def test_an_answer_of_extended_length_arrives_whole(desk: Desk) -> None:
    answer = bytes(range(256)) * 128 + OK
    desk.lay(lambda _command: answer)
    assert desk.outcome(LONG_READ) == [answer]


@pytest.mark.parametrize("at", [1, 2, 3])
def test_pulled_away_midway_and_the_next_card_works(desk: Desk, at: int) -> None:
    def answer(command: bytes) -> bytes | None:
        if len(card_commands()) < at:
            return good(command)
        desk.cards[0].pull()
        return None

    def card_commands() -> list[bytes]:
        return desk.cards[0].commands

    desk.lay(answer)
    assert desk.outcome(SELECT, READ, READ, READ) is ReadingFault.CARD_REMOVED
    until(lambda: desk.reader.state.slot is Slot.EMPTY)
    desk.lay()
    assert desk.outcome(SELECT) == [SELECT + OK]


def test_a_card_that_falls_silent_is_given_up_and_the_next_one_works(desk: Desk) -> None:
    card = desk.lay(lambda command: None if command == READ else good(command))
    assert desk.outcome(SELECT, READ, SELECT) is ReadingFault.NO_ANSWER
    desk.take(card)
    until(lambda: not readings(), what="the end of the call that hung")
    assert (len(desk.done), len(desk.failed)) == (0, 1)
    desk.lay()
    assert desk.outcome(SELECT, READ) == [SELECT + OK, READ + OK]


def test_an_answer_without_a_status_word_is_no_answer(desk: Desk) -> None:
    desk.lay(lambda _command: b"\x90")
    assert desk.outcome(READ) is ReadingFault.NO_ANSWER


def test_without_a_card_nothing_is_read(desk: Desk) -> None:
    assert desk.outcome(SELECT) is ReadingFault.CARD_REMOVED
    assert desk.progress == []


def test_a_fault_that_the_reading_finds_is_its_outcome_and_the_card_works_on(desk: Desk) -> None:
    def reading() -> Script:
        yield SELECT
        raise CardError(ReadingFault.WRONG_ACCESS_KEY, "test")

    desk.lay()
    desk.reader.read(reading, desk.progress.append, desk.done.append, desk.failed.append)
    assert until(lambda: desk.failed)[0].fault is ReadingFault.WRONG_ACCESS_KEY
    assert desk.outcome(SELECT) == [SELECT + OK]


def test_a_cancelled_reading_says_nothing_more_and_the_card_is_free(desk: Desk) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def answer(command: bytes) -> bytes:
        asked.set()
        go_on.wait(2)
        return good(command)

    desk.lay(answer)
    desk.read(SELECT, READ)
    assert asked.wait(5)
    desk.reader.cancel()
    go_on.set()
    assert desk.outcome(READ) == [READ + OK]
    assert desk.progress == ["step 0", "step 0"]
    assert (len(desk.done), len(desk.failed)) == (1, 0)


def test_a_second_reading_takes_the_place_of_the_first(desk: Desk) -> None:
    desk.lay()
    outcomes: list[list[bytes]] = []
    desk.reader.read(script(*[READ] * 50), desk.progress.append, outcomes.append, desk.failed.append)
    assert desk.outcome(SELECT) == [SELECT + OK]
    assert outcomes in ([], [[READ + OK] * 50])


def test_readings_that_follow_at_once_do_not_disturb_one_another(two: Desk) -> None:
    """The card is reset while it is still kept from others: a reading that waits for it finds it at rest."""
    two.lay()
    for _ in range(40):
        two.reader.read(script(*[READ] * 30), two.progress.append, lambda _answers: None, two.failed.append)
        assert two.outcome(SELECT) == [SELECT + OK]


def test_stopped_while_it_reads_it_says_nothing_more(desk: Desk) -> None:
    asked = threading.Event()
    desk.lay(lambda _command: asked.set())
    desk.read(SELECT)
    assert asked.wait(5)
    desk.reader.stop()
    told = len(desk.states)
    desk.cards[0].pull()
    until(lambda: not readings())
    assert (desk.done, desk.failed, len(desk.states)) == ([], [], told)


@pytest.mark.req("K7")
def test_a_card_that_lies_there_already_is_told_at_the_start_and_read_at_once(
    virtual_readers: VirtualReaders,
) -> None:
    virtual_readers.await_empty()
    card = TcpCard(virtual_readers.ports[0], good)
    watching = CardReader(PcscReaders("Virtual PCD"), lambda _state: None)
    watching.start()
    until(lambda: watching.state.slot is Slot.CARD)
    watching.stop()
    desk = Desk("pcsc", "Virtual PCD", virtual_readers.ports, virtual_readers.await_empty)
    try:
        until(lambda: desk.states)
        assert [state.slot for state in desk.states] == [Slot.CARD]
        assert desk.outcome(SELECT) == [SELECT + OK]
    finally:
        desk.close()
        card.pull()


def test_a_card_that_was_exchanged_between_two_looks_was_taken_away_and_another_laid_down(
    virtual_readers: VirtualReaders,
) -> None:
    virtual_readers.await_empty()
    readers = PcscReaders("Virtual PCD")
    first = TcpCard(virtual_readers.ports[0], good)
    until(lambda: [state.slot for state in readers.watch(0.1)] == [Slot.CARD])
    first.pull()
    virtual_readers.await_empty()
    second = TcpCard(virtual_readers.ports[0], good)
    virtual_readers.await_card()
    try:
        assert [state.slot for state in readers.watch(0.1)] == [Slot.EMPTY, Slot.CARD]
        assert readers.watch(0.1) == ()
    finally:
        second.pull()
        readers.release()


@pytest.mark.req("K7")
def test_of_two_readers_the_one_with_the_card_is_read_and_the_first_card_counts(two: Desk) -> None:
    second = two.lay(lambda _command: b"\x02" + OK, at=1)
    assert two.outcome(SELECT) == [b"\x02" + OK]
    assert two.states[-1].reader.endswith("01")
    first = TcpCard(two.ports[0], lambda _command: b"\x01" + OK)
    two.cards.append(first)
    until(lambda: 1 in first.controls, what="power on the other card")
    assert two.outcome(SELECT) == [b"\x02" + OK]
    second.pull()
    until(lambda: two.states[-1].slot is Slot.CARD and two.states[-1].reader.endswith("00"))
    assert two.outcome(SELECT) == [b"\x01" + OK]
    assert [state.slot for state in two.states] == [Slot.EMPTY, Slot.CARD, Slot.EMPTY, Slot.CARD]


def test_a_reader_that_is_named_is_the_only_one_looked_at(virtual_readers: VirtualReaders) -> None:
    virtual_readers.await_empty()
    desk = Desk("pcsc", "PCD 00 01", virtual_readers.ports, virtual_readers.await_empty)
    other = TcpCard(virtual_readers.ports[0], good)
    try:
        until(lambda: 1 in other.controls, what="power on the other card")
        desk.lay(lambda _command: b"\x02" + OK, at=1)
        assert desk.outcome(SELECT) == [b"\x02" + OK]
        assert [state.reader[-2:] for state in desk.states] == ["01", "01"]
    finally:
        desk.close()
        other.pull()


@pytest.mark.req("D4")
def test_a_reader_of_another_name_is_no_reader(virtual_readers: VirtualReaders) -> None:
    virtual_readers.await_empty()
    desk = Desk("pcsc", "OMNIKEY", virtual_readers.ports, virtual_readers.await_empty)
    try:
        assert until(lambda: desk.states) == [ReaderState(Slot.NO_READER)]
        assert desk.outcome(SELECT) is ReadingFault.NO_READER
    finally:
        desk.close()


@pytest.mark.req("D4")
def test_pcscd_killed_midway_and_started_again_and_each_is_logged_once(
    two: Desk,
    virtual_readers: VirtualReaders,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "card-reader")

    def answer(command: bytes) -> bytes | None:
        if command == READ:
            virtual_readers.kill()
            return None
        return good(command)

    for _ in range(2):
        two.lay(answer)
        assert two.outcome(SELECT, READ) is ReadingFault.NO_READER
        until(lambda: two.reader.state.slot is Slot.NO_READER)
        assert two.outcome(SELECT) is ReadingFault.NO_READER
        two.cards.pop().pull()
        virtual_readers.start()
        until(lambda: two.reader.state.slot is Slot.EMPTY)
    two.lay()
    assert two.outcome(SELECT) == [SELECT + OK]
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO", "WARNING", "INFO"]
    assert "pcscd" in caplog.messages[0]
    assert "Virtual PCD" in caplog.messages[1]


@pytest.mark.req("D4")
def test_pcscd_that_does_not_run_at_the_start_is_told_once_and_found_later(
    virtual_readers: VirtualReaders,
    caplog: pytest.LogCaptureFixture,
) -> None:
    virtual_readers.kill()
    desk = Desk("pcsc", "any", virtual_readers.ports, virtual_readers.await_empty)
    try:
        assert until(lambda: desk.states) == [ReaderState(Slot.NO_READER)]
        virtual_readers.start()
        desk.lay()
        assert desk.outcome(SELECT) == [SELECT + OK]
        assert [record.levelname for record in caplog.records] == ["WARNING"]
    finally:
        desk.close()


def test_a_card_that_another_program_keeps_is_waited_for(two: Desk) -> None:
    from smartcard import scard

    two.lay()
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    reader = two.states[-1].reader
    result, card, _ = scard.SCardConnect(context, reader, scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_T1)
    assert result == scard.SCARD_S_SUCCESS
    assert two.outcome(SELECT) is ReadingFault.NO_ANSWER
    two.failed.clear()
    two.read(SELECT)
    scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
    scard.SCardReleaseContext(context)
    assert until(lambda: two.done) == [[SELECT + OK]]
    assert two.failed == []


def test_over_t_0_the_answer_is_fetched_and_le_is_corrected_and_extended_lengths_are_refused(two: Desk) -> None:
    def answer(command: bytes) -> bytes:
        return {
            SELECT: bytes.fromhex("6103"),
            bytes.fromhex("00C0000003"): b"abc" + OK,
            READ: bytes.fromhex("6C02"),
            READ[:-1] + b"\x02": b"de" + OK,
        }.get(command, bytes.fromhex("6F00"))

    card = two.lay(answer, atr=T0_ATR)
    assert two.states[-1].contactless is False
    assert two.outcome(SELECT + b"\x00", READ, LONG_READ) == [b"abc" + OK, b"de" + OK, bytes.fromhex("6700")]
    assert LONG_READ not in card.commands


def test_a_card_with_contacts_is_told_from_one_without(two: Desk) -> None:
    two.lay(atr=CONTACT_ATR)
    assert two.states[-1].contactless is False


def test_a_reader_that_cannot_carry_extended_lengths_is_told_as_wrong_length(two: Desk) -> None:
    two.lay(lambda command: b"\x90" if command == LONG_READ else good(command))
    assert two.outcome(LONG_READ, READ) == [bytes.fromhex("6700"), READ + OK]
