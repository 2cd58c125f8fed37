"""A small OpenID Connect provider over real HTTP, with real keys; a test says in what it lies."""

import hashlib
import json
import secrets
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID = "moiso"
CLIENT_SECRET = "a secret of thirty-two characters"


class Provider:
    """Serves discovery, keys, authorization and tokens at ``issuer`` until it is closed.

    ``claims`` go into every ID token and ``twist`` over them; ``sign_with`` signs it, or ``forge`` makes it whole.
    """

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self.asked: dict[str, dict[str, str]] = {}  # code: the authorization request
        self.reset()
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def reset(self) -> None:
        """Tell the truth again."""
        self.claims: dict[str, Any] = {"sub": "0042", "preferred_username": "Lan.Nguyen", "groups": ["staff", "moiso"]}
        self.twist: dict[str, Any] = {}
        self.without: set[str] = set()
        self.sign_with = self.key
        self.more_keys: list[dict[str, Any]] = []
        self.metadata: dict[str, Any] = {}
        self.id_token: str | None = None
        self.forge: Callable[[dict[str, Any]], str] | None = None
        self.no_id_token = False

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def discovery(self) -> dict[str, Any]:
        """The provider's metadata (OpenID Connect Discovery 1.0, 3)."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            **self.metadata,
        }

    def jwks(self) -> dict[str, Any]:
        """Its public keys."""
        return {"keys": [self.key.as_dict(private=False), *self.more_keys]}

    def authorize(self, query: dict[str, str]) -> str:
        """Where a browser goes whose person has logged in here."""
        code = secrets.token_urlsafe(16)
        self.asked[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def tokens(self, authorization: str, form: dict[str, str]) -> dict[str, Any] | None:
        """The tokens for a code, once, to the client that asked, who knows the verifier; None: refused."""
        client = b64decode(authorization.removeprefix("Basic ")).decode()
        request = self.asked.pop(form.get("code", ""), None)
        if request is None or client != f"{CLIENT_ID}:{CLIENT_SECRET}":
            return None
        challenge = urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        if request.get("code_challenge_method") != "S256" or request["code_challenge"] != challenge.decode():
            return None
        if request["redirect_uri"] != form.get("redirect_uri"):
            return None
        answer: dict[str, Any] = {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "expires_in": 60}
        if not self.no_id_token:
            answer["id_token"] = self.id_token or self._id_token(request["nonce"])
        return answer

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce}
        claims = {
            name: value for name, value in {**claims, **self.claims, **self.twist}.items() if name not in self.without
        }
        if self.forge:
            return self.forge(claims)
        header = {"alg": "RS256", "kid": "one"}
        return jwt.encode(header, claims, self.sign_with)


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            match address.path:
                case "/.well-known/openid-configuration":
                    self._answer(200, provider.discovery())
                case "/jwks":
                    self._answer(200, provider.jwks())
                case "/authorize":
                    self.send_response(302)
                    self.send_header("Location", provider.authorize(query))
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                case _:
                    self._answer(404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            tokens = provider.tokens(self.headers.get("Authorization", ""), form)
            self._answer(200 if tokens else 400, tokens or {"error": "invalid_grant"})

        def _answer(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler
