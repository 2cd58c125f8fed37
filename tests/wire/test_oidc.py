"""Logging in by a province's identity provider: real HTTP, real tokens, and every lie that one can tell refused."""

import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from flask import Flask
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from cloud import audit
from cloud.accounts.database import opened
from cloud.accounts.faults import AccountRefused
from cloud.accounts.people import accounts_of, find_account, set_disabled, set_password
from cloud.config import Oidc, OidcRole, Totp
from cloud.roles import Role
from cloud.web.doors import limiter
from tests.cloud_people import Visitor, cloud_config, make_app
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, Provider

ROLES = (
    OidcRole("moiso-admin", Role.ADMINISTRATOR, "mau"),
    OidcRole("moiso", Role.PROVINCE, "mau"),
    OidcRole("mau-01-lead", Role.FACILITY, "mau", "mau-01"),
)


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture
def provider(running: Provider) -> Provider:
    running.reset()
    return running


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, running: Provider) -> Flask:
    running.reset()
    return app_for(tmp_path_factory.mktemp("cloud"), running.issuer)


@pytest.fixture
def app(made: Flask, provider: Provider) -> Flask:
    """The application, without any account."""
    with opened(made.extensions["moiso_accounts"]) as db:
        db.execute("DELETE FROM accounts")
    limiter.reset()
    return made


@pytest.fixture
def data(app: Flask) -> Path:
    """Its folder."""
    folder: Path = app.extensions["moiso_accounts"]
    return folder


def app_for(data: Path, issuer: str) -> Flask:
    (data / "client.secret").write_text(CLIENT_SECRET)
    oidc = Oidc(issuer, CLIENT_ID, data / "client.secret", name="Sở Y tế Mẫu")
    return make_app(cloud_config(data, totp=Totp.REQUIRED, oidc=oidc, roles=ROLES))


def come_back(visitor: Visitor, change: Callable[[str], str] = lambda path: path) -> TestResponse:
    """To the provider, and from there to where it sends the browser, whose address the test may change."""
    start = visitor.get("/login/oidc")
    assert start.status_code == 302, start.text
    answer = httpx.get(start.headers["Location"])
    back = urlsplit(answer.headers["Location"])
    assert (back.scheme, back.netloc, back.path) == ("https", "localhost", "/login/oidc/done")
    return visitor.get(change(f"{back.path}?{back.query}"))


def base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def encoded(part: dict[str, object]) -> str:
    return base64url(msgspec.json.encode(part))


def last_line(app: Flask) -> tuple[str, str, str]:
    found = audit.lines(app.extensions["moiso_accounts"], audit.Wanted(("", "mau")), limit=1)
    return (found[0].who, found[0].deed, found[0].result)


@pytest.mark.req("X1")
def test_whoever_has_a_role_comes_in_with_it_and_needs_no_second_factor_of_ours(app: Flask, data: Path) -> None:
    visitor = Visitor(app)
    assert "Sở Y tế Mẫu" in visitor.get("/login").text
    before = visitor.cookie()
    assert come_back(visitor).headers["Location"] == "/today"
    assert visitor.cookie() != before
    page = visitor.get("/accounts")
    assert "oidc:lan.nguyen" in page.text
    assert "hệ thống đăng nhập của tỉnh giữ" in page.text
    account = find_account(data, "oidc:lan.nguyen")
    assert (account.role, account.province, account.external) == (Role.PROVINCE, "mau", True)
    assert last_line(app) == ("oidc:lan.nguyen", "login-oidc", "done")
    with pytest.raises(AccountRefused):
        set_password(data, "oidc:lan.nguyen", "một mật khẩu đủ dài")
    for password in ("", "x"):
        assert Visitor(app).log_in("oidc:lan.nguyen", password).status_code == 401


