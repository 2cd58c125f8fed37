"""The best that an estimate from the queue could do: it knows the true pace and the true hours of every doctor.

Written apart from ``edge.queueing.wait``, and plainly: the two share neither code nor measurements.
"""

from collections.abc import Sequence

from edge.contracts.catalogue import Discipline, Policy
from edge.queueing.order import LEGAL, NORMAL
from edge.queueing.queue import Queue

Presence = tuple[tuple[int, int, bool], ...]  # from, to, whether the end is announced


class Oracle:
    """Knows ``presence`` and ``means_ms`` of each room, and the ``rates`` (from, to, people with priority a
    millisecond) at which the others arrive."""

    def __init__(
        self,
        presence: Sequence[Presence],
        means_ms: Sequence[float],
        rates: Sequence[tuple[int, int, float]],
        policy: Policy,
    ) -> None:
        self._presence, self._means_ms, self._rates, self._policy = presence, means_ms, rates, policy

    def wait_ms(self, queue: Queue, service: str, rank: int, now_ms: int) -> int:
        """How long somebody who arrives now waits, to the second."""
        mine = [p.arrived_ms for lane, places in queue.lanes.items() if lane.rank == rank for p in places]
        others = [p.arrived_ms for lane, places in queue.lanes.items() if lane.rank != rank for p in places]
        least, most = now_ms, now_ms + 24 * 3_600_000
        while most - least > 1000:
            middle = (least + most) // 2
            if self._calls(queue, now_ms, middle) >= self._before(len(mine), others, rank, now_ms, middle) + 1:
                most = middle
            else:
                least = middle
        return 0 if least == now_ms else most - now_ms

    def _calls(self, queue: Queue, now_ms: int, until_ms: int) -> float:
        calls = 0.0
        for room, (presence, mean_ms) in enumerate(zip(self._presence, self._means_ms, strict=True), 1):
            busy = f"q{room}" in queue.at_counter
            for begins, ends, _ in presence:
                if ends <= now_ms or begins > until_ms:
                    continue
                here = begins <= now_ms
                calls += (not busy) if here else 1
                calls += (min(until_ms, ends) - max(now_ms, begins)) / mean_ms
        return calls

    def _before(self, same: int, others: Sequence[int], rank: int, now_ms: int, at_ms: int) -> float:
        weight, discipline = self._policy.priority_weight, self._policy.discipline
        waited = at_ms - now_ms
        if discipline is Discipline.FIRST_COME:
            return same + len(others)
        if discipline is Discipline.STRICT:
            return same if rank == LEGAL else same + len(others) + self._coming(now_ms, at_ms)
        if rank == NORMAL:
            return same + len(others) + self._coming(now_ms, int(at_ms - waited / weight))
        return same + sum(at_ms - arrived >= weight * waited for arrived in others)

    def _coming(self, now_ms: int, until_ms: int) -> float:
        return sum(max(0, min(until_ms, ends) - max(now_ms, begins)) * rate for begins, ends, rate in self._rates)
