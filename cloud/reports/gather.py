"""The facts of a report, read from the store of figures and from the ledger."""

from collections.abc import Mapping
from datetime import datetime

from cloud.counts import Counts
from cloud.indicators import Key
from cloud.periods import Period
from cloud.reports.report import Facts
from cloud.roles import Scope
from cloud.statistics import Statistics
from cloud.today import Live
from edge.daemon.i18n import local_time

TIME_ZONE = "Asia/Ho_Chi_Minh"  # Viet Nam has one


class NoFacility(Exception):
    """No facility of this name may be seen."""


def gather(
    statistics: Statistics,
    live: Live,
    scope: Scope,
    period: Period,
    made: datetime,
    by: str,
    targets: Mapping[Key, float],
    site: str = "",
) -> Facts:
    """The facts about every facility of ``scope`` in ``period``, or about ``site`` alone, at ``made`` in Viet Nam.

    ``by`` is the account that makes the report, ``targets`` what the Department aims at. Raises NoFacility where
    ``site`` is none of the scope's that ever sent anything, and StatisticsAway.
    """
    today = made.date()
    elapsed = period.elapsed(today)
    visible = tuple(facility for facility in live.facilities() if scope.covers(facility.site))
    about = tuple(facility for facility in visible if site in ("", facility.site))
    if site and not about:
        raise NoFacility
    sites = [facility.site for facility in about]
    known = tuple(facility.site for facility in visible)
    one = bool(site) or bool(scope.site)
    now, before = statistics.by_site_of([elapsed, period.before(today)], sites)
    services: Mapping[str, Counts] = statistics.by_service(elapsed, sites[0]) if one and sites else {}
    heard_ms = max((facility.heard_ms for facility in about), default=0)
    return Facts(
        province=scope.province,
        period=period,
        facilities=about,
        by_site=now,
        before=before,
        known=known,
        heard=statistics.days_heard(elapsed, known),
        today=today,
        made=made,
        heard_until=local_time(heard_ms, TIME_ZONE) if heard_ms else None,
        by=by,
        one=one,
        services=services,
        service_names=live.services(sites[0]) if one and sites else {},
        targets=targets,
    )