@pytest.mark.req("X1")
def test_the_question_carries_state_nonce_and_a_pkce_challenge(app: Flask) -> None:
    asked = [parse_qs(urlsplit(Visitor(app).get("/login/oidc").headers["Location"]).query) for _ in range(2)]
    for query in asked:
        assert query["response_type"] == ["code"]
        assert query["code_challenge_method"] == ["S256"]
        assert query["scope"] == ["openid profile"]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]


@pytest.mark.req("X1")
def test_the_role_is_what_the_provider_says_at_each_login(app: Flask, data: Path, provider: Provider) -> None:
    come_back(Visitor(app))
    provider.claims["groups"] = "mau-01-lead"  # one text instead of a list
    visitor = Visitor(app)
    come_back(visitor)
    assert [(one.name, one.role, one.site) for one in accounts_of(data, "mau")] == [
        ("oidc:lan.nguyen", Role.FACILITY, "mau-01")
    ]
    provider.claims["groups"] = ["staff"]
    answer = come_back(Visitor(app))
    assert answer.status_code == 403
    assert "chưa được cấp quyền" in answer.text
    assert last_line(app) == ("", "login-oidc", "no-role")


@pytest.mark.req("X1")
@pytest.mark.parametrize("groups", [[], "", None, ["MOISO"], "moiso,x", {"moiso": True}, ["moiso "], [["moiso"]], 1])
def test_without_a_role_there_is_no_account(app: Flask, data: Path, provider: Provider, groups: object) -> None:
    provider.claims["groups"] = groups
    assert come_back(Visitor(app)).status_code == 403
    assert accounts_of(data, "mau") == ()


@pytest.mark.req("X1")
@pytest.mark.parametrize(
    "twist",
    [
        {"nonce": "another"},
        {"iss": "https://evil.example"},
        {"aud": "another-client"},
        {"aud": ["another-client"]},
        {"aud": "another-client", "azp": CLIENT_ID},
        {"azp": "another-client"},
        {"exp": int(time.time()) - 3600},
        {"exp": "tomorrow"},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"sub": 42},
        {"sub": ""},
    ],
    ids=lambda twist: "-".join(twist),  # times differ between processes
)
def test_a_token_with_a_wrong_claim_is_refused(app: Flask, provider: Provider, twist: dict[str, object]) -> None:
    provider.twist = twist
    refused(app)


@pytest.mark.req("X1")
@pytest.mark.parametrize("claim", ["nonce", "iss", "aud", "exp", "iat", "sub"])
def test_a_token_without_a_claim_is_refused(app: Flask, provider: Provider, claim: str) -> None:
    provider.without = {claim}
    refused(app)


@pytest.mark.req("X1")
def test_a_token_of_another_key_is_refused(app: Flask, provider: Provider) -> None:
    provider.sign_with = RSAKey.generate_key(2048, {"kid": "one"})
    refused(app)


@pytest.mark.req("X1")
@pytest.mark.parametrize("of", ["client secret", "public key", "published secret"])
def test_a_token_that_is_signed_symmetrically_is_refused(app: Flask, provider: Provider, of: str) -> None:
    """Though the provider's own metadata would allow it: the public key is known to everybody."""
    secret = CLIENT_SECRET.encode() if of != "public key" else provider.key.as_pem(private=False)
    provider.more_keys = [{"kty": "oct", "kid": "shared", "k": base64url(secret)}] if of == "published secret" else []
    key_id = "shared" if provider.more_keys else "one"

    def forge(claims: dict[str, object]) -> str:
        signed = f"{encoded({'alg': 'HS256', 'kid': key_id})}.{encoded(claims)}"
        return f"{signed}.{base64url(hmac.digest(secret, signed.encode(), 'sha256'))}"

    provider.forge = forge
    refused(app)


@pytest.mark.req("X1")
def test_a_token_that_is_not_signed_is_refused(app: Flask, provider: Provider) -> None:
    now = int(time.time())
    claims = {"iss": provider.issuer, "aud": CLIENT_ID, "sub": "1", "iat": now, "exp": now + 60, "groups": ["moiso"]}
    parts: tuple[dict[str, object], ...] = ({"alg": "none"}, claims)
    provider.id_token = f"{encoded(parts[0])}.{encoded(parts[1])}."
    refused(app)


