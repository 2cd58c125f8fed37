"""Log in with a province's own identity provider: OpenID Connect, authorization code with PKCE, by Authlib.

What is checked of an ID token is stated here, whatever the library's defaults: signature by the provider's keys and
an asymmetric algorithm, issuer, audience, nonce, times. Who has no role by ``[[oidc_role]]`` gets no account.
"""

import logging
from collections.abc import Sequence
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from joserfc.errors import JoseError
from msgspec import Struct
from requests import RequestException

from cloud import audit
from cloud.accounts.external import NoRole, ShutOut, role_for, vouched_for
from cloud.accounts.sessions import begin
from cloud.config import Oidc, OidcRole
from cloud.web.doors import BY_ADDRESS, browser, doors, let_in, limiter, wrong
from edge.daemon.config import read_secret

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]  # asymmetric only
TIMEOUT_S = 10
LEEWAY_S = 60

# Each with its English, for this is said before anybody has chosen a language.
AWAY = (
    "Hệ thống đăng nhập của tỉnh không trả lời. Xin thử lại sau, hoặc dùng tên và mật khẩu.",
    "The province's login system does not answer. Try again later, or use name and password.",
)
NOT_PROVEN = (
    "Hệ thống đăng nhập của tỉnh không xác nhận được lần đăng nhập này. Xin thử lại từ đầu.",
    "The province's login system did not confirm this login. Please start again.",
)
NO_ROLE = (
    "Tài khoản này của tỉnh chưa được cấp quyền ở đây. Xin nhờ quản trị của Sở.",
    "This province account has no role here. Ask the Department's administrator.",
)

log = logging.getLogger(__name__)
pages = Blueprint("oidc", __name__)


class Provider(Struct, frozen=True):
    """The provider, Authlib's client of it, and who may do what."""

    config: Oidc
    client: Any
    roles: tuple[OidcRole, ...]


def register(app: Flask, config: Oidc | None, roles: Sequence[OidcRole]) -> None:
    """Add the way in where a provider is configured. Raises ConfigError where its secret is missing."""
    app.jinja_env.globals["provider"] = config
    if config is None:
        return
    logging.getLogger("authlib").setLevel(logging.WARNING)  # at DEBUG it logs the code verifier
    client = OAuth(app).register(
        "moiso",
        client_id=config.client_id,
        client_secret=read_secret(config.client_secret_file),
        server_metadata_url=f"{config.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256", "default_timeout": TIMEOUT_S},
    )
    app.extensions["moiso_oidc"] = Provider(config, client, tuple(roles))
    app.register_blueprint(pages)


@pages.get("/login/oidc")
def start() -> ResponseReturnValue:
    """Send the browser to the provider."""
    try:
        answer: ResponseReturnValue = _client().authorize_redirect(url_for("oidc.finish", _external=True))
    except (RequestException, OAuthError, ValueError) as error:
        return _away(error)
    return answer


@pages.get("/login/oidc/done")
@limiter.limit(BY_ADDRESS, deduct_when=wrong)
def finish() -> ResponseReturnValue:
    """Where the provider sends it back to: let it in, or say why not."""
    provider = _provider()
    try:
        claims = _claims(provider)
    except RequestException as error:
        return _away(error)
    except (OAuthError, JoseError, ValueError) as error:
        log.warning("a login by the identity provider was not proven: %s", type(error).__name__)
        audit.record(doors().data, "", "login-oidc", result="refused", province="")
        return render_template("login.html", name="", problem=NOT_PROVEN), 401
    try:
        entry = role_for(claims, provider.config.claim, provider.roles)
        name = vouched_for(doors().data, provider.config.issuer, claims, entry)
    except NoRole:
        audit.record(doors().data, "", "login-oidc", result="no-role", province="")
        return render_template("login.html", name="", problem=NO_ROLE), 403
    except ShutOut:
        audit.record(doors().data, "", "login-oidc", result="disabled", province="")
        return render_template("login.html", name="", problem=NO_ROLE), 403
    return let_in(begin(doors().data, name, browser=browser(), whole=True), how="login-oidc")


def _claims(provider: Provider) -> dict[str, Any]:
    """The ID token's claims, proven. Raises OAuthError, JoseError, ValueError or RequestException."""
    if not request.args.get("state"):
        raise ValueError("no state")
    token = _client().authorize_access_token(
        leeway=LEEWAY_S,
        claims_options={
            "iss": {"essential": True, "value": provider.config.issuer},
            "aud": {"essential": True, "value": provider.config.client_id},
            "sub": {"essential": True},
        },
    )
    claims = token.get("userinfo")
    if not claims or not isinstance(claims["sub"], str):
        raise ValueError("no ID token")
    return dict(claims)


def _client() -> Any:
    """Authlib's client, held to our algorithms. Raises RequestException, ValueError where the issuer is another's."""
    provider = _provider()
    metadata = provider.client.load_server_metadata()
    if metadata.get("issuer") != provider.config.issuer:
        provider.client.server_metadata.pop("_loaded_at", None)
        raise ValueError("the provider states another issuer than cloud.toml")
    metadata["id_token_signing_alg_values_supported"] = ALGORITHMS
    return provider.client


def _provider() -> Provider:
    made: Provider = current_app.extensions["moiso_oidc"]
    return made


def _away(error: Exception) -> ResponseReturnValue:
    log.error("the identity provider gives no answer: %s", type(error).__name__)
    return render_template("login.html", name="", problem=AWAY), 502
