"""One message, many listeners, and none that holds the others up."""

import asyncio

from edge.daemon.streams import DEPTH, Broadcast


def test_a_listener_hears_what_is_published_while_it_listens_and_nothing_else() -> None:
    async def story() -> None:
        broadcast = Broadcast()
        broadcast.publish(b"before")
        with broadcast.joined() as listener:
            broadcast.publish(b"one")
            broadcast.publish(b"two")
            frames = listener.frames()
            assert [await anext(frames), await anext(frames)] == [b"one", b"two"]
            assert len(broadcast) == 1
        assert len(broadcast) == 0

    asyncio.run(story())


def test_a_listener_that_is_too_far_behind_is_cut_off_and_the_others_are_not() -> None:
    async def story() -> None:
        broadcast = Broadcast()
        with broadcast.joined() as slow, broadcast.joined() as quick:
            quick_frames = quick.frames()
            for number in range(DEPTH + 1):
                broadcast.publish(b"%d" % number)
                assert await anext(quick_frames) == b"%d" % number
            assert [frame async for frame in slow.frames()] == []

    asyncio.run(story())
