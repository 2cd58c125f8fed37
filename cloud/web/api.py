"""The API for the Department's own systems: read only, JSON, with a bearer token (``cloud.web.bearer``).

What it offers stands in ``cloud.web.api_schema``, what it answers in ``cloud.web.api_shapes``. Lists come in pages:
``next`` of one is ``after`` of the following.
"""

import logging
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from operator import attrgetter
from typing import TypeVar

import msgspec
from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue
from msgspec import Struct
from werkzeug.exceptions import HTTPException

from cloud.counts import NOTHING
from cloud.daily import counts_by_day
from cloud.fleet.records import Kept
from cloud.fleet.store import Fleet
from cloud.indicators import of_all
from cloud.periods import Kind, NoPeriod, Period, of_kind, parse
from cloud.statistics import StatisticsAway
from cloud.today import Facility, Live
from cloud.tokens import Tokens
from cloud.web import api_schema as offers
from cloud.web import api_shapes as shapes
from cloud.web.access import accounts_data
from cloud.web.api_query import MOST_QUERY, Group, Shown, read
from cloud.web.bearer import ROOT, Fault, PagesOnly, Refused, bears, problem, scope
from cloud.web.overview import judged, statistics
from cloud.web.periods import today

log = logging.getLogger(__name__)

T = TypeVar("T")
S = TypeVar("S", bound=Struct)
Asked = Mapping[str, str]
EVERY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")
FAULTS = {405: Fault.ONLY_GET, 429: Fault.TOO_OFTEN, 500: Fault.BROKEN}
LOT = 200  # facilities that the store of devices is asked about at once
MOST_CLOSED = 1000  # alarms that were closed in one and the same look
FOR_EVER_MS = 10**15

pages = Blueprint("api", __name__, url_prefix=ROOT.rstrip("/"))


def register(app: Flask) -> None:
    """Add the API, after the pages: it reads from what they read from."""
    data = app.extensions["moiso_accounts"]
    app.extensions["moiso_tokens"] = Tokens(data)
    app.extensions["moiso_api_fleet"] = Fleet(data)
    app.session_interface = PagesOnly()
    app.extensions["csrf"].exempt(pages)  # nothing of it heeds a cookie
    app.register_blueprint(pages)
    app.register_error_handler(405, _unknown_method)


def _answers(operation: offers.Operation) -> Callable[[Callable[[Asked], S]], Callable[[Asked], S]]:
    """The view answers this operation: it gets what was asked, and what it returns is written as JSON."""

    def add(view: Callable[[Asked], S]) -> Callable[[Asked], S]:
        def answer() -> ResponseReturnValue:
            return _json(view(read(request.args, operation.parameters)))

        answer.__name__ = answer.__qualname__ = view.__name__
        pages.add_url_rule(
            operation.path.removeprefix(ROOT.rstrip("/")),
            view.__name__,
            bears(operation.right)(answer),
            methods=["GET"],
            provide_automatic_options=False,
        )
        return view

    return add


@_answers(offers.FACILITIES)
def facilities(asked: Asked) -> shapes.Facilities:
    """The facilities, by the names of their sites."""
    page, following = _paged(_facilities(), asked)
    return shapes.Facilities(tuple(map(shapes.facility, page)), following)


@_answers(offers.INDICATORS)
def indicators(asked: Asked) -> shapes.Indicators:
    """The ten indicators of the whole, and of each facility of the page."""
    period, day = _period(asked), today()
    among = _facilities(asked["site"])
    page, following = _paged(among, asked)
    sites = [facility.site for facility in among]
    earlier, province = period.before(day), scope().province.id
    now, before = statistics().by_site_of([period.elapsed(day), earlier], sites)
    return shapes.Indicators(
        shapes.span(period, day),
        shapes.span(earlier, day),
        tuple(map(shapes.indicator, judged(of_all(now, sites), of_all(before, sites), province=province))),
        tuple(
            shapes.FacilityIndicators(
                one.site,
                tuple(
                    map(
                        shapes.indicator,
                        judged(now.get(one.site, NOTHING), before.get(one.site, NOTHING), province=province),
                    )
                ),
            )
            for one in page
        ),
        following,
    )


