"""When reports fall due, and what becomes of their sendings whatever happens between."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.delivery import State, retry_ms
from cloud.periods import parse
from cloud.reports.schedule import LAST_DAY, RETRIES_MS, Cadence, due
from cloud.reports.store import MOST, Format, Subscription, Subscriptions, TooMany

DATES = st.dates(date(2024, 1, 1), date(2028, 12, 31))
NOW = 1_795_650_000_000  # 2026-11-26 in Viet Nam
TODAY = date(2026, 11, 26)
WISH = Subscription(0, "mau", "", Cadence.MONTHLY, 26, Format.BOTH, "vi", "so@mau.example", "lan", NOW)


@pytest.mark.req("D3")
def test_nine_months_are_due_in_october_and_the_year_in_january() -> None:
    whole_year = due(Cadence.PERIODIC, 10, date(2026, 1, 1), date(2027, 1, 31))
    assert [str(period) for period in whole_year] == ["2025", "2026-6m", "2026-9m", "2026"]
    assert due(Cadence.PERIODIC, 10, date(2026, 7, 11), date(2026, 10, 9)) == ()


@pytest.mark.req("D3")
def test_a_quarter_is_due_once_it_has_ended() -> None:
    whole_year = due(Cadence.QUARTERLY, 10, date(2026, 1, 1), date(2027, 1, 31))
    assert [str(period) for period in whole_year] == ["2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    assert due(Cadence.QUARTERLY, 10, date(2026, 7, 11), date(2026, 10, 9)) == ()


@given(st.sampled_from(Cadence), st.integers(1, LAST_DAY), st.tuples(DATES, DATES, DATES))
def test_looked_at_twice_the_same_falls_due_as_at_once(
    cadence: Cadence, day: int, dates: tuple[date, date, date]
) -> None:
    since, middle, today = sorted(dates)
    at_once = due(cadence, day, since, today)
    in_two = (*due(cadence, day, since, middle), *due(cadence, day, middle + timedelta(days=1), today))
    assert at_once == in_two
    assert all(period.last < today for period in at_once)
    assert len(set(at_once)) == len(at_once)


@pytest.mark.parametrize("day", [0, 29, 31])
def test_a_day_that_not_every_month_has_is_refused(day: int) -> None:
    with pytest.raises(ValueError, match="1 to 28"):
        due(Cadence.MONTHLY, day, TODAY, TODAY)


def test_tries_end() -> None:
    assert [retry_ms(RETRIES_MS, tries) for tries in range(1, len(RETRIES_MS) + 2)] == [*RETRIES_MS, None]
    assert sorted(RETRIES_MS) == list(RETRIES_MS)


@pytest.fixture
def store(tmp_path: Path) -> Subscriptions:
    return Subscriptions(tmp_path)


def test_a_report_is_planned_once_for_each_subscription(store: Subscriptions) -> None:
    first, second = store.add(WISH), store.add(WISH)
    for _ in range(3):
        store.plan(TODAY, NOW)
    assert [[str(one.period) for one in store.sendings(id_, 9)] for id_ in (first, second)] == [["2026-10"]] * 2
    store.plan(date(2027, 1, 26), NOW)
    assert len(store.sendings(first, 9)) == 3


def test_what_was_going_out_when_the_power_went_is_never_sent_again_by_itself(
    store: Subscriptions, tmp_path: Path
) -> None:
    id_ = store.add(WISH)
    store.plan(TODAY, NOW)
    found = store.next_due(NOW)
    assert found is not None
    assert store.going_out(store.begin(found[1], NOW), NOW)
    after = Subscriptions(tmp_path)
    assert after.recover(NOW) == 1
    after.plan(TODAY, NOW)
    assert after.next_due(NOW + 10 * RETRIES_MS[-1]) is None
    assert after.sendings(id_, 1)[0].state is State.UNSURE
    assert after.again(id_, parse("2026-10"), NOW)
    assert after.next_due(NOW) is not None
    assert not after.again(id_, parse("2026-10"), NOW)  # it is due already


def test_two_programs_do_not_send_the_same(store: Subscriptions, tmp_path: Path) -> None:
    store.add(WISH)
    store.plan(TODAY, NOW)
    other = Subscriptions(tmp_path)
    mine, theirs = store.next_due(NOW), other.next_due(NOW)
    assert mine is not None
    assert theirs is not None
    assert [store.going_out(mine[1], NOW), other.going_out(theirs[1], NOW)] == [True, False]


def test_a_report_that_ends_the_program_every_time_lets_the_others_through(store: Subscriptions) -> None:
    store.add(WISH)
    second = store.add(WISH)
    store.plan(TODAY, NOW)
    found = store.next_due(NOW)
    assert found is not None
    store.begin(found[1], NOW)  # and here the program ends
    following = store.next_due(NOW)
    assert following is not None
    assert following[0].id == second


def test_a_report_that_was_being_made_when_the_power_went_is_made_again_at_once_but_only_once(
    store: Subscriptions,
) -> None:
    first, second = store.add(WISH), store.add(WISH)
    store.plan(TODAY, NOW)
    came = []
    for at in range(NOW + 1, NOW + 6):
        found = store.next_due(at)
        if found is not None:
            came.append(found[0].id)
            store.begin(found[1], at)  # and here the program ends
        store.recover(at)
    assert came == [first, second, first, second]


def test_a_refusal_is_tried_again_later_and_in_the_end_given_up(store: Subscriptions) -> None:
    id_ = store.add(WISH)
    store.plan(TODAY, NOW)
    now, states = NOW, []
    while (found := store.next_due(now)) is not None:
        states.append(store.not_sent(store.begin(found[1], now), "SMTPDataError 451", now))
        assert store.next_due(now) is None
        now += RETRIES_MS[-1]
    assert states == [State.DUE] * len(RETRIES_MS) + [State.FAILED]
    assert store.sendings(id_, 1)[0].fault == "SMTPDataError 451"


def test_a_subscription_that_is_removed_takes_its_sendings_along(store: Subscriptions) -> None:
    id_ = store.add(WISH)
    store.plan(TODAY, NOW)
    found = store.next_due(NOW)
    assert found is not None
    assert not store.remove(id_, "khac")
    assert store.remove(id_, "mau")
    assert not store.going_out(found[1], NOW)
    assert store.sendings(id_, 9) == ()
    assert store.add(WISH) > id_


def test_a_province_cannot_fill_the_disk_with_addresses(store: Subscriptions) -> None:
    for _ in range(MOST):
        store.add(WISH)
    with pytest.raises(TooMany):
        store.add(WISH)
    store.add(Subscription(0, "khac", "", Cadence.PERIODIC, 1, Format.PDF, "en", "a@b.example", "khanh", NOW))


def test_an_address_is_in_no_repr() -> None:
    assert "mau.example" not in repr(WISH)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.sampled_from(["plan", "send", "refuse", "crash", "restart", "later"]), max_size=25))
def test_whatever_happens_no_report_is_handed_over_twice(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    store = Subscriptions(tmp_path_factory.mktemp("reports"))
    store.add(WISH)
    now, handed_over = NOW, []
    for step in steps:
        found = store.next_due(now) if step in ("send", "refuse", "crash") else None
        if step == "plan":
            store.plan(TODAY, now)
        elif step == "restart":
            store.recover(now)
        elif step == "later":
            now += RETRIES_MS[-1]
        elif found is not None:
            sending = store.begin(found[1], now)
            assert store.going_out(sending, now)
            if step == "refuse":
                store.not_sent(sending, "refused", now)
                continue
            handed_over.append(str(sending.period))
            if step == "send":
                store.sent(sending, now)
    assert len(handed_over) == len(set(handed_over))
