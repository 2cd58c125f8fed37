"""A facility's remote configuration: what is wanted, what it answered, whether it runs so, and the next version."""

import json
import sqlite3
import time
from collections.abc import Sequence
from enum import Enum
from typing import Any

import msgspec
from flask import Blueprint, Flask, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from msgspec import Struct

from cloud.remote.store import Configurations, Overtaken, Standing, TooLong, Version
from cloud.roles import Right
from cloud.shut_out import revoked_sites
from cloud.today import Facility, reading
from cloud.web.access import accounts_data, allowed, note, require_site, viewer
from cloud.web.doors import say
from cloud.web.overview import visible
from cloud.words import N_
from edge.contracts.remote import MOST_BODY, MOST_KIOSKS, Reason, Result, Wanted

MOST_FORM = 1024 * 1024  # bytes: a body with the letters of Vietnamese, and what stands around it
SHOWN = 20
STRANGE_MS = 7 * 24 * 60 * 60 * 1000  # so long a message that a site turned away stands on the page
LAST_ENTRIES = 200_000  # of a journal: a day begins with the catalogue in force

SAVED = N_("Đã ghi phiên bản %(n)s. Cơ sở nhận ngay khi có mạng.")
KEPT = N_("Đã ghi phiên bản %(n)s. Cơ sở đang bị thu hồi; phiên bản được gửi khi cơ sở được nhận lại.")
OVERTAKEN = N_("Vừa có phiên bản mới hơn. Xin xem lại rồi gửi; nội dung bạn nhập vẫn còn ở dưới.")
TOO_LONG = N_("Cấu hình dài quá 256 KiB. Xin bỏ bớt.")
NOT_SETTINGS = N_("Cấu hình không đúng mẫu. Xin sửa chỗ sau rồi gửi lại:")
NOTHING = N_("Ở đây chưa có cấu hình nào của cơ sở. Xin tải tệp cấu hình từ trang danh mục của cơ sở.")
# What happened, and what to do.
REASONS = {
    Reason.TOO_LARGE: (N_("Gói dài quá mức"), N_("Xem nhật ký ở cơ sở và ở máy chủ gửi: gói này không do đây gửi.")),
    Reason.UNREADABLE: (N_("Gói không đọc được"), N_("Cài cùng một phiên bản phần mềm ở trung tâm và ở cơ sở.")),
    Reason.OTHER_SITE: (N_("Gói của cơ sở khác"), N_("Kiểm tra máy chủ MQTT: có người gửi nhầm hoặc giả mạo.")),
    Reason.DIGEST: (N_("Nội dung khác với mã băm"), N_("Kiểm tra máy chủ MQTT: gói bị sửa trên đường đi.")),
    Reason.SIGNATURE: (
        N_("Chữ ký không phải của Sở"),
        N_("Nếu vừa đổi khoá, đặt khoá công khai mới ở cơ sở. Nếu không, có người giả mạo: kiểm tra máy chủ MQTT."),
    ),
    Reason.OLD_VERSION: (N_("Phiên bản cũ gửi lại"), N_("Kiểm tra máy chủ MQTT: có người phát lại gói cũ.")),
    Reason.SAME_VERSION: (
        N_("Hai nội dung khác nhau cùng một số phiên bản"),
        N_("Ghi một phiên bản mới. Kiểm tra xem có hai máy chủ cùng gửi không."),
    ),
    Reason.BODY: (
        N_("Cơ sở không hiểu nội dung"),
        N_("Phần mềm ở cơ sở có thể cũ hơn ở đây. Lấy cấu hình từ cơ sở rồi sửa, hoặc cập nhật phần mềm cơ sở."),
    ),
    Reason.SETTINGS: (
        N_("Cấu hình tự mâu thuẫn hoặc có giá trị không hợp lệ"),
        N_("Nạp tệp này ở trang danh mục của cơ sở để xem chỗ sai, sửa, rồi gửi phiên bản mới."),
    ),
    Reason.MEDIA: (
        N_("Cấu hình dùng ảnh, phim hoặc âm thanh mà cơ sở chưa có"),
        N_("Tải các tệp đó lên ở cơ sở, hoặc bỏ chúng khỏi cấu hình, rồi gửi phiên bản mới."),
    ),
    Reason.KIOSK: (N_("Cơ sở không có kiosk đó"), N_("Chọn lại kiosk rồi gửi phiên bản mới.")),
    Reason.PEOPLE_WAIT: (
        N_("Còn người đang chờ dịch vụ hoặc quầy bị bỏ"),
        N_("Gửi lại sau giờ làm việc, hoặc ngừng phát số của dịch vụ đó trước."),
    ),
}


