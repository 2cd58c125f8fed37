"""The ten indicators by which the Department judges its facilities: what each is, out of what, with which target.

Sources: the Department's own letters (registration and look-up by căn cước, with numerator and denominator), QĐ
1313/QĐ-BYT 2013 (waits), QĐ 3869/QĐ-BYT 2019 (satisfaction). Pure.
"""

from collections.abc import Collection, Iterable, Mapping
from enum import Enum

from msgspec import Struct

from cloud.counts import NOTHING, Counts, total
from cloud.words import N_

WAIT_TARGET_MIN = 30


class Unit(Enum):
    """How a value is said."""

    COUNT = "count"
    SHARE = "share"  # 0 to 1
    MINUTES = "minutes"
    SCORE = "score"  # 1 to 5


class Better(Enum):
    """Which way is better; NEITHER where more is only more."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


class Key(Enum):
    """The ten, in the order in which they are shown. The value is what addresses and tables call it."""

    TICKETS = "tickets"
    BY_ID_CARD = "by-id-card"
    BY_CHIP = "by-chip"
    LOOK_UPS = "look-ups"
    READINGS = "readings"
    WAIT_MEDIAN = "wait-median"
    WAIT_P90 = "wait-p90"
    WAIT_WITHIN = "wait-within"
    NO_SHOWS = "no-shows"
    SCORE = "score"


class Meaning(Struct, frozen=True):
    """What an indicator is: its name, what is counted out of what (Vietnamese sources), and which way is better."""

    name: str
    of: str
    unit: Unit
    better: Better


MEANINGS: dict[Key, Meaning] = {
    Key.TICKETS: Meaning(N_("Lượt lấy số"), N_("số đã cấp"), Unit.COUNT, Better.NEITHER),
    Key.BY_ID_CARD: Meaning(
        N_("Đăng ký bằng căn cước, VNeID"), N_("lượt dùng căn cước hoặc VNeID / lượt lấy số"), Unit.SHARE, Better.HIGHER
    ),
    Key.BY_CHIP: Meaning(
        N_("Đăng ký bằng chip căn cước"), N_("lượt đọc chip / lượt lấy số"), Unit.SHARE, Better.HIGHER
    ),
    Key.LOOK_UPS: Meaning(
        N_("Tra cứu thẻ BHYT thành công"), N_("tra cứu ra thẻ còn giá trị / lượt tra cứu"), Unit.SHARE, Better.HIGHER
    ),
    Key.READINGS: Meaning(
        N_("Đọc giấy tờ thành công"), N_("lần đọc được / lần đọc giấy tờ"), Unit.SHARE, Better.HIGHER
    ),
    Key.WAIT_MEDIAN: Meaning(N_("Chờ, trung vị"), N_("trên số lượt đã gọi"), Unit.MINUTES, Better.LOWER),
    Key.WAIT_P90: Meaning(N_("Chờ, p90"), N_("chín phần mười số lượt chờ không quá"), Unit.MINUTES, Better.LOWER),
    Key.WAIT_WITHIN: Meaning(
        N_("Chờ dưới 30 phút"), N_("lượt chờ dưới 30 phút / lượt đã gọi"), Unit.SHARE, Better.HIGHER
    ),
    Key.NO_SHOWS: Meaning(N_("Vắng khi gọi"), N_("lượt vắng / lượt đã gọi"), Unit.SHARE, Better.LOWER),
    Key.SCORE: Meaning(N_("Hài lòng"), N_("điểm trung bình của lượt đánh giá"), Unit.SCORE, Better.HIGHER),
}

# What a Department aims at until it sets targets of its own (``cloud.targets``).
TARGETS: dict[Key, float] = {
    Key.BY_ID_CARD: 0.9,
    Key.LOOK_UPS: 0.95,
    Key.READINGS: 0.95,
    Key.WAIT_WITHIN: 0.8,
    Key.NO_SHOWS: 0.05,
    Key.SCORE: 4.5,
}


class Indicator(Struct, frozen=True):
    """One indicator of one period. ``value`` is None where nothing was counted that it could be made from.

    ``part`` out of ``whole``: of a share its numerator and denominator, of a wait or score (0 of) what it was made
    from, of a count the count itself twice. ``before`` is the value of the period that it is compared with.
    """

    key: Key
    value: float | None
    part: int
    whole: int
    target: float | None = None
    before: float | None = None

    @property
    def meaning(self) -> Meaning:
        """What it is."""
        return MEANINGS[self.key]

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None where there is no target or no value."""
        if self.value is None or self.target is None:
            return None
        return self.value <= self.target if self.meaning.better is Better.LOWER else self.value >= self.target

    @property
    def change(self) -> float | None:
        """How it changed: of a count as a share of what it was, otherwise the difference. None without either."""
        if self.value is None or self.before is None:
            return None
        if self.meaning.unit is Unit.COUNT:
            return (self.value - self.before) / self.before if self.before else None
        return self.value - self.before

    @property
    def improved(self) -> bool | None:
        """Whether the change is for the better; None where it is neither, or there is none."""
        if not self.change or self.meaning.better is Better.NEITHER:
            return None
        return (self.change < 0) is (self.meaning.better is Better.LOWER)


def indicators(
    now: Counts, before: Counts = NOTHING, targets: Mapping[Key, float] = TARGETS, keys: Iterable[Key] = Key
) -> tuple[Indicator, ...]:
    """The ten of these counts, or only ``keys``, in their order, compared with those of the period before.

    >>> [indicator.value for indicator in indicators(NOTHING)][:2]
    [0, None]
    """
    compared = any(before.values)
    earlier = {key: _value(key, before)[0] if compared else None for key in keys}
    return tuple(Indicator(key, *_value(key, now), targets.get(key), was) for key, was in earlier.items())


def receiving_by_chip(by_site: Mapping[str, Counts]) -> tuple[int, int]:
    """How many facilities registered anybody by the chip, of how many that gave numbers."""
    giving = [counts for counts in by_site.values() if counts.tickets]
    return sum(1 for counts in giving if counts.by_chip), len(giving)


def of_all(by_site: Mapping[str, Counts], sites: Collection[str]) -> Counts:
    """The counts of these facilities together; who has none adds nothing."""
    return total(by_site[site] for site in sites if site in by_site)


def _value(key: Key, counts: Counts) -> tuple[float | None, int, int]:
    match key:
        case Key.TICKETS:
            return counts.tickets, counts.tickets, counts.tickets
        case Key.BY_ID_CARD:
            return _share(counts.by_id_card, counts.tickets)
        case Key.BY_CHIP:
            return _share(counts.by_chip, counts.tickets)
        case Key.LOOK_UPS:
            return _share(counts.insured, counts.look_ups)
        case Key.READINGS:
            return _share(counts.read, counts.tried)
        case Key.WAIT_MEDIAN:
            return (counts.wait_min(0.5) if sum(counts.waits) else None), 0, counts.called
        case Key.WAIT_P90:
            return (counts.wait_min(0.9) if sum(counts.waits) else None), 0, counts.called
        case Key.WAIT_WITHIN:
            return _share(counts.within(WAIT_TARGET_MIN), counts.called)
        case Key.NO_SHOWS:
            return _share(counts.no_shows, counts.called)
        case Key.SCORE:
            return (counts.score if counts.rated else None), 0, counts.rated


def _share(part: int, whole: int) -> tuple[float | None, int, int]:
    return (part / whole if whole else None), part, whole
