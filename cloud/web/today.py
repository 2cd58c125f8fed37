"""Today's figures: a page, and the part of it that the page fetches again every two seconds."""

import time

from flask import Blueprint, Flask, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cloud.roles import Right
from cloud.rollups import MINUTE_MS
from cloud.today import Live
from cloud.web.access import allowed, viewer
from cloud.web.doors import landing
from cloud.web.figures import CHART_HEIGHT, CHART_WIDTH, hour_bars
from cloud.wording import DOCUMENTS, FAULTS, OUTCOMES, READ_AS
from edge.contracts.face import ChipVerdict, ContestVerdict, Purpose

SILENT_MS = 30 * MINUTE_MS  # a facility that sends nothing for so long is said to be silent
PURPOSES = {
    Purpose.PORTRAIT: "Để nhân viên nhận ra khi gọi số",
    Purpose.ONE_NUMBER: "Để một người không lấy nhiều số",
    Purpose.CHIP: "Để so với ảnh trong chip",
}
CHIP_FACES = {
    ChipVerdict.MATCH: "Khớp ảnh trong chip",
    ChipVerdict.UNSURE: "Chưa chắc khớp, nhân viên xem",
    ChipVerdict.NO_MATCH: "Không khớp, nhân viên xem",
}
CONTESTS = {
    ContestVerdict.SAME: "Nghi lấy hai số: cùng một người",
    ContestVerdict.DIFFERENT: "Nghi lấy hai số: hai người khác nhau",
    ContestVerdict.LEFT: "Nghi lấy hai số: người đó bỏ đi",
}

pages = Blueprint("today", __name__)


def register(app: Flask) -> None:
    """Add the pages, which show what goes on now."""
    app.register_blueprint(pages)


@pages.get("/")
def home() -> ResponseReturnValue:
    """The way in."""
    return redirect(landing() if current_user.is_authenticated else url_for("login.form"))


@pages.get("/today")
@allowed(Right.FIGURES)
def page() -> str:
    """The whole page."""
    return _render("today.html")


@pages.get("/today/fragment")
@allowed(Right.FIGURES)
def fragment() -> str:
    """What changes of it."""
    return _render("today_figures.html")


def _render(template: str) -> str:
    now_ms = time.time_ns() // 1_000_000
    live: Live = current_app.extensions["moiso_live"]
    today = live.today(now_ms, viewer().scope.visible(facility.site for facility in live.facilities()))
    return render_template(
        template,
        today=today,
        total=today.total,
        silent=[site for site in today.sites if now_ms - site.heard_ms > SILENT_MS],
        bars=hour_bars(today.issued_by_hour),
        chart=(CHART_WIDTH, CHART_HEIGHT),
        documents=DOCUMENTS,
        read_as=READ_AS,
        faults=FAULTS,
        outcomes=OUTCOMES,
        purposes=PURPOSES,
        chip_faces=CHIP_FACES,
        contests=CONTESTS,
    )
