"""The page of a facility's remote configuration: who may open it, what it sends, and what it says of the answer."""

import contextlib
import io
import json
import time
from pathlib import Path

import msgspec
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from cloud import audit, quarantine
from cloud.ledger import connect, transaction
from cloud.remote.store import Configurations
from cloud.web import remote
from cloud.web.remote import REASONS, State
from edge.contracts.remote import MOST_BODY, Answer, Reason, Result, digest
from tests.cloud_people import PEOPLE, Visitor, add_people, add_sites, cloud_config, make_app
from tests.sites import CATALOGUE

PATH = "/devices/mau-01/configuration"
SETTINGS = msgspec.json.encode(CATALOGUE).decode()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    add_people(folder)
    add_sites(folder)
    return folder


@pytest.fixture
def data(tmp_path: Path, made: Path) -> Path:
    for name in ("accounts.db", "ledger.db"):
        (tmp_path / name).write_bytes((made / name).read_bytes())
    return tmp_path


@pytest.fixture
def app(data: Path) -> Flask:
    app = make_app(cloud_config(data))
    if "remote" not in app.blueprints:
        remote.register(app)
    return app


@pytest.fixture
def store(app: Flask) -> Configurations:
    store: Configurations = app.extensions["moiso_configurations"]
    return store


@pytest.fixture
def lan(app: Flask) -> Visitor:
    return Visitor(app).is_in("lan")


def send(visitor: Visitor, *out: str, settings: str = "", after: int = 0, file: bytes = b"") -> TestResponse:
    form: dict[str, object] = {
        "csrf_token": visitor.token(),
        "settings": settings,
        "after": str(after),
        "out": list(out),
    }
    if file:
        form["file"] = (io.BytesIO(file), "settings.json")
    return visitor.client.post(PATH, data=form, headers={"Referer": "https://localhost/"})


def state(app: Flask, store: Configurations) -> State:
    return remote.state_of(store.history("mau-01"), store.standing("mau-01"))


@pytest.mark.req("X1")
def test_only_who_may_configure_this_facility_sees_and_sends(app: Flask, store: Configurations) -> None:
    for name in PEOPLE:
        visitor = Visitor(app).is_in(name)
        may = {"lan": 200, "minh": 200, "mai": 403, "hoa": 403, "khanh": 404}[name]
        assert visitor.get(PATH).status_code == may
        assert send(visitor).status_code == {200: 302, 403: 403, 404: 404}[may] or name == "minh"
        assert visitor.get(f"{PATH}/1.json").status_code == may
    assert Visitor(app).get(PATH).status_code == 302
    assert [version.who for version in store.history("mau-01")] == ["lan"]
    for path in ("/devices/khac-01/configuration", "/devices/mau-99/configuration"):
        assert Visitor(app).is_in("lan").get(path).status_code == 404


@pytest.mark.req("X1", "X6")
def test_a_form_without_its_token_sends_nothing(app: Flask, lan: Visitor, store: Configurations) -> None:
    answer = lan.client.post(PATH, data={"settings": "", "after": "0"}, headers={"Referer": "https://localhost/"})
    assert answer.status_code == 400
    assert store.history("mau-01") == ()


@pytest.mark.req("D4", "X2")
def test_a_version_is_written_with_who_and_when_and_audited(lan: Visitor, store: Configurations, data: Path) -> None:
    assert send(lan, "kiosk-1", settings=SETTINGS).status_code == 302
    (version,) = store.history("mau-01")
    assert (version.version, version.who, version.result) == (1, "lan", Result.NONE)
    wanted = store.wanted("mau-01", 1)
    assert (wanted.settings, wanted.kiosks_out) == (CATALOGUE, ("kiosk-1",))
    (line,) = [line for line in audit.lines(data, audit.Wanted(("mau",)), limit=9) if line.deed == "configure-site"]
    assert (line.who, line.about) == ("lan", "mau-01, version 1")
    page = lan.get(PATH).text
    assert "Đã ghi phiên bản 1" in page
    assert "Đang chờ cơ sở trả lời" in page
    assert "moiso-remote" in page, "nobody sends it"
    body = lan.get(f"{PATH}/1.json")
    assert digest(body.data) == version.sha256
    assert "attachment" in body.headers["Content-Disposition"]


@pytest.mark.req("D4")
def test_fields_that_a_site_wrote_go_back_to_it_as_they_are_and_no_others(lan: Visitor, store: Configurations) -> None:
    parts = json.loads(SETTINGS)
    del parts["slip"]  # as of an older program
    assert send(lan, settings=json.dumps(parts)).status_code == 302
    assert json.loads(store.body("mau-01", 1))["settings"] == parts


@pytest.mark.req("D4")
def test_the_sites_own_settings_and_earlier_versions_are_taken_into_the_form(lan: Visitor) -> None:
    text = lan.get(f"{PATH}?take=site").text
    assert "Trung tâm Y tế huyện Mẫu" in text
    assert "&#34;services&#34;" in text
    send(lan, "kiosk-1", settings=SETTINGS)
    send(lan, after=1)
    again = lan.get(f"{PATH}?take=1").text
    assert "Examination" in again
    assert 'value="kiosk-1" checked' in again
    for wrong in ("9", "x", "-1", "1" * 40):
        assert lan.get(f"{PATH}?take={wrong}").status_code == 404


