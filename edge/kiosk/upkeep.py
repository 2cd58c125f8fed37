"""What staff do at the kiosk behind their PIN, and what comes of it: words only, no rules."""

from typing import Annotated

from msgspec import Meta, Struct

from edge.contracts.ticket import PrintFault
from edge.kiosk.sightings import Touched


class StaffTouched(Touched, frozen=True, tag="staff"):
    """The clock was held for three seconds."""


class PinTyped(Touched, frozen=True, tag="pin"):
    """A PIN was typed; never in a repr."""

    pin: Annotated[str, Meta(pattern="^[0-9]{1,12}$")]

    def __repr__(self) -> str:
        return "PinTyped()"


class TestPrintTouched(Touched, frozen=True, tag="test-print"):
    """ "Print a test" was touched, as after a change of paper."""


class LookAgainTouched(Touched, frozen=True, tag="look-again"):
    """ "Look again" was touched: the printer is asked anew."""


class WithdrawTouched(Touched, frozen=True, tag="withdraw"):
    """ "Take out of service" was touched."""


class ReopenTouched(Touched, frozen=True, tag="reopen"):
    """ "Back into service" was touched."""


class RestartTouched(Touched, frozen=True, tag="restart"):
    """ "Restart" was touched."""


StaffChoice = (
    StaffTouched
    | PinTyped
    | TestPrintTouched
    | LookAgainTouched
    | WithdrawTouched
    | ReopenTouched
    | RestartTouched
)  # fmt: skip


class PinChecked(Struct, frozen=True):
    """Whether the PIN was right; ``wait_s``: how long none is looked at, after too many wrong ones."""

    right: bool
    wait_s: int = 0


class TestPrinted(Struct, frozen=True):
    """The test page came out, or ``fault`` says why not."""

    fault: PrintFault | None


class Withdrawn(Struct, frozen=True):
    """Whether staff took the kiosk out of service, as it is kept on its disk."""

    withdrawn: bool


class WasShut(Struct, frozen=True):
    """The Department had the kiosk out of service when it last ran; the hub has not been heard yet."""


Upkeep = PinChecked | TestPrinted | Withdrawn | WasShut


class CheckPin(Struct, frozen=True):
    """See whether this is the staff's PIN; never in a repr."""

    pin: str

    def __repr__(self) -> str:
        return "CheckPin()"


class TestPrint(Struct, frozen=True):
    """Print the test page."""


class CheckPrinter(Struct, frozen=True):
    """Ask the printer how it is, now."""


class Withdraw(Struct, frozen=True):
    """Keep on the disk that the kiosk is out of service, or is no more."""

    withdrawn: bool


class KeepShut(Struct, frozen=True):
    """Keep on the disk that the Department has the kiosk out of service, or has no more."""

    shut: bool


class Restart(Struct, frozen=True):
    """End the program; whoever supervises it starts it anew."""


UpkeepEffect = CheckPin | TestPrint | CheckPrinter | Withdraw | KeepShut | Restart
