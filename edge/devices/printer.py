"""A receipt printer that speaks ESC/POS: a slip is sent, confirmed, and if it is broken off, taken back.

``printer_job`` makes the bytes, ``links`` carry them, ``printer_dialogue`` hears the answers of ``printer_status``.
"""

import contextlib
import logging
import secrets
import string
import threading
import time

from msgspec import Struct
from PIL import Image

from edge.contracts.ticket import PrintFault
from edge.devices.links import DeviceUnavailable, Flow, Link, open_link, wire_s
from edge.devices.printer_dialogue import Dialogue, Owed, Patience, PrintStopped, Unanswered
from edge.devices.printer_job import AUTOMATIC_OFF, CONFIRM, Encoder, Job, ask_id
from edge.devices.printer_status import PaperLevel, PrinterStatus

__all__ = ["EscposPrinter", "PaperLevel", "Patience", "PrintError", "PrinterStatus"]

UNSENT = 4096  # bytes that the kernel may hold of a serial line's data when all is written

_log = logging.getLogger("printer")


class PrintError(Exception):
    """The slip did not come out, or nobody can tell; ``fault`` says why.

    ``may_still_come``: the whole slip may be on paper, or come out later by itself. False is certain: print it again.
    """

    def __init__(self, fault: PrintFault, *, may_still_come: bool = False) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.may_still_come = may_still_come


class _Known(Struct):
    """What this printer is known to answer; None: not tried yet."""

    marks: bool | None = None
    clear: bool | None = None
    errors: bool | None = None


