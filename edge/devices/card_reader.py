"""A reader for chip cards: what lies there, and what is read from it, in threads of its own.

A reading is a generator without any input or output: it yields commands and is sent the card's answers. A driver
(``edge.devices.pcsc``, ``edge.devices.vpcd``) carries them.
"""

import logging
import threading
import time
from collections.abc import Callable, Generator
from enum import Enum
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct

from edge.contracts.reading import ReadingFault
from edge.devices.links import DeviceUnavailable
from edge.emrtd.errors import CardError

P = TypeVar("P")
T = TypeVar("T")
A = TypeVar("A")

WATCH_S = 0.3  # for one look at the readers
RETRY_S = 0.5  # while there is no reader
ANSWER_S = 4.0  # for one answer; a card that computes for longer asks its reader for time, and no step of ours does
LET_GO_S = 1.0  # for a reading to let the card go when the reader is stopped
PIECES = 300  # of one answer, 256 bytes each: more than the longest answer has

_log = logging.getLogger("card-reader")


class Slot(Enum):
    """What is to be said of the place where a card is laid."""

    NO_READER = "no-reader"
    EMPTY = "empty"
    CARD = "card"


class ReaderState(Struct, frozen=True):
    """What is there now: ``reader`` is its name, "" without one; ``contactless`` tells of the card that lies there."""

    slot: Slot
    reader: str = ""
    contactless: bool = False


def is_contactless(atr: bytes) -> bool:
    """Whether this answer to reset is one that a reader makes up for a card without contacts, which has none.

    Source: PC/SC part 3, 3.1.3.2.3.

    >>> is_contactless(bytes.fromhex("3B80800101")), is_contactless(bytes.fromhex("3BFF1800008131FE45"))
    (True, False)
    """
    return len(atr) >= 5 and atr[0] == 0x3B and atr[1] & 0xF0 == 0x80 and atr[2:4] == b"\x80\x01"


class OpenCard(Protocol):
    """A card that one reading has for itself."""

    def transmit(self, command: bytes) -> bytes:
        """The card's answer, data and status word. Raises CardError: CARD_REMOVED, NO_READER or NO_ANSWER."""

    def close(self) -> None:
        """Let the card go, so that the next reading finds it as if it had just been laid there; never raises."""


class Readers(Protocol):
    """A driver: the way to one reader, or to several of which any may be used."""

    def watch(self, timeout_s: float) -> tuple[ReaderState, ...]:
        """What was to be seen since the last call, the present state last, after about ``timeout_s`` at the latest.

        A card that was exchanged for another shows as EMPTY and CARD. Raises DeviceUnavailable where no reader is.
        """

    def open_card(self) -> OpenCard:
        """The card that ``watch`` saw last. Raises CardError as ``transmit`` does. Called in another thread."""

    def release(self) -> None:
        """Let every reader go; never raises."""


def exchange(transmit: Callable[[bytes], bytes], command: bytes) -> bytes:
    """The whole answer to one command, also where the card hands it over in pieces or wants another Le.

    61xx: the rest is fetched with GET RESPONSE. 6Cxx: the same command goes again with the Le that the card names.
    Raises what ``transmit`` raises, and CardError(MALFORMED) where the pieces never end.
    Source: ISO/IEC 7816-4, 5.3.4 and 11.5.1.
    """
    answer = transmit(command)
    if len(answer) == 2 and answer[0] == 0x6C and _ends_in_short_le(command):
        answer = transmit(command[:-1] + answer[1:])
    pieces: list[bytes] = []
    for _ in range(PIECES):
        if len(answer) < 2 or answer[-2] != 0x61:
            return b"".join(pieces) + answer
        pieces.append(answer[:-2])
        answer = transmit(bytes((command[0] & 0x03, 0xC0, 0, 0, answer[-1])))
    raise CardError(ReadingFault.MALFORMED, "an answer without an end")


def _ends_in_short_le(command: bytes) -> bool:
    return len(command) == 5 or (len(command) > 5 and len(command) == 6 + command[4])


def pump(
    reading: Generator[bytes | P, bytes, T], transmit: Callable[[bytes], bytes], on_progress: Callable[[P], None]
) -> T:
    """Carry a reading out: its bytes go to the card and the answers back to it, all else is progress.

    Raises what the reading or ``transmit`` raises; the reading is closed then.
    """
    answer = b""
    try:
        step = next(reading)
        while True:
            if isinstance(step, bytes):
                answer = exchange(transmit, step)
            else:
                on_progress(step)
            step = reading.send(answer)
    except StopIteration as finished:
        result: T = finished.value
        return result
    finally:
        reading.close()


