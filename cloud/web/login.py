"""Log in and out: the browser holds a signed cookie with a random token, and what it opens is decided here."""

from collections.abc import Sequence
from pathlib import Path

from flask import Blueprint, Flask, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, login_required, logout_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from cloud import audit
from cloud.accounts.faults import WrongCode, WrongPassword
from cloud.accounts.people import find_account, move_into
from cloud.accounts.second_factor import (
    begin_enrolment,
    confirm_enrolment,
    pass_second_factor,
    provisioning_uri,
    sealing_key,
)
from cloud.accounts.sessions import Session, Stage, find_session, log_in, log_out
from cloud.config import Accounts
from cloud.roles import EVERYWHERE, Province
from cloud.web.access import Viewer, note
from cloud.web.doors import (
    BY_ADDRESS,
    BY_NAME,
    PENDING,
    Doors,
    browser,
    doors,
    enter,
    forget_the_login,
    landing,
    let_in,
    limiter,
    pending,
    say,
    scope_of,
    wrong,
)
from cloud.words import N_
from edge.daemon.qr import qr

# Each with its English, for this is said before anybody has chosen a language.
WRONG = ("Tên hoặc mật khẩu không đúng. Xin thử lại.", "Wrong name or password. Please try again.")
TOO_OFTEN = ("Sai quá nhiều lần. Xin chờ một phút rồi thử lại.", "Too many attempts. Wait a minute, then try again.")
STALE = ("Trang đã cũ. Xin đăng nhập lại.", "This page was out of date. Please log in again.")
TOO_LATE = ("Đã quá lâu kể từ khi nhập mật khẩu. Xin đăng nhập lại.", "That took too long. Please log in again.")
WRONG_CODE = N_("Mã không đúng hoặc đã dùng. Xin chờ mã mới trên điện thoại rồi thử lại.")

pages = Blueprint("login", __name__)


def register(
    app: Flask,
    data: Path,
    provinces: Sequence[Province],
    rules: Accounts,
) -> None:
    """Guard the application with the accounts of the folder ``data``. The first of ``provinces`` gets the accounts
    that were made before there were several."""
    by_id = {province.id: province for province in provinces}
    if EVERYWHERE.id not in by_id:
        move_into(data, provinces[0].id)
    app.extensions["moiso_accounts"] = data
    app.extensions["moiso_doors"] = Doors(data, sealing_key(str(app.secret_key)), rules.totp, by_id)
    app.register_blueprint(pages)
    CSRFProtect(app)
    app.register_error_handler(CSRFError, _stale)
    app.register_error_handler(429, _too_often)

    guard = LoginManager(app)
    guard.user_loader(_viewer)
    guard.unauthorized_handler(_unauthorized)
    limiter.init_app(app)


@pages.get("/login")
def form() -> ResponseReturnValue:
    """The page that asks for name and password."""
    if current_user.is_authenticated:
        return redirect(landing())
    return render_template("login.html", name="")


@pages.post("/login")
@limiter.limit(BY_ADDRESS, deduct_when=wrong)
@limiter.limit(BY_NAME, key_func=lambda: _name() or "?", deduct_when=wrong)
def attempt() -> ResponseReturnValue:
    """Begin a session, or say that it was wrong."""
    try:
        new = log_in(doors().data, _name(), request.form.get("password", ""), totp=doors().totp, browser=browser())
    except WrongPassword:
        _note_wrong_password()
        return render_template("login.html", name=_name(), problem=WRONG), 401
    return let_in(new, how="login")


@pages.get("/login/code")
def code() -> ResponseReturnValue:
    """The page that asks for the second factor."""
    if _at(Stage.SECOND_FACTOR) is None:
        return redirect(url_for("login.form"))
    return render_template("login-code.html")


@pages.post("/login/code")
@limiter.limit(BY_ADDRESS, deduct_when=wrong)
@limiter.limit(BY_NAME, key_func=lambda: _pending_name(), deduct_when=wrong)
def check_code() -> ResponseReturnValue:
    """Finish the login with a code of the phone, or one of the recovery codes."""
    waiting = _at(Stage.SECOND_FACTOR)
    if waiting is None:
        return _too_late()
    try:
        new = pass_second_factor(doors().data, doors().key, waiting.token, request.form.get("code", ""))
    except WrongCode:
        audit.record(doors().data, waiting.account, "login", result="wrong-code", province=waiting.province)
        return render_template("login-code.html", problem=say(WRONG_CODE)), 401
    return let_in(new, how="login")


