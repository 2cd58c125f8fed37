"""One's own account: password, second factor, sessions. Whoever administers accounts finds the others from here."""

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cloud.accounts.faults import WORDS, AccountRefused, Fault, WrongCode, WrongPassword
from cloud.accounts.people import Account, find_account, set_password
from cloud.accounts.second_factor import (
    begin_enrolment,
    confirm_enrolment,
    new_recovery_codes,
    provisioning_uri,
    recovery_codes_left,
    remove_second_factor,
)
from cloud.accounts.sessions import (
    MUST_HAVE_SECOND_FACTOR,
    begin,
    check_own_password,
    log_out_one,
    log_out_others,
    session_id,
    sessions_of,
)
from cloud.config import Totp
from cloud.roles import ROLE_WORDS
from cloud.web import audit, people, targets, tokens
from cloud.web.access import allowed, note, viewer
from cloud.web.doors import BY_ADDRESS, BY_NAME, browser, doors, enter, forget_the_login, limiter, say, wrong
from cloud.words import N_
from edge.daemon.qr import qr

WRONG_OWN = N_("Mật khẩu hiện tại không đúng. Xin thử lại.")
WRONG_CODE = N_("Mã không đúng hoặc đã dùng. Xin chờ mã mới trên điện thoại rồi thử lại.")
MUST_HAVE = N_("Vai trò này phải có bước hai, nên không bỏ được.")
CHANGED = N_("Đã đổi mật khẩu. Mọi phiên khác của tài khoản này đã kết thúc.")
REMOVED = N_("Đã bỏ bước hai.")
ENDED = N_("Đã kết thúc phiên.")

pages = Blueprint("accounts", __name__)
pages.register_blueprint(people.pages)
pages.register_blueprint(audit.pages)
pages.register_blueprint(tokens.pages)
pages.register_blueprint(targets.pages)


def register(app: Flask) -> None:
    """Add the pages."""
    app.register_blueprint(pages)


@pages.get("/accounts")
@allowed(None)
def page() -> ResponseReturnValue:
    """The page."""
    return _page()


@pages.post("/accounts/password")
@allowed(None)
@limiter.limit(BY_NAME, key_func=lambda: viewer().name, deduct_when=wrong)
def change_password() -> ResponseReturnValue:
    """Give oneself another password: every session ends, and this browser gets a new one."""
    me = _me()
    try:
        _check_password(me)
        if request.form.get("password", "") != request.form.get("again", ""):
            raise AccountRefused(Fault.NOT_REPEATED)
        set_password(doors().data, me.name, request.form.get("password", ""))
    except WrongPassword:
        return _wrong_password("change-password")
    except AccountRefused as refusal:
        return _page(problem=say(WORDS[refusal.fault])), 422
    note("change-password", me.name)
    forget_the_login()
    enter(begin(doors().data, me.name, browser=browser(), whole=True))
    flash(say(CHANGED))
    return redirect(url_for("accounts.page"))


@pages.get("/accounts/second-factor")
@allowed(None)
def second_factor() -> ResponseReturnValue:
    """The QR of a new second factor."""
    if _me().external:
        return redirect(url_for("accounts.page"))
    return _enrol_page()


@pages.post("/accounts/second-factor")
@allowed(None)
@limiter.limit(BY_ADDRESS, deduct_when=wrong)
@limiter.limit(BY_NAME, key_func=lambda: viewer().name, deduct_when=wrong)
def set_second_factor() -> ResponseReturnValue:
    """Make it the account's: the password and the phone's first code show that it is its owner's."""
    me = _me()
    try:
        _check_password(me)
        new, codes = confirm_enrolment(doors().data, doors().key, viewer().get_id(), request.form.get("code", ""))
    except WrongPassword:
        note("second-factor-on", me.name, result="wrong-password")
        return _enrol_page(problem=say(WRONG_OWN)), 401
    except WrongCode:
        return _enrol_page(problem=say(WRONG_CODE)), 401
    except KeyError:  # posted without having seen the secret
        return redirect(url_for("accounts.second_factor"))
    note("second-factor-on", me.name)
    forget_the_login()
    enter(new)
    return render_template("account-codes.html", codes=codes, onward=url_for("accounts.page"))


@pages.post("/accounts/second-factor/codes")
@allowed(None)
@limiter.limit(BY_NAME, key_func=lambda: viewer().name, deduct_when=wrong)
def new_codes() -> ResponseReturnValue:
    """New recovery codes instead of the old ones."""
    me = _me()
    try:
        _check_password(me)
    except WrongPassword:
        return _wrong_password("recovery-codes")
    if not me.second_factor:
        return redirect(url_for("accounts.page"))
    note("recovery-codes", me.name)
    codes = new_recovery_codes(doors().data, me.name)
    return render_template("account-codes.html", codes=codes, onward=url_for("accounts.page"))


@pages.post("/accounts/second-factor/remove")
@allowed(None)
@limiter.limit(BY_NAME, key_func=lambda: viewer().name, deduct_when=wrong)
def remove() -> ResponseReturnValue:
    """Go without a second factor, where the role may."""
    me = _me()
    if _must_have_second_factor(me):
        return _page(problem=say(MUST_HAVE)), 422
    try:
        _check_password(me)
    except WrongPassword:
        return _wrong_password("second-factor-off")
    remove_second_factor(doors().data, me.name)
    note("second-factor-off", me.name)
    flash(say(REMOVED))
    return redirect(url_for("accounts.page"))


@pages.post("/accounts/sessions/end")
@allowed(None)
def end_session() -> ResponseReturnValue:
    """End one of one's own sessions, or, with ``id`` "", all but this one."""
    wanted = request.form.get("id", "")[:64]
    if wanted:
        log_out_one(doors().data, viewer().name, wanted)
    else:
        log_out_others(doors().data, viewer().name, viewer().get_id())
    note("end-sessions", viewer().name)
    flash(say(ENDED))
    return redirect(url_for("accounts.page"))


def _page(problem: str = "") -> str:
    me = _me()
    return render_template(
        "accounts.html",
        me=me,
        role=ROLE_WORDS[me.role],
        must_have=_must_have_second_factor(me),
        codes_left=recovery_codes_left(doors().data, me.name),
        sessions=sessions_of(doors().data, me.name),
        this=session_id(viewer().get_id()),
        problem=problem,
    )


def _enrol_page(problem: str = "") -> str:
    secret = begin_enrolment(doors().data, doors().key, viewer().get_id())
    picture = qr(provisioning_uri(secret, viewer().name))
    return render_template("account-second-factor.html", secret=secret, picture=picture, problem=problem)


def _me() -> Account:
    return find_account(doors().data, viewer().name)


def _must_have_second_factor(me: Account) -> bool:
    return doors().totp is Totp.REQUIRED and me.role in MUST_HAVE_SECOND_FACTOR


def _check_password(me: Account) -> None:
    check_own_password(doors().data, me.name, request.form.get("current", ""))


def _wrong_password(deed: str) -> ResponseReturnValue:
    note(deed, viewer().name, result="wrong-password")
    return _page(problem=say(WRONG_OWN)), 401
