"""One facility: what goes on now, its ten indicators, its hours and services, and why documents were not read."""

import time
from collections.abc import Mapping

from flask import Blueprint, Flask, abort, current_app, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from msgspec import Struct

from cloud.counts import NOTHING, Counts
from cloud.roles import Right
from cloud.today import Facility, Live
from cloud.web.access import allowed, require_site
from cloud.web.charts import TREND_FLOOR, TREND_HEIGHT, TREND_WIDTH, heat, trend
from cloud.web.overview import WEEKDAYS, judged, statistics, visible
from cloud.web.periods import asked, picker, today
from cloud.web.today import SILENT_MS
from cloud.wording import DOCUMENTS, FAULTS, OUTCOMES, PAYMENTS, READ_AS

pages = Blueprint("facility", __name__)


class HourLine(Struct, frozen=True):
    """One hour of the day over the period: how many were called, the median and the p90 of their waits in minutes."""

    hour: int
    called: int
    median: float | None
    p90: float | None


def register(app: Flask) -> None:
    """Add the pages."""
    app.register_blueprint(pages)


@pages.get("/facilities")
@allowed(Right.FIGURES)
def index() -> ResponseReturnValue:
    """All facilities with how each stands now; the page of the only one where the viewer may see no other."""
    facilities = visible()
    if len(facilities) == 1:
        return redirect(url_for("facility.page", site=facilities[0].site))
    now_ms = time.time_ns() // 1_000_000
    live: Live = current_app.extensions["moiso_live"]
    now = live.today(now_ms, [facility.site for facility in facilities])
    return render_template("facilities.html", sites=now.sites, now_ms=now_ms, silent_ms=SILENT_MS)


@pages.get("/facilities/<site>")
@allowed(Right.FIGURES)
def page(site: str) -> str:
    """The page."""
    require_site(site)
    facility = _known(site)
    period = asked()
    elapsed = period.elapsed(today())
    both = statistics().by_site_of([elapsed, period.before(today())], [site])
    now, before = (found.get(site, NOTHING) for found in both)
    now_ms = time.time_ns() // 1_000_000
    live: Live = current_app.extensions["moiso_live"]
    (queue,) = live.today(now_ms, [site]).sites
    services = statistics().by_service(elapsed, site)
    loads = statistics().trend(elapsed, [site])
    return render_template(
        "facility.html",
        facility=facility,
        silent=now_ms - facility.heard_ms > SILENT_MS,
        queue=queue,
        period=period,
        picker=picker(period),
        counts=now,
        indicators=judged(now, before),
        named={service: names[g.language != "vi"] for service, names in live.services(site).items()},
        services=sorted(((name, one) for name, one in services.items() if name), key=lambda pair: -pair[1].tickets),
        hours=_hours(statistics().by_hour(elapsed, site)),
        heat=heat(statistics().by_slot(elapsed, [site]), elapsed),
        weekdays=WEEKDAYS,
        trend=trend(loads, elapsed, by_month=False),
        chart=(TREND_WIDTH, TREND_HEIGHT, TREND_FLOOR),
        documents=DOCUMENTS,
        read_as=READ_AS,
        faults=FAULTS,
        outcomes=OUTCOMES,
        payments=PAYMENTS,
    )


def _known(site: str) -> Facility:
    found = next((facility for facility in visible() if facility.site == site), None)
    if found is None:
        abort(404)
    return found


def _hours(by_hour: Mapping[int, Counts]) -> tuple[HourLine, ...]:
    hours = sorted(hour for hour, counts in by_hour.items() if counts.called)
    return tuple(_hour(hour, by_hour[hour]) for hour in hours)


def _hour(hour: int, counts: Counts) -> HourLine:
    if not sum(counts.waits):
        return HourLine(hour, counts.called, None, None)
    return HourLine(hour, counts.called, counts.wait_min(0.5), counts.wait_min(0.9))
