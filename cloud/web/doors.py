"""What stands behind every page about accounts: the data, the key, the provinces, and how a login goes on."""

import re
from collections.abc import Mapping
from pathlib import Path

from flask import current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user, login_user
from msgspec import Struct

from cloud import audit
from cloud.accounts.sessions import Session, Stage, find_pending
from cloud.config import Totp
from cloud.roles import Province, Right, Scope
from cloud.web.access import Viewer
from cloud.web.navigation import navigation
from edge.daemon.i18n import translations

BY_ADDRESS = "20 per minute; 200 per hour"
BY_NAME = "10 per minute; 50 per hour"
PENDING = "pending"  # where the cookie keeps the token of a login that waits for its second factor

limiter = Limiter(get_remote_address, storage_uri="memory://")  # one process serves: its memory is enough

_BROWSERS = ("Edg", "OPR", "CocCoc", "coc_coc_browser", "SamsungBrowser", "Firefox", "Chrome", "Safari")
_CALLED = {"Edg": "Edge", "OPR": "Opera", "CocCoc": "Cốc Cốc", "coc_coc_browser": "Cốc Cốc"}
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")


class Doors(Struct, frozen=True):
    """How one application lets people in. ``key`` seals the secrets of second factors."""

    data: Path
    key: bytes
    totp: Totp
    provinces: Mapping[str, Province]

    def __repr__(self) -> str:
        return f"Doors(data={self.data!r}, key=…, totp={self.totp.value!r})"


def doors() -> Doors:
    """Those of this application."""
    made: Doors = current_app.extensions["moiso_doors"]
    return made


def wrong(response: object) -> bool:
    """Whether an answer says that a password, code or token was wrong: only those are counted."""
    return getattr(response, "status_code", 0) == 401


def scope_of(account: Session) -> Scope | None:
    """Where the account's rights hold; None where its province is not configured any more: nowhere."""
    province = doors().provinces.get(account.province)
    return Scope(province, account.site) if province else None


def pending() -> Session:
    """The login of this browser that waits for its second factor. Raises KeyError where there is none."""
    return find_pending(doors().data, session.get(PENDING, ""))


def let_in(new: Session, *, how: str) -> ResponseReturnValue:
    """Go on with a login whose password, code or provider was right: to its next step, or in."""
    forget_the_login()
    if new.stage is not Stage.WHOLE:
        session[PENDING] = new.token
        return redirect(url_for("login.code" if new.stage is Stage.SECOND_FACTOR else "login.enrol"))
    if not enter(new):
        audit.record(doors().data, new.account, how, result="no-province", province=new.province)
        return redirect(url_for("login.form"))
    audit.record(doors().data, new.account, how, province=new.province)
    return redirect(landing())


def enter(new: Session) -> bool:
    """Make this whole session the browser's; False where its province is not configured."""
    scope = scope_of(new)
    if scope is None:
        return False
    login_user(Viewer(new.account, new.token, new.role, scope))
    return True


def forget_the_login() -> None:
    """Nothing that the browser brought stays in the cookie but the language: what comes is a new session."""
    language = session.get("language", "vi")
    session.clear()
    session["language"] = language


def landing() -> str:
    """The address of the first page that the viewer may open."""
    if current_user.may(Right.FIGURES):
        return url_for("today.page")
    return next((url_for(entry.endpoint) for entry in navigation()), url_for("accounts.page"))


def say(sentence: str) -> str:
    """The sentence in the page's language."""
    return translations(g.language, "cloud").gettext(sentence)


def browser() -> str:
    """This request's browser in two words."""
    return browser_name(request.headers.get("User-Agent", ""))


def browser_name(agent: str) -> str:
    """A browser and its system in two words, for the list of sessions; "?" where it says neither.

    >>> browser_name("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0 Safari/537.36 Edg/141.0")
    'Edge, Windows'
    """
    name = next((_CALLED.get(name, name) for name in _BROWSERS if re.search(rf"{name}/", agent)), "")
    system = next((system for system in _SYSTEMS if system in agent), "")
    return ", ".join(part for part in (name, system) if part) or "?"
