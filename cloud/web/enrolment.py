"""Sites that join: codes for their hubs, the certificates that they have, and their revocation; and where hubs ask."""

import contextlib
import re
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from flask import Blueprint, Flask, abort, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cloud import audit, quarantine
from cloud.config import Enrolment
from cloud.enrolment import (
    Certificate,
    Faulty,
    Unavailable,
    Wrong,
    ask_issuer,
    certificates,
    given,
    make_code,
    open_codes,
    renew,
    revoke,
    use_code,
    withdraw_code,
)
from cloud.issuer import Issue, Revoke
from cloud.ledger import connect, open_ledger, transaction
from cloud.roles import Right
from cloud.shut_out import revoked_sites
from cloud.web.access import allowed, note, require_site, viewer
from cloud.web.doors import BY_ADDRESS, doors, limiter, say, wrong
from cloud.words import N_
from edge.contracts.code_words import shown
from edge.contracts.site_enrolment import CODE_HOURS, ENROL_PATH, MAX_REQUEST_BYTES, RENEW_PATH, Ask, Given
from edge.contracts.site_enrolment import Renew as RenewAsked

BY_ALL = "60 per minute"  # wrong ones together: each costs 16 MiB and 40 ms
_SITE = re.compile(r"(?!ingest)[a-z0-9-]{1,40}")
NO_SITE = N_("Mã cơ sở chỉ gồm chữ thường không dấu, chữ số và dấu gạch ngang, và phải thuộc tỉnh của bạn.")
NO_ISSUER = N_("Đã chặn số liệu của cơ sở, nhưng chương trình cấp chứng thư không trả lời: kết nối mới chưa bị chặn.")
_ask, _renewal = msgspec.json.Decoder(Ask), msgspec.json.Decoder(RenewAsked)
_NOT_UNDERSTOOD = "the body does not fit edge.contracts.site_enrolment"

pages = Blueprint("enrolment", __name__)
hubs = Blueprint("enrol", __name__)  # asked by hubs: no cookie, no session