class CardReader:
    """Watches for readers and cards until stopped, and reads the card that lies there when asked.

    ``on_change`` first says what is there at the start and then every change. It and the callbacks of ``read`` come in
    this reader's threads; none may wait for the thread that calls ``read``, ``cancel`` or ``stop``.
    """

    def __init__(self, readers: Readers, on_change: Callable[[ReaderState], None]) -> None:
        self._readers = readers
        self._on_change = on_change
        self._state: ReaderState | None = None
        self._reading: _Reading[Any, Any] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="card-reader", daemon=True)

    @property
    def state(self) -> ReaderState:
        """What is there now; no reader before the first look."""
        return self._state or ReaderState(Slot.NO_READER)

    def start(self) -> None:
        """Begin to watch; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Let readers and card go; no callback comes after."""
        self._stopping.set()
        self.cancel()
        self._thread.join()
        if self._reading is not None:
            self._reading.thread.join(LET_GO_S)

    def read(
        self,
        reading: Callable[[], Generator[bytes | P, bytes, T]],
        on_progress: Callable[[P], None],
        on_done: Callable[[T], None],
        on_failed: Callable[[CardError], None],
    ) -> None:
        """Read the card that lies there; returns at once. A reading that is still under way is cancelled.

        One of ``on_done`` and ``on_failed`` is called, once. What may fail on the way to the card is NO_READER,
        CARD_REMOVED (none lies there, or it was pulled away) and NO_ANSWER; a CardError of the reading's own comes too.
        """
        self.cancel()
        begun = _Reading(self._open_card, reading, on_progress, on_done, on_failed)
        self._reading = begun
        begun.thread.start()

    def cancel(self) -> None:
        """End the reading that is under way; none of its callbacks comes after."""
        if self._reading is not None:
            self._reading.cancel()

    def _open_card(self) -> OpenCard:
        match self.state.slot:
            case Slot.CARD:
                return self._readers.open_card()
            case Slot.EMPTY:
                raise CardError(ReadingFault.CARD_REMOVED, "before the reading")
            case Slot.NO_READER:
                raise CardError(ReadingFault.NO_READER, "before the reading")

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                states = self._readers.watch(WATCH_S)
            except DeviceUnavailable as error:
                self._lost(error)
                self._stopping.wait(RETRY_S)
            else:
                for state in states:
                    self._set(state)
            if self._reading is not None:
                self._reading.give_up_if_silent()
        self._readers.release()

    def _lost(self, error: DeviceUnavailable) -> None:
        if self._state is None or self._state.slot is not Slot.NO_READER:
            _log.warning("not available: %s", error)
            self._set(ReaderState(Slot.NO_READER))

    def _set(self, state: ReaderState) -> None:
        if state == self._state:
            return
        if self.state.slot is Slot.NO_READER:
            _log.info("ready: %s", state.reader)
        self._state = state
        if not self._stopping.is_set():
            self._on_change(state)


class _Over(Exception):
    """The reading was cancelled or given up: nobody waits for it any more."""


class _Reading(Generic[P, T]):
    """One reading in a thread of its own: a call that hangs until the card is pulled away holds up no other reading."""

    def __init__(
        self,
        open_card: Callable[[], OpenCard],
        reading: Callable[[], Generator[bytes | P, bytes, T]],
        on_progress: Callable[[P], None],
        on_done: Callable[[T], None],
        on_failed: Callable[[CardError], None],
    ) -> None:
        self._open_card = open_card
        self._reading = reading
        self._on_progress = on_progress
        self._on_done = on_done
        self._on_failed = on_failed
        self._asked_at: float | None = None
        self._over = False
        self._lock = threading.RLock()  # held during callbacks, which may cancel
        self.thread = threading.Thread(target=self._run, name="card-reading", daemon=True)

    def cancel(self) -> None:
        """No callback comes after."""
        with self._lock:
            self._over = True

    def give_up_if_silent(self) -> None:
        """Fail with NO_ANSWER where card or reader owe an answer for more than ``ANSWER_S`` seconds."""
        asked_at = self._asked_at
        if asked_at is not None and time.monotonic() - asked_at > ANSWER_S:
            self._end(partial(self._on_failed, CardError(ReadingFault.NO_ANSWER, "silence")))

    def _run(self) -> None:
        try:
            result = self._read()
        except CardError as error:
            self._end(partial(self._on_failed, error))
        except _Over:
            return
        else:
            self._end(partial(self._on_done, result))

    def _read(self) -> T:
        card = self._ask(self._open_card)
        try:
            self._check()
            return pump(self._reading(), lambda command: self._transmit(card, command), self._progress)
        finally:
            card.close()

    def _transmit(self, card: OpenCard, command: bytes) -> bytes:
        answer = self._ask(lambda: card.transmit(command))
        self._check()
        return answer

    def _ask(self, question: Callable[[], A]) -> A:
        self._asked_at = time.monotonic()
        try:
            return question()
        finally:
            self._asked_at = None

    def _check(self) -> None:
        if self._over:
            raise _Over

    def _progress(self, progress: P) -> None:
        with self._lock:
            if not self._over:
                self._on_progress(progress)

    def _end(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if not self._over:
                self._over = True
                callback()
