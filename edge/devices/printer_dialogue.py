"""One conversation with an ESC/POS printer over an open link: it is asked, told to forget, and listened to."""

import time
from collections import deque
from collections.abc import Callable

from msgspec import Struct

from edge.contracts.ticket import PrintFault
from edge.devices.links import PIECE, DeviceUnavailable, Link
from edge.devices.printer_job import ASK, CLEAR, ask_id
from edge.devices.printer_status import (
    AnswerReader,
    Automatic,
    Cleared,
    PrinterStatus,
    Processed,
    ProcessedId,
    RealTime,
    status_of,
)


class Patience(Struct, frozen=True):
    """How long a printer is waited for, in seconds; the times of the line itself are added.

    ``status_s``: for one real-time answer. ``clear_s``: for the word that its buffers are empty. ``poll_s``: of silence
    after the data, before a printer that says nothing by itself is asked what is wrong, and for one that is offline
    without a reason. ``confirm_s``: from the last byte to its word that the paper is cut. ``forget_s``: an answer that
    did not come within this time never comes.
    """

    status_s: float = 1.0
    clear_s: float = 2.0
    poll_s: float = 1.0
    confirm_s: float = 10.0
    forget_s: float = 60.0


class PrintStopped(Exception):
    """The printer says that it stopped, or says nothing for too long; ``fault`` says why."""

    def __init__(self, fault: PrintFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class Unanswered:
    """Questions of one kind whose answers have not come, and do not say which they answer.

    Kept over all conversations with one printer. Answers come in the order of the questions: where ``len`` of them may
    still come from before, one more than that many is needed to be sure of one, and so many must be asked for. One that
    is owed for longer than ``forget_s`` never comes.
    """

    def __init__(self, forget_s: float) -> None:
        self._forget_s = forget_s
        self._asked_s: deque[float] = deque()

    def __len__(self) -> int:
        """How many may still come."""
        while self._asked_s and time.monotonic() - self._asked_s[0] > self._forget_s:
            self._asked_s.popleft()
        return len(self._asked_s)

    def ask(self, count: int = 1) -> None:
        """So many are asked now."""
        self._asked_s.extend([time.monotonic()] * count)

    def answered(self) -> None:
        """One came."""
        if self._asked_s:
            self._asked_s.popleft()

    def settle(self) -> None:
        """None is owed: an answer came that comes after all of them."""
        self._asked_s.clear()


class Owed(Struct, frozen=True):
    """What a printer still owes: answers to GS r, and to DLE DC4 8."""

    confirmations: Unanswered
    clears: Unanswered


class Dialogue:
    """The questions and the answers over one link; every method raises DeviceUnavailable once the link is gone."""

    def __init__(self, link: Link, patience: Patience, owed: Owed) -> None:
        self.marks: set[bytes] = set()
        self._link = link
        self._patience = patience
        self._owed = owed
        self._reader = AnswerReader()
        self._real_time: deque[int] = deque()
        self._automatic: PrinterStatus | None = None
        self._confirmations: list[Processed] = []
        self._cleared = 0

    def status(self, *, with_errors: bool = True) -> tuple[PrinterStatus, bool]:
        """Ask by DLE EOT 1, 4, 2 and 3, and whether all were answered; after the first that is not, no more is asked.

        An answer does not say to which question it belongs: a late one would be taken for that to the next.
        """
        answers: list[int | None] = []
        for number in (1, 4, 2, 3) if with_errors else (1, 4, 2):
            answers.append(self._ask(number))
            if answers[-1] is None:
                break
        printer, sensors, cause, errors = (*answers, None, None, None)[:4]
        if printer is None:
            return PrinterStatus(present=False), False
        return status_of(printer, sensors, cause, errors), answers[-1] is not None

    def clear(self) -> bool:
        """Have the printer forget what it received and did not print; whether it said that it has.

        Only then is it sure. Asked once more for each answer that is owed to an earlier try.
        """
        wanted = len(self._owed.clears) + 1
        self._cleared = 0
        if not all(self._clear_once(already) for already in range(wanted)):
            return False
        self._owed.confirmations.settle()
        return True

    def knows_marks(self, mark: bytes, behind: bytes) -> bool:
        """Whether the printer answers GS ( H. ``behind`` is sent after it: ESC @ takes back what others print of it."""
        self._link.write(ask_id(mark) + behind)
        known = self._wait(lambda: mark in self.marks, self._patience.status_s)
        if known:
            self._owed.confirmations.settle()
            self._owed.clears.settle()
        return known

    def begin(self) -> int:
        """From now on only what the printer says of the job counts. How many answers to GS r would confirm it."""
        self._automatic = None
        self._confirmations.clear()
        return len(self._owed.confirmations) + 1

    def send(self, data: bytes) -> None:
        """Send the data, and hear meanwhile; raises PrintStopped where the printer says that it stopped."""
        for start in range(0, len(data), PIECE):
            try:
                self._link.write(data[start : start + PIECE])
            except DeviceUnavailable:
                self.take(0)  # a printer that stopped takes nothing more, and may have said why
                self._check()
                raise
            self.take(0)
            self._check()

    def await_mark(self, mark: bytes, with_printer_s: float, ask_s: float) -> None:
        """Return when the printer has answered with this mark: everything before it is on paper.

        The last byte is with the printer at ``with_printer_s``, of the monotonic clock: ``confirm_s`` later is the end.
        A question gets through from ``ask_s`` on. Raises PrintStopped: with what the printer says, or NO_ANSWER.
        """
        self._await(lambda: mark in self.marks, with_printer_s, ask_s)

    def await_confirmations(self, wanted: int, with_printer_s: float, ask_s: float) -> None:
        """The same for a printer that answers GS r only, when so many answers have come."""
        self._await(lambda: len(self._confirmations) >= wanted, with_printer_s, ask_s)
        if self._confirmations[-1].paper_out:
            raise PrintStopped(PrintFault.PAPER_OUT)

    def take(self, timeout_s: float) -> bool:
        """Sort what arrives within the time; whether anything did."""
        data = self._link.read(64, timeout_s)
        for answer in self._reader.read(data):
            match answer:
                case RealTime(status):
                    self._real_time.append(status)
                case Automatic(status):
                    self._automatic = status
                case Processed():
                    self._confirmations.append(answer)
                    self._owed.confirmations.answered()
                case ProcessedId(mark):
                    self.marks.add(mark)
                case Cleared():
                    self._cleared += 1
                    self._owed.clears.answered()
        return bool(data)

    def _clear_once(self, already: int) -> bool:
        self._owed.clears.ask()
        self._link.write(CLEAR)
        return self._wait(lambda: self._cleared > already, self._patience.clear_s)

    def _ask(self, number: int) -> int | None:
        """The answer to DLE EOT ``number``; None where there is none in time."""
        while self.take(0):
            pass
        self._real_time.clear()
        self._link.write(ASK[number])
        self._wait(lambda: bool(self._real_time), self._patience.status_s)
        return self._real_time.popleft() if self._real_time else None

    def _wait(self, came: Callable[[], bool], within_s: float) -> bool:
        deadline_s = time.monotonic() + within_s
        while not came() and (left_s := deadline_s - time.monotonic()) > 0:
            self.take(left_s)
        return came()

    def _await(self, came: Callable[[], bool], with_printer_s: float, ask_s: float) -> None:
        deadline_s = with_printer_s + self._patience.confirm_s
        silent_from_s = ask_s
        said: PrintFault | None = None
        while not came():
            self._check()
            now_s = time.monotonic()
            if now_s >= deadline_s:
                raise PrintStopped(said or self._fault or PrintFault.NO_ANSWER)
            if self.take(min(deadline_s, silent_from_s + self._patience.poll_s) - now_s):
                silent_from_s = max(silent_from_s, time.monotonic())
            elif time.monotonic() >= silent_from_s + self._patience.poll_s:
                status, _ = self.status()
                said = status.fault if status.present else None
                if said not in (None, PrintFault.OVERHEATED) and not came():
                    raise PrintStopped(said)
                silent_from_s = time.monotonic()

    def _check(self) -> None:
        """Nothing, unless the printer has said by itself that it stopped, and why: then raises PrintStopped.

        One that is too hot goes on by itself, and one that is merely offline may: both are given time.
        """
        fault = self._fault
        if fault not in (None, PrintFault.OVERHEATED, PrintFault.OFFLINE):
            raise PrintStopped(fault)

    @property
    def _fault(self) -> PrintFault | None:
        return self._automatic.fault if self._automatic is not None else None
