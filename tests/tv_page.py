"""The TV's page with any state in it, as the administration's preview has it: many layouts for little."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import uvicorn
from playwright.sync_api import Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from edge.contracts.hall import MediumKind, Screen
from edge.contracts.tv import (
    Stage,
    TvCall,
    TvCounter,
    TvMedium,
    TvState,
    TvWait,
    ground,
    layout,
)
from edge.daemon.config import Listen
from edge.daemon.listen import open_socket

MEDIA = Path(__file__).parent / "media"
CLIP = TvMedium("/media/two-seconds.mp4", MediumKind.CLIP)
BROKEN = TvMedium("/media/broken.mp4", MediumKind.CLIP)
PICTURE = TvMedium("/brand/logo.svg", MediumKind.PICTURE)
COLOURS = ("#0b6e6e", "#1d5fae", "#7a3e9d", "#b3261e", "#1f7a3d", "#b45309")
SERVICES = ("Khám tổng quát", "Khám BHYT", "Khám thai", "Khám nhi", "Thu viện phí", "Cấp phát thuốc bảo hiểm y tế")
AWAY = {
    4: ("Tạm nghỉ", "Họp, hội chẩn · từ\u00a09:00"),
    6: ("Hồ\u00a0sơ trực\u00a0tuyến", "Đang xử lý"),
    0: ("Đóng", ""),
}
LONG = "Bệnh viện Đa khoa khu vực Liên huyện Mẫu Thượng – Mẫu Hạ và các xã vùng cao"

HTML = """<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>TV</title>
<link rel="stylesheet" href="/brand/brand.css"><link rel="stylesheet" href="/brand/tv.css">
<script src="/brand/tv.js" defer></script></head>
<body><main id="tv"></main><script type="application/json" id="preview">%s</script></body></html>"""

OVERFLOWING = """() => Array.from(document.querySelectorAll('.tile, .now, .banner, header, .waits')).filter(box => {
    const edge = box.getBoundingClientRect();
    return Array.from(box.querySelectorAll('h1, h2, p, b, strong, .room')).some(part => {
        if (!part.textContent || !part.getClientRects().length) { return false; }
        if (part.matches('.service, .waits *')) { return false; }  // these may end in an ellipsis
        const range = document.createRange();
        range.selectNodeContents(part);
        const line = part.getBoundingClientRect();  // the letters' boxes are higher than their lines
        const cut = part.className !== 'room' && part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0;
        return cut || range.getBoundingClientRect().right > edge.right + 1
            || line.bottom > edge.bottom + 1 || line.top < edge.top - 1;
    });
}).map(box => box.textContent.trim())"""
OUTSIDE = """() => Array.from(document.querySelectorAll('header, .tile, .now, .waits, .last, #media, .banner, footer'))
    .filter(box => box.getClientRects().length)
    .filter(box => {
        const edge = box.getBoundingClientRect();
        return edge.left < -1 || edge.top < -1 || edge.right > innerWidth + 1 || edge.bottom > innerHeight + 1;
    }).map(box => box.id || box.className)"""
OVERLAPPING = """() => {
    const boxes = Array.from(document.querySelectorAll('header, .tile, .now, .waits, .last, #media, .banner, footer'))
        .filter(box => box.getClientRects().length && box.id !== 'media' || !box.classList.contains('full'))
        .filter(box => box.getClientRects().length).map(box => [box.id || box.className, box.getBoundingClientRect()]);
    const found = [];
    boxes.forEach(([one, a], at) => boxes.slice(at + 1).forEach(([other, b]) => {
        if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1) {
            found.push(one + ' / ' + other);
        }
    }));
    return found;
}"""

CONTRASTS = """() => {
  const channel = value => value <= 10 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const light = colour => {
    const [r, g, b] = colour.match(/[0-9.]+/g).map(Number);
    return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  };
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour !== 'rgba(0, 0, 0, 0)') { return colour; }
    }
    return getComputedStyle(document.documentElement).backgroundColor;
  };
  return Array.from(document.querySelectorAll('h1,h2,p,b,span,strong,time'))
    .filter(e => e.offsetParent && Array.from(e.childNodes).some(n => n.nodeType === 3 && n.textContent.trim()))
    .map(e => {
      const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
      return [e.className || e.id || e.tagName, (a + 0.05) / (b + 0.05)];
    })
    .filter(([, ratio]) => ratio < 7);
}"""


def counters(count: int, screen: Screen, *, new: int = 1) -> tuple[TvCounter, ...]:
    """So many counters on a busy morning: counter ``new`` has just called, every eighth pauses or is closed."""
    made = []
    for number in range(1, count + 1):
        at = (number - 1) % len(SERVICES)
        state, why = ("", "") if number == new else AWAY.get(number % 8, ("", ""))
        made.append(
            TvCounter(
                number=number,
                room=str(100 + number),
                services=SERVICES[at],
                label="" if state else f"{'ABCDEF'[at]}{100 + number}",
                state=state,
                next=why or f"Tiếp theo\u00a0{'ABCDEF'[at]}{140 + number} · chờ\u00a025–\u206040’",
                stage=Stage.NEW if number == new else Stage.NONE,
                colour=ground(COLOURS[at], screen.theme) if screen.colours == "services" else "",
            )
        )
    return tuple(made)


def state(count: int, screen: Screen, media: tuple[TvMedium, ...] = (), *, name: str = LONG, new: int = 1) -> TvState:
    """A screen as it is set, with so many counters and these media; ``new`` 0: nobody was called lately."""
    there = {f"m{at}": medium for at, medium in enumerate(media)}
    shown = counters(count, screen, new=new)
    called = [c for c in shown if c.label]
    called.sort(key=lambda counter: counter.number != new)
    calls = tuple(TvCall(c.label, c.number, c.room, 1_000, c.stage) for c in called)
    return TvState(
        facility=name,
        department="Khoa Khám bệnh",
        place="xã Mẫu Thượng, huyện Mẫu, tỉnh Mẫu",
        layout=layout(msgspec.structs.replace(screen, playlist=tuple(there)), there),
        counters=shown,
        calls=calls[:7],
        waits=tuple(TvWait(service, "25–40 phút") for service in SERVICES) if screen.waits else (),
        media=media,
    )


class TvPages:
    """Serves a page for one state at a time, with the brand and the tests' media."""

    def __init__(self) -> None:
        self._state = b"{}"
        self._socket = open_socket(Listen("127.0.0.1:0"))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"
        app = Starlette(
            routes=[
                Route("/", self._page),
                Mount("/brand", StaticFiles(packages=[("edge.contracts.brand", "static")])),
                Route("/media/broken.mp4", self._broken),
                Mount("/media", StaticFiles(directory=MEDIA)),
            ]
        )
        self._server = uvicorn.Server(
            uvicorn.Config(app, lifespan="off", log_config=None, timeout_graceful_shutdown=1, ws="none")
        )
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._server.serve(sockets=[self._socket])), daemon=True
        )
        self._thread.start()

    async def _page(self, _request: Request) -> HTMLResponse:
        # The administration's pages allow no inline style, so the preview must do without.
        policy = "default-src 'self'; img-src 'self' data:"
        return HTMLResponse(HTML % self._state.decode(), headers={"Content-Security-Policy": policy})

    async def _broken(self, _request: Request) -> Response:
        return Response(b"\0\0\0\x18ftypisom, and nothing that can be played", media_type="video/mp4")

    def open(self, page: Page, shown: TvState) -> None:
        """Open the page anew with this state."""
        self._state = msgspec.json.encode(shown).replace(b"</", b"<\\/")
        page.goto(self.url)

    def close(self) -> None:
        """End the server."""
        self._server.should_exit = True
        self._thread.join()


def change(page: Page, shown: TvState) -> None:
    """Let the page that is open show this, as the administration's form does."""
    page.evaluate(
        """text => { const preview = document.getElementById('preview');
        preview.textContent = text; preview.dispatchEvent(new Event('change')); }""",
        msgspec.json.encode(shown).decode(),
    )


@contextmanager
def tv_pages() -> Iterator[TvPages]:
    """A running server of such pages."""
    pages = TvPages()
    try:
        yield pages
    finally:
        pages.close()
