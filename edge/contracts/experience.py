"""What a site has learnt of its own pace: carried from day to day in the entry that opens a day."""

from msgspec import Struct

KEPT_DURATIONS = 300  # services that the mean is taken over
KEPT_RESIDUALS = 200


class Pace(Struct, frozen=True):
    """The last durations of a service, newest last, in seconds; thinned, each is the mean of several."""

    service: str
    durations_s: tuple[int, ...] = ()


class Residuals(Struct, frozen=True):
    """How far a service's estimates were out: actual minus estimated wait in seconds of working time, a tuple for each
    bin of like estimates (``edge.queueing.experience`` says which); thinned, their quantiles."""

    service: str
    bins: tuple[tuple[int, ...], ...] = ()


class Arrivals(Struct, frozen=True):
    """How many people with priority usually arrive for a service in each half hour of a UTC day, in tenths of a person;
    ``days`` is how many days have taught it. Empty where nobody ever did."""

    service: str
    days: int
    tenths: tuple[int, ...] = ()


class Experience(Struct, frozen=True):
    """Everything that waiting times are estimated from."""

    paces: tuple[Pace, ...] = ()
    residuals: tuple[Residuals, ...] = ()
    arrivals: tuple[Arrivals, ...] = ()
