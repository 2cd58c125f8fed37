"""The devices that have asked to be let in and wait for an administrator, in memory only and for ten minutes.

A device commits itself, hears the hub's random number, and tells its own: only then is there a code. ``now_s`` is a
clock that never runs backwards.
"""

import hmac
import secrets
from collections.abc import Callable, Hashable

from msgspec import Struct
from msgspec.structs import replace

from edge.contracts.enrolment import CODE_S, NONCE_BYTES, REVEAL_S, Ask, code, commitment, reply
from edge.daemon.x509 import Request

MOST = 64
MOST_FROM_ONE = 4  # addresses are cheap on a network, but not for a technician with one laptop
ASKS_A_MINUTE = 30
TRIES, TRIES_S = 10, 300


class Refusal(Exception):
    """A device is not heard; the text says why, in English, as all that devices are answered."""


class Busy(Refusal):
    """Too many ask at once: later it may be heard."""


class Pending(Struct, frozen=True):
    """One device that asks. ``code`` is empty until it has told its number; ``reply`` are the words for whoever
    approves."""

    id: str
    role: str
    request: Request
    token_sha256: str
    commitment: str
    nonce: str
    address: str
    begun_s: float
    device_nonce: str = ""
    code: bytes = b""
    reply: bytes = b""

    def __repr__(self) -> str:
        return f"Pending({self.id!r}, {self.role!r})"


class Throttle:
    """At most so many times within so many seconds, for each of at most 256 keys; the others share one place."""

    def __init__(self, times: int, within_s: float, now_s: Callable[[], float]) -> None:
        self._times = times
        self._within_s = within_s
        self._now_s = now_s
        self._seen: dict[Hashable, list[float]] = {}

    def full(self, key: Hashable) -> bool:
        """Whether this key was there too often."""
        self._forget()
        return len(self._seen.get(self._place(key), ())) >= self._times

    def count(self, key: Hashable) -> None:
        """This key is there once more."""
        self._forget()
        self._seen.setdefault(self._place(key), []).append(self._now_s())

    def _place(self, key: Hashable) -> Hashable:
        return key if key in self._seen or len(self._seen) < 256 else None

    def _forget(self) -> None:
        since = self._now_s() - self._within_s
        self._seen = {
            key: recent for key, times in self._seen.items() if (recent := [at for at in times if at > since])
        }


class WaitingRoom:
    """Who asks. ``ca`` is the site's authority in DER."""

    def __init__(self, ca: bytes, now_s: Callable[[], float]) -> None:
        self._ca = ca
        self._now_s = now_s
        self._pending: dict[str, Pending] = {}
        self._asks = Throttle(ASKS_A_MINUTE, 60, now_s)
        self._wrong = Throttle(TRIES, TRIES_S, now_s)

    def ask(self, ask: Ask, request: Request, address: str) -> Pending:
        """A device asks, from this address. Raises Busy."""
        if self._asks.full(address):
            raise Busy("too many enrolments were begun from this address: wait a minute")
        self._asks.count(address)
        self._expire()
        from_there = [one for one in self._pending.values() if one.address == address]
        if len(from_there) >= MOST_FROM_ONE:  # somebody tries again: the oldest goes
            del self._pending[from_there[0].id]
        if len(self._pending) >= MOST:
            raise Busy("too many devices wait to be approved: approve or refuse some")
        made = Pending(
            secrets.token_hex(16),
            ask.role,
            request,
            ask.token_sha256,
            ask.commitment,
            secrets.token_hex(NONCE_BYTES),
            address,
            self._now_s(),
        )
        self._pending[made.id] = made
        return made

    def reveal(self, pending_id: str, nonce: str) -> Pending | None:
        """The device tells its number, to which it had committed, and shows its code from now on; None where it has
        told it before and missed the answer. Raises Refusal."""
        self._expire()
        pending = self._pending.get(pending_id)
        if pending is None:
            raise Refusal("no such enrolment, or it took too long: begin again")
        if pending.code:
            if hmac.compare_digest(pending.device_nonce, nonce):
                return None
            raise Refusal("this enrolment has its number already")
        request = pending.request
        made = commitment(request.key, pending.token_sha256, pending.role, nonce)
        if not hmac.compare_digest(made, pending.commitment):
            del self._pending[pending_id]
            raise Refusal("the number is not the one that was committed to")
        transcript = (request.key, pending.token_sha256, pending.role, self._ca, nonce, pending.nonce)
        shown = replace(pending, device_nonce=nonce, code=code(*transcript), reply=reply(*transcript))
        self._pending[pending_id] = shown
        return shown

    def shown(self) -> tuple[Pending, ...]:
        """Those that show a code now, the last first."""
        self._expire()
        return tuple(reversed([one for one in self._pending.values() if one.code]))

    def find(self, typed: bytes, officer: str) -> Pending | None:
        """The one that shows this code; who types wrong codes too often is not heard for a while. Raises Busy."""
        if self._wrong.full(officer):
            raise Busy("too many wrong codes")
        found = None
        for one in self.shown():
            if hmac.compare_digest(one.code, typed):
                found = one
        if found is None:
            self._wrong.count(officer)
        return found

    def of_token(self, token_sha256: str) -> Pending | None:
        """The one that waits with this token."""
        return next((one for one in self.shown() if hmac.compare_digest(one.token_sha256, token_sha256)), None)

    def left_s(self, pending: Pending) -> int:
        """How long its code still holds."""
        return max(0, int(pending.begun_s + CODE_S - self._now_s()))

    def close(self, pending_id: str) -> None:
        """It was approved or refused: its code is no code any more."""
        self._pending.pop(pending_id, None)

    def _expire(self) -> None:
        now = self._now_s()
        self._pending = {
            key: one for key, one in self._pending.items() if now - one.begun_s < (CODE_S if one.code else REVEAL_S)
        }
