"""So many TVs that listen: their own process, one line of JSON for each call that reached them all.

Run as ``python -m tests.bench.screens PORT SCREENS``; it prints ``ready``, then for every picture that reached all of
them ``{"state": …, "times": […]}``: what was shown, and when it came to each screen (CLOCK_MONOTONIC, seconds).
"""

import asyncio
import json
import sys
import time
from collections import defaultdict


async def screen(port: int, arrived: "defaultdict[str, list[float]]", listening: list[int]) -> None:
    """Listen as one TV does and note when each picture is complete."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /tv/1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    first = True
    while line := await reader.readline():
        if not line.startswith(b"data: ") or b'"counters"' not in line:
            continue
        if first:
            first = False
            listening.append(port)
            continue
        arrived[line[6:].decode()].append(time.monotonic())


async def main(port: int, screens: int) -> None:
    """Open the screens and report until standard input closes."""
    arrived: defaultdict[str, list[float]] = defaultdict(list)
    listening: list[int] = []
    tasks = [asyncio.create_task(screen(port, arrived, listening)) for _ in range(screens)]
    while len(listening) < screens:
        await asyncio.sleep(0.01)
    print("ready", flush=True)
    while not any(task.done() for task in tasks):
        await asyncio.sleep(0.02)
        for state in [state for state, times in arrived.items() if len(times) >= screens]:
            print(json.dumps({"state": json.loads(state), "times": arrived.pop(state)}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
