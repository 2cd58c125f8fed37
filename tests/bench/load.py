"""Kiosks that do nothing but take numbers: a load generator in its own process, over TLS.

Run as ``python -m tests.bench.load PORT CA TOKEN_FILE CLIENTS SECONDS``; prints one JSON line.
"""

import asyncio
import json
import ssl
import sys
import time
from pathlib import Path

from edge.daemon.hub_client import new_command_id

SERVICES = ("general", "insurance", "maternity", "children", "cashier", "pharmacy")


async def one_client(
    port: int, context: ssl.SSLContext, token: str, service: str, until_s: float, taken: list[tuple[str, float]]
) -> None:
    """Take numbers one after another over one kept connection; (label, seconds) go to ``taken``."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    head = (
        "POST /api/v1/commands HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: "
    )
    while time.perf_counter() < until_s:
        body = f'{{"type":"IssueTicket/1","id":"{new_command_id()}","service":"{service}"}}'
        begun = time.perf_counter()
        writer.write(f"{head}{len(body)}\r\n\r\n{body}".encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answer.split(b"\r\n", 1)[0].decode())
        length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        reply = json.loads(await reader.readexactly(length))
        taken.append((reply["ticket"]["label"], time.perf_counter() - begun))
    writer.close()


async def load(port: int, ca: Path, token: str, clients: int, seconds: float) -> dict[str, float]:
    """Requests a second, p50 and p99 in milliseconds, and how many labels were given twice."""
    context = ssl.create_default_context(cafile=ca)
    taken: list[tuple[str, float]] = []
    begun = time.perf_counter()
    await asyncio.gather(
        *(one_client(port, context, token, SERVICES[i % len(SERVICES)], begun + seconds, taken) for i in range(clients))
    )
    lasted = time.perf_counter() - begun
    times = sorted(seconds for _, seconds in taken)
    return {
        "tickets": len(taken),
        "per_s": len(taken) / lasted,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[int(len(times) * 0.99)] * 1000,
        "duplicates": len(taken) - len({label for label, _ in taken}),
    }


if __name__ == "__main__":
    _, port, ca, token_file, clients, seconds = sys.argv
    token = Path(token_file).read_text(encoding="utf-8").strip()
    print(json.dumps(asyncio.run(load(int(port), Path(ca), token, int(clients), float(seconds)))))
