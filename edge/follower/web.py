"""The standby's own page: how the copy is, and the form by which an officer makes this machine the hub."""

import asyncio
import logging
import secrets
import time
import unicodedata
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from edge.daemon.body import BodyTooLarge, read_body
from edge.daemon.i18n import LANGUAGES, translations
from edge.daemon.templates import environment
from edge.follower.following import Following
from edge.follower.promotion import NotPromotable, Promoted
from edge.hub.media import MediaStore
from edge.hub.succession.belongings import DATABASES, snapshot_of
from edge.hub.succession.copying import Copying, Standby
from edge.kiosk.pin import Pin

log = logging.getLogger(__name__)

PACKAGE = "edge.follower"
WORDS = "MAY CU DA TAT"  # what the officer types, with or without diacritics: the old hub is switched off
MAX_BODY_BYTES = 4096
CODE_S = 15 * 60
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; form-action 'self'",
    "Referrer-Policy": "same-origin",  # with "no-referrer" a form of this page's own comes with the origin "null"
    "X-Content-Type-Options": "nosniff",
}


class Answer(Struct, frozen=True):
    """What came of the form, for the page and for ``moiso-promote``."""

    done: bool
    text: str
    code: str = ""


class StandbyPage:
    """``promote`` makes this machine the hub, in the name of an officer."""

    def __init__(
        self, following: Following, pin: Pin, promote: Callable[[str], Awaitable[Promoted]], media: MediaStore
    ) -> None:
        self._following = following
        self._pin = pin
        self._promote = promote
        self._media = media
        self._promoting = asyncio.Lock()
        self._code = ""
        self._code_until_s = 0.0
        self.copying = Copying(
            following.hub_folder,
            "",
            Standby(self._knows, lambda: False),
            lambda: stored(following),
            lambda: following.seq,
            over=True,
        )

    def app(self) -> Starlette:
        """The application."""
        return Starlette(
            routes=[
                Route("/", self.show),
                Route("/promote", self.promote, methods=["POST"]),
                Route("/code", self.give_code, methods=["POST"]),
                Route("/api/v1/health", self.health, methods=["GET"]),
                Route("/api/v1/media/{sha256}", self.medium),
                *self.copying.routes(),
                Route("/api/{path:path}", _not_the_hub, methods=["GET", "POST"]),
                Mount("/brand", StaticFiles(packages=[("edge.contracts.brand", "static")])),
                Mount("/static", StaticFiles(packages=[(PACKAGE, "pages/static")])),
                Route("/{path:path}", lambda _: RedirectResponse("/", 303)),
            ]
        )

    async def show(self, request: Request) -> Response:
        """The page."""
        return self._page(request, Answer(False, ""))

    async def promote(self, request: Request) -> Response:
        """The officer has typed PIN, name and the words."""
        _ = translations(_language(request), PACKAGE).gettext
        form = await _form(request)
        if form is None:
            return Response(status_code=403, headers=HEADERS)
        who = form.get("who", "").strip()[:40]
        refusal = await self._refusal(form, _)
        if not refusal and not who:
            refusal = _("Xin ghi tên người quyết định.")
        if not refusal and _plain(form.get("words", "")) != WORDS:
            refusal = _("Xin gõ đúng câu xác nhận: MÁY CŨ ĐÃ TẮT.")
        if refusal:
            return self._answer(request, Answer(False, refusal), 403)
        async with self._promoting:
            try:
                promoted = await self._promote(who)
            except NotPromotable as error:
                return self._answer(request, Answer(False, f"{_('Chưa thể làm máy chủ:')} {error}"), 409)
        standing = promoted.standing
        text = _("Máy này là máy chủ từ bây giờ. Số cuối cùng đã chép: {label}; còn {live} người trong hàng.").format(
            label=standing.last_label or "–", live=standing.live
        )
        return self._answer(request, Answer(True, text))

    async def give_code(self, request: Request) -> Response:
        """A code with which a new machine may take the copy, for a quarter of an hour; the one before ends."""
        _ = translations(_language(request), PACKAGE).gettext
        form = await _form(request)
        if form is None:
            return Response(status_code=403, headers=HEADERS)
        refusal = await self._refusal(form, _)
        if refusal:
            return self._answer(request, Answer(False, refusal), 403)
        self._code = "-".join(secrets.token_hex(2) for _ in range(5))
        self._code_until_s = time.monotonic() + CODE_S
        log.warning("a code to take the copy was given")
        return self._answer(request, Answer(True, _("Mã này dùng được trong 15 phút:"), self._code))

    async def _refusal(self, form: dict[str, str], _: Callable[[str], str]) -> str:
        right, wait_s = await asyncio.to_thread(self._pin.check, form.get("pin", "")[:20])
        if right:
            return ""
        if wait_s:
            return _("Sai mã PIN nhiều lần. Xin chờ {seconds} giây.").format(seconds=wait_s)
        return _("Sai mã PIN.")

    def _knows(self, token: str) -> bool:
        fresh = self._code and time.monotonic() < self._code_until_s
        return bool(fresh) and secrets.compare_digest(token.encode(), self._code.encode())

    async def health(self, _: Request) -> Response:
        """How far the copy is. It bears no claim: this machine is no hub."""
        following = self._following
        told = {
            "program": "standby",
            "seq": following.seq,
            "hub_seq": following.hub_seq,
            "behind_s": following.behind_s,
            "hub_answers": following.hub_answers,
        }
        return JSONResponse(told, headers={"Cache-Control": "no-store"})

    async def medium(self, request: Request) -> Response:
        """A picture, clip or sound, for a machine that is set up from this copy."""
        token = request.headers.get("authorization", "").partition(" ")[2]
        path = self._media.path(request.path_params["sha256"])
        if path is None or not self._knows(token):
            return Response(status_code=404, headers=HEADERS)
        return FileResponse(path, media_type="application/octet-stream", headers={"Cache-Control": "no-store"})

    def _answer(self, request: Request, answer: Answer, status: int = 200) -> Response:
        if request.headers.get("accept", "").startswith("application/json"):
            return Response(msgspec.json.encode(answer), status, headers=HEADERS, media_type="application/json")
        return self._page(request, answer, status)

    def _page(self, request: Request, answer: Answer, status: int = 200) -> Response:
        template = environment(PACKAGE, _language(request)).get_template("standby.html")
        return HTMLResponse(template.render(following=self._following, answer=answer), status, headers=HEADERS)


