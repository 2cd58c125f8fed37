"""One indicator's numbers: what it is made from, facility by facility and month by month."""

import csv
import io

from flask import Blueprint, Flask, Response, abort, g, render_template, request
from flask.typing import ResponseReturnValue
from msgspec import Struct

from cloud.counts import NOTHING, Counts
from cloud.indicators import Indicator, Key, of_all
from cloud.periods import Kind, Period, parse
from cloud.roles import Right
from cloud.web.access import allowed, require_site
from cloud.web.overview import SHORT, judged, statistics, visible
from cloud.web.periods import asked, label, picker, today

pages = Blueprint("indicator", __name__)


class Line(Struct, frozen=True):
    """One line of the table: a facility or a month, its name and its indicator."""

    site: str
    name: str
    indicator: Indicator


def register(app: Flask) -> None:
    """Add the page."""
    app.register_blueprint(pages)


@pages.get("/indicators/<key>")
@allowed(Right.FIGURES)
def page(key: str) -> ResponseReturnValue:
    """The page; with ``format=csv`` its table as a file."""
    if key not in {one.value for one in Key}:
        abort(404)
    which = Key(key)
    site = request.args.get("site", "")
    facilities = visible()
    if site:
        require_site(site)
        facilities = tuple(facility for facility in facilities if facility.site == site)
        if not facilities:
            abort(404)
    period = asked()
    elapsed = period.elapsed(today())
    sites = [facility.site for facility in facilities]
    spans = _months(elapsed)
    now, before, *each = statistics().by_site_of([elapsed, period.before(today()), *spans], sites)
    lines = tuple(
        Line(
            facility.site,
            facility.name if g.language == "vi" else facility.name_en,
            _one(which, now.get(facility.site, NOTHING), before.get(facility.site, NOTHING)),
        )
        for facility in facilities
    )
    if request.args.get("format") == "csv":
        return _csv(which, period, lines)
    return render_template(
        "indicator.html",
        indicator=_one(which, of_all(now, sites), of_all(before, sites)),
        facility=facilities[0] if site else None,
        lines=lines,
        months=[
            Line("", label(span), _one(which, of_all(found, sites))) for span, found in zip(spans, each, strict=True)
        ],
        others=[(one, SHORT[one]) for one in Key],
        period=period,
        before=label(period.before(today())),
        picker=picker(period),
    )


def _one(key: Key, now: Counts, before: Counts = NOTHING) -> Indicator:
    return judged(now, before, keys=(key,))[0]


def _months(elapsed: Period) -> list[Period]:
    """The months of a period that has several."""
    if len(elapsed.months) + len(elapsed.odd_days) < 2 or elapsed.kind is Kind.WEEK:
        return []
    return sorted([*(parse(month) for month in elapsed.months), *(Period(*span) for span in elapsed.odd_days)])


def _csv(key: Key, period: Period, lines: tuple[Line, ...]) -> Response:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["site", "name", "period", "indicator", "part", "whole", "value", "before", "target"])
    for line in lines:
        one = line.indicator
        writer.writerow(
            [
                line.site,
                _text(line.name),
                str(period),
                key.value,
                one.part,
                one.whole,
                one.value,
                one.before,
                one.target,
            ]
        )
    return Response(
        "\ufeff" + file.getvalue(),  # a spreadsheet takes UTF-8 only with its mark
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="moiso-{key.value}-{period}.csv"'},
    )


def _text(name: str) -> str:
    """A spreadsheet runs what begins like a formula (OWASP: CSV injection)."""
    return f"'{name}" if name[:1] in "=+-@\t\r" else name
