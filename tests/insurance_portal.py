"""The far end of the insurance look-up: the portal of Vietnam Social Security on this machine, for tests.

Written from annex 03 of official letter 1923/BHXH-CNTT as gathered in the project's facts, and from what public
integrations send it; it shares nothing with the hub's client. Everybody in it is fictitious.
"""

import contextlib
import gzip
import hashlib
import json
import secrets
import ssl
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

LOGIN, QUESTION = "/api/token/take", "/api/egw/KQNhanLichSuKCB2024"
USERNAME, PASSWORD = "00000_BV", "Mật khẩu giả 1"
OFFICER, OFFICER_ID = "Trần Thị Giả", "001199000024"
FORM = "application/x-www-form-urlencoded"


class Mischief(Enum):
    """What the portal does in place of answering."""

    NONE = "none"
    SILENT = "silent"  # takes the question and says nothing
    DRIP = "drip"  # a good answer, but a byte at a time, for five seconds
    HANG_UP = "hang-up"
    HANG_UP_ONCE = "hang-up-once"
    BROKEN = "broken"  # HTTP 502 with a page
    GARBAGE = "garbage"  # HTTP 200 with a page
    CUT_OFF = "cut-off"  # JSON that ends in its middle
    NESTED = "nested"
    TOO_LARGE = "too-large"
    COMPRESSED = "compressed"
    REDIRECT = "redirect"


class Insured(Struct, frozen=True):
    """A fictitious person, what the portal says of them, and what it says besides."""

    name: str
    birth: str
    code: str = "000"
    more: Mapping[str, str | None] = {}


MAU = Insured(
    "Nguyễn Văn Mẫu",
    "01/02/1999",
    more={
        "maThe": "HC4010099000017",
        "gtTheTu": "01/01/2026",
        "gtTheDen": "31/12/2026",
        "maDKBD": "01001",
        "maSoBHXH": "0099000017",
        "diaChi": "Số 1 phố Giả, Hà Nội",
        "gioiTinh": "Nam",
        "cqBHXH": "Bảo hiểm xã hội quận Giả",
        "ngayDu5Nam": "01/01/2030",
        "maKV": "",
        "maTheMoi": None,
    },
)
OLD_CARD = Insured(
    "Lê Văn Cũ",
    "1951",
    "003",
    {
        "maThe": "HT2010051000031",
        "gtTheTu": "01/01/2025",
        "gtTheDen": "31/12/2025",
        "maTheMoi": "HT3010051000031",
        "gtTheTuMoi": "01/01/2026",
        "gtTheDenMoi": "31/12/2027",
    },
)
PEOPLE = {"001099000017": MAU, "HC4010099000017": MAU, "0099000017": MAU, "HT2010051000031": OLD_CARD}