@pytest.mark.req("X1")
@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é"])
def test_what_is_no_token_is_refused(app: Flask, provider: Provider, token: str) -> None:
    provider.id_token, provider.no_id_token = token, not token
    refused(app)


@pytest.mark.req("X1")
@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.replace("state=", "state=x"),
        lambda path: path.partition("&state")[0],
        lambda path: path.replace("code=", "code=x"),
        lambda path: path.partition("?")[0],
        lambda path: path.partition("?")[0] + "?error=access_denied&state=" + path.partition("state=")[2],
    ],
    ids=["state", "no state", "code", "nothing", "error"],
)
def test_a_changed_way_back_is_refused(app: Flask, change: Callable[[str], str]) -> None:
    refused(app, change)


@pytest.mark.req("X1")
def test_another_browsers_way_back_is_refused(app: Flask, provider: Provider) -> None:
    """Or one could log somebody in as oneself, and read what they then do."""
    victim, attacker = Visitor(app), Visitor(app)
    back = httpx.get(attacker.get("/login/oidc").headers["Location"]).headers["Location"]
    victim.get("/login/oidc")
    answer = victim.get(back.partition("localhost")[2])
    assert answer.status_code == 401
    assert victim.get("/accounts").status_code == 302


@pytest.mark.req("X1")
def test_one_way_back_leads_in_once(app: Flask) -> None:
    visitor = Visitor(app)
    seen: list[str] = []

    def keep(path: str) -> str:
        seen.append(path)
        return path

    come_back(visitor, keep)
    assert visitor.get("/accounts").status_code == 200
    assert visitor.get(seen[0]).status_code == 401


@pytest.mark.req("X1")
def test_whoever_is_shut_out_here_stays_out(app: Flask, data: Path) -> None:
    come_back(Visitor(app))
    set_disabled(data, "oidc:lan.nguyen", "mau", disabled=True)
    assert come_back(Visitor(app)).status_code == 403
    assert last_line(app) == ("", "login-oidc", "disabled")


@pytest.mark.req("X1")
@pytest.mark.parametrize("preferred", ["lan.nguyen", "<b>", "", "x" * 80, "lan nguyen", "../x", None])
def test_a_name_that_is_anothers_or_none_is_not_taken(
    app: Flask, data: Path, provider: Provider, preferred: str | None
) -> None:
    come_back(Visitor(app))
    provider.claims |= {"sub": "0043", "preferred_username": preferred}
    assert come_back(Visitor(app)).headers["Location"] == "/today"
    first, second = (one.name for one in accounts_of(data, "mau"))
    named = {first, second} - {"oidc:lan.nguyen"}
    assert len(named) == 1
    assert all(part.isalnum() for part in named.pop().split(":"))


def test_a_provider_that_is_away_or_somebody_else_is_told_in_words(tmp_path: Path, provider: Provider) -> None:
    away = Visitor(app_for(tmp_path, "http://127.0.0.1:1")).get("/login/oidc")
    assert away.status_code == 502
    assert "không trả lời" in away.text
    provider.metadata = {"issuer": "https://evil.example"}
    app = app_for(tmp_path, provider.issuer)
    assert Visitor(app).get("/login/oidc").status_code == 502
    provider.metadata = {}
    assert Visitor(app).get("/login/oidc").status_code == 302  # asked again, it is right


def refused(app: Flask, change: Callable[[str], str] = lambda path: path) -> None:
    visitor = Visitor(app)
    answer = come_back(visitor, change)
    assert answer.status_code == 401
    assert "did not confirm this login" in answer.text
    assert visitor.get("/accounts").headers["Location"] == "/login"
    assert accounts_of(app.extensions["moiso_accounts"], "mau") == ()
    assert last_line(app) == ("", "login-oidc", "refused")