@pages.get("/login/enrol")
def enrol() -> ResponseReturnValue:
    """The page that sets up the second factor that this account must have."""
    waiting = _at(Stage.ENROL)
    if waiting is None:
        return redirect(url_for("login.form"))
    return _enrol_page(waiting)


@pages.post("/login/enrol")
@limiter.limit(BY_ADDRESS, deduct_when=wrong)
@limiter.limit(BY_NAME, key_func=lambda: _pending_name(), deduct_when=wrong)
def confirm() -> ResponseReturnValue:
    """Finish the login with the first code of the phone, and show the recovery codes."""
    waiting = _at(Stage.ENROL)
    if waiting is None:
        return _too_late()
    try:
        new, codes = confirm_enrolment(doors().data, doors().key, waiting.token, request.form.get("code", ""))
    except WrongCode:
        return _enrol_page(waiting, problem=say(WRONG_CODE)), 401
    except KeyError:  # posted without having seen the secret
        return _too_late()
    forget_the_login()
    if not enter(new):
        return redirect(url_for("login.form"))
    note("second-factor-on", new.account)
    note("login")
    return render_template("account-codes.html", codes=codes, onward=landing())


@pages.post("/logout")
@login_required  # type: ignore[untyped-decorator]  # Flask-Login has no annotations
def end() -> ResponseReturnValue:
    """End the session, here and in every copy of the cookie."""
    note("logout")
    log_out(doors().data, current_user.get_id())
    logout_user()
    forget_the_login()
    flash("Đã đăng xuất. · Logged out.")
    return redirect(url_for("login.form"))


def _enrol_page(waiting: Session, problem: str = "") -> str:
    secret = begin_enrolment(doors().data, doors().key, waiting.token)
    picture = qr(provisioning_uri(secret, waiting.account))
    return render_template("login-enrol.html", secret=secret, picture=picture, problem=problem)


def _at(stage: Stage) -> Session | None:
    try:
        waiting = pending()
    except KeyError:
        return None
    return waiting if waiting.stage is stage else None


def _viewer(token: str) -> Viewer | None:
    """What a page fetches by itself keeps nobody logged in who has gone away (Fetch Metadata, 2.1)."""
    try:
        found = find_session(doors().data, token, touch=request.headers.get("Sec-Fetch-Dest") != "empty")
    except KeyError:
        return None  # Flask-Login's word for nobody
    scope = scope_of(found)
    return Viewer(found.account, token, found.role, scope) if scope else None


def _unauthorized() -> ResponseReturnValue:
    if request.headers.get("Sec-Fetch-Dest") == "empty" or request.path == url_for("today.fragment"):
        return "", 401
    return redirect(url_for("login.form"))


def _note_wrong_password() -> None:
    """Of an unknown name nothing is kept: it may be a password that was typed into the wrong field."""
    try:
        known = find_account(doors().data, _name())
    except KeyError:
        audit.record(doors().data, "", "login", result="wrong-password", province="")
    else:
        audit.record(doors().data, "", "login", known.name, result="wrong-password", province=known.province)


def _too_late() -> ResponseReturnValue:
    session.pop(PENDING, None)
    return render_template("login.html", name="", problem=TOO_LATE), 400


def _stale(_error: CSRFError) -> ResponseReturnValue:
    return render_template("login.html", name="", problem=STALE), 400


def _too_often(_error: HTTPException) -> ResponseReturnValue:
    if request.endpoint == "login.attempt":
        return render_template("login.html", name=_name(), problem=TOO_OFTEN), 429
    return render_template("error.html", what=TOO_OFTEN[0], then=TOO_OFTEN[1]), 429


def _name() -> str:
    return request.form.get("name", "").strip().lower()[:64]


def _pending_name() -> str:
    try:
        return pending().account
    except KeyError:
        return "?"  # Flask-Limiter counts no empty key
