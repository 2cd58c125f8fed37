"""Log in and out: the browser holds a signed cookie with a random token, and what it opens is decided here."""

from pathlib import Path

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, current_user, login_required, login_user, logout_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from cloud.accounts import WrongPassword, find_session, log_in, log_out

FAILURES_BY_ADDRESS = "20 per minute; 200 per hour"
FAILURES_BY_NAME = "10 per minute; 50 per hour"

# Each with its English, for this is said before anybody has chosen a language.
WRONG = ("Tên hoặc mật khẩu không đúng. Xin thử lại.", "Wrong name or password. Please try again.")
TOO_OFTEN = ("Sai quá nhiều lần. Xin chờ một phút rồi thử lại.", "Too many attempts. Wait a minute, then try again.")
STALE = ("Trang đã cũ. Xin đăng nhập lại.", "This page was out of date. Please log in again.")

pages = Blueprint("login", __name__)
limiter = Limiter(get_remote_address, storage_uri="memory://")  # one process serves: its memory is enough


class Viewer:
    """Who looks, in the words of Flask-Login; its id is the session's token and not the account's name."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, name: str, token: str) -> None:
        self.name = name
        self._token = token

    def get_id(self) -> str:
        """The token that the cookie keeps."""
        return self._token


def register(app: Flask, data: Path) -> None:
    """Guard the application with the accounts of the folder ``data``."""
    app.extensions["moiso_accounts"] = data
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
        return redirect(url_for("today.page"))
    return render_template("login.html", name="")


@pages.post("/login")
@limiter.limit(FAILURES_BY_ADDRESS, deduct_when=lambda response: response.status_code == 401)
@limiter.limit(FAILURES_BY_NAME, key_func=lambda: _name(), deduct_when=lambda response: response.status_code == 401)
def attempt() -> ResponseReturnValue:
    """Begin a session, or say that it was wrong."""
    try:
        new = log_in(_data(), _name(), request.form.get("password", ""))
    except WrongPassword:
        return render_template("login.html", name=_name(), problem=WRONG), 401
    language = session.get("language", "vi")
    session.clear()
    session["language"] = language
    login_user(Viewer(new.account, new.token))
    return redirect(url_for("today.page"))


@pages.post("/logout")
@login_required  # type: ignore[untyped-decorator]  # Flask-Login has no annotations
def end() -> ResponseReturnValue:
    """End the session, here and in every copy of the cookie."""
    log_out(_data(), current_user.get_id())
    logout_user()
    flash("Đã đăng xuất. · Logged out.")
    return redirect(url_for("login.form"))


def _viewer(token: str) -> Viewer | None:
    try:
        return Viewer(find_session(_data(), token).account, token)
    except KeyError:
        return None  # Flask-Login's word for nobody


def _unauthorized() -> ResponseReturnValue:
    if request.path == url_for("today.fragment"):
        return "", 401
    return redirect(url_for("login.form"))


def _stale(_error: CSRFError) -> ResponseReturnValue:
    return render_template("login.html", name="", problem=STALE), 400


def _too_often(_error: HTTPException) -> ResponseReturnValue:
    return render_template("login.html", name=_name(), problem=TOO_OFTEN), 429


def _name() -> str:
    return request.form.get("name", "").strip().lower()[:64]


def _data() -> Path:
    data: Path = current_app.extensions["moiso_accounts"]
    return data
