"""When a portal that does not answer is left alone."""

from edge.contracts.eligibility import Eligibility, Outcome

FAILURES = 3
REST_S = 60.0
REFUSED_REST_S = 600.0  # a wrong password that is sent again and again may lock the account


class Breaker:
    """Lets questions through until three in a row have failed, then one a minute until one succeeds.

    ``answer`` is what everybody is told meanwhile. Times are seconds of a clock that never goes back.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._rest_s = 0.0
        self._until_s = 0.0
        self.answer = Eligibility(Outcome.UNREACHABLE)

    def lets_through(self, now_s: float) -> bool:
        """Whether to ask now. The one that is let through after a rest tries for all the others."""
        if not self._rest_s:
            return True
        if now_s < self._until_s:
            return False
        self._until_s = now_s + self._rest_s
        return True

    def succeeded(self) -> None:
        """The portal answered."""
        self._failures, self._rest_s = 0, 0.0

    def failed(self, now_s: float) -> None:
        """The portal gave no answer, or none that can be read."""
        self._failures += 1
        if self._failures >= FAILURES:
            self._rest(now_s, REST_S, Eligibility(Outcome.UNREACHABLE))

    def refused(self, now_s: float, answer: Eligibility) -> None:
        """The portal does not talk to this site: once is enough, and only a person can change it."""
        self._rest(now_s, REFUSED_REST_S, answer)

    def _rest(self, now_s: float, rest_s: float, answer: Eligibility) -> None:
        self._rest_s, self._until_s, self.answer = rest_s, now_s + rest_s, answer