@pytest.mark.req("D4")
@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("{", "không đúng mẫu"),
        ("3", "không đúng mẫu"),
        ('{"facility":{}}', "không đúng mẫu"),
        (SETTINGS.replace('"groups"', '"gruops"'), "gruops"),
        ("[" * 20_000, "không đúng mẫu"),
        ('{"' + "a" * MOST_BODY + '":1}', "không đúng mẫu"),
        (json.dumps({**json.loads(SETTINGS), "groups": [{"id": "x", "name": "x" * MOST_BODY, "name_en": "x"}]}), "256"),
    ],
    ids=lambda text: str(text)[:12],
)
def test_settings_that_are_none_are_shown_again_with_what_is_wrong(
    lan: Visitor, store: Configurations, settings: str, says: str
) -> None:
    answer = send(lan, "kiosk-1", settings=settings)
    assert answer.status_code == 422
    assert says in answer.text
    assert 'value="kiosk-1" checked' in answer.text
    assert store.history("mau-01") == ()


@pytest.mark.req("D4")
def test_a_file_is_taken_in_place_of_the_text_and_a_wrong_name_is_refused(lan: Visitor, store: Configurations) -> None:
    assert send(lan, settings="{", file=b"\xef\xbb\xbf" + SETTINGS.encode()).status_code == 302
    assert store.wanted("mau-01", 1).settings == CATALOGUE
    assert send(lan, "Kiosk cô Lan", after=1).status_code == 422
    assert send(lan, after=1, file=b"\xff\xfe\x00").status_code == 422
    assert send(lan, after=1, settings="x" * 1_100_000).status_code == 413


@pytest.mark.req("D4")
def test_nobody_overtakes_a_colleague_unseen(lan: Visitor, store: Configurations) -> None:
    send(lan)
    answer = send(lan, "kiosk-1", settings=SETTINGS)
    assert answer.status_code == 409
    assert "phiên bản mới hơn" in answer.text
    assert 'name="after" value="1"' in answer.text
    assert "Examination" in answer.text
    assert len(store.history("mau-01")) == 1


@pytest.mark.req("D4", "X5")
def test_the_page_says_how_the_site_stands(app: Flask, lan: Visitor, store: Configurations) -> None:
    assert state(app, store) is State.NONE
    send(lan, "kiosk-1")
    sha256 = store.history("mau-01")[0].sha256
    applied = Answer(1, sha256, Result.APPLIED, None, 1, sha256, ("kiosk-1", "kiosk-2"), ("kiosk-1",))
    store.take("mau-01", applied, 1_795_410_000_000)
    store.note_sender(4_000_000_000_000)
    assert state(app, store) is State.RUNNING
    page = lan.get(PATH).text
    assert "đang chạy đúng" in page
    assert 'value="kiosk-2">' in page
    assert "không chạy" not in page
    store.take("mau-01", msgspec.structs.replace(applied, running_sha256="0" * 64), 1_795_410_001_000)
    assert state(app, store) is State.DRIFT
    assert "khác phiên bản 1" in lan.get(PATH).text
    send(lan, after=1)
    newest = store.history("mau-01")[0]
    refused = msgspec.structs.replace(
        applied, version=2, sha256=newest.sha256, result=Result.REJECTED, reason=Reason.PEOPLE_WAIT
    )
    store.take("mau-01", refused, 1_795_410_002_000)
    assert state(app, store) is State.REJECTED
    assert "Còn người đang chờ" in lan.get(PATH).text
    strange = msgspec.structs.replace(applied, version=9, result=Result.REJECTED, reason=Reason.SIGNATURE)
    store.take("mau-01", strange, time.time_ns() // 1_000_000)
    assert "Chữ ký không phải của Sở" in lan.get(PATH).text
    assert state(app, store) is State.REJECTED
    unknown = Answer(7, "1" * 64, Result.APPLIED, None, 7, "1" * 64)
    store.take("mau-02", unknown, 1_795_410_004_000)
    assert remote.state_of((), store.standing("mau-02")) is State.OTHER


@pytest.mark.req("D4", "X6")
def test_of_a_revoked_site_the_page_says_that_nothing_is_sent_until_it_is_readmitted(
    lan: Visitor, store: Configurations, data: Path
) -> None:
    says = "Cơ sở này đã bị thu hồi: không phiên bản nào được gửi đi"
    assert says not in lan.get(PATH).text
    with contextlib.closing(connect(data)) as db, transaction(db):
        quarantine.revoke(db, "mau-01", at_ms=1)
    assert says in lan.get(PATH).text
    assert "no version is sent to it" in lan.get(f"{PATH}?lang=en").text
    lan.get(f"{PATH}?lang=vi")
    assert send(lan, "kiosk-1").status_code == 302
    page = lan.get(PATH).text
    assert "phiên bản được gửi khi cơ sở được nhận lại" in page
    assert len(store.history("mau-01")) == 1
    assert lan.post("/refused/mau-01/readmit").status_code == 302
    assert says not in lan.get(PATH).text


def test_every_reason_has_words() -> None:
    assert set(REASONS) == set(Reason)
