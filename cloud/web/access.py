"""What a view asks before it answers: who looks, what they may do, and which facilities they may see.

Every view bears :func:`allowed`, or is one of the few that anybody may open; a test walks all routes to see to it.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

from flask import abort, current_app
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from cloud import audit
from cloud.roles import RIGHTS, Right, Role, Scope

P = ParamSpec("P")


class Viewer:
    """Who looks, in the words of Flask-Login; its id is the session's token and not the account's name."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, name: str, token: str, role: Role, scope: Scope) -> None:
        self.name = name
        self.role = role
        self.scope = scope
        self._token = token

    def get_id(self) -> str:
        """The token that the cookie keeps."""
        return self._token

    def may(self, right: Right) -> bool:
        """Whether the viewer's role has this right."""
        return right in RIGHTS[self.role]

    @property
    def governs(self) -> bool:
        """Whether the viewer says what the province aims at and where its facilities lie."""
        return self.may(Right.CONFIGURE) and self.may(Right.FIGURES) and not self.scope.site

    @property
    def administers(self) -> bool:
        """Whether the viewer looks after accounts."""
        return self.may(Right.ACCOUNTS)


def viewer() -> Viewer:
    """Who looks; only in a view that is :func:`allowed`."""
    who: Viewer = current_user._get_current_object()
    return who


def allowed(right: Right | None) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """The view is for whoever is logged in and has ``right`` (None: for everybody who is logged in).

    Others are sent to the login, or refused with 403.
    """

    def guard(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            if right is not None and not viewer().may(right):
                abort(403)
            return view(*args, **kwargs)

        guarded.right = right  # type: ignore[attr-defined]  # for the test that walks the routes
        logged_in: Callable[P, ResponseReturnValue] = login_required(guarded)
        return logged_in

    return guard


def require_site(site: str) -> None:
    """End with 404 where the viewer may not see this facility: that it exists is not told either."""
    if not viewer().scope.covers(site):
        abort(404)


def accounts_data() -> Path:
    """The folder of ``accounts.db`` and ``audit.db``."""
    data: Path = current_app.extensions["moiso_accounts"]
    return data


def note(deed: str, about: str = "", *, result: str = audit.DONE) -> None:
    """Write into the audit log what the viewer did, to what, and how it went."""
    who = viewer()
    audit.record(accounts_data(), who.name, deed, about, result=result, province=who.scope.province.id)
