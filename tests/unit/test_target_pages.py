"""The pages of targets and places: who may set them, what they change, and that nothing typed is lost."""

import re
from pathlib import Path

import pytest
from flask import Flask
from msgspec.structs import replace

from cloud import audit
from cloud.config import Target
from cloud.indicators import TARGETS, Key
from cloud.map import Place
from cloud.targets import Kind, Targets
from cloud.web.targets import WITH_TARGET
from tests.api_caller import Caller, new_token
from tests.cloud_people import SITES, Visitor, add_people, add_sites, cloud_config, make_app

TARGETS_PAGE, PLACES_PAGE = "/accounts/targets", "/accounts/places"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The accounts and figures of everybody, made once for their passwords' sake."""
    folder = tmp_path_factory.mktemp("made")
    add_people(folder)
    add_sites(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def data(tmp_path: Path, made: dict[str, bytes]) -> Path:
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.fixture
def app(data: Path) -> Flask:
    return make_app(replace(cloud_config(data), place=(Place("mau-01", 11.5, 106.5),)))


@pytest.fixture
def lan(app: Flask) -> Visitor:
    return Visitor(app).is_in("lan")


def deeds(data: Path, deed: str) -> list[tuple[str, str]]:
    found = audit.lines(data, audit.Wanted(("mau", "khac", ""), deed=deed), limit=99)
    return [(line.who, line.about) for line in found]


def field(page: str, name: str) -> str:
    found = re.search(rf'name="own-{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def row(page: str, name: str) -> str:
    """One row's text without its marks."""
    found = re.search(rf'<tr id="{name}">(.*?)</tr>', page, re.DOTALL)
    assert found, name
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


@pytest.mark.req("D1")
def test_a_target_that_is_set_counts_on_every_page_in_reports_and_in_the_api(app: Flask, lan: Visitor) -> None:
    caller = Caller(app, new_token(app.extensions["moiso_accounts"]))

    def told() -> dict[str, float | None]:
        answer = caller.json("indicators")
        each = [answer["total"], *(one["indicators"] for one in answer["facilities"])]
        (one,) = {tuple((told["key"], told["target"]) for told in some) for some in each}
        return dict(one)

    assert told()["look-ups"] == 0.95
    saved = lan.post(TARGETS_PAGE, **{"own-look-ups": "87,5", "was-look-ups": "", "own-wait-p90": "45"})
    assert (saved.status_code, saved.headers["Location"]) == (302, TARGETS_PAGE)
    for path in ("/overview", "/indicators/look-ups", "/facilities/mau-01"):
        assert "mục tiêu 87,5 %" in lan.get(path).text, path
    assert "mục tiêu 45 phút" in lan.get("/overview").text
    assert "≥\u00a087,50\u00a0%" in lan.get("/reports").text
    assert (told()["look-ups"], told()["wait-p90"], told()["score"]) == (0.875, 45, 4.5)
    assert lan.get("/indicators/look-ups?format=csv").text.splitlines()[1].endswith(",0.875")
    assert "≥ 87.5 %" in row(lan.get(f"{TARGETS_PAGE}?lang=en").text, "look-ups")
    assert field(lan.get(f"{TARGETS_PAGE}?lang=en").text, "look-ups") == "87.5"


@pytest.mark.req("D1", "X2")
def test_the_page_says_what_holds_who_set_it_and_leads_back_to_the_default(lan: Visitor, data: Path) -> None:
    page = lan.get(TARGETS_PAGE).text
    assert re.findall(r'<tr id="([^"]+)">', page) == [key.value for key in WITH_TARGET]
    assert row(page, "look-ups").startswith(
        "Tra cứu thẻ BHYT thành công tra cứu ra thẻ còn giá trị / lượt tra cứu ≥ 95 %"
    )
    assert "≤ 5 % ≤ 5 % –" in row(page, "no-shows")
    assert "không có không có –" in row(page, "by-chip")
    lan.post(TARGETS_PAGE, **{"own-no-shows": "3,5", "was-no-shows": ""})
    page = lan.get(TARGETS_PAGE).text
    assert re.search(r"≤ 5 % ≤ 3,5 % lan, \d\d:\d\d \d\d/\d\d/\d{4}", row(page, "no-shows"))
    assert field(page, "no-shows") == "3,5"
    lan.post(TARGETS_PAGE, **{"own-no-shows": "3,5", "was-no-shows": "0.035", "none-no-shows": "on"})
    page = lan.get(TARGETS_PAGE).text
    assert "≤ 5 % không có lan," in row(page, "no-shows")
    assert "mục tiêu" not in lan.get("/indicators/no-shows").text
    lan.post(TARGETS_PAGE, **{"own-no-shows": "", "was-no-shows": "null"})
    assert "≤ 5 % ≤ 5 % –" in row(lan.get(TARGETS_PAGE).text, "no-shows")
    assert deeds(data, "set-target") == [
        ("lan", "no-shows: none → default (5 %)"),
        ("lan", "no-shows: 3.5 % → none"),
        ("lan", "no-shows: default (5 %) → 3.5 %"),
    ]
    assert "Đặt mục tiêu" in lan.get("/accounts/audit?deed=set-target").text


@pytest.mark.req("D1")
def test_of_what_is_wrong_nothing_is_saved_and_all_that_was_typed_stays(lan: Visitor, data: Path) -> None:
    typed = {
        "own-look-ups": "870",
        "own-readings": "97",
        "own-score": "bốn",
        "own-wait-within": "85",
        "none-wait-within": "on",
    }
    answer = lan.post(TARGETS_PAGE, **typed)
    assert answer.status_code == 422
    summary = re.search(r'role="alert">([^<]+)<', answer.text)
    assert summary
    assert "Tra cứu thẻ BHYT thành công; Chờ dưới 30 phút; Hài lòng." in summary[1]
    for name in ("look-ups", "readings", "score", "wait-within"):
        assert field(answer.text, name) == typed[f"own-{name}"]
    assert "Cần một số từ 0 đến 100" in row(answer.text, "look-ups")
    assert "Cần một số từ 1 đến 5" in row(answer.text, "score")
    assert "Vừa có số mới vừa chọn không đặt" in row(answer.text, "wait-within")
    assert 'name="none-wait-within" checked' in answer.text
    assert 'aria-describedby="fault-look-ups"' in answer.text
    assert Targets(data, TARGETS).aims("mau") == TARGETS
    assert deeds(data, "set-target") == []
    english = lan.get(f"{TARGETS_PAGE}?lang=en")
    assert english.status_code == 200
    assert "A number from 0 to 100 is expected" in lan.post(TARGETS_PAGE, **{"own-look-ups": "x"}).text
    assert lan.post(TARGETS_PAGE, **{"own-look-ups": "9" * 61}).status_code == 422
    assert lan.post(TARGETS_PAGE, **{"own-tickets": "5"}).status_code == 404


def test_what_another_changed_meanwhile_is_not_overwritten_unseen(lan: Visitor, data: Path) -> None:
    lan.post(TARGETS_PAGE, **{"own-look-ups": "80", "was-look-ups": "", "own-score": "4", "was-score": ""})
    late = {
        "own-look-ups": "70",
        "was-look-ups": "",
        "own-readings": "99",
        "was-readings": "",
        "own-score": "",
        "was-score": "",
    }
    answer = lan.post(TARGETS_PAGE, **late)
    assert answer.status_code == 422
    assert "Người khác vừa đổi" in row(answer.text, "look-ups")
    assert "≥ 80 %" in row(answer.text, "look-ups")
    assert [field(answer.text, name) for name in ("look-ups", "readings")] == ["70", "99"]
    assert field(answer.text, "score") == "4"  # the late form had not touched it: what holds now stands there
    assert Targets(data, TARGETS).aims("mau")[Key.READINGS] == TARGETS[Key.READINGS]
    again = {"own-look-ups": "70", "was-look-ups": "0.8", "own-readings": "99", "was-readings": ""}
    assert lan.post(TARGETS_PAGE, **again).status_code == 302
    aims = Targets(data, TARGETS).aims("mau")
    assert (aims[Key.LOOK_UPS], aims[Key.READINGS], aims[Key.SCORE]) == (0.7, 0.99, 4)


def test_a_form_that_changes_nothing_says_so_and_is_no_deed(lan: Visitor, data: Path) -> None:
    lan.post(TARGETS_PAGE, **{"own-look-ups": "", "was-look-ups": ""})
    assert "Không có gì thay đổi." in lan.get(TARGETS_PAGE).text
    assert deeds(data, "set-target") == []


@pytest.mark.req("X1")
@pytest.mark.parametrize("name", ["mai", "hoa", "minh"])
def test_nobody_but_an_administrator_of_the_province_sets_anything_or_is_led_there(
    app: Flask, data: Path, name: str
) -> None:
    visitor = Visitor(app).is_in(name)
    for path in (TARGETS_PAGE, PLACES_PAGE):
        assert visitor.get(path).status_code == 403
        assert visitor.post(path, **{"own-look-ups": "1", "own-mau-01": "11.53, 106.89"}).status_code == 403
    for path in ("/overview", "/indicators/look-ups"):
        assert TARGETS_PAGE not in visitor.get(path).text
        assert PLACES_PAGE not in visitor.get(path).text
    assert Targets(data, TARGETS).aims("mau") == TARGETS
    assert Targets(data, TARGETS).places("mau") == {}


@pytest.mark.req("X1")
def test_another_province_is_neither_seen_nor_changed(app: Flask, lan: Visitor, data: Path) -> None:
    khanh = Visitor(app).is_in("khanh")
    khanh.post(TARGETS_PAGE, **{"own-look-ups": "12", "was-look-ups": ""})
    khanh.post(PLACES_PAGE, **{"own-khac-01": "20.5, 105.5", "was-khac-01": ""})
    assert "12 %" not in lan.get(TARGETS_PAGE).text
    assert "mục tiêu 12 %" not in lan.get("/overview").text
    page = lan.get(PLACES_PAGE).text
    assert SITES["khac-01"] not in page
    assert "20.5" not in page
    assert lan.post(PLACES_PAGE, **{"own-khac-01": "11.53, 106.89", "was-khac-01": ""}).status_code == 404
    assert Targets(data, TARGETS).settings(Kind.PLACE, "mau") == {}
    assert "mục tiêu 12 %" in khanh.get("/overview").text
    caller = Caller(app, new_token(data, province="khac"))
    assert {one["key"]: one["target"] for one in caller.json("indicators")["total"]}["look-ups"] == 0.12


@pytest.mark.req("D1")
def test_a_place_is_on_the_map_at_once_and_off_it_again(lan: Visitor, data: Path) -> None:
    def dots() -> set[str]:
        return set(
            re.findall(
                r'<a href="/facilities/([a-z0-9-]+)\?[^"]*" aria-label="[^"]*"><title>', lan.get("/overview").text
            )
        )

    assert dots() == {"mau-01"}  # by cloud.toml
    assert lan.post(PLACES_PAGE, **{"own-mau-02": "11.61, 106.92", "was-mau-02": ""}).status_code == 302
    assert dots() == {"mau-01", "mau-02"}
    page = lan.get(PLACES_PAGE).text
    assert field(page, "mau-02") == "11.61, 106.92"
    assert "2 trên 2 cơ sở có vị trí" in page
    assert "11.5, 106.5" in row(page, "mau-01")
    lan.post(PLACES_PAGE, **{"own-mau-01": "", "was-mau-01": "", "none-mau-01": "on"})
    assert dots() == {"mau-02"}
    lan.post(PLACES_PAGE, **{"own-mau-02": "", "was-mau-02": "[106.92,11.61]", "own-mau-01": "", "was-mau-01": "null"})
    assert dots() == {"mau-01"}
    assert deeds(data, "set-place")[::-1] == [
        ("lan", "mau-02: none → 11.61, 106.92"),
        ("lan", "mau-01: default (11.5, 106.5) → none"),
        ("lan", "mau-02: 11.61, 106.92 → none"),
        ("lan", "mau-01: none → default (11.5, 106.5)"),
    ]


@pytest.mark.req("D1")
def test_a_place_outside_viet_nam_is_refused_by_name_and_stays_typed(lan: Visitor) -> None:
    answer = lan.post(PLACES_PAGE, **{"own-mau-01": "48.85, 2.35", "own-mau-02": "11.61, 106.92"})
    assert answer.status_code == 422
    assert f"rồi lưu lại: {SITES['mau-01']}." in answer.text
    assert [field(answer.text, site) for site in ("mau-01", "mau-02")] == ["48.85, 2.35", "11.61, 106.92"]
    assert "Latitude and longitude are expected" in (
        lan.get(f"{PLACES_PAGE}?lang=en").text + lan.post(PLACES_PAGE, **{"own-mau-01": "x"}).text
    )


def test_what_was_typed_is_text_and_not_markup(lan: Visitor) -> None:
    for path, name in ((TARGETS_PAGE, "look-ups"), (PLACES_PAGE, "mau-01")):
        answer = lan.post(path, **{f"own-{name}": '"><script>alert(1)</script>', f"was-{name}": '"><b>'})
        assert answer.status_code == 422
        assert "<script>alert" not in answer.text
        assert "<b>" not in answer.text


def test_the_default_is_what_the_configuration_says(data: Path) -> None:
    config = replace(cloud_config(data), target=(Target(Key.WAIT_P90, 60),))
    page = Visitor(make_app(config)).is_in("lan").get(TARGETS_PAGE).text
    assert "≤ 60 phút ≤ 60 phút" in row(page, "wait-p90")
    assert "không có không có" in row(page, "look-ups")


@pytest.mark.req("D1")
def test_administrators_find_the_pages_from_the_figures_and_from_their_tabs(lan: Visitor) -> None:
    for path in ("/overview", "/indicators/look-ups", "/accounts"):
        assert TARGETS_PAGE in lan.get(path).text, path
    assert PLACES_PAGE in lan.get("/overview").text
    assert TARGETS_PAGE not in re.sub(r"<nav.*?</nav>", "", lan.get("/indicators/tickets").text, flags=re.DOTALL)
    page = lan.get(TARGETS_PAGE).text
    assert 'href="/accounts/targets" aria-current="page"' in page
    assert 'href="/indicators/look-ups"' in page
    assert 'href="/overview"' in page