class Site:
    """One site as the page shows it."""

    def __init__(self, site: str, held: tuple[Certificate, ...], revoked: bool) -> None:
        self.site = site
        self.revoked = revoked
        self.held = tuple(one for one in held if not one.revoked_ms)

    @property
    def days_left(self) -> int | None:
        """How long the newest certificate is still good; None where there is none."""
        if not self.held:
            return None
        return int((max(one.until_ms for one in self.held) - time.time_ns() // 1_000_000) // 86_400_000)


def register(app: Flask, data: Path, config: Enrolment | None) -> None:
    """Add both; without ``[enrolment]`` nothing is issued here."""
    open_ledger(data).close()
    app.extensions["moiso_enrolment"] = config
    app.extensions["csrf"].exempt(hubs)  # nothing of it heeds a cookie
    app.register_blueprint(pages)
    app.register_blueprint(hubs)


@pages.get("/enrolment")
@allowed(Right.CONFIGURE)
def page() -> ResponseReturnValue:
    """The page."""
    return _page()


@pages.post("/enrolment")
@allowed(Right.CONFIGURE)
def code() -> ResponseReturnValue:
    """A new code for a site; it is shown this once."""
    site = request.form.get("site", "").strip()[:60]
    if _config() is None:
        abort(404)
    if not (_SITE.fullmatch(site) and viewer().scope.covers(site)):
        return _page(problem=say(NO_SITE), wanted=site), 422
    note("enrolment-code", site)
    return _page(code=shown(make_code(_data(), site, viewer().name)), wanted=site)


@pages.post("/enrolment/<site>/withdraw")
@allowed(Right.CONFIGURE)
def withdraw(site: str) -> ResponseReturnValue:
    """The site's open code is good no more."""
    require_site(site)
    note("enrolment-code-withdrawn", site)
    withdraw_code(_data(), site)
    return redirect(url_for("enrolment.page"))


@pages.post("/enrolment/<site>/revoke")
@allowed(Right.CONFIGURE)
def throw_out(site: str) -> ResponseReturnValue:
    """The site's certificates are good no more, and nothing of it is taken from the next message on."""
    require_site(site)
    note("site revoked", site)
    with contextlib.closing(connect(_data())) as db, transaction(db):
        quarantine.revoke(db, site, at_ms=time.time_ns() // 1_000_000)
    serials, config = revoke(_data(), site), _config()
    if config is not None and serials:
        try:
            ask_issuer(config.socket, Revoke(serials))
        except Unavailable as error:
            current_app.logger.error("the issuer did not revoke: %s", error)
            return _page(problem=say(NO_ISSUER)), 503
    return redirect(url_for("enrolment.page"))


@hubs.post(ENROL_PATH)
@limiter.limit(BY_ADDRESS, deduct_when=wrong)
@limiter.limit(BY_ALL, key_func=lambda: "all", deduct_when=wrong)
def enrol() -> ResponseReturnValue:
    """A hub's first certificate, for a code."""
    try:
        asked = _ask.decode(_body())
    except ValueError:
        return _problem(422, _NOT_UNDERSTOOD)

    def give() -> tuple[str, str]:
        return asked.site, use_code(_data(), asked, _issue, revoked_sites(_data()))

    return _given("enrol", asked.site, give)


@hubs.post(RENEW_PATH)
@limiter.limit(BY_ADDRESS, deduct_when=wrong)
@limiter.limit(BY_ALL, key_func=lambda: "all", deduct_when=wrong)
def renew_one() -> ResponseReturnValue:
    """A hub's next certificate, for the signature of the one in force."""
    try:
        asked = _renewal.decode(_body())
    except ValueError:
        return _problem(422, _NOT_UNDERSTOOD)
    config = _config()
    ca = config.ca.read_bytes() if config else b""

    def give() -> tuple[str, str]:
        renewed = renew(_data(), asked, ca, _issue, revoked_sites(_data()))
        if config is not None and renewed.superseded:
            with contextlib.suppress(Unavailable):  # they are on the next list that is written for this site
                ask_issuer(config.socket, Revoke(renewed.superseded))
        return renewed.site, renewed.certificate

    return _given("enrol-renewal", "", give)


def _given(deed: str, site: str, give: Callable[[], tuple[str, str]]) -> ResponseReturnValue:
    config = _config()
    if config is None:
        return _problem(404, "nothing is issued here")
    try:
        site, certificate = give()
    except Faulty as error:
        return _problem(422, str(error))
    except Wrong:
        _record(deed, site, "refused")
        return _problem(401, "code, certificate or signature are not good, or no more")
    except Unavailable as error:
        current_app.logger.error("the issuer does not issue: %s", error)
        return _problem(503, "nothing can be issued now: try again later")
    _record(deed, site, audit.DONE)
    return _json(given(config, certificate))


def _record(deed: str, site: str, result: str) -> None:
    """A line of the log, in the province whose site it is; what a stranger made up is nobody's."""
    provinces = [one.id for one in doors().provinces.values() if one.has(site)] if site else []
    about = site if provinces else ""
    audit.record(doors().data, "", deed, about, result=result, province=provinces[0] if provinces else "")


def _body() -> bytes:
    """Raises ValueError where it is larger than agreed."""
    if (request.content_length or 0) > MAX_REQUEST_BYTES:
        raise ValueError("too large")
    return request.get_data(cache=False)


def _json(told: Given) -> ResponseReturnValue:
    return (
        msgspec.json.encode(told),
        200,
        {"Content-Type": "application/json", "Cache-Control": "no-store"},
    )


def _problem(status: int, detail: str) -> ResponseReturnValue:
    return jsonify(status=status, detail=detail), status, {"Cache-Control": "no-store"}


def _issue(site: str, csr: str) -> str:
    config = _config()
    if config is None:
        raise Unavailable("off")
    return ask_issuer(config.socket, Issue(site, csr))


def _page(problem: str = "", code: str = "", wanted: str = "") -> str:
    scope = viewer().scope
    held: dict[str, list[Certificate]] = {}
    for one in certificates(_data()):
        if scope.covers(one.site):
            held.setdefault(one.site, []).append(one)
    revoked = revoked_sites(_data())
    return render_template(
        "enrolment.html",
        on=_config() is not None,
        sites=[Site(site, tuple(certificates), site in revoked) for site, certificates in sorted(held.items())],
        codes=[one for one in open_codes(_data()) if scope.covers(one.site)],
        problem=problem,
        code=code,
        wanted=wanted,
        hours=CODE_HOURS,
        address=request.url_root.rstrip("/"),
    )


def _data() -> Path:
    data: Path = doors().data
    return data


def _config() -> Enrolment | None:
    config: Enrolment | None = current_app.extensions["moiso_enrolment"]
    return config
