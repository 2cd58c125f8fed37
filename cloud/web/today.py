"""Today's figures: a page, and the part of it that the page fetches again every two seconds."""

import time

from flask import Blueprint, Flask, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from cloud.rollups import MINUTE_MS
from cloud.statistics import Statistics, Today
from cloud.web.figures import CHART_HEIGHT, CHART_WIDTH, hour_bars
from edge.contracts.ticket import Document

SILENT_MS = 30 * MINUTE_MS  # a facility that sends nothing for so long is said to be silent
DOCUMENTS = {Document.CCCD_QR: "Căn cước, mã QR", Document.NONE: "Không có giấy tờ"}

pages = Blueprint("today", __name__)


def register(app: Flask, statistics: Statistics) -> None:
    """Add the pages, which read these statistics."""
    app.extensions["moiso_statistics"] = statistics
    app.register_blueprint(pages)


@pages.get("/")
def home() -> ResponseReturnValue:
    """The way in."""
    return redirect(url_for("today.page"))


@pages.get("/today")
@login_required  # type: ignore[untyped-decorator]  # Flask-Login has no annotations
def page() -> str:
    """The whole page."""
    return _render("today.html")


@pages.get("/today/fragment")
@login_required  # type: ignore[untyped-decorator]  # Flask-Login has no annotations
def fragment() -> str:
    """What changes of it."""
    return _render("today_figures.html")


def _render(template: str) -> str:
    now_ms = time.time_ns() // 1_000_000
    statistics: Statistics = current_app.extensions["moiso_statistics"]
    today: Today = statistics.today(now_ms)
    return render_template(
        template,
        today=today,
        total=today.total,
        silent=[site for site in today.sites if now_ms - site.heard_ms > SILENT_MS],
        bars=hour_bars(today.issued_by_hour),
        chart=(CHART_WIDTH, CHART_HEIGHT),
        documents=DOCUMENTS,
    )
