"""Facts for reports: counts by the names of their measures, facilities and days."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from cloud.counts import Counts
from cloud.indicators import TARGETS
from cloud.periods import parse
from cloud.reports.report import Facts
from cloud.roles import Province
from cloud.rollups import MEASURES
from cloud.today import Facility

MAU = Province("mau", "Sở Y tế tỉnh Mẫu", "Sample Department of Health", ("mau-*",))
MADE = datetime(2026, 11, 26, 8, 15, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
FACILITIES = (
    Facility("mau-01", "Trung tâm Y tế huyện Mẫu", "Sample District Health Centre", 0),
    Facility("mau-02", "Bệnh viện Mẫu Hai", "Sample Hospital Two", 0),
)


def counts(**measures: int) -> Counts:
    """Counts of these measures; all others are 0. Raises KeyError on a measure that there is none of."""
    known = dict.fromkeys(MEASURES, 0)
    for measure in measures:
        known[measure]
    return Counts(tuple({**known, **measures}.values()))


def facts(
    period: str = "2026-6m",
    by_site: Mapping[str, Counts] | None = None,
    before: Mapping[str, Counts] | None = None,
    facilities: tuple[Facility, ...] = FACILITIES,
    heard: Mapping[str, frozenset[str]] | None = None,
    services: Mapping[str, Counts] | None = None,
    service_names: Mapping[str, tuple[str, str]] | None = None,
    one: bool = False,
) -> Facts:
    """Facts about the sample province, of which a test says what it is about."""
    return Facts(
        province=MAU,
        period=parse(period),
        facilities=facilities,
        by_site=by_site or {},
        before=before or {},
        known=tuple(facility.site for facility in facilities),
        heard=heard or {},
        today=MADE.date(),
        made=MADE,
        heard_until=MADE,
        by="lan",
        targets=TARGETS,
        one=one,
        services=services or {},
        service_names=service_names or {},
    )


def days(*named: str) -> frozenset[str]:
    """Days of the year 2026, written ``MM-DD``."""
    return frozenset(date.fromisoformat(f"2026-{name}").isoformat() for name in named)
