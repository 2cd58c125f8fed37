"""Another system at the API: an application with two provinces, tokens, and a caller that sends them."""

import time
from pathlib import Path
from typing import Any

import msgspec
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace
from werkzeug.test import TestResponse

from cloud.influx import Influx
from cloud.roles import Right
from cloud.tokens import GRANTED, Grant, Tokens
from tests.cloud_people import MAU, cloud_config, make_app

Json = dict[str, Any]


def api_app(data: Path, *, influx: Influx | None = None) -> Flask:
    """The application over this folder, with the API and the page of tokens."""
    return make_app(replace(cloud_config(data), influx=influx))


def new_token(data: Path, *rights: Right, province: str = MAU.id, site: str = "", now_ms: int = 0) -> str:
    """A token's secret; without rights it has all that tokens may have."""
    grant = Grant("Kho dữ liệu", province, site, frozenset(rights or GRANTED), 30, "lan")
    return Tokens(data).add(grant, now_ms or time.time_ns() // 1_000_000)[1]


class Caller:
    """A system that sends this token ("": none) over https."""

    def __init__(self, app: Flask, secret: str = "", address: str = "192.0.2.1") -> None:
        self.client: FlaskClient = app.test_client()
        self.client.environ_base["wsgi.url_scheme"] = "https"
        self.client.environ_base["REMOTE_ADDR"] = address
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str, **headers: str) -> TestResponse:
        """Ask below ``/api/v1/``."""
        more = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.client.get(f"/api/v1/{path}", headers={**self.headers, **more})

    def json(self, path: str) -> Json:
        """What is answered, which must be an answer."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return read(answer)


def read(answer: TestResponse) -> Json:
    """The answer's JSON."""
    return msgspec.json.decode(answer.data, type=Json)
