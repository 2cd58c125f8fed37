"""The rules' no."""

from edge.contracts.refusals import Refusal


class NotAllowed(Exception):
    """The rules refuse; ``ticket`` is the id of the ticket that the sender should look at, where there is one.

    ``next_ms`` is when it may be asked again (0: not known), ``detail`` the place in a catalogue that is wrong.
    """

    def __init__(self, reason: Refusal, ticket: str = "", *, next_ms: int = 0, detail: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.ticket = ticket
        self.next_ms = next_ms
        self.detail = detail
