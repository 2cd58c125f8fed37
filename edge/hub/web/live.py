"""Parts of pages that follow what happens, and who looks at them."""

import json
from collections import Counter as Multiset
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from edge.contracts.commands import OutOfOrder
from edge.contracts.counter import PAUSE_WORDS, STATE_WORDS, CounterState, Pause
from edge.contracts.face import ChipVerdict
from edge.contracts.payment import PaymentMeans
from edge.contracts.ticket import PRIORITY_LAW, PRIORITY_WORDS, Priority
from edge.daemon.qr import qr
from edge.daemon.streams import frame
from edge.daemon.templates import environment
from edge.hub import words
from edge.hub.web.base import PACKAGE, Office

WORDS: dict[str, Any] = {
    "priorities": PRIORITY_WORDS,
    "law": PRIORITY_LAW,
    "counter_states": STATE_WORDS,
    "pauses": PAUSE_WORDS,
    "reasons": words.REASONS,
    "alarms": words.ALARMS,
    "disciplines": words.DISCIPLINES,
    "last_actions": words.LAST_ACTIONS,
    "payments": words.PAYMENTS,
    "paid": words.PAID,
    "money": words.money,
    "qr": qr,
    "means_keys": ((PaymentMeans.QR, "K"), (PaymentMeans.CASH, "M"), (PaymentMeans.CARD, "T")),
    "states": words.STATES,
    "Priority": Priority,
    "CounterState": CounterState,
    "Pause": Pause,
    "OutOfOrder": OutOfOrder,
    "ChipVerdict": ChipVerdict,
    "chip_verdicts": words.CHIP_VERDICTS,
}


class Seats:
    """Which officers have the page of which counter open."""

    def __init__(self) -> None:
        self._there: Multiset[tuple[str, str]] = Multiset()

    @contextmanager
    def taken(self, counter_id: str, officer: str) -> Iterator[None]:
        """The officer sits at this counter for as long as the block lasts."""
        self._there[counter_id, officer] += 1
        try:
            yield
        finally:
            self._there[counter_id, officer] -= 1

    def officers(self) -> dict[str, tuple[str, ...]]:
        """Counter id → the officers there, in the order of their names."""
        seated: dict[str, tuple[str, ...]] = {}
        for (counter_id, officer), windows in sorted(self._there.items()):
            if windows > 0:
                seated[counter_id] = (*seated.get(counter_id, ()), officer)
        return seated


async def redrawn(
    office: Office, template: str, language: str, values: Callable[[], dict[str, object] | None]
) -> AsyncIterator[bytes]:
    """A part of a page as server-sent events ``panel``: at once, and whenever ``values`` gives something new.

    Things happen elsewhere all the time, and drawing is what costs: what is unchanged is not drawn again. The stream
    ends where ``values`` gives None: there is no such page any more.
    """
    drawing = environment(PACKAGE, language).get_template(template)
    with office.stream.joined() as listener:
        shown = values()
        if shown is None:
            return
        yield _drawn(drawing.render(now_ms=office.inbox.now_ms, **shown, **WORDS))
        async for _ in listener.frames():  # the heartbeat, too: hours and alarms change without an entry
            fresh = values()
            if fresh is None:
                return
            if fresh == shown:
                yield b": still so\n\n"
                continue
            shown = fresh
            yield _drawn(drawing.render(now_ms=office.inbox.now_ms, **shown, **WORDS))


def _drawn(html: str) -> bytes:
    return frame(json.dumps(html).encode(), event="panel")
