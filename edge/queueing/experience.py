"""What the site has learnt of its own pace: how long services take, and how far estimates were out."""

from collections.abc import Sequence
from itertools import pairwise
from math import gcd
from typing import NamedTuple

from immutables import Map

from edge.contracts.experience import KEPT_DURATIONS, KEPT_RESIDUALS, Experience, Pace, Residuals
from edge.contracts.ticket import Ticket
from edge.queueing.arrivals import Counts, Usuals, handed_on
from edge.queueing.calendar import Spans
from edge.queueing.order import rank_of
from edge.queueing.spans import paused_ms

KEPT_AT_DESK = 20
LEAST_ERRORS = 8
# What a day hands on, so that the entry which opens the next one stays below 40 kB with 40 services.
CARRIED_DURATIONS = 60
ALL_DURATIONS = 1200
CARRIED_ERRORS = 120
ALL_ERRORS = 3000
SHORTEST, LONGEST = 8, 12  # the bins end at 2 to the power of these, in seconds: 4 and 68 minutes
BINS = LONGEST - SHORTEST + 2


class Tempo(NamedTuple):
    """The last durations, newest last, and their sum, in seconds."""

    durations_s: tuple[int, ...] = ()
    total_s: int = 0

    def plus(self, duration_s: int, kept: int = KEPT_DURATIONS) -> "Tempo":
        """The tempo after one more service."""
        durations_s, total_s = self
        gone = len(durations_s) + 1 - kept
        if gone > 0:
            total_s -= sum(durations_s[:gone])
            durations_s = durations_s[gone:]
        return Tempo(durations_s + (duration_s,), total_s + duration_s)  # noqa: RUF005 - half the copying

    def mean_s(self, otherwise_s: float, least: int = 5) -> float:
        """The mean duration; ``otherwise_s`` while fewer than ``least`` services were seen."""
        return self.total_s / len(self.durations_s) if len(self.durations_s) >= least else otherwise_s


NO_TEMPO = Tempo()
Tempos = Map[str, Tempo]
Errors = Map[tuple[str, int], tuple[int, ...]]


def bin_of(expected_ms: int, rank: int) -> int:
    """The bin of residuals that an estimate belongs to: estimates of like length and class err alike."""
    octave = (expected_ms // 1000).bit_length()
    return rank * BINS + max(0, min(octave, LONGEST + 1) - SHORTEST)


def with_error(errors: Errors, ticket: Ticket, at_ms: int, spans: Spans) -> Errors:
    """The errors after this waiting ticket was called; nothing is learnt of a wait that had no estimate.

    An error is working time: whoever is called before lunch instead of after it was out by minutes, not by hours.
    """
    if ticket.expected_ms < 0:
        return errors
    key = (ticket.service, bin_of(ticket.expected_ms, rank_of(ticket.priority)))
    expected_at_ms = ticket.waiting_since_ms + ticket.expected_ms
    out_ms = at_ms - expected_at_ms
    if out_ms >= 0:
        out_ms -= paused_ms(spans, expected_at_ms, at_ms)
    else:
        out_ms += paused_ms(spans, at_ms, expected_at_ms)
    last = errors.get(key, ())[-(KEPT_RESIDUALS - 1) :]
    return errors.set(key, last + (out_ms // 1000,))  # noqa: RUF005 - half the copying


def carried(tempos: Tempos, errors: Errors, overtaking: Counts, usual: Usuals) -> Experience:
    """What the next day takes over, thinned: the means of consecutive durations, and the errors' quantiles."""
    durations = max(10, min(CARRIED_DURATIONS, ALL_DURATIONS // max(1, len(tempos))))
    residuals = max(LEAST_ERRORS, min(CARRIED_ERRORS, ALL_ERRORS // max(1, len(errors))))
    bins = {service: max(number for s, number in errors if s == service) + 1 for service, _ in errors}
    return Experience(
        tuple(Pace(service, _means(tempo.durations_s, durations)) for service, tempo in sorted(tempos.items())),
        tuple(
            Residuals(
                service,
                tuple(_quantiles(errors.get((service, n), ()), residuals) for n in range(bins[service])),
            )
            for service in sorted(bins)
        ),
        handed_on(overtaking, usual),
    )


def taken_over(experience: Experience) -> tuple[Tempos, Errors]:
    """What a day begins with."""
    return (
        Map({pace.service: Tempo(pace.durations_s, sum(pace.durations_s)) for pace in experience.paces}),
        Map({(r.service, number): out_s for r in experience.residuals for number, out_s in enumerate(r.bins) if out_s}),
    )


def _means(values: Sequence[int], most: int) -> tuple[int, ...]:
    """At most so many values with nearly the same mean, in the same order."""
    if len(values) <= most:
        return tuple(values)
    edges = [len(values) * i // most for i in range(most + 1)]
    return tuple(round(sum(values[begin:end]) / (end - begin)) for begin, end in pairwise(edges))


def _quantiles(values: Sequence[int], most: int) -> tuple[int, ...]:
    """At most so many values, spread as these are; mixed, since the first ones will be forgotten first."""
    if len(values) <= most:
        return tuple(values)
    ordered = sorted(values)
    chosen = [ordered[int((i + 0.5) * len(ordered) / most)] for i in range(most)]
    step = next(step for step in range(most * 5 // 8, most + 2) if gcd(step, most) == 1)
    return tuple(chosen[i * step % most] for i in range(most))
