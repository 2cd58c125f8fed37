"""Reckoning with working time: the pauses between two spans of a day do not count, the time outside all spans does.

So lunch is left out, and after the last closing, when people go on until everybody was served, time counts on.
"""

from itertools import pairwise

from edge.queueing.calendar import Spans


def worked_ms(spans: Spans, from_ms: int, to_ms: int) -> int:
    """How much of this time lies within the spans."""
    return sum(max(0, min(to_ms, closes) - max(from_ms, opens)) for opens, closes in spans)


def paused_ms(spans: Spans, from_ms: int, to_ms: int) -> int:
    """How much of this time lies between two spans."""
    if len(spans) < 2 or to_ms <= spans[0][1] or from_ms >= spans[-1][0]:
        return 0
    return sum(max(0, min(to_ms, opens) - max(from_ms, closes)) for (_, closes), (opens, _) in pairwise(spans))


def moved_ms(spans: Spans, at_ms: int, by_ms: int) -> int:
    """The moment that lies so much time without pauses after ``at_ms``; before it, where ``by_ms`` is negative.

    >>> moved_ms(((0, 10), (20, 30)), 8, 5), moved_ms(((0, 10), (20, 30)), 23, -5)
    (23, 8)
    """
    to_ms = at_ms + by_ms
    if len(spans) < 2:
        return to_ms
    pauses = [(closes, opens) for (_, closes), (opens, _) in pairwise(spans)]
    if by_ms >= 0:
        for closes, opens in pauses:
            if at_ms < opens and to_ms > closes:
                to_ms += opens - max(closes, at_ms)
    else:
        for closes, opens in reversed(pauses):
            if at_ms > closes and to_ms < opens:
                to_ms -= min(opens, at_ms) - closes
    return to_ms
