"""Card readers over PC/SC: whatever pcscd finds, USB or serial, contact or contactless."""

import time

from smartcard import scard

from edge.contracts.reading import ReadingFault
from edge.devices.card_reader import ANSWER_S, OpenCard, ReaderState, Slot, is_contactless
from edge.devices.links import DeviceUnavailable
from edge.emrtd.errors import CardError

ANY = "any"
SHARED_S = 0.1  # between two attempts at a card that another program has for itself
GONE_S = 1.2  # after an error: pcscd looks every 0.4 s whether the card is still there

_NEW_READER = "\\\\?PnP?\\Notification"  # the reader that is not there yet
_WRONG_LENGTH = b"\x67\x00"

_REASONS = {
    scard.SCARD_E_NO_SERVICE: "pcscd does not run",
    scard.SCARD_E_SERVICE_STOPPED: "pcscd was stopped",
    scard.SCARD_F_COMM_ERROR: "pcscd was stopped",
    scard.SCARD_W_SECURITY_VIOLATION: "pcscd does not let this user in",
}


class PcscReaders:
    """Every reader that pcscd has, or those with ``link`` in their name; ``any`` stands for every one.

    Where cards lie on several readers, the one that was there first counts until it is taken away.
    """

    def __init__(self, link: str) -> None:
        self._part = "" if link == ANY else link
        self._context: int | None = None
        self._seen: dict[str, int] = {}  # reader → its state as pcscd has it
        self._current: tuple[str, int] | None = None  # the reader with the card that counts, and how many came to it

    def watch(self, timeout_s: float) -> tuple[ReaderState, ...]:
        """See ``edge.devices.card_reader.Readers``."""
        try:
            context = self._established()
            return self._look(context, self._names(context), int(timeout_s * 1000))
        except DeviceUnavailable:
            self._seen.clear()
            self._current = None
            raise

    def open_card(self) -> OpenCard:
        """See ``edge.devices.card_reader.Readers``."""
        current = self._current
        if current is None:
            raise CardError(ReadingFault.CARD_REMOVED, "before the reading")
        return PcscCard(*current)

    def release(self) -> None:
        """See ``edge.devices.card_reader.Readers``."""
        if self._context is not None:
            scard.SCardReleaseContext(self._context)
            self._context = None

    def _established(self) -> int:
        if self._context is None:
            hresult, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
            if hresult != scard.SCARD_S_SUCCESS:
                raise DeviceUnavailable(_reason(hresult))
            self._context = context
        return self._context

    def _names(self, context: int) -> list[str]:
        hresult, names = scard.SCardListReaders(context, [])
        if hresult == scard.SCARD_E_NO_READERS_AVAILABLE:
            names = []
        elif hresult != scard.SCARD_S_SUCCESS:
            raise self._broken(hresult)
        return [name for name in names if self._part in name]

    def _look(self, context: int, names: list[str], timeout_ms: int) -> tuple[ReaderState, ...]:
        asked = [(name, self._seen.get(name, scard.SCARD_STATE_UNAWARE)) for name in names]
        hresult, states = scard.SCardGetStatusChange(context, timeout_ms, [*asked, (_NEW_READER, 0)])
        if hresult == scard.SCARD_E_UNKNOWN_READER:
            return ()  # unplugged since it was listed
        if hresult not in (scard.SCARD_S_SUCCESS, scard.SCARD_E_TIMEOUT):
            raise self._broken(hresult)
        if not names:
            raise DeviceUnavailable(f"no reader has {self._part!r} in its name" if self._part else "no card reader")
        self._seen = {name: state & ~scard.SCARD_STATE_CHANGED for name, state, _ in states if name != _NEW_READER}
        atrs = {name: bytes(atr) for name, _, atr in states}
        return tuple(self._changes(names, atrs))

    def _changes(self, names: list[str], atrs: dict[str, bytes]) -> list[ReaderState]:
        changes = []
        cards = {name: _count(state) for name, state in self._seen.items() if state & scard.SCARD_STATE_PRESENT}
        if self._current is not None and self._current not in cards.items():
            self._current = None
            changes.append(ReaderState(Slot.EMPTY, names[0]))
        if self._current is None and cards:
            self._current = next(iter(cards.items()))
            reader = self._current[0]
            changes.append(ReaderState(Slot.CARD, reader, is_contactless(atrs[reader])))
        return changes or ([ReaderState(Slot.EMPTY, names[0])] if self._current is None else [])

    def _broken(self, hresult: int) -> DeviceUnavailable:
        self.release()
        return DeviceUnavailable(_reason(hresult))


