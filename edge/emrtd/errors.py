"""What is wrong with a chip or what it sent."""

from edge.contracts.reading import ReadingFault


class CardError(Exception):
    """The chip, or what it sent, is not as the standard says, or it refuses.

    ``fault`` says which of the documented kinds, ``where`` at which step or in which file; never what was read.
    """

    def __init__(self, fault: ReadingFault, where: str) -> None:
        super().__init__(f"{fault.value}: {where}")
        self.fault = fault
        self.where = where


class TlvError(CardError):
    """Bytes that are no BER-TLV of the expected form."""

    def __init__(self, where: str) -> None:
        super().__init__(ReadingFault.MALFORMED, where)
