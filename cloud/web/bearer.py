"""Who asks the API: a token, never a cookie. And how the API says no: RFC 9457, with what to do.

Every answer to whoever has no token that opens anything is the same, whatever was asked for.
"""

import math
import threading
import time
from collections.abc import Callable
from enum import Enum
from functools import wraps
from typing import ParamSpec

import msgspec
from flask import Flask, Request, Response, current_app, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from msgspec import Struct
from werkzeug.http import HTTP_STATUS_CODES

from cloud.roles import Right, Scope
from cloud.tokens import Token, Tokens
from cloud.web.doors import doors, limiter
from cloud.words import N_
from edge.daemon.i18n import LANGUAGES, translations

ROOT = "/api/"
PROBLEM = "application/problem+json"
A_MINUTE, AN_HOUR = 120, 3000  # requests of a token; of an address without one
AT_ONCE = 4  # a dashboard has eight threads, and pages need the others
RETRY_S = 2

P = ParamSpec("P")
_answering = threading.BoundedSemaphore(AT_ONCE)


class Fault(Enum):
    """Why the API gives no answer; the value is the problem's ``code``."""

    NO_TOKEN = "no-token"  # noqa: S105 - a word, no secret
    NO_RIGHT = "no-right"
    NO_SITE = "no-site"
    NO_ADDRESS = "no-address"
    ONLY_GET = "only-get"
    TOO_LONG = "too-long"
    UNKNOWN_PARAMETER = "unknown-parameter"
    REPEATED_PARAMETER = "repeated-parameter"
    MALFORMED_PARAMETER = "malformed-parameter"
    NO_PERIOD = "no-period"
    UNFIT_PARAMETER = "unfit-parameter"
    TOO_OFTEN = "too-often"
    BUSY = "busy"
    AWAY = "away"
    BROKEN = "broken"


STATUS: dict[Fault, int] = {
    Fault.NO_TOKEN: 401,
    Fault.NO_RIGHT: 403,
    Fault.NO_SITE: 404,
    Fault.NO_ADDRESS: 404,
    Fault.ONLY_GET: 405,
    Fault.TOO_LONG: 414,
    Fault.UNKNOWN_PARAMETER: 400,
    Fault.REPEATED_PARAMETER: 400,
    Fault.MALFORMED_PARAMETER: 400,
    Fault.NO_PERIOD: 422,
    Fault.UNFIT_PARAMETER: 422,
    Fault.TOO_OFTEN: 429,
    Fault.BUSY: 503,
    Fault.AWAY: 503,
    Fault.BROKEN: 500,
}
WORDS: dict[Fault, str] = {
    Fault.NO_TOKEN: N_(
        "Cần một mã truy cập còn hạn trong đầu đề Authorization: Bearer. Quản trị của Sở tạo mã ở trang Tài khoản."
    ),
    Fault.NO_RIGHT: N_("Mã truy cập này không có quyền đọc phần này. Xin quản trị của Sở tạo mã có quyền đó."),
    Fault.NO_SITE: N_("Không có cơ sở này, hoặc cơ sở không thuộc phạm vi của mã truy cập."),
    Fault.NO_ADDRESS: N_("Không có địa chỉ này. Các địa chỉ có trong /api/v1/openapi.json."),
    Fault.ONLY_GET: N_("API này chỉ để đọc: xin dùng GET."),
    Fault.TOO_LONG: N_("Địa chỉ quá dài. Xin chỉ gửi các tham số có trong /api/v1/openapi.json."),
    Fault.UNKNOWN_PARAMETER: N_("Không có tham số này. Các tham số có trong /api/v1/openapi.json."),
    Fault.REPEATED_PARAMETER: N_("Mỗi tham số chỉ gửi một lần."),
    Fault.MALFORMED_PARAMETER: N_("Tham số viết không đúng. Cách viết có trong /api/v1/openapi.json."),
    Fault.NO_PERIOD: N_("Kỳ này không có trên lịch, hoặc dài hơn ba năm. Xin chọn kỳ khác."),
    Fault.UNFIT_PARAMETER: N_("Tham số này thiếu, hoặc không đi cùng group đã chọn. Xin xem /api/v1/openapi.json."),
    Fault.TOO_OFTEN: N_("Hỏi quá nhiều lần. Xin chờ số giây trong Retry-After."),
    Fault.BUSY: N_("Đang trả lời nhiều yêu cầu cùng lúc. Xin hỏi lại sau vài giây."),
    Fault.AWAY: N_("Kho số liệu không trả lời. Số liệu vẫn được giữ đủ. Xin hỏi lại sau một phút."),
    Fault.BROKEN: N_("Máy chủ gặp lỗi khi trả lời. Xin báo người quản lý máy chủ kèm giờ và địa chỉ."),
}