class PcscCard:
    """A card that lies on this reader, with all other programs kept from it.

    ``count`` is how many insertions and removals the reader had seen then: another count is another card. Raises
    CardError where it cannot be had: CARD_REMOVED, NO_READER, or NO_ANSWER, also where another program keeps it.
    """

    def __init__(self, reader: str, count: int) -> None:
        self._reader = reader
        self._count = count
        hresult, self._context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        if hresult != scard.SCARD_S_SUCCESS:
            raise CardError(ReadingFault.NO_READER, _reason(hresult))
        try:
            self._card, self._protocol = self._connect()
        except CardError:
            scard.SCardReleaseContext(self._context)
            raise

    def transmit(self, command: bytes) -> bytes:
        """See ``edge.devices.card_reader.OpenCard``.

        A reader that cannot carry a command of extended length is told as 6700, wrong length, as a card without
        extended lengths answers. T=0 can never carry one.
        """
        extended = len(command) > 5 and command[4] == 0
        if self._protocol == scard.SCARD_PROTOCOL_T0:
            if extended:
                return _WRONG_LENGTH
            if len(command) > 5 and len(command) == 6 + command[4]:
                command = command[:-1]  # ISO/IEC 7816-3, 12.2.1: Le of case 4 is said by GET RESPONSE
        hresult, answer = scard.SCardTransmit(self._card, self._protocol, list(command))
        if hresult == scard.SCARD_S_SUCCESS and len(answer) >= 2:
            return bytes(answer)
        fault = self._fault(hresult)
        if extended and fault.fault is ReadingFault.NO_ANSWER:
            return _WRONG_LENGTH
        raise fault

    def close(self) -> None:
        """See ``edge.devices.card_reader.OpenCard``."""
        scard.SCardEndTransaction(self._card, scard.SCARD_RESET_CARD)
        scard.SCardDisconnect(self._card, scard.SCARD_LEAVE_CARD)
        scard.SCardReleaseContext(self._context)

    def _connect(self) -> tuple[int, int]:
        give_up_at = time.monotonic() + ANSWER_S
        while True:
            hresult, card, protocol = scard.SCardConnect(
                self._context, self._reader, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
            )
            if hresult == scard.SCARD_S_SUCCESS:
                hresult = scard.SCardBeginTransaction(card)
                if hresult == scard.SCARD_S_SUCCESS:
                    return card, protocol
                scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
            if hresult not in (scard.SCARD_E_SHARING_VIOLATION, scard.SCARD_W_RESET_CARD):
                raise self._fault(hresult)
            if time.monotonic() > give_up_at:
                raise CardError(ReadingFault.NO_ANSWER, "another program has the card")
            time.sleep(SHARED_S)

    def _fault(self, hresult: int) -> CardError:
        """What an error means, by what has become of reader and card: the codes alone do not tell."""
        where = f"PC/SC {hresult:08X}"
        known = scard.SCARD_STATE_UNAWARE
        give_up_at = time.monotonic() + GONE_S
        while (left_s := give_up_at - time.monotonic()) > 0:
            asked = [(self._reader, known)]
            answered, states = scard.SCardGetStatusChange(self._context, int(left_s * 1000), asked)
            if answered not in (scard.SCARD_S_SUCCESS, scard.SCARD_E_TIMEOUT):
                return CardError(ReadingFault.NO_READER, where)
            known = states[0][1] & ~scard.SCARD_STATE_CHANGED
            if known & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
                return CardError(ReadingFault.NO_READER, where)
            if not known & scard.SCARD_STATE_PRESENT or _count(known) != self._count:
                return CardError(ReadingFault.CARD_REMOVED, where)
        return CardError(ReadingFault.NO_ANSWER, where)


def _count(state: int) -> int:
    return state >> 16


def _reason(hresult: int) -> str:
    return _REASONS.get(hresult, f"PC/SC error {hresult:08X}")
