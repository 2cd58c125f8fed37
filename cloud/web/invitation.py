"""Where somebody who was invited chooses a name and a password: a public page, which asks for the invitation first.

The token stands behind the ``#`` of the link: no server or proxy writes that into a log.
"""

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cloud import audit
from cloud.accounts.faults import WORDS, AccountRefused, Fault
from cloud.accounts.invitations import accept, find_invitation
from cloud.accounts.people import find_account
from cloud.roles import ROLE_WORDS
from cloud.web.doors import BY_ADDRESS, doors, limiter, say, wrong
from cloud.words import N_

MADE = N_("Tài khoản đã sẵn sàng. Xin đăng nhập.")

pages = Blueprint("invitation", __name__)


def register(app: Flask) -> None:
    """Add the page."""
    app.register_blueprint(pages)


@pages.get("/invitation")
def page() -> str:
    """Ask for the invitation; the page's script fills it in from the link and goes on."""
    return render_template("invitation.html")


@pages.post("/invitation")
@limiter.limit(BY_ADDRESS, deduct_when=wrong)
def open_invitation() -> ResponseReturnValue:
    """Say what it is an invitation to, and ask for name and password."""
    token = _field("token")
    try:
        invitation = find_invitation(doors().data, token)
    except AccountRefused:
        return _refused_token()
    return render_template("invitation-accept.html", token=token, invitation=invitation, roles=ROLE_WORDS)


@pages.post("/invitation/accept")
@limiter.limit(BY_ADDRESS, deduct_when=wrong)
def use() -> ResponseReturnValue:
    """Make the account, or give it its new password; the first login comes after."""
    token, name, password = _field("token"), _field("name").lower(), request.form.get("password", "")
    try:
        invitation = find_invitation(doors().data, token)
        if password != request.form.get("again", ""):
            raise AccountRefused(Fault.NOT_REPEATED)
        made = accept(doors().data, token, name, password)
    except AccountRefused as refusal:
        if refusal.fault is Fault.INVITATION:
            return _refused_token()
        return render_template(
            "invitation-accept.html",
            token=token,
            invitation=invitation,
            roles=ROLE_WORDS,
            name=name,
            problem=say(WORDS[refusal.fault]),
        ), 422
    deed = "password-by-link" if invitation.account else "account-by-invitation"
    audit.record(doors().data, made, deed, result=audit.DONE, province=find_account(doors().data, made).province)
    flash(say(MADE))
    return redirect(url_for("login.form"))


def _refused_token() -> ResponseReturnValue:
    audit.record(doors().data, "", "invitation", result="refused", province="")
    return render_template("invitation.html", problem=say(WORDS[Fault.INVITATION])), 401


def _field(name: str) -> str:
    return request.form.get(name, "").strip()[:64]