def stored(following: Following) -> dict[str, bytes]:
    """The files beside the copy, for a machine that is set up from it."""
    folder = following.config_folder
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    found |= {
        name: snapshot_of(following.hub_folder / name) for name in DATABASES if (following.hub_folder / name).exists()
    }
    return found


async def _not_the_hub(_: Request) -> Response:
    return JSONResponse(
        {"status": 503, "title": "Standby", "detail": "this machine is not the hub"},
        503,
        headers={"Cache-Control": "no-store"},
    )


async def _form(request: Request) -> dict[str, str] | None:
    """The fields of a form of this page's own; None where another site sent it, or too much."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return None
    try:
        body = await read_body(request, MAX_BODY_BYTES)
        return dict(parse_qsl(body.decode("ascii"), max_num_fields=8))
    except (BodyTooLarge, ValueError):
        return None


def _language(request: Request) -> str:
    chosen = request.query_params.get("lang", "vi")
    return chosen if chosen in LANGUAGES else "vi"


def _plain(words: str) -> str:
    """The words in capitals, without diacritics, one space apart.

    >>> _plain("Máy cũ  đã tắt")
    'MAY CU DA TAT'
    """
    decomposed = unicodedata.normalize("NFD", words.upper().replace("Đ", "D"))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(bare.split())
