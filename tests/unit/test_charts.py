"""What the dashboard draws: means of hours of the week, lines with every day on them."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cloud.counts import Load
from cloud.periods import Kind, Period, of_kind, parse
from cloud.web.charts import SHADES, heat, trend

NOVEMBER = parse("2026-11")  # five Mondays and five Sundays


def test_an_hour_of_the_week_is_the_mean_of_the_days_that_were() -> None:
    drawn = heat({(0, 8): Load(100, 90), (6, 20): Load(5, 5)}, NOVEMBER)
    cells = {(weekday, cell.hour): cell for weekday, row in drawn.rows for cell in row}
    assert (cells[0, 8].mean, cells[0, 8].shade) == (20, SHADES)
    assert (cells[6, 20].mean, cells[4, 7].mean) == (1, 0)
    assert drawn.hours == tuple(range(7, 21))
    assert [weekday for weekday, _ in drawn.rows] == [0, 1, 2, 3, 4, 6]


def test_a_day_without_a_number_is_on_the_line() -> None:
    drawn = trend({"2026-11-02": Load(7, 7)}, parse("2026-11-01..2026-11-03"), by_month=False)
    assert (drawn.names, drawn.values) == (("2026-11-01", "2026-11-02", "2026-11-03"), (0, 7, 0))
    assert drawn.points == "0.0,136.0 360.0,12.0 720.0,136.0"


def test_a_year_of_many_goes_by_month() -> None:
    drawn = trend({"2026-02": Load(1, 1)}, parse("2025-12-31..2026-02-01"), by_month=True)
    assert drawn.names == ("2025-12", "2026-01", "2026-02")


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 400), st.integers(0, 6))
def test_the_mean_is_over_as_many_weekdays_as_the_period_has(first: date, more: int, weekday: int) -> None:
    period = Period(first, first + timedelta(days=more))
    days = [first + timedelta(days=n) for n in range(period.days)]
    times = sum(1 for day in days if day.weekday() == weekday)
    drawn = heat({(weekday, 9): Load(60, 0)}, period)
    mean = next(cell.mean for day, row in drawn.rows if day == weekday for cell in row if cell.hour == 9)
    assert mean == 60 / max(1, times)


def test_a_single_day_is_a_point() -> None:
    assert trend({}, of_kind(Kind.DAY, date(2026, 11, 26)), by_month=False).points == "0.0,136.0"
