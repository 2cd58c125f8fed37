"""The periodic report: a page that shows it, and its files. Making a file is bounded, so that pages go on answering."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, Response, abort, current_app, g, render_template, request
from flask.typing import ResponseReturnValue

from cloud.reports import csv
from cloud.reports.gather import TIME_ZONE, NoFacility, gather
from cloud.reports.pdf import NotSet, pdf
from cloud.reports.phrases import written
from cloud.reports.report import Facts
from cloud.reports.tables import report
from cloud.reports.tongue import Tongue
from cloud.reports.xlsx import MEDIA_TYPE, workbook
from cloud.roles import Right
from cloud.today import Live
from cloud.web.access import accounts_data, allowed, require_site, viewer
from cloud.web.aims import aims
from cloud.web.overview import statistics, visible
from cloud.web.periods import asked, picker
from cloud.web.subscriptions import may_subscribe
from cloud.web.subscriptions import pages as subscription_pages

log = logging.getLogger(__name__)

WAIT_S = 20  # how long a second file waits for the first
QUEUE = 3  # files being made or waited for; a dashboard has eight threads, and pages need the others
STREAMS = 2  # CSVs given out at a time

T = TypeVar("T")
pages = Blueprint("reports", __name__)
pages.register_blueprint(subscription_pages)
_making = threading.Lock()
_asked_for = threading.BoundedSemaphore(QUEUE)
_streaming = threading.BoundedSemaphore(STREAMS)


class Busy(Exception):
    """Too many files are being made already."""


def register(app: Flask) -> None:
    """Add the pages."""
    app.register_blueprint(pages)
    app.register_error_handler(Busy, _busy)


@pages.get("/reports")
@allowed(Right.FIGURES)
def page() -> str:
    """The report as tables, and the links to its files."""
    period = asked()
    made = report(_facts(), g.language)
    return render_template(
        "reports.html",
        report=made,
        written=partial(written, tongue=Tongue(g.language)),
        period=period,
        picker=picker(period),
        facilities=visible(),
        site=_site(),
        whole_months=bool(period.months),
        may_subscribe=may_subscribe(),
    )


@pages.get("/reports/report.xlsx")
@allowed(Right.FIGURES)
def as_workbook() -> ResponseReturnValue:
    """The report as a workbook."""
    facts = _facts()
    made = _one_at_a_time(lambda: workbook(report(facts, g.language), facts.made))
    return _file(made, MEDIA_TYPE, f"{file_name(facts)}.xlsx")


@pages.get("/reports/report.pdf")
@allowed(Right.FIGURES)
def as_pdf() -> ResponseReturnValue:
    """The report as PDF."""
    facts = _facts()
    try:
        made = _one_at_a_time(lambda: pdf(report(facts, g.language)))
    except NotSet as error:
        log.error("a report was not made: %s", error)
        raise Busy from error
    return _file(made, "application/pdf", f"{file_name(facts)}.pdf")


@pages.get("/reports/counts.csv")
@allowed(Right.FIGURES)
def counts() -> ResponseReturnValue:
    """The raw counts by facility, day or month, and service."""
    period, site = asked(), _site()
    step = csv.Step.MONTH if request.args.get("by") == csv.Step.MONTH.value else csv.Step.DAY
    facilities = [facility for facility in visible() if site in ("", facility.site)]
    if site and not facilities:
        abort(404)
    if not _streaming.acquire(blocking=False):
        raise Busy
    slot = contextlib.ExitStack()  # given back once: at the end of the file, or when the reader breaks off
    slot.callback(_streaming.release)
    lines = csv.lines(accounts_data(), facilities, period, step)

    def body() -> Iterator[bytes]:
        with slot:
            yield from lines

    response = Response(body(), content_type="text/csv; charset=utf-8")
    response.call_on_close(slot.close)
    return _as_download(response, f"moiso-{step.value}-{period}{f'-{site}' if site else ''}.csv")


def file_name(facts: Facts) -> str:
    """What a report's file is called, without its ending."""
    place = facts.facilities[0].site if facts.one and facts.facilities else facts.province.id
    return f"moiso-{place}-{facts.period}"


def _facts() -> Facts:
    live: Live = current_app.extensions["moiso_live"]
    now = datetime.now(ZoneInfo(TIME_ZONE))
    who = viewer()
    targets = aims(who.scope.province.id)
    try:
        return gather(statistics(), live, who.scope, asked(), now, who.name, targets, _site())
    except NoFacility:
        abort(404)


def _site() -> str:
    """The only facility that is asked about, "" for all that may be seen."""
    site = request.args.get("site", "")
    if site:
        require_site(site)
    return site


def _one_at_a_time(make: Callable[[], T]) -> T:
    """Make one file after the other. Raises Busy where too many are waited for."""
    if not _asked_for.acquire(blocking=False):
        raise Busy
    try:
        if not _making.acquire(timeout=WAIT_S):
            raise Busy
        try:
            return make()
        finally:
            _making.release()
    finally:
        _asked_for.release()


def _file(made: bytes, media_type: str, name: str) -> Response:
    return _as_download(Response(made, content_type=media_type), name)


def _as_download(response: Response, name: str) -> Response:
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "no-store"
    return response


def _busy(_error: Busy) -> ResponseReturnValue:
    return render_template("reports-busy.html"), 503, {"Retry-After": "10"}
