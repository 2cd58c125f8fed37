"""What the API answers: the dashboard's own figures, and nothing of another province."""

from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from cloud.indicators import indicators, of_all
from cloud.influx import Influx
from cloud.periods import parse
from cloud.roles import Right
from cloud.rollups import MEASURES
from cloud.statistics import SqliteStatistics
from cloud.tokens import Tokens
from cloud.web.api_schema import OPERATIONS
from cloud.web.bearer import WORDS, Fault
from edge.daemon.i18n import translations
from tests.api_caller import Caller, Json, api_app, new_token, read
from tests.bench.province_year import fill
from tests.cloud_people import add_people, add_sites
from tests.dashboard import today
from tests.wire.mosquitto import free_port

YEAR = today().year
SITES = ("mau-001", "mau-002", "mau-003", "mau-01", "mau-02")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cloud")
    fill(folder, sites=3, days=120, until=date(YEAR, 9, 30))
    add_people(folder)
    add_sites(folder)  # mau-01 and mau-02, and the other province's khac-01
    return folder


@pytest.fixture(scope="module")
def app(data: Path) -> Flask:
    return api_app(data)


@pytest.fixture
def caller(app: Flask, data: Path) -> Caller:
    """With a token of its own, since each may ask only so often."""
    made = new_token(data)
    for old in Tokens(data).of_province("mau")[1:]:
        Tokens(data).revoke(old.id, "mau")
    return Caller(app, made)


def everything(caller: Caller, path: str, key: str) -> list[Json]:
    """A list through all of its pages."""
    lines: list[Json] = []
    after = ""
    while True:
        page = caller.json(f"{path}&after={after}" if after else path)
        lines += page[key]
        if page["next"] is None:
            return lines
        after = page["next"]


@pytest.mark.req("D1", "D2")
def test_indicators_are_those_of_the_dashboard(caller: Caller, data: Path) -> None:
    period = parse(f"{YEAR}-9m")
    answer = caller.json(f"indicators?period={YEAR}-9m")
    counts = SqliteStatistics(data).by_site(period, SITES)
    before = SqliteStatistics(data).by_site(period.before(today()), SITES)
    for told, one in zip(answer["total"], indicators(of_all(counts, SITES), of_all(before, SITES)), strict=True):
        assert (told["key"], told["value"], told["part"], told["whole"]) == (
            one.key.value,
            one.value,
            one.part,
            one.whole,
        )
        assert (told["unit"], told["target"], told["before"]) == (one.meaning.unit.value, one.target, one.before)
    (first,) = [one for one in answer["facilities"] if one["site"] == "mau-001"]
    for told, one in zip(first["indicators"], indicators(counts["mau-001"]), strict=True):
        assert (told["value"], told["part"], told["whole"]) == (one.value, one.part, one.whole)
        assert told["target"] == one.target
    assert answer["period"] == {
        "name": f"{YEAR}-9m",
        "first": f"{YEAR}-01-01",
        "last": f"{YEAR}-09-30",
        "counted_to": min(date(YEAR, 9, 30), today()).isoformat(),
    }


@pytest.mark.req("D1", "D2")
@pytest.mark.parametrize("group", ["service", "hour", "day"])
def test_counts_of_each_group_add_up_to_the_facilitys(caller: Caller, group: str) -> None:
    asked = f"counts?period={YEAR}-9m&site=mau-002"
    (whole,) = caller.json(asked)["lines"]
    parts = everything(
        caller, f"{asked}&group={group}&limit=30" if group == "day" else f"{asked}&group={group}", "lines"
    )
    assert len(parts) > 1
    assert all(group in part for part in parts)
    for measure in ("called", "finished", "issued_cccd_chip", "wait_05") if group == "hour" else MEASURES:
        assert sum(part["counts"][measure] for part in parts) == whole["counts"][measure], measure


@pytest.mark.req("D1")
def test_services_bear_their_names(caller: Caller) -> None:
    lines = caller.json(f"counts?period={YEAR}-9m&site=mau-001&group=service")["lines"]
    assert {"service": "insurance", "service_name": "Khám BHYT"}.items() <= next(
        line for line in lines if line["service"] == "insurance"
    ).items()


@pytest.mark.req("D1")
@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("facilities", "facilities"),
        ("indicators", "facilities"),
        ("counts", "lines"),
        ("today", "facilities"),
        ("days-heard", "facilities"),
        ("devices", "facilities"),
    ],
)
def test_pages_hold_every_facility_once_and_none_of_another_province(caller: Caller, path: str, key: str) -> None:
    lines = everything(caller, f"{path}?limit=2", key)
    assert tuple(line["site"] for line in lines) == SITES


@pytest.mark.req("D1", "D3")
def test_days_heard_are_those_with_any_count(caller: Caller, data: Path) -> None:
    answer = caller.json(f"days-heard?period={YEAR}-09&site=mau-001")
    heard = SqliteStatistics(data).days_heard(parse(f"{YEAR}-09"), ["mau-001"])["mau-001"]
    expected = sorted(day for day in heard if day <= today().isoformat())
    assert answer["facilities"] == [{"site": "mau-001", "days": expected}]


