"""The page of one ticket, for the telephone of whoever holds the paper: public, and nothing personal on it.

It is a WSGI application of its own below ``/t``: without sessions, cookies, accounts or forms there is nothing here
that a stranger could use, and whatever the dashboard does for its users costs a hall of telephones nothing.
"""

import hashlib
import re
import time
from pathlib import Path
from typing import NamedTuple

import msgspec
from flask import Flask, Response, current_app, g, render_template, request
from flask.typing import ResponseReturnValue
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from cloud.phone.store import Phones, Shown, Standing
from edge.contracts.phone import key_of
from edge.contracts.ticket import State
from edge.daemon.i18n import local_time, translations

PUBLIC = ("/t/<token>", "/t/<token>/en", "/t/<token>/now")  # no login guards these, and no cookie is set or read
WRONG_LINKS = parse("60 per minute")  # of one address: a hall is one address, and its right links are not counted
FRESH_S = 2
KEPT_S, MOST_KEPT = 1.0, 4096
SILENT_MS = 120_000
MINUTE_MS = 60_000
YEAR_S = 365 * 24 * 3600
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self';"
    " form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)

_TOKEN = re.compile("[0-9a-f]{32}")
_encode = msgspec.json.Encoder().encode


class Now(msgspec.Struct, frozen=True, omit_defaults=True):
    """What changes on the page, in fewer than 300 bytes.

    ``start`` and ``end`` are when a call is expected, ``back`` until when somebody may come back: local times, empty
    where there are none. ``called`` is the second of the last call, ``quiet`` since how many minutes the facility has
    said nothing (0: it has just spoken). Another ``page`` means that something else on the page has changed too.
    """

    state: str
    page: str
    ahead: int = 0
    start: str = ""
    end: str = ""
    counter: str = ""
    room: str = ""
    called: int = 0
    back: str = ""
    quiet: int = 0


class _Kept(NamedTuple):
    until: float
    body: bytes
    etag: str


class Hall:
    """What has just been answered, and whose wrong links were too many."""

    def __init__(self, phones: Phones) -> None:
        self.phones = phones
        self.limiter = FixedWindowRateLimiter(MemoryStorage())
        self._kept: dict[str, _Kept] = {}

    def answer(self, key: str) -> _Kept | None:
        """The JSON of a ticket, at most ``KEPT_S`` old; None where nobody knows it."""
        kept = self._kept.get(key)
        if kept is not None and kept.until > time.monotonic():
            return kept
        now_ms = _now_ms()
        standing = self.phones.look(key, now_ms)
        if standing is None:
            return None
        body = _encode(now_of(standing, now_ms))
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        kept = self._kept[key] = _Kept(time.monotonic() + KEPT_S, body, hashlib.sha256(body).hexdigest()[:16])
        return kept


def register(app: Flask, data: Path) -> None:
    """Answer below ``/t`` with the tickets of the folder ``data``; the dashboard's own routes stay as they are."""
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/t": create_phone_app(data)})  # type: ignore[method-assign]


def create_phone_app(data: Path) -> Flask:
    """The application below ``/t``."""
    app = Flask("cloud", static_folder=None)
    app.extensions["moiso_hall"] = Hall(Phones(data))
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # made by the extension above
        lambda text: translations(g.language, "cloud").gettext(text),
        lambda one, many, n: translations(g.language, "cloud").ngettext(one, many, n),
        newstyle=True,
    )
    app.add_url_rule("/<token>", view_func=page, defaults={"language": "vi"})
    app.add_url_rule("/<token>/en", view_func=page, defaults={"language": "en"})
    app.add_url_rule("/<token>/now", view_func=now)
    app.register_error_handler(404, lambda _error: _unknown("vi"))
    app.after_request(_protect)
    return app


def page(token: str, language: str) -> ResponseReturnValue:
    """How it stands with the ticket, and the script that keeps it so."""
    now_ms = _now_ms()
    standing = _hall().phones.look(key_of(token), now_ms) if _TOKEN.fullmatch(token) else None
    if standing is None:
        return _unknown(language)
    g.language = language
    return render_template(
        "phone.html", token=token, standing=standing, ticket=standing.ticket, now=now_of(standing, now_ms), State=State
    )


def now(token: str) -> ResponseReturnValue:
    """What changes of it, as JSON; 304 where it has not."""
    kept = _hall().answer(key_of(token)) if _TOKEN.fullmatch(token) else None
    if kept is None:
        return ({"state": "unknown"}, 404) if _may_be_wrong() else ({"state": "unknown"}, 429)
    if kept.etag in request.if_none_match:
        answer = Response(status=304)
    else:
        answer = Response(kept.body, mimetype="application/json")
    answer.set_etag(kept.etag)
    return answer


def now_of(standing: Standing, now_ms: int) -> Now:
    """What changes on the page of a ticket, as it is at this moment."""
    ticket = standing.ticket

    def clock(at_ms: int) -> str:
        return f"{local_time(at_ms, standing.time_zone):%H:%M}" if at_ms > now_ms else ""

    state, end = ticket.state.value, clock(ticket.high_ms)
    if ticket.state is State.NO_SHOW and ticket.back_until_ms <= now_ms:
        state = State.LAPSED.value
    called = ticket.state in (State.CALLED, State.PARKED) and len(ticket.places) > 0
    silent_ms = now_ms - standing.heard_ms
    return Now(
        state=state,
        page=page_of(ticket, standing),
        ahead=ticket.ahead,
        start=clock(ticket.low_ms) if end else "",
        end=end,
        counter=str(ticket.places[0][0]) if called else "",
        room=ticket.places[0][1] if called else "",
        called=ticket.called_ms // 1000,
        back=clock(ticket.back_until_ms),
        quiet=silent_ms // MINUTE_MS if silent_ms > SILENT_MS else 0,
    )


def page_of(ticket: Shown, standing: Standing) -> str:
    """Names what :class:`Now` does not tell of the page: where that changes, the page is loaded anew."""
    places = ticket.places if ticket.state is State.WAITING else ()
    fixed = (ticket.label, ticket.into, ticket.service, places, standing.facility, standing.facility_en)
    return hashlib.sha256(_encode(fixed)).hexdigest()[:8]


def _unknown(language: str) -> ResponseReturnValue:
    """The same for a wrong link, for one of yesterday and for a number that has not come up yet."""
    g.language = language
    return render_template("phone_unknown.html"), 404 if _may_be_wrong() else 429


def _may_be_wrong() -> bool:
    return _hall().limiter.hit(WRONG_LINKS, request.remote_addr or "")


def _protect(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"  # the address is the secret
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={YEAR_S}; includeSubDomains"
    response.headers["Cache-Control"] = "no-store" if response.status_code == 429 else f"public, max-age={FRESH_S}"
    return response


def _hall() -> Hall:
    hall: Hall = current_app.extensions["moiso_hall"]
    return hall


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
