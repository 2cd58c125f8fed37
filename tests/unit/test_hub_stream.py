"""What a client makes of the lines of the hub's stream."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from edge.contracts.events import Entry, TicketCancelled
from edge.contracts.outlook import Hours, Outlook
from edge.daemon.hub_client import SiteClock, messages
from edge.daemon.streams import frame
from tests.sites import NOON_MS

ENTRY = Entry(7, NOON_MS, TicketCancelled("0" * 32))
OUTLOOK = Outlook(NOON_MS, Hours(always=True), {}, {})


def heard(stream: bytes, clock: SiteClock | None = None) -> list[Entry | Outlook]:
    async def lines() -> AsyncIterator[str]:
        for line in stream.decode().split("\n"):
            yield line

    async def listen() -> list[Entry | Outlook]:
        return [message async for message in messages(lines(), clock or SiteClock())]

    return asyncio.run(listen())


def test_entries_and_outlooks_are_told_apart_by_their_names() -> None:
    entry = frame(msgspec.json.encode(ENTRY), event_id=7, event="entry")
    outlook = frame(msgspec.json.encode(OUTLOOK), event="outlook")
    assert heard(outlook + entry + outlook) == [OUTLOOK, ENTRY, OUTLOOK]


def test_what_only_a_later_hub_says_is_passed_over() -> None:
    entry = frame(msgspec.json.encode(ENTRY), event_id=7, event="entry")
    later = frame(b'{"who": "knows"}', event="weather") + frame(b"[]")
    assert heard(later + entry + later) == [ENTRY]


@pytest.mark.req("K6", "T12")
def test_the_hubs_time_stands_in_a_comment() -> None:
    clock = SiteClock()
    assert heard(b": now %d\n\n: still here\n\n" % NOON_MS, clock) == []
    assert 0 <= clock.now_ms() - NOON_MS < 60_000


def test_an_outlook_that_is_none_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(ValueError, match="object"):
        heard(frame(b"[]", event="outlook"))
