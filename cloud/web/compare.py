"""Facilities side by side: the ten indicators of up to six of them, and of all together."""

from flask import Blueprint, Flask, render_template, request
from msgspec import Struct

from cloud.counts import NOTHING
from cloud.indicators import Indicator, Key, of_all
from cloud.roles import Right
from cloud.today import Facility
from cloud.web.access import allowed
from cloud.web.overview import judged, statistics, visible
from cloud.web.periods import asked, picker, today

MOST = 6

pages = Blueprint("compare", __name__)


class Line(Struct, frozen=True):
    """One indicator: of each facility that is compared, and of all that the viewer may see."""

    key: Key
    each: tuple[Indicator, ...]
    all: Indicator

    @property
    def most(self) -> float:
        """The largest value on the line: its bar is full."""
        return max((one.value for one in (*self.each, self.all) if one.value is not None), default=0.0)


def register(app: Flask) -> None:
    """Add the page."""
    app.register_blueprint(pages)


@pages.get("/compare")
@allowed(Right.FIGURES)
def page() -> str:
    """The page; ``site`` as often as facilities are compared."""
    facilities = visible()
    wished = request.args.getlist("site")
    chosen: list[Facility] = [facility for facility in facilities if facility.site in wished][:MOST]
    period = asked()
    elapsed = period.elapsed(today())
    sites = [facility.site for facility in facilities]
    now, before = statistics().by_site_of([elapsed, period.before(today())], sites)
    each = [judged(now.get(one.site, NOTHING), before.get(one.site, NOTHING)) for one in chosen]
    together = judged(of_all(now, sites), of_all(before, sites))
    lines = [Line(one.key, tuple(of[place] for of in each), one) for place, one in enumerate(together)]
    return render_template(
        "compare.html",
        facilities=facilities,
        chosen=chosen,
        most=MOST,
        lines=lines,
        period=period,
        picker=picker(period),
    )
