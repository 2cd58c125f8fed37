"""People at the dashboard: an application with two provinces, and visitors that log in and fill in its forms."""

import re
import time
from pathlib import Path

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cloud.accounts.people import add_account
from cloud.accounts.second_factor import sealing_key
from cloud.accounts.sessions import begin
from cloud.config import Accounts, Cloud, Oidc, OidcRole, Totp, Web
from cloud.ledger import Ledger
from cloud.roles import Province, Role
from cloud.web import create_app
from edge.daemon.config import Broker
from tests.journals import Journal

KEY = "0" * 64
PASSWORD = "một mật khẩu đủ dài"
MAU = Province("mau", "Sở Y tế Mẫu", "Sample Department of Health", ("mau-*",))
KHAC = Province("khac", "Sở Y tế Khác", "Other Department of Health", ("khac-*",))
# name: role, province, site
PEOPLE = {
    "lan": (Role.ADMINISTRATOR, MAU.id, ""),
    "mai": (Role.PROVINCE, MAU.id, ""),
    "hoa": (Role.FACILITY, MAU.id, "mau-01"),
    "minh": (Role.TECHNICIAN, MAU.id, ""),
    "khanh": (Role.ADMINISTRATOR, KHAC.id, ""),
}
SITES = {"mau-01": "Trung tâm Y tế huyện Mẫu", "mau-02": "Bệnh viện Mẫu Hai", "khac-01": "Bệnh viện Khác Hẳn"}


def cloud_config(
    data: Path,
    *,
    totp: Totp = Totp.OFFERED,
    provinces: tuple[Province, ...] = (MAU, KHAC),
    oidc: Oidc | None = None,
    roles: tuple[OidcRole, ...] = (),
) -> Cloud:
    """A configuration whose data lie in this folder."""
    data.mkdir(parents=True, exist_ok=True)
    (data / "session.key").write_text(KEY)
    return Cloud(
        data,
        Web("127.0.0.1:0", data / "session.key"),
        Broker("127.0.0.1:1", data, data, data),
        accounts=Accounts(totp),
        province=provinces,
        oidc=oidc,
        oidc_role=roles,
    )


def make_app(config: Cloud) -> Flask:
    """The application as moiso-cloud serves it, over https."""
    app = create_app(config)
    app.config["PREFERRED_URL_SCHEME"] = "https"
    return app


def add_people(data: Path) -> None:
    """Everybody of PEOPLE, with PASSWORD."""
    for name, (role, province, site) in PEOPLE.items():
        add_account(data, name, PASSWORD, role, province, site)


def add_sites(data: Path) -> None:
    """Three facilities, of which one is the other province's, each with a number given."""
    ledger = Ledger(data)
    for site, name in SITES.items():
        journal = Journal()
        journal.open(name)
        journal.issue("t1")
        ledger.record(site, journal.batch(), received_ms=int(time.time() * 1000))
    ledger.close()


class Visitor:
    """A browser at the dashboard; ``address`` is where it comes from."""

    def __init__(self, app: Flask, address: str = "192.0.2.1") -> None:
        self.client: FlaskClient = app.test_client()
        self.client.environ_base["wsgi.url_scheme"] = "https"
        self.client.environ_base["REMOTE_ADDR"] = address
        self._data: Path = app.extensions["moiso_accounts"]

    def get(self, path: str, **headers: str) -> TestResponse:
        """Ask for a page."""
        return self.client.get(path, headers={key.replace("_", "-"): value for key, value in headers.items()})

    def post(self, path: str, /, **form: str) -> TestResponse:
        """Send a form with the token that a page of this browser carries."""
        return self.client.post(
            path, data={"csrf_token": self.token(), **form}, headers={"Referer": "https://localhost/"}
        )

    def token(self) -> str:
        """The token of this browser's forms."""
        page = self.client.get("/login").text or self.client.get("/accounts").text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        if not found:
            found = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get("/accounts").text)
        assert found
        return found[1]

    def log_in(self, name: str, password: str = PASSWORD) -> TestResponse:
        """Name and password into the login's form."""
        return self.post("/login", name=name, password=password)

    def is_in(self, name: str) -> "Visitor":
        """As after a login, without the second that a password's hash takes."""
        session = begin(self._data, name, whole=True)
        with self.client.session_transaction() as cookie:
            cookie["_user_id"] = session.token
            cookie["_fresh"] = True
        return self

    def cookie(self) -> str:
        """What the browser keeps."""
        kept = self.client.get_cookie("__Host-moiso")
        return kept.value if kept else ""


def code_of(secret: str, steps: int = 0) -> str:
    """What a phone with this secret shows now, or some steps of 30 seconds later."""
    return pyotp.TOTP(secret).at(int(time.time()), counter_offset=steps)


def secret_on(page: str) -> str:
    """The secret that an enrolment page shows."""
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert found
    return found[1].replace(" ", "")


SEALING_KEY = sealing_key(KEY)
