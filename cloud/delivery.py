"""How far something is that is sent to somebody, and when it is tried again. Pure."""

from collections.abc import Mapping, Sequence
from enum import Enum

from cloud.words import N_


class State(Enum):
    """How far it is. Only an e-mail is marked as GOING_OUT, and can end up UNSURE."""

    DUE = "due"
    GOING_OUT = "going-out"
    SENT = "sent"
    UNSURE = "unsure"
    FAILED = "failed"


STUCK = (State.UNSURE, State.FAILED)  # somebody should look
STATES: Mapping[State, str] = {
    State.DUE: N_("đến hạn, đang chờ gửi"),
    State.GOING_OUT: N_("đang gửi"),
    State.SENT: N_("đã gửi"),
    State.UNSURE: N_("không rõ đã gửi chưa"),
    State.FAILED: N_("không gửi được"),
}


def retry_ms(waits_ms: Sequence[int], tries: int) -> int | None:
    """How long to wait after so many tries, in milliseconds; None: give up.

    >>> retry_ms((10_000, 30_000), 1), retry_ms((10_000, 30_000), 3)
    (10000, None)
    """
    return waits_ms[tries - 1] if tries <= len(waits_ms) else None


def put_off_ms(waits_ms: Sequence[int], tries: int) -> int:
    """How long a try that has begun keeps off the next, so that one which ends the program does not hold it up."""
    return retry_ms(waits_ms, tries) or waits_ms[-1]
