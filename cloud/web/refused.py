"""What was not taken into the ledger, from whom and why; and whose data is not taken at all (X5, X6)."""

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path

from flask import Blueprint, Flask, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from cloud import quarantine
from cloud.admission import Reason
from cloud.ledger import connect, open_ledger, transaction
from cloud.roles import Right
from cloud.today import reading
from cloud.web.access import allowed, note, require_site, viewer
from cloud.words import N_

# What happened, and what to do.
REASONS: Mapping[str, tuple[str, str]] = {
    Reason.NEWER.value: (
        N_("Máy chủ tại cơ sở có phần mềm mới hơn ở đây"),
        N_("Cập nhật phần mềm trung tâm. Số liệu vẫn giữ ở cơ sở và sẽ tự lên đủ."),
    ),
    Reason.VERSION.value: (
        N_("Máy chủ tại cơ sở dùng phiên bản giao thức khác"),
        N_("Cài cùng một phiên bản ở trung tâm và ở cơ sở. Số liệu vẫn giữ ở cơ sở."),
    ),
    Reason.FAULT.value: (
        N_("Phần mềm trung tâm gặp lỗi khi đếm gói này"),
        N_("Gửi dòng ghi lỗi bên dưới cho nhà cung cấp. Số liệu vẫn giữ ở cơ sở và sẽ tự lên đủ sau khi sửa."),
    ),
    Reason.REVOKED.value: (
        N_("Chứng thư của cơ sở này đã bị thu hồi"),
        N_("Nếu là nhầm, bấm Nhận lại. Nếu thiết bị bị mất, cấp chứng thư mới."),
    ),
    Reason.GAP.value: (
        N_("Thiếu số liệu đứng trước gói này"),
        N_("Không cần làm gì: cơ sở tự gửi lại từ chỗ còn thiếu."),
    ),
    Reason.FORBIDDEN.value: (
        N_("Gói chứa điều không được phép lưu, có thể là dữ liệu cá nhân"),
        N_("Kiểm tra phần mềm tại cơ sở: gói không phải do phần mềm đúng gửi ra."),
    ),
    Reason.UNREADABLE.value: (
        N_("Gói không đọc được"),
        N_("Kiểm tra phần mềm tại cơ sở: gói không phải do phần mềm đúng gửi ra."),
    ),
}
OTHERS = (
    N_("Gói không đúng quy ước"),
    N_("Kiểm tra phần mềm tại cơ sở: gói không phải do phần mềm đúng gửi ra."),
)

pages = Blueprint("refused", __name__)


def register(app: Flask, data: Path) -> None:
    """Add the pages over the ledger in the folder ``data``."""
    open_ledger(data).close()
    app.extensions["moiso_refused"] = data
    app.register_blueprint(pages)


@pages.get("/refused")
@allowed(Right.DEVICES)
def page() -> ResponseReturnValue:
    """The page."""
    with reading(_data()) as db:
        sites = quarantine.refused(db, viewer().scope.covers)
    return render_template(
        "refused.html", sites=sites, reasons=REASONS, others=OTHERS, may_revoke=viewer().may(Right.CONFIGURE)
    )


@pages.post("/refused/<site>/revoke")
@allowed(Right.CONFIGURE)
def revoke(site: str) -> ResponseReturnValue:
    """Take nothing of this site any more."""
    require_site(site)
    with contextlib.closing(connect(_data())) as db, transaction(db):
        quarantine.revoke(db, site, at_ms=time.time_ns() // 1_000_000)
    note("site revoked", site)
    return redirect(url_for("refused.page"))


@pages.post("/refused/<site>/readmit")
@allowed(Right.CONFIGURE)
def readmit(site: str) -> ResponseReturnValue:
    """Take what this site sends again."""
    require_site(site)
    with contextlib.closing(connect(_data())) as db, transaction(db):
        quarantine.readmit(db, site)
    note("site readmitted", site)
    return redirect(url_for("refused.page"))


def _data() -> Path:
    data: Path = current_app.extensions["moiso_refused"]
    return data