class Refused(Exception):
    """The API gives no answer; ``parameter`` is the name of the one that is at fault, never its value."""

    def __init__(self, fault: Fault, parameter: str = "") -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.parameter = parameter


class Problem(Struct, frozen=True, omit_defaults=True):
    """What is wrong, for people (``detail``) and programs (``code``). Source: RFC 9457, 3.1 and 4.2.1."""

    title: str
    status: int
    detail: str
    code: Fault
    parameter: str = ""


class Bearer(Struct, frozen=True):
    """Who asks: a token, and where it holds."""

    token: Token
    scope: Scope


class PagesOnly(SecureCookieSessionInterface):
    """Cookies are for pages: with a request to the API none is read, and none is set."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """See Flask."""
        return self.session_class() if request.path.startswith(ROOT) else super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """See Flask."""
        if not request.path.startswith(ROOT):
            super().save_session(app, session, response)


def bears(right: Right | None) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """The view is for tokens that have ``right`` (None: for every token), each so and so often."""

    def guard(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            who = _bearer()
            if who is None:
                raise Refused(Fault.NO_TOKEN)
            if right is not None and right not in who.token.rights:
                raise Refused(Fault.NO_RIGHT)
            if not _answering.acquire(blocking=False):
                raise Refused(Fault.BUSY)
            try:
                return view(*args, **kwargs)
            finally:
                _answering.release()

        guarded.right = right  # type: ignore[attr-defined]  # for the test that walks the routes
        throttled: Callable[P, ResponseReturnValue] = _throttle(guarded)
        return throttled

    return guard


def scope() -> Scope:
    """Where the token holds; only in a view that :func:`bears`."""
    who = _bearer()
    if who is None:
        raise Refused(Fault.NO_TOKEN)
    return who.scope


def problem(fault: Fault, parameter: str = "") -> Response:
    """The answer that says what is wrong, in Vietnamese, or in English where that is asked for."""
    language = request.accept_languages.best_match(LANGUAGES, "vi")
    status = STATUS[fault]
    said = translations(language, "cloud").gettext(WORDS[fault])
    body = Problem(HTTP_STATUS_CODES[status], status, said, fault, parameter)
    response = Response(msgspec.json.encode(body), status, content_type=PROBLEM)
    response.headers["Content-Language"] = language
    response.headers["Vary"] = "Accept-Language"
    match fault:
        case Fault.NO_TOKEN:
            response.headers["WWW-Authenticate"] = 'Bearer realm="moiso"'
        case Fault.ONLY_GET:
            response.headers["Allow"] = "GET, HEAD"
        case Fault.TOO_OFTEN:
            response.headers["Retry-After"] = str(_wait_s())
        case Fault.BUSY | Fault.AWAY:
            response.headers["Retry-After"] = str(RETRY_S if fault is Fault.BUSY else 60)
    return response


def _bearer() -> Bearer | None:
    """Who asks this request; None where no token comes with it that opens anything."""
    if "bearer" not in g:
        g.bearer = _find()
    found: Bearer | None = g.bearer
    return found


def _find() -> Bearer | None:
    scheme, _, secret = request.headers.get("Authorization", "")[:200].partition(" ")
    if scheme.lower() != "bearer":
        return None
    tokens: Tokens = current_app.extensions["moiso_tokens"]
    try:
        token = tokens.find(secret, time.time_ns() // 1_000_000)
    except KeyError:
        return None
    province = doors().provinces.get(token.province)
    return Bearer(token, Scope(province, token.site)) if province else None


def _caller() -> str:
    who = _bearer()
    return f"token {who.token.id}" if who else f"address {request.remote_addr}"


def _wait_s() -> int:
    current = limiter.current_limit
    return max(1, math.ceil(current.reset_at - time.time())) if current else 60


_throttle = limiter.shared_limit(f"{A_MINUTE} per minute; {AN_HOUR} per hour", scope="api", key_func=_caller)