@pytest.mark.req("D2")
def test_today_tells_who_waits(caller: Caller) -> None:
    (facility,) = caller.json("today?site=mau-01")["facilities"]
    assert facility["waiting"] == sum(service["waiting"] for service in facility["services"])
    assert set(facility["counts"]) == set(MEASURES)


@pytest.mark.req("D1")
def test_without_a_period_this_month_is_told(caller: Caller) -> None:
    assert caller.json("counts")["period"]["name"] == f"{today():%Y-%m}"


@pytest.mark.req("X1")
def test_another_provinces_facility_and_one_that_is_not_there_are_told_the_same(caller: Caller) -> None:
    for operation in OPERATIONS:
        path = operation.path.removeprefix("/api/v1/")
        if "site" not in {parameter.name for parameter in operation.parameters}:
            continue
        foreign, unknown = caller.get(f"{path}?site=khac-01"), caller.get(f"{path}?site=mau-99")
        assert foreign.status_code == unknown.status_code == 404, path
        assert foreign.data == unknown.data
        assert "khac" not in caller.get(path).text


@pytest.mark.req("X1")
def test_a_token_of_one_facility_sees_that_one(app: Flask, data: Path) -> None:
    caller = Caller(app, new_token(data, site="mau-002"))
    assert [one["site"] for one in caller.json("facilities")["facilities"]] == ["mau-002"]
    assert [one["site"] for one in caller.json("indicators")["facilities"]] == ["mau-002"]
    assert caller.get("counts?site=mau-001").status_code == 404


@pytest.mark.req("X1")
@pytest.mark.parametrize("right", [Right.FIGURES, Right.DEVICES])
def test_a_token_reads_what_its_rights_say_and_no_more(app: Flask, data: Path, right: Right) -> None:
    caller = Caller(app, new_token(data, right))
    for operation in OPERATIONS:
        answer = caller.get(operation.path.removeprefix("/api/v1/"))
        assert answer.status_code == (200 if operation.right in (None, right) else 403), operation.path


@pytest.mark.req("D1")
@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        ("period=2026-02-30", 422, "period"),
        ("period=2020-01-01..2026-01-01", 422, "period"),
        ("period=2026-03-01..2026-01-01", 422, "period"),
        ("period=2026-W53x", 400, "period"),
        ("group=day", 422, "site"),
        ("group=service&site=mau-001&after=x", 422, "after"),
        ("group=ticket", 400, "group"),
        ("limit=0", 400, "limit"),
        ("limit=201", 400, "limit"),
        ("limit=1e3", 400, "limit"),
        ("site=mau-001&site=mau-002", 400, "site"),
        ("lang=en", 400, "lang"),
        ("site=%00", 400, "site"),
        ("site=%ff%fe", 400, "site"),
        ("site=mau-001%0a", 400, "site"),
        ("%00=1", 400, None),
        ("site=mau-001;DROP", 400, "site"),
    ],
)
def test_a_wrong_parameter_is_named_with_what_to_do(
    caller: Caller, query: str, status: int, parameter: str | None
) -> None:
    answer = caller.get(f"counts?{query}")
    problem = read(answer)
    assert (answer.status_code, problem["status"], problem.get("parameter")) == (status, status, parameter)
    assert answer.content_type == "application/problem+json"
    assert problem["detail"] == WORDS[Fault(problem["code"])]


def test_problems_are_said_in_english_where_that_is_asked_for(caller: Caller) -> None:
    answer = caller.get("counts?x=1", Accept_Language="en")
    assert answer.headers["Content-Language"] == "en"
    assert "Accept-Language" in answer.headers["Vary"]
    english = translations("en", "cloud").gettext(WORDS[Fault.UNKNOWN_PARAMETER])
    assert read(answer)["detail"] == english


def test_a_query_as_long_as_a_book_is_refused(caller: Caller) -> None:
    answer = caller.get(f"counts?site={'x' * 100_000}")
    assert answer.status_code == 414
    assert len(answer.data) < 1000


@pytest.mark.req("X1")
def test_a_figure_is_kept_by_no_cache(caller: Caller) -> None:
    answer = caller.get("today")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content_type == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.req("D1")
def test_a_province_without_any_facility_gets_empty_lists(tmp_path: Path) -> None:
    caller = Caller(api_app(tmp_path), new_token(tmp_path))
    assert caller.json("facilities") == {"facilities": [], "next": None}
    answer = caller.json("indicators")
    assert answer["facilities"] == []
    assert {one["value"] for one in answer["total"]} == {0, None}
    assert caller.json("alarms") == {"looked_at": None, "alarms": [], "next": None}


@pytest.mark.req("D1", "X5")
def test_while_the_store_of_figures_is_away_a_problem_says_when_to_ask_again(tmp_path: Path) -> None:
    (tmp_path / "influx.token").write_text("x")
    away = Influx(f"http://127.0.0.1:{free_port()}", "moiso", tmp_path / "influx.token")
    app = api_app(tmp_path, influx=away)
    add_sites(tmp_path)
    caller = Caller(app, new_token(tmp_path))
    for path in ("indicators", "counts", "days-heard"):
        answer = caller.get(path)
        assert (answer.status_code, read(answer)["code"], answer.headers["Retry-After"]) == (503, "away", "60")
    assert caller.get("today").status_code == 200  # of now the ledger tells
    assert caller.get("counts?group=day&site=mau-01").status_code == 200