class EscposPrinter:
    """A printer at a link. Each slip and each question opens the link and closes it: many LAN printers serve one
    client at a time, and one that was switched off meanwhile is simply there again.
    """

    def __init__(
        self, link: str, baud: int, width_dots: int, flow: Flow = "none", patience: Patience | None = None
    ) -> None:
        self._link = link
        self._baud = baud
        self._flow = flow
        self._patience = patience or Patience()
        self._encoder = Encoder(width_dots)
        self._lock = threading.Lock()
        self._owed = Owed(Unanswered(self._patience.forget_s), Unanswered(self._patience.forget_s))
        self._known = _Known()
        # At the start as after a slip that was broken off: this program may have been killed while it printed.
        self._rest = True  # the printer may hold a part of a slip that it has not printed
        self._torn = True  # paper with a part of a slip may hang out of it
        self._unfilled = self._encoder.longest_command
        self._fault: PrintFault | None = None

    def print_slip(self, image: Image.Image) -> None:
        """Print and cut; returns when the printer has said that everything is on paper.

        Blocks for as long as printing takes. ``image`` is black on white and at most as wide as the paper. Raises
        PrintError: before anything is sent (UNREACHABLE, NO_ANSWER, or what is wrong with the printer), or after
        (INTERRUPTED, NO_ANSWER, and the same). The rest of a slip that was broken off is cleared from the printer, now
        or as soon as it can be reached again.
        """
        if image.width > self._encoder.width_dots:
            raise ValueError(f"a picture of {image.width} dots for {self._encoder.width_dots} dots of paper")
        with self._lock:
            try:
                self._print(image)
            except PrintError as error:
                self._note(error.fault)
                if error.may_still_come:
                    _log.warning("a slip that is not confirmed may have come out, or still come: %s", self._link)
                raise
            self._note(None)

    def status(self) -> PrinterStatus:
        """Ask the printer; takes up to a few seconds where it does not answer, and waits for a slip being printed."""
        with self._lock:
            try:
                with contextlib.closing(self._open()) as link:
                    status = self._look(self._dialogue(link))
            except DeviceUnavailable:
                self._known = _Known()
                status = PrinterStatus(present=False, reachable=False)
            self._note(status.fault)
        return status

    def _print(self, image: Image.Image) -> None:
        try:
            link = self._open()
        except DeviceUnavailable as error:
            self._known = _Known()
            raise PrintError(PrintFault.UNREACHABLE) from error
        with contextlib.closing(link):
            dialogue = self._dialogue(link)
            try:
                fault = self._look(dialogue).fault
                if fault is not None:
                    raise PrintError(fault)
            except DeviceUnavailable as error:
                raise PrintError(PrintFault.UNREACHABLE) from error
            self._send(link, dialogue, image, (_new_mark(), _new_mark()) if self._known.marks else None)

    def _send(self, link: Link, dialogue: Dialogue, image: Image.Image, marks: tuple[bytes, bytes] | None) -> None:
        """Send the slip and wait for its confirmation: by the second of the marks, or by GS r where there are none."""
        wanted = dialogue.begin()
        job = self._job(image, marks, wanted)
        if not marks:
            self._owed.confirmations.ask(wanted)
        begun_s = time.monotonic()
        self._unfilled = max(job.longest, self._unfilled if self._rest else 0)
        self._rest = self._torn = True
        last_sent = False
        try:
            dialogue.send(job.first)
            last_sent = True
            dialogue.send(job.last)
            now_s = time.monotonic()
            with_printer_s = max(now_s, begun_s + wire_s(job.size, self._baud))
            ask_s = min(with_printer_s, now_s + wire_s(UNSENT, self._baud))
            if marks:
                dialogue.await_mark(marks[1], with_printer_s, ask_s)
            else:
                dialogue.await_confirmations(wanted, with_printer_s, ask_s)
        except (PrintStopped, DeviceUnavailable) as error:
            fault = error.fault if isinstance(error, PrintStopped) else PrintFault.INTERRUPTED
            unfinished = self._take_back(link, dialogue, marks)
            raise PrintError(fault, may_still_come=last_sent and not unfinished) from error
        self._rest = self._torn = False

    def _job(self, image: Image.Image, marks: tuple[bytes, bytes] | None, confirmations: int) -> Job:
        """The slip's bytes, and before them what ends one that was broken off."""
        if marks:
            job = self._encoder.job(image, ask_id(marks[0]), ask_id(marks[1]) + AUTOMATIC_OFF)
        else:
            job = self._encoder.job(image, b"", CONFIRM * confirmations + AUTOMATIC_OFF)
        before = self._encoder.fill(self._unfilled) if self._rest else b""
        if self._torn:
            before += self._encoder.cut()
        return Job(before + job.first, job.last, job.longest)

    def _take_back(self, link: Link, dialogue: Dialogue, marks: tuple[bytes, bytes] | None) -> bool:
        """Clear what the printer has not printed; whether that is certain to be some of the slip.

        It is where the printer has emptied its buffers without having answered the first mark: answers come in order,
        so it had not come to the slip's last band.
        """
        self._known.marks = None
        try:
            link.discard()
            if not dialogue.clear():
                return False
        except DeviceUnavailable:
            with contextlib.suppress(DeviceUnavailable), contextlib.closing(self._open()) as again:
                self._rest = not self._dialogue(again).clear()
            return False
        self._rest = False
        return marks is not None and marks[0] not in dialogue.marks

    def _look(self, dialogue: Dialogue) -> PrinterStatus:
        """The printer's status; before that, where a rest of a slip may lie in it, that is cleared."""
        status = self._ask(dialogue)
        if not status.present:
            self._known = _Known()
        elif self._rest and self._known.clear is not False:
            self._known.clear = dialogue.clear()
            self._rest = not self._known.clear
            if status.fault is not None:
                status = self._ask(dialogue)  # it may have recovered by that
        if status.fault is None and (self._known.marks is None or (self._rest and self._known.marks)):
            self._try_marks(dialogue)
        return status

    def _ask(self, dialogue: Dialogue) -> PrinterStatus:
        status, complete = dialogue.status(with_errors=self._known.errors is not False)
        if status.present and self._known.errors is None:
            self._known.errors = complete
        return status

    def _try_marks(self, dialogue: Dialogue) -> None:
        """Whether it answers GS ( H: then it has come to the end of all that it was sent.

        Where it does not, a command that was cut off may have swallowed the question.
        """
        if dialogue.knows_marks(_new_mark(), self._encoder.fill(0)):
            self._known.marks, self._rest = True, False
        else:
            self._known.marks = None if self._rest else False

    def _open(self) -> Link:
        return open_link(self._link, self._baud, self._flow)

    def _dialogue(self, link: Link) -> Dialogue:
        return Dialogue(link, self._patience, self._owed)

    def _note(self, fault: PrintFault | None) -> None:
        if fault is self._fault:
            return
        self._fault = fault
        if fault is None:
            _log.info("ready again: %s", self._link)
        else:
            _log.warning("cannot print: %s: %s", self._link, fault.value)


def _new_mark() -> bytes:
    """One that no answer of before can have, of this program or another."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(4)).encode()