@_answers(offers.COUNTS)
def counts(asked: Asked) -> shapes.CountsAnswer:
    """Raw counts. Services and hours of a facility are few, and come on one page."""
    period, group = _period(asked), Group(asked["group"])
    if group is not Group.SITE and not asked["site"]:
        raise Refused(Fault.UNFIT_PARAMETER, "site")
    if group in (Group.SERVICE, Group.HOUR) and asked["after"]:
        raise Refused(Fault.UNFIT_PARAMETER, "after")
    among = _facilities(asked["site"])
    elapsed, following = period.elapsed(today()), None
    match group:
        case Group.SITE:
            page, following = _paged(among, asked)
            lines = _by_site(elapsed, page)
        case Group.SERVICE:
            lines = _by_service(elapsed, asked["site"])
        case Group.HOUR:
            found = sorted(statistics().by_hour(elapsed, asked["site"]).items())
            lines = [shapes.CountsLine(asked["site"], shapes.measures(n), hour=hour) for hour, n in found]
        case Group.DAY:
            lines, following = _by_day(elapsed, asked)
    return shapes.CountsAnswer(shapes.span(period, today()), tuple(lines), following)


@_answers(offers.DAYS_HEARD)
def days_heard(asked: Asked) -> shapes.DaysHeard:
    """On which days anything was counted."""
    period = _period(asked)
    page, following = _paged(_facilities(asked["site"]), asked)
    heard = statistics().days_heard(period.elapsed(today()), [facility.site for facility in page])
    return shapes.DaysHeard(
        shapes.span(period, today()),
        tuple(
            shapes.FacilityDays(one.site, tuple(map(date.fromisoformat, sorted(heard.get(one.site, ())))))
            for one in page
        ),
        following,
    )


@_answers(offers.TODAY)
def now(asked: Asked) -> shapes.TodayAnswer:
    """What goes on now."""
    page, following = _paged(_facilities(asked["site"]), asked)
    now_ms = time.time_ns() // 1_000_000
    found = _live().today(now_ms, [facility.site for facility in page])
    by_site = sorted(found.sites, key=lambda one: one.site)
    at = datetime.fromtimestamp(now_ms / 1000, UTC)
    return shapes.TodayAnswer(at, tuple(map(shapes.facility_today, by_site)), following)


@_answers(offers.DEVICES)
def devices(asked: Asked) -> shapes.Devices:
    """How devices are."""
    sites, following = _paged(_watched(asked["site"]), asked, str)
    states = {state.site: state for state in _fleet().states(sites)}
    return shapes.Devices(
        shapes.moment(_fleet().looked_ms()),
        tuple(shapes.facility_devices(site, states.get(site)) for site in sites),
        following,
    )


@_answers(offers.ALARMS)
def alarms(asked: Asked) -> shapes.Alarms:
    """Alarms; those of the centre itself are told to tokens of a whole province."""
    sites = _watched(asked["site"])
    after, limit = int(asked["after"] or FOR_EVER_MS), int(asked["limit"])
    if Shown(asked["state"]) is Shown.OPEN:
        page, following = _open_alarms(sites, after, limit, centre=not (asked["site"] or scope().site))
    else:
        page, following = _closed_alarms(sites, after, limit)
    return shapes.Alarms(shapes.moment(_fleet().looked_ms()), tuple(map(shapes.alarm, page)), following)


@pages.route("/v1/openapi.json", methods=["GET"], provide_automatic_options=False)
def document() -> ResponseReturnValue:
    """The document about all of this; it is no secret."""
    return Response(_document(), content_type="application/json")


@pages.route("/", defaults={"rest": ""}, methods=EVERY_METHOD)
@pages.route("/<path:rest>", methods=EVERY_METHOD)
@bears(None)
def elsewhere(rest: str) -> ResponseReturnValue:
    """Whatever else is asked for below ``/api/``: a problem and not a page; to strangers the same as everything."""
    known = {rule.rule for rule in current_app.url_map.iter_rules() if not rule.arguments}
    raise Refused(Fault.ONLY_GET if ROOT + rest in known else Fault.NO_ADDRESS)


@pages.before_request
def bound() -> None:
    """Refuse what is too long to be a question."""
    if len(request.query_string) > MOST_QUERY:
        raise Refused(Fault.TOO_LONG)


@pages.after_request
def keep_nowhere(response: Response) -> Response:
    """Figures of now are not for a cache."""
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.errorhandler(Refused)
def refused(error: Refused) -> ResponseReturnValue:
    """Say why not."""
    return problem(error.fault, error.parameter)


@pages.errorhandler(StatisticsAway)
def away(error: StatisticsAway) -> ResponseReturnValue:
    """Say that the store is away."""
    log.error("the store of figures gives no answer: %s", error)
    return problem(Fault.AWAY)


@pages.errorhandler(429)
@pages.errorhandler(500)
def failed(error: HTTPException) -> ResponseReturnValue:
    """Say so as a problem and not as a page."""
    return problem(FAULTS[error.code or 500])


def _unknown_method(error: HTTPException) -> ResponseReturnValue:
    """A method that nothing here has is refused before it is known whose it was."""
    return problem(Fault.ONLY_GET) if request.path.startswith(ROOT) else error


