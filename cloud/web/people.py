"""The accounts of an administrator's own province: who there is, invitations, and what is changed about somebody."""

import re

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cloud.accounts.faults import WORDS, AccountRefused, Fault
from cloud.accounts.invitations import invite, invite_to_new_password, open_invitations, withdraw
from cloud.accounts.people import Account, accounts_of, change_role, find_account, reset_second_factor, set_disabled
from cloud.roles import ROLE_WORDS, Right, Role
from cloud.web.access import allowed, note, viewer
from cloud.web.doors import doors, say
from cloud.web.overview import visible
from cloud.words import N_

DONE = N_("Đã lưu.")
MAX_SITE = 64
_SITE = re.compile(r"[A-Za-z0-9._-]+")

pages = Blueprint("people", __name__)


@pages.get("/accounts/people")
@allowed(Right.ACCOUNTS)
def page() -> str:
    """Everybody, and the open invitations."""
    return _page()


@pages.post("/accounts/people/invite")
@allowed(Right.ACCOUNTS)
def invite_somebody() -> ResponseReturnValue:
    """Make an invitation; its link is shown this once."""
    try:
        role, site = _role(), _site()
        token = invite(doors().data, role, _province(), site, viewer().name)
    except AccountRefused as refusal:
        return _page(problem=say(WORDS[refusal.fault])), 422
    note("invite", f"{role.value} {site}".strip())
    return _page(link=_link(token))


@pages.post("/accounts/people/withdraw")
@allowed(Right.ACCOUNTS)
def withdraw_invitation() -> ResponseReturnValue:
    """Take an invitation back."""
    withdraw(doors().data, request.form.get("id", "")[:64], _province())
    note("withdraw-invitation")
    flash(say(DONE))
    return redirect(url_for("accounts.people.page"))


@pages.get("/accounts/people/<name>")
@allowed(Right.ACCOUNTS)
def one(name: str) -> str:
    """One account."""
    return _one(name)


@pages.post("/accounts/people/<name>/role")
@allowed(Right.ACCOUNTS)
def set_role(name: str) -> ResponseReturnValue:
    """Give it another role or place."""
    _known(name)
    try:
        role, site = _role(), _site()
        change_role(doors().data, name, _province(), role, site)
    except AccountRefused as refusal:
        return _refused(name, "change-role", refusal)
    return _done(name, "change-role", f"{name}: {role.value} {site}".rstrip())


@pages.post("/accounts/people/<name>/disabled")
@allowed(Right.ACCOUNTS)
def shut_out(name: str) -> ResponseReturnValue:
    """Shut it out (``disabled`` is "1"), or let it in again."""
    _known(name)
    disabled = request.form.get("disabled") == "1"
    deed = "disable" if disabled else "enable"
    try:
        set_disabled(doors().data, name, _province(), disabled=disabled)
    except AccountRefused as refusal:
        return _refused(name, deed, refusal)
    return _done(name, deed, name)


@pages.post("/accounts/people/<name>/second-factor")
@allowed(Right.ACCOUNTS)
def reset(name: str) -> ResponseReturnValue:
    """Take its second factor away, for a lost phone."""
    _known(name)
    try:
        reset_second_factor(doors().data, name, _province())
    except AccountRefused as refusal:
        return _refused(name, "reset-second-factor", refusal)
    return _done(name, "reset-second-factor", name)


@pages.post("/accounts/people/<name>/password")
@allowed(Right.ACCOUNTS)
def new_password(name: str) -> ResponseReturnValue:
    """A link with which its owner chooses a new password; it is shown this once."""
    _known(name)
    try:
        token = invite_to_new_password(doors().data, name, _province(), viewer().name)
    except AccountRefused as refusal:
        return _refused(name, "password-link", refusal)
    note("password-link", name)
    return _one(name, link=_link(token))


def _page(problem: str = "", link: str = "") -> str:
    return render_template(
        "accounts-people.html",
        people=accounts_of(doors().data, _province()),
        invitations=open_invitations(doors().data, _province()),
        roles=ROLE_WORDS,
        facilities=visible(),
        names={facility.site: facility.name for facility in visible()},
        wanted=(request.form.get("role", Role.FACILITY.value), request.form.get("site", "")),
        problem=problem,
        link=link,
    )


def _one(name: str, problem: str = "", link: str = "") -> str:
    return render_template(
        "accounts-one.html",
        person=_known(name),
        roles=ROLE_WORDS,
        facilities=visible(),
        problem=problem,
        link=link,
    )


def _known(name: str) -> Account:
    """End with 404 where there is none in the viewer's province: that another province has one is not told."""
    try:
        account = find_account(doors().data, name)
    except KeyError:
        abort(404)
    if account.province != _province():
        abort(404)
    return account


def _done(name: str, deed: str, about: str) -> ResponseReturnValue:
    note(deed, about)
    if name == viewer().name and deed == "disable":
        return redirect(url_for("login.form"))
    flash(say(DONE))
    return redirect(url_for("accounts.people.one", name=name))


def _refused(name: str, deed: str, refusal: AccountRefused) -> ResponseReturnValue:
    note(deed, name, result=refusal.fault.name.lower().replace("_", "-"))
    return _one(name, problem=say(WORDS[refusal.fault])), 422


def _role() -> Role:
    wish = request.form.get("role", "")
    if wish not in {role.value for role in Role}:
        abort(400)
    return Role(wish)


def _site() -> str:
    """The facility of the form; one that is not the province's is refused as if it did not exist."""
    site = request.form.get("site", "").strip()[:MAX_SITE]
    if site and not (_SITE.fullmatch(site) and viewer().scope.covers(site)):
        raise AccountRefused(Fault.PLACE)
    return site


def _province() -> str:
    return viewer().scope.province.id


def _link(token: str) -> str:
    return f"{url_for('invitation.page', _external=True)}#{token}"
