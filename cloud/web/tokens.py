"""The tokens with which other systems read the API: an administrator makes, watches and revokes the province's."""

import re
import time
from datetime import datetime

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from msgspec import Struct

from cloud.accounts.people import accounts_of
from cloud.roles import Right
from cloud.tokens import GRANTED, MOST_DAYS, Grant, Token, Tokens, TooMany
from cloud.web.access import accounts_data, allowed, note, viewer
from cloud.web.doors import say
from cloud.web.figures import TIME_ZONE
from cloud.web.overview import visible
from cloud.words import N_
from edge.daemon.i18n import local_time

MOST_NAME = 60
_MOST_NUMBER = (1 << 63) - 1  # the largest integer of SQLite
DAYS = (30, 90, 180, MOST_DAYS)
_NAME = re.compile(rf"[^\x00-\x1f\x7f]{{1,{MOST_NAME}}}")
RIGHT_WORDS = {Right.FIGURES: N_("Số liệu"), Right.DEVICES: N_("Thiết bị và cảnh báo")}
REVOKED = N_("Đã thu hồi. Mã này không mở được gì nữa.")
NO_NAME = N_("Xin đặt tên cho mã, dài nhất 60 ký tự: hệ thống nào dùng.")
NO_RIGHTS = N_("Xin chọn ít nhất một phần mà mã được đọc.")
TOO_MANY = N_("Đã có quá nhiều mã. Xin thu hồi mã không còn dùng.")

pages = Blueprint("tokens", __name__)


class Shown(Struct, frozen=True):
    """One token as the page shows it; ``over``: its last day has passed. ``orphaned``: its maker has no account now."""

    token: Token
    until: datetime
    used: datetime | None
    over: bool
    orphaned: bool


@pages.get("/accounts/tokens")
@allowed(Right.ACCOUNTS)
def page() -> str:
    """The province's tokens, and the form for another."""
    return _page()


@pages.post("/accounts/tokens")
@allowed(Right.ACCOUNTS)
def make() -> ResponseReturnValue:
    """Make a token; it is shown this once."""
    name, rights = request.form.get("name", "").strip(), _rights()
    if not _NAME.fullmatch(name):
        return _page(problem=say(NO_NAME)), 422
    if not rights:
        return _page(problem=say(NO_RIGHTS)), 422
    grant = Grant(name, _province(), _site(), rights, _days(), viewer().name)
    try:
        number, secret = _tokens().add(grant, time.time_ns() // 1_000_000)
    except TooMany:
        return _page(problem=say(TOO_MANY)), 422
    granted = ", ".join(sorted(right.value for right in rights))
    note("make-token", f"token {number}: {granted} {grant.site}".rstrip())
    return _page(secret=secret)


@pages.post("/accounts/tokens/<int:number>/revoke")
@allowed(Right.ACCOUNTS)
def revoke(number: int) -> ResponseReturnValue:
    """End a token at once. Ends with 404 where the viewer's province has none such."""
    if number > _MOST_NUMBER or not _tokens().revoke(number, _province()):
        abort(404)
    note("revoke-token", f"token {number}")
    flash(say(REVOKED))
    return redirect(url_for("accounts.tokens.page"))


def _page(problem: str = "", secret: str = "") -> str:  # nosec B107 (none: no token was made)
    now_ms = time.time_ns() // 1_000_000
    working = {one.name for one in accounts_of(accounts_data(), _province()) if not one.disabled}
    facilities = visible()
    return render_template(
        "tokens.html",
        tokens=[
            Shown(
                token,
                local_time(token.until_ms, TIME_ZONE),
                local_time(token.used_ms, TIME_ZONE) if token.used_ms else None,
                token.until_ms <= now_ms,
                token.made_by not in working,
            )
            for token in _tokens().of_province(_province())
        ],
        names={one.site: one.name if g.language == "vi" else one.name_en for one in facilities},
        facilities=facilities,
        rights=RIGHT_WORDS,
        days=DAYS,
        wish=request.form if problem else {},
        wished_rights=request.form.getlist("right") if problem else [Right.FIGURES.value],
        problem=problem,
        secret=secret,
    )


def _rights() -> frozenset[Right]:
    wished = set(request.form.getlist("right"))
    if not wished <= {right.value for right in GRANTED}:
        abort(400)
    return frozenset(map(Right, wished))


def _site() -> str:
    """The facility of the form. Ends with 404 for one that the viewer may not see."""
    site = request.form.get("site", "")
    if site and site not in {facility.site for facility in visible()}:
        abort(404)
    return site


def _days() -> int:
    wished = request.form.get("days", "")
    if wished not in map(str, DAYS):
        abort(400)
    return int(wished)


def _province() -> str:
    return viewer().scope.province.id


def _tokens() -> Tokens:
    return Tokens(accounts_data())