def _by_site(period: Period, page: Sequence[Facility]) -> list[shapes.CountsLine]:
    found = statistics().by_site(period, [facility.site for facility in page])
    return [shapes.CountsLine(one.site, shapes.measures(found.get(one.site, NOTHING))) for one in page]


def _by_service(period: Period, site: str) -> list[shapes.CountsLine]:
    names = _live().services(site)
    return [
        shapes.CountsLine(
            site,
            shapes.measures(found),
            service=service,
            service_name=names.get(service, ("", ""))[0],
            service_name_en=names.get(service, ("", ""))[1],
        )
        for service, found in sorted(statistics().by_service(period, site).items())
    ]


def _by_day(period: Period, asked: Asked) -> tuple[list[shapes.CountsLine], str | None]:
    site, limit = asked["site"], int(asked["limit"])
    found = list(counts_by_day(accounts_data(), site, period, after=asked["after"], limit=limit + 1).items())
    lines = [
        shapes.CountsLine(site, shapes.measures(counted), day=date.fromisoformat(day)) for day, counted in found[:limit]
    ]
    return lines, found[limit - 1][0] if len(found) > limit else None


def _open_alarms(sites: Sequence[str], before: int, limit: int, *, centre: bool) -> tuple[list[Kept], str | None]:
    """The newest open ones with ids below ``before``."""
    found: dict[int, Kept] = {}
    for lot in _lots(sites):
        found.update((kept.alarm.id, kept) for kept in _fleet().open_alarms(lot, centre=centre))
    newest = sorted((id_ for id_ in found if id_ < before), reverse=True)
    return [found[id_] for id_ in newest[:limit]], str(newest[limit - 1]) if len(newest) > limit else None


def _closed_alarms(sites: Sequence[str], before_ms: int, limit: int) -> tuple[list[Kept], str | None]:
    """Those that were closed last before then; of one moment's alarms, which no ``after`` can tell apart, all."""
    page = _closed(sites, before_ms, limit + 1)
    if len(page) <= limit:
        return page, None
    last_ms = page[limit].alarm.closed_ms
    whole = [kept for kept in page if kept.alarm.closed_ms > last_ms]
    if not whole:
        whole = [kept for kept in _closed(sites, before_ms, MOST_CLOSED) if kept.alarm.closed_ms == last_ms]
    return whole, str(whole[-1].alarm.closed_ms)


def _closed(sites: Sequence[str], before_ms: int, limit: int) -> list[Kept]:
    found = [kept for lot in _lots(sites) for kept in _fleet().closed_alarms(lot, before_ms=before_ms, limit=limit)]
    return sorted(found, key=lambda kept: (-kept.alarm.closed_ms, -kept.alarm.id))[:limit]


def _lots(sites: Sequence[str]) -> Iterator[Sequence[str]]:
    """These facilities in lots; without any there is still one, for the centre's own alarms."""
    yield from (sites[start : start + LOT] for start in range(0, max(1, len(sites)), LOT))


def _facilities(site: str = "") -> list[Facility]:
    """Those that the token may see, by site; only ``site`` where it is named. Raises Refused where there is none."""
    found = [one for one in _live().facilities() if scope().covers(one.site) and site in ("", one.site)]
    if site and not found:
        raise Refused(Fault.NO_SITE)
    return sorted(found, key=lambda one: one.site)


def _watched(site: str = "") -> list[str]:
    """The same of devices: also those that have sent no figures yet."""
    known = {facility.site for facility in _live().facilities()} | _fleet().heard_of()
    found = [one for one in scope().visible(sorted(known)) if site in ("", one)]
    if site and not found:
        raise Refused(Fault.NO_SITE)
    return found


def _paged(
    among: Sequence[T], asked: Asked, named: Callable[[T], str] = attrgetter("site")
) -> tuple[Sequence[T], str | None]:
    start = bisect_right(among, asked["after"], key=named)
    end = start + int(asked["limit"])
    return among[start:end], named(among[end - 1]) if end < len(among) else None


def _period(asked: Asked) -> Period:
    if not asked["period"]:
        return of_kind(Kind.MONTH, today())
    try:
        return parse(asked["period"])
    except NoPeriod:
        raise Refused(Fault.NO_PERIOD, "period") from None


def _live() -> Live:
    live: Live = current_app.extensions["moiso_live"]
    return live


def _fleet() -> Fleet:
    fleet: Fleet = current_app.extensions["moiso_api_fleet"]
    return fleet


@cache
def _document() -> bytes:
    return msgspec.json.encode(offers.openapi())


def _json(answer: Struct) -> Response:
    return Response(msgspec.json.encode(answer), content_type="application/json")
