"""The province at a glance: ten indicators, the facilities in their order, the busy hours, and what is wrong now."""

import time
from collections.abc import Iterable, Mapping, Sequence

from flask import Blueprint, Flask, current_app, g, render_template, request, url_for
from msgspec import Struct

from cloud.counts import NOTHING, Counts
from cloud.indicators import Better, Indicator, Key, Unit, indicators, of_all, receiving_by_chip
from cloud.map import Chart, Map
from cloud.periods import Period
from cloud.roles import Right
from cloud.statistics import Statistics, by_month
from cloud.targets import Targets
from cloud.today import Facility, Live
from cloud.web.access import allowed, viewer
from cloud.web.aims import aims, targets
from cloud.web.charts import TREND_FLOOR, TREND_HEIGHT, TREND_WIDTH, heat, trend
from cloud.web.figures import brief, number
from cloud.web.periods import asked, picker, today
from cloud.web.today import SILENT_MS
from cloud.words import N_
from edge.daemon.i18n import translations

COLUMNS = (
    Key.TICKETS,
    Key.BY_ID_CARD,
    Key.LOOK_UPS,
    Key.WAIT_MEDIAN,
    Key.WAIT_P90,
    Key.WAIT_WITHIN,
    Key.NO_SHOWS,
    Key.SCORE,
)
# What a column is called where the indicator's name is too long for it.
SHORT = {
    Key.TICKETS: N_("Lượt"),
    Key.BY_ID_CARD: N_("Căn cước"),
    Key.BY_CHIP: N_("Chip"),
    Key.LOOK_UPS: N_("Tra cứu"),
    Key.READINGS: N_("Đọc giấy tờ"),
    Key.WAIT_MEDIAN: N_("Chờ p50"),
    Key.WAIT_P90: N_("Chờ p90"),
    Key.WAIT_WITHIN: N_("< 30 phút"),
    Key.NO_SHOWS: N_("Vắng"),
    Key.SCORE: N_("Hài lòng"),
}
WEEKDAYS = (N_("T2"), N_("T3"), N_("T4"), N_("T5"), N_("T6"), N_("T7"), N_("CN"))

pages = Blueprint("overview", __name__)


class Row(Struct, frozen=True):
    """One facility among the others."""

    facility: Facility
    silent: bool
    indicators: dict[Key, Indicator]


class Cell(Struct, frozen=True):
    """One figure of a line, in words: what its column is called, the figure, and of a share what it was made from."""

    label: str
    text: str
    of: str
    missed: bool


class Line(Struct, frozen=True):
    """A row as the table has it. Its words are made here: in the template's loops they took longer than the figures."""

    name: str
    url: str
    silent: bool
    cells: tuple[Cell, ...]


def register(app: Flask, statistics: Statistics, live: Live, chart: Chart, targets: Targets) -> None:
    """Add the page, and what all pages of figures read from."""
    app.extensions["moiso_map"] = chart
    app.extensions["moiso_targets"] = targets
    app.extensions["moiso_statistics"] = statistics
    app.extensions["moiso_live"] = live
    app.register_blueprint(pages)


@pages.get("/overview")
@allowed(Right.FIGURES)
def page() -> str:
    """The page."""
    period = asked()
    elapsed = period.elapsed(today())
    facilities = visible()
    sites = [facility.site for facility in facilities]
    glance = statistics().at_a_glance(elapsed, period.before(today()), sites)
    now = glance.by_site
    rows = ranked(facilities, now)
    together = of_all(now, sites)
    return render_template(
        "overview.html",
        period=period,
        picker=picker(period),
        facilities=facilities,
        heard_ms=max((facility.heard_ms for facility in facilities), default=0),
        silent=[row.facility for row in rows if row.silent],
        indicators=judged(together, of_all(glance.before, sites)),
        by_chip=receiving_by_chip(now),
        together=together,
        noting_payments=sum(1 for counts in now.values() if counts.paid),
        rows=rows,
        lines={row.facility.site: line for row, line in zip(rows, lines(rows, period), strict=True)},
        indicators_of={row.facility.site: row.indicators for row in rows},
        map=_map(rows),
        order=order(),
        columns=COLUMNS,
        short=SHORT,
        weekdays=WEEKDAYS,
        heat=heat(glance.by_slot, elapsed),
        trend=trend(glance.trend, elapsed, by_month=by_month(elapsed, sites)),
        chart=(TREND_WIDTH, TREND_HEIGHT, TREND_FLOOR),
    )


def statistics() -> Statistics:
    """The figures of this application."""
    made: Statistics = current_app.extensions["moiso_statistics"]
    return made


def judged(
    now: Counts, before: Counts = NOTHING, *, province: str = "", keys: Iterable[Key] = Key
) -> tuple[Indicator, ...]:
    """The ten indicators, or only ``keys``, against this Department's targets; of the viewer's own where ``province``
    names none."""
    return indicators(now, before, aims(province or viewer().scope.province.id), keys)


def visible() -> tuple[Facility, ...]:
    """The facilities that the viewer may see, by name."""
    live: Live = current_app.extensions["moiso_live"]
    return tuple(facility for facility in live.facilities() if viewer().scope.covers(facility.site))


def _map(rows: Sequence[Row]) -> Map | None:
    chart: Chart = current_app.extensions["moiso_map"]
    places = targets().places(viewer().scope.province.id)
    return chart.draw(places, {row.facility.site: row.indicators[Key.TICKETS].whole for row in rows})


def order() -> Key | None:
    """The column by which facilities are asked to stand; None: by name."""
    wish = request.args.get("sort", Key.TICKETS.value)
    return Key(wish) if wish in {key.value for key in COLUMNS} else None


def ranked(facilities: Sequence[Facility], now: Mapping[str, Counts]) -> tuple[Row, ...]:
    """The facilities with their indicators, the best of the asked column first; who has no figure comes last."""
    now_ms = time.time_ns() // 1_000_000
    rows = [
        Row(
            facility,
            now_ms - facility.heard_ms > SILENT_MS,
            {one.key: one for one in judged(now.get(facility.site, NOTHING), keys=COLUMNS)},
        )
        for facility in facilities
    ]
    key = order()
    return tuple(rows) if key is None else tuple(sorted(rows, key=lambda row: _place(row.indicators[key])))


def lines(rows: Sequence[Row], period: Period) -> tuple[Line, ...]:
    """The rows in the words of the page, which shows ``period``."""
    text = translations(g.language, "cloud")
    labels = {key: text.gettext(SHORT[key]) for key in COLUMNS}
    return tuple(
        Line(
            row.facility.name if g.language == "vi" else row.facility.name_en,
            url_for("facility.page", site=row.facility.site, period=period),
            row.silent,
            tuple(_cell(label, row.indicators[key]) for key, label in labels.items()),
        )
        for row in rows
    )


def _cell(label: str, one: Indicator) -> Cell:
    unit = one.meaning.unit
    of = f"{number(one.part)} / {number(one.whole)}" if unit is Unit.SHARE and one.whole else ""
    return Cell(label, brief(one.value, unit), of, one.reached is False)


def _place(indicator: Indicator) -> tuple[bool, float]:
    value = indicator.value
    if value is None:
        return True, 0.0
    return False, value if indicator.meaning.better is Better.LOWER else -value
