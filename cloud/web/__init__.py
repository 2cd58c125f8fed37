"""The dashboard: Flask, pages made by the server, and one small ES module that keeps the figures fresh.

:func:`create_app` is here and not in ``cloud/__init__.py``, so that the ingest does not load Flask.
"""

from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Flask, Response, g, request, session
from flask.typing import ResponseReturnValue

from cloud.config import Cloud
from cloud.influx import InfluxStatistics
from cloud.map import Chart
from cloud.statistics import SqliteStatistics, Statistics
from cloud.targets import Targets
from cloud.today import Live
from cloud.web import (
    accounts,
    alarms,
    api,
    compare,
    enrolment,
    errors,
    facility,
    figures,
    fleet,
    indicator,
    invitation,
    login,
    navigation,
    oidc,
    overview,
    phone,
    refused,
    remote,
    reports,
    today,
)
from edge.daemon.config import ConfigError, read_secret
from edge.daemon.i18n import LANGUAGES, translations

# Nothing inline, nothing from elsewhere.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)
YEAR_S = 365 * 24 * 3600
MIN_KEY = 32


def create_app(config: Cloud) -> Flask:
    """The dashboard's WSGI application. Raises ConfigError where the session key is missing or too short."""
    app = Flask("cloud")
    app.config.update(
        SECRET_KEY=_session_key(config.web.session_key_file),
        # A browser keeps a __Host- cookie only when it is Secure, for this host alone and for every path. On plain
        # http it takes one from loopback, which it trusts (W3C Secure Contexts, 3.1): the demo needs no exception.
        SESSION_COOKIE_NAME="__Host-moiso",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session itself
        MAX_CONTENT_LENGTH=64 * 1024,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    brand = files("edge.contracts.brand").joinpath("static")
    app.register_blueprint(Blueprint("brand", __name__, static_folder=str(brand), static_url_path="/brand"))
    app.before_request(_choose_language)
    app.after_request(_protect)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # made by the extension above
        _gettext, lambda one, many, n: translations(g.language, "cloud").ngettext(one, many, n), newstyle=True
    )
    figures.register(app)
    navigation.register(app)
    login.register(app, config.data, config.province, config.accounts)
    oidc.register(app, config.oidc, config.oidc_role)
    errors.register(app)
    targets = Targets(config.data, config.aims, config.place)
    overview.register(app, _statistics(config), Live(config.data), Chart(config.outline), targets)
    for room in (today, facility, indicator, compare, accounts, invitation, reports, remote):
        room.register(app)
    refused.register(app, config.data)
    fleet.register(app, config.data)
    alarms.register(app, config)
    phone.register(app, config.data)
    api.register(app)
    enrolment.register(app, config.data, config.enrolment)
    return app


def _statistics(config: Cloud) -> Statistics:
    """InfluxDB where the configuration says that the dashboard reads it, the ledger's own sums otherwise."""
    if config.influx is None or not config.influx.dashboard:
        return SqliteStatistics(config.data)
    from cloud.bucket import Bucket  # the client library is loaded by whoever uses it

    return InfluxStatistics(Bucket(config.influx))


def _session_key(path: Path) -> str:
    key = read_secret(path)
    if len(key) < MIN_KEY:
        raise ConfigError(f"{path}: the key is shorter than {MIN_KEY} characters; provision the cloud again")
    return key


def _gettext(message: str) -> str:
    return translations(g.language, "cloud").gettext(message)


def _choose_language() -> ResponseReturnValue | None:
    wish = request.args.get("lang", "")
    if wish in LANGUAGES:
        session["language"] = wish
    g.language = session.get("language", "vi")
    return None


def _protect(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={YEAR_S}; includeSubDomains"
    if response.mimetype == "text/html":
        response.headers["Cache-Control"] = "no-store"
    return response