class State(Enum):
    """How the newest version stands; the value is said on the page."""

    NONE = N_("Sở chưa gửi cấu hình nào cho cơ sở này.")
    WAITING = N_("Đang chờ cơ sở trả lời.")
    REJECTED = N_("Cơ sở đã từ chối; bản trước vẫn chạy.")
    RUNNING = N_("Cơ sở đang chạy đúng phiên bản này.")
    DRIFT = N_("Quản trị tại cơ sở đã đổi cấu hình sau khi nhận.")
    OTHER = N_("Cơ sở đang chạy một phiên bản mà ở đây không có.")


class Text(Struct, frozen=True):
    """What stands in the form: the settings as text, empty to leave them, and the kiosks that are ticked."""

    settings: str = ""
    kiosks_out: tuple[str, ...] = ()


pages = Blueprint("remote", __name__)


def register(app: Flask) -> None:
    """Add the pages."""
    app.extensions["moiso_configurations"] = Configurations(app.extensions["moiso_accounts"])
    app.register_blueprint(pages)


@pages.url_value_preprocessor
def make_room(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """This form is longer than others; it is read before the view begins, for its token."""
    if endpoint == "remote.send":
        request.max_content_length = request.max_form_memory_size = MOST_FORM


@pages.get("/devices/<site>/configuration")
@allowed(Right.CONFIGURE)
def page(site: str) -> ResponseReturnValue:
    """How it stands, and the form; ``take`` puts into it what the site works by, or an earlier version."""
    facility, store = _facility(site), _store()
    take, problem = request.args.get("take", ""), ""
    text = Text(kiosks_out=_ticked(store, site))
    if take == "site":
        settings = settings_of_site(site)
        problem = say(NOTHING) if settings is None else ""
        text = Text(settings or "", text.kiosks_out)
    elif take:
        text = _of_version(store, site, take)
    return _page(facility, text, problem)


@pages.post("/devices/<site>/configuration")
@allowed(Right.CONFIGURE)
def send(site: str) -> ResponseReturnValue:
    """Make what the form says the newest version."""
    facility, store = _facility(site), _store()
    text = Text(_settings(), tuple(request.form.getlist("out")[:MOST_KIOSKS]))
    after = request.form.get("after", -1, type=int)
    try:
        version = store.want(site, body_of(text), viewer().name, after=after, at_ms=time.time_ns() // 1_000_000)
    except Overtaken:
        return _page(facility, text, say(OVERTAKEN)), 409
    except TooLong:
        return _page(facility, text, say(TOO_LONG)), 422
    except msgspec.DecodeError as error:
        return _page(facility, text, say(NOT_SETTINGS), str(error)), 422
    note("configure-site", f"{site}, version {version.version}")
    flash(say(KEPT if _is_revoked(site) else SAVED) % {"n": version.version})
    return redirect(url_for("remote.page", site=site))


@pages.get("/devices/<site>/configuration/<int:version>.json")
@allowed(Right.CONFIGURE)
def download(site: str, version: int) -> ResponseReturnValue:
    """A version's body, as it was signed."""
    _facility(site)
    try:
        body = _store().body(site, version)
    except KeyError:
        abort(404)
    response = Response(body, content_type="application/json")
    response.headers.set("Content-Disposition", "attachment", filename=f"moiso-{site}-{version}.json")
    response.headers["Cache-Control"] = "no-store"
    return response


def body_of(text: Text) -> bytes:
    """The body that a form asks for, with the settings' own fields and no others. Raises msgspec.DecodeError where it
    is none, with what is wrong, and TooLong."""
    if len(text.settings) > MOST_FORM:
        raise TooLong
    try:
        settings = msgspec.json.decode(text.settings) if text.settings.strip() else None
        body = msgspec.json.encode({"settings": settings, "kiosks_out": text.kiosks_out})
        msgspec.json.decode(body, type=Wanted)
    except RecursionError:
        raise msgspec.DecodeError("it is nested too deeply") from None
    except UnicodeEncodeError:  # half of a surrogate pair
        raise msgspec.DecodeError("it holds what is no letter") from None
    if len(body) > MOST_BODY:
        raise TooLong
    return body


def state_of(history: Sequence[Version], standing: Standing | None) -> State:
    """How the newest version stands."""
    if not history:
        return State.OTHER if standing and standing.answer.running_version else State.NONE
    newest = history[0]
    if newest.result is Result.NONE or standing is None:
        return State.WAITING
    if newest.result is Result.REJECTED:
        return State.REJECTED
    if standing.answer.running_version != newest.version:
        return State.OTHER
    return State.DRIFT if has_drifted(history, standing) else State.RUNNING


def has_drifted(history: Sequence[Version], standing: Standing) -> bool:
    """Whether the site runs something else than the version that it applied last; False where nobody here can tell."""
    answer = standing.answer
    return any(v.version == answer.running_version and v.sha256 != answer.running_sha256 for v in history)


def settings_of_site(site: str) -> str | None:
    """The settings that a site works by, as far as the ledger has heard, as text; None where it has heard of none."""
    with reading(accounts_data()) as db:
        row = _last_catalogue(db, site)
    if row is None:
        return None
    catalogue = json.loads(row)["catalogue"]
    catalogue.pop("version", None)
    return json.dumps(catalogue, ensure_ascii=False, indent=1)


def _last_catalogue(db: sqlite3.Connection, site: str) -> bytes | None:
    row = db.execute(
        "SELECT event FROM events JOIN (SELECT journals.id, journals.seq AS last FROM sites"
        " JOIN journals ON journals.id = sites.journal WHERE sites.site = ?) AS now ON events.journal = now.id"
        " WHERE events.seq > now.last - ? AND json_extract(CAST(event AS TEXT), '$.type') = 'CatalogueAdopted/1'"
        " ORDER BY events.seq DESC LIMIT 1",
        (site, LAST_ENTRIES),
    ).fetchone()
    return row[0] if row else None


def _page(facility: Facility, text: Text, problem: str = "", detail: str = "") -> str:
    store, site = _store(), facility.site
    history, standing = store.history(site), store.standing(site)
    known = standing.answer.kiosks if standing else ()
    now_ms = time.time_ns() // 1_000_000
    return render_template(
        "remote.html",
        facility=facility,
        state=state_of(history, standing),
        states=State,
        drifted=standing is not None and has_drifted(history, standing),
        history=history[:SHOWN],
        newest=history[0] if history else None,
        standing=standing,
        kiosks=(*known, *(name for name in text.kiosks_out if name not in known)),
        text=text,
        after=store.last(site),
        sent=store.is_sent(now_ms),
        revoked=_is_revoked(site),
        strange=standing.strange if standing and now_ms - standing.strange_ms < STRANGE_MS else None,
        reasons=REASONS,
        results=Result,
        problem=problem,
        detail=detail,
    )


def _is_revoked(site: str) -> bool:
    """Whether moiso-remote neither sends to this site nor believes it."""
    return site in revoked_sites(accounts_data())


def _facility(site: str) -> Facility:
    """End with 404 where there is none that the viewer may see."""
    require_site(site)
    facility = next((facility for facility in visible() if facility.site == site), None)
    return facility or abort(404)


def _settings() -> str:
    """The file that was chosen, or the text that was typed."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return request.form.get("settings", "")
    content: bytes = file.read(MOST_FORM)
    return content.decode("utf-8-sig", errors="replace")


def _ticked(store: Configurations, site: str) -> tuple[str, ...]:
    """The kiosks that the newest version takes out of service."""
    history = store.history(site, 1)
    try:
        return store.wanted(site, history[0].version).kiosks_out if history else ()
    except ValueError:
        return ()


def _of_version(store: Configurations, site: str, version: str) -> Text:
    try:
        parts = json.loads(store.body(site, int(version[:16])))
    except (KeyError, ValueError):
        abort(404)
    settings = json.dumps(parts["settings"], ensure_ascii=False, indent=1) if parts["settings"] else ""
    return Text(settings, tuple(parts["kiosks_out"]))


def _store() -> Configurations:
    store: Configurations = current_app.extensions["moiso_configurations"]
    return store
