"""What was announced and stands on the TVs: on the spot by a floor lead, or by the clock. Pure."""

from collections.abc import Sequence

from msgspec import Struct

from board_controller.signage import Banner, Notice
from edge.contracts.events import Announced
from edge.contracts.notice import SpotNotice, standing

SHOWN_MS = 60_000  # an announcement by the clock stands for so long


class Timed(Struct, frozen=True):
    """An announcement by the clock, and until when it stands, on this machine's steady clock."""

    notice: Notice
    until_ms: int


def spoken(event: Announced) -> Notice:
    """What is spoken of a notice on the spot; its place on the screens is the snapshot's."""
    return Notice(event.text_vi, event.text_en, event.zones, on_screen=False, urgent=event.urgent)


def shown(timed: Sequence[Timed], due: Sequence[Notice], steady_ms: int) -> tuple[Timed, ...]:
    """What stands by the clock after these have become due."""
    left = tuple(one for one in timed if steady_ms < one.until_ms)
    return (*left, *(Timed(notice, steady_ms + SHOWN_MS) for notice in due if notice.on_screen and notice.text_vi))


def banners(spot: Sequence[SpotNotice], now_ms: int, timed: Sequence[Timed], steady_ms: int) -> tuple[Banner, ...]:
    """What stands on the TVs: ``now_ms`` is the hub's time. Urgent ones first, then the newest."""
    typed = [Banner(n.text_vi, n.text_en, n.zones, n.urgent) for n in standing(spot, now_ms)]
    by_clock = [one.notice for one in reversed(timed) if steady_ms < one.until_ms]
    return (*typed, *(Banner(n.text_vi, n.text_en, n.zones, n.urgent) for n in by_clock))


def next_change_ms(timed: Sequence[Timed], steady_ms: int) -> int | None:
    """When the next announcement by the clock comes down, on the steady clock."""
    return min((one.until_ms for one in timed if one.until_ms > steady_ms), default=None)