class InsurancePortal:
    """The portal at ``url`` while the context lasts. ``context``: over TLS, and ``ca`` vouches for it.

    ``refuses_by_status``: what is not authenticated is answered with HTTP 401, in place of 200 with the code in it.
    """

    def __init__(
        self, context: ssl.SSLContext | None = None, *, ca: Path | None = None, refuses_by_status: bool = False
    ) -> None:
        self.ca = ca
        self.people = dict(PEOPLE)
        self.mischief = Mischief.NONE
        self.password = PASSWORD
        self.lifetime = timedelta(hours=20)
        self.logins: list[dict[str, str]] = []
        self.questions: list[dict[str, str]] = []
        self.queries: list[dict[str, str]] = []
        self.elsewhere: list[str] = []
        self.cookies: list[str] = []
        self.tokens: list[tuple[str, str]] = []
        self.most_at_once = 0
        self.open = threading.Event()  # cleared: questions are held until it is set again
        self.open.set()
        self._refused = 401 if refuses_by_status else 200
        self._at_once = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._endpoint())
        self._server.daemon_threads = True
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> "InsurancePortal":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.open.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def asked(self) -> int:
        """How many requests have come, of whatever kind."""
        return len(self.logins) + len(self.questions) + len(self.elsewhere)

    def end_sessions(self) -> None:
        """Every token is over, although its time is not."""
        self.tokens.clear()

    def take_token(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        """A login."""
        if form != {"username": USERNAME, "password": _md5(self.password)}:
            return self._refused, {"maKetQua": "401", "APIKey": None}
        token = (f"{secrets.token_hex(8)}+/=:{USERNAME}", secrets.token_hex(8))
        self.tokens.append(token)
        end = datetime.now(UTC) + self.lifetime
        key = {
            "access_token": token[0],
            "id_token": token[1],
            "token_type": "Bearer",
            "username": USERNAME,
            "expires_in": f"{end:%Y-%m-%dT%H:%M:%S}.1047187Z",
        }
        return 200, {"maKetQua": "200", "APIKey": key}

    def look_up(self, form: dict[str, str], query: dict[str, str]) -> tuple[int, dict[str, object]]:
        """A question about one person."""
        account = (query.get("username"), query.get("password"))
        token = (query.get("token", ""), query.get("id_token", ""))
        if account != (USERNAME, _md5(self.password)) or token not in self.tokens:
            return self._refused, {"maKetQua": "401", "ghiChu": "Lỗi xác thực tài khoản"}
        code, person = self._judged(form)
        note = f"{form.get('hoTen')} {form.get('maThe')}"
        told: dict[str, object] = {"maKetQua": code, "ghiChu": note, "dsLichSuKCB2018": None, "dsLichSuKT2018": None}
        if person:
            told |= {"hoTen": person.name, "ngaySinh": person.birth, **person.more}
        return 200, told

    def _judged(self, form: dict[str, str]) -> tuple[str, Insured | None]:
        if set(form) != {"maThe", "hoTen", "ngaySinh", "hoTenCb", "cccdCb"} or not all(form.values()):
            return "205", None
        if form["cccdCb"] != OFFICER_ID:
            return "054", None
        if form["hoTenCb"].casefold() != OFFICER.casefold():
            return "055", None
        person = self.people.get(form["maThe"])
        if person is None:
            return "050", None
        if form["hoTen"].casefold() != person.name.casefold():
            return ("061" if _initials(form["hoTen"]) == _initials(person.name) else "060"), person
        if form["ngaySinh"] not in (person.birth, person.birth[-4:]):
            return "070", person
        return person.code, person

    def _endpoint(self) -> type[BaseHTTPRequestHandler]:
        portal = self

        class Endpoint(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                with portal._lock:
                    portal._at_once += 1
                    portal.most_at_once = max(portal.most_at_once, portal._at_once)
                try:
                    portal._answer(self)
                finally:
                    with portal._lock:
                        portal._at_once -= 1

            def log_message(self, *_: object) -> None:
                pass

        return Endpoint

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        url = urlsplit(request.path)
        body = request.rfile.read(int(request.headers.get("Content-Length", "0")))
        form = dict(parse_qsl(body.decode(), keep_blank_values=True)) if request.headers["Content-Type"] == FORM else {}
        query = dict(parse_qsl(url.query))
        with self._lock:
            self.cookies += request.headers.get_all("Cookie", [])
            if url.path == LOGIN:
                self.logins.append(form)
            elif url.path == QUESTION:
                self.questions.append(form)
                self.queries.append(query)
            else:
                self.elsewhere.append(request.path)
        if url.path == QUESTION and not self.open.wait(30):
            return
        if self._makes_mischief(request):
            return
        if url.path == LOGIN:
            self._send(request, *self.take_token(form))
        elif url.path == QUESTION:
            self._send(request, *self.look_up(form, query))
        else:
            self._send(request, 404, {})

    def _makes_mischief(self, request: BaseHTTPRequestHandler) -> bool:
        match self.mischief:
            case Mischief.NONE:
                return False
            case Mischief.SILENT:
                self._over.wait(30)
                request.close_connection = True
            case Mischief.DRIP:
                self._drip(request, b" " * 100 + b'{"maKetQua":"000"}')
            case Mischief.HANG_UP:
                request.close_connection = True
            case Mischief.HANG_UP_ONCE:
                self.mischief = Mischief.NONE
                request.close_connection = True
            case Mischief.BROKEN:
                _send_bytes(request, 502, b"<html>Bad Gateway</html>")
            case Mischief.GARBAGE:
                _send_bytes(request, 200, b"<html>Nguy\xea\x80</html>")
            case Mischief.CUT_OFF:
                _send_bytes(request, 200, b'{"maKetQua":"000","hoTen":"')
            case Mischief.NESTED:
                _send_bytes(request, 200, b'{"ghiChu":' + b"[" * 60_000)
            case Mischief.TOO_LARGE:
                _send_bytes(request, 200, b'{"maKetQua":"000","ghiChu":"' + b"x" * 10_000_000 + b'"}')
            case Mischief.COMPRESSED:
                _send_bytes(request, 200, gzip.compress(b'{"maKetQua":"000"}'), {"Content-Encoding": "gzip"})
            case Mischief.REDIRECT:
                _send_bytes(request, 307, b"", {"Location": f"{self.url}/elsewhere"})
        return True

    def _drip(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        request.close_connection = True
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        with contextlib.suppress(OSError):  # the other end has waited long enough
            for byte in body:
                request.wfile.write(bytes([byte]))
                self._over.wait(0.05)

    def _send(self, request: BaseHTTPRequestHandler, status: int, told: dict[str, object]) -> None:
        body = json.dumps(told, ensure_ascii=False).encode()
        _send_bytes(request, status, body, {"Set-Cookie": "session=mine; Path=/"})


def _send_bytes(
    request: BaseHTTPRequestHandler, status: int, body: bytes, headers: Mapping[str, str] | None = None
) -> None:
    request.send_response(status)
    for name, value in {"Content-Type": "application/json; charset=utf-8", **(headers or {})}.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    try:
        request.wfile.write(body)
    except OSError:  # the other end has had enough
        request.close_connection = True


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


def _initials(name: str) -> list[str]:
    return [word[0].casefold() for word in name.split()]
