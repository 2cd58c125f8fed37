"""Whether numbers are given at this moment, by the hub's last outlook; the answers hold without the hub too."""

from collections.abc import Iterator

from edge.contracts.outlook import Outlook

HOLDS_MS = 86_400_000  # an outlook tells of one day; a kiosk without its hub stops believing it after that


def is_closed(outlook: Outlook | None, at_ms: int) -> bool:
    """Whether it is out of hours: the facility is closed and no service gives numbers yet, or any more.

    False where the outlook does not reach this far: it tells of its own day, and of the opening after it.
    """
    if outlook is None or outlook.hours.open_at(at_ms):
        return False
    if any(service.gives_numbers_at(at_ms) for service in outlook.services.values()):
        return False
    opens_ms = outlook.hours.opens_after(at_ms)
    return opens_ms > at_ms or (opens_ms == 0 and at_ms < outlook.at_ms + HOLDS_MS)


def services_off(outlook: Outlook | None, at_ms: int) -> tuple[str, ...]:
    """The services, by id, that give no number at this moment; none where the outlook does not reach this far."""
    if outlook is None or at_ms >= _reaches_ms(outlook):
        return ()
    return tuple(id_ for id_, service in outlook.services.items() if not service.gives_numbers_at(at_ms))


def turns_after(outlook: Outlook | None, at_ms: int) -> int:
    """The next moment at which an answer of this module may change, milliseconds since 1970 UTC; 0: none is known."""
    return min((moment for moment in _moments(outlook) if moment > at_ms), default=0) if outlook else 0


def _reaches_ms(outlook: Outlook) -> int:
    day_ends_ms = outlook.at_ms + HOLDS_MS
    return min(outlook.hours.next_opens_ms, day_ends_ms) if outlook.hours.next_opens_ms else day_ends_ms


def _moments(outlook: Outlook) -> Iterator[int]:
    for span in outlook.hours.spans:
        yield from span
    for service in outlook.services.values():
        for span in service.tickets:
            yield from span
    yield outlook.hours.next_opens_ms
    yield outlook.at_ms + HOLDS_MS
