"""The catalogue's administration on a real hub, as browsers send its forms; two administrators at once."""

import re
from collections.abc import Iterator, Sequence
from html import unescape

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue
from edge.contracts.commands import Done, IssueTicket
from edge.daemon.hub_client import new_command_id
from edge.hub.catalogue import files, forms
from provisioning.demo.site import ADMINISTRATOR, FLOOR_LEAD, OFFICER, Ports, Site, provision
from provisioning.demo.supervisor import Supervisor
from tests.hub_http import Device
from tests.wire.test_officer_pages import Browser, has_started, lines

HOME = "/admin/catalogue"
EYES = {
    "name": ["Khám mắt"],
    "name_en": ["Eyes"],
    "group": ["examination"],
    "prefix": ["M"],
    "colour": ["#b3261e"],
    "icon": ["mat"],
    "size": ["wide"],
    "first_number": ["1"],
    "last_number": ["999"],
    "last_ticket_min": ["0"],
    "planned_min": ["7"],
    "active": ["yes"],
    "counters": ["q1", "q2"],
}


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = provision(tmp_path_factory.mktemp("site"), Ports.free())
    with Supervisor(site.programs("hub")):
        yield site


@pytest.fixture
def lan(site: Site) -> Browser:
    """The demo's administrator."""
    browser = Browser(site)
    browser.log_in(ADMINISTRATOR, site.passwords.administrator)
    return browser


@pytest.fixture
def minh(site: Site, lan: Browser) -> Browser:
    """Another administrator."""
    browser = Browser(site)
    has_started(browser, "minh", lan.temporary_password("minh", "administrator"), "một câu khá dài")
    return browser


def post(browser: Browser, path: str, **fields: str | Sequence[str]) -> httpx.Response:
    token = browser.csrf("/account")
    return browser.http.post(HOME + path, data={"csrf": token, **fields})


def text(browser: Browser, path: str = "") -> str:
    return unescape(browser.http.get(HOME + path).raise_for_status().text)


def told(response: httpx.Response) -> str:
    assert response.status_code == 303, response.text
    return re.sub(r".*told=([a-z]+).*", r"\1", response.headers["location"])


def publish(browser: Browser, note: str = "") -> httpx.Response:
    seen = re.search(r'name="seen" value="(\d+)"', text(browser, "/publish"))
    return post(browser, "/publish", note=note, seen=seen[1] if seen else "")


def in_force(site: Site) -> Catalogue:
    return Device(site, "kiosk-1").snapshot().catalogue


def service_form(catalogue: Catalogue, service_id: str, **changes: str) -> dict[str, str | list[str]]:
    serving = [counter.id for counter in catalogue.counters_for(service_id)]
    fields = forms.service_fields(catalogue.service(service_id)) | {"counters": serving}
    return {**fields, **changes}


@pytest.mark.req("K2", "K4", "P1", "X2")
def test_a_service_is_added_published_and_undone_with_who_and_why(site: Site, lan: Browser) -> None:
    before = in_force(site)
    assert told(post(lan, "/services/new", **EYES)) == "saved"
    assert in_force(site) == before
    assert "Thêm dịch vụ “Khám mắt”" in text(lan, "/publish")
    assert told(publish(lan, "Mở phòng mắt")) == "published"
    now = in_force(site)
    assert (now.version, now.service("kham-mat").icon, now.service("kham-mat").size) == (1, "mat", "wide")
    assert [counter.id for counter in now.counters_for("kham-mat")] == ["q1", "q2"]
    assert isinstance(Device(site, "kiosk-1").send(IssueTicket(new_command_id(), "cashier")), Done)
    versions = text(lan, "/versions")
    assert versions.index("Bản 1") < versions.index("Bản 0")
    assert f"{ADMINISTRATOR} · Mở phòng mắt" in versions
    assert told(post(lan, "/versions/0", base="1", note="Trở lại bản 0")) == "published"
    assert in_force(site) == replace(before, version=2)
    assert "Xoá dịch vụ “Khám mắt”" in text(lan, "/versions")
    adopted = [line for line in lines(lan) if line[0] == "AdoptCatalogue"]
    assert [outcome for _, _, outcome in adopted] == ["done", "done"]


@pytest.mark.req("K4")
def test_a_form_with_a_mistake_keeps_everything_that_was_typed(site: Site, lan: Browser) -> None:
    response = post(lan, "/services/new", **{**EYES, "prefix": "A", "planned_min": "bảy", "name": "<b>Mắt</b>"})
    assert response.status_code == 422
    assert 'value="bảy"' in response.text
    assert "&lt;b&gt;Mắt&lt;/b&gt;" in response.text
    assert "<b>Mắt</b>" not in response.text
    assert 'id="planned_min-wrong">cần một số nguyên' in response.text
    again = post(lan, "/services/new", **{**EYES, "prefix": "A"})
    assert 'id="prefix-wrong">“A” xuất hiện hai lần' in unescape(again.text)
    assert re.search(r'name="icon" value="mat" checked', again.text)
    english = lan.http.post(
        f"{HOME}/services/new?lang=en", data={"csrf": lan.csrf("/account"), **EYES, "planned_min": ["x"]}
    )
    assert "a whole number is expected" in english.text
    assert "chưa có thay đổi" in text(lan, "?lang=vi")


def test_a_form_that_is_too_large_says_so_in_words_and_changes_nothing(site: Site, lan: Browser) -> None:
    response = lan.send("/account", "/accounts", name="x" * 10_000, role="counter")
    assert response.status_code == 413
    assert "nhận nhiều nhất 4 kB. Chưa có gì thay đổi" in unescape(response.text)
    assert "xxx" not in lan.http.get("/accounts").text


@pytest.mark.req("X1")
def test_only_administrators_come_in_and_only_with_their_own_token(site: Site, lan: Browser) -> None:
    for name, password in ((OFFICER, site.passwords.officer), (FLOOR_LEAD, site.passwords.floor_lead)):
        other = Browser(site)
        other.log_in(name, password)
        for path in ("", "/services/general", "/publish", "/preview/screen", "/versions", "/catalogue.json"):
            assert other.http.get(HOME + path).status_code == 403
        assert post(other, "/services/new", **EYES).status_code == 403
        assert post(other, "/publish", seen="0").status_code == 403
    for path in (
        "/services/new",
        "/services/general/delete",
        "/publish",
        "/versions/0",
        "/discard",
        "/import",
        "/move",
    ):
        assert lan.http.post(HOME + path, data={"csrf": "guessed", "base": "0"}).headers["location"] == "/login"
    assert Browser(site).http.get(HOME).headers["location"] == "/login"
    assert in_force(site).version == 0


@pytest.mark.req("X2")
def test_two_administrators_at_once_lose_nothing_of_each_other(site: Site, lan: Browser, minh: Browser) -> None:
    catalogue = in_force(site)
    post(lan, "/services/new", **EYES)
    post(lan, "/services/general", **service_form(catalogue, "general", name="Của Lan"))
    post(minh, "/services/general", **service_form(catalogue, "general", name="Của Minh"))
    post(minh, "/policy", **forms.policy_fields(replace(catalogue.policy, starvation_min=90)))
    assert "Đang có bản nháp khác của: minh" in text(lan)
    assert told(publish(lan)) == "published"
    assert "Người khác vừa công bố bản 1" in text(minh)
    assert publish(minh).status_code == 409
    page = text(minh, "/rebase")
    assert "Thêm dịch vụ “Khám mắt”" in page
    assert re.search(r'value="service/general/name">', page), "a clash is not ticked"
    assert re.search(r'value="policy//starvation_min" checked>', page)
    assert post(minh, "/rebase", onto="0", keep="policy//starvation_min").status_code == 200, "asked again"
    assert told(post(minh, "/rebase", onto="1", keep="policy//starvation_min")) == "rebased"
    assert told(publish(minh)) == "published"
    both = in_force(site)
    assert (both.version, both.service("general").name, both.policy.starvation_min) == (2, "Của Lan", 90)
    assert both.service("kham-mat").prefix == "M"


@pytest.mark.req("X2")
def test_undo_from_a_page_that_is_out_of_date_is_refused_in_words(site: Site, lan: Browser) -> None:
    post(lan, "/services/new", **EYES)
    publish(lan)
    late = post(lan, "/versions/0", base="0")
    assert late.status_code == 409
    assert "Người khác vừa sửa danh mục" in late.text
    assert in_force(site).version == 1
    for base in ("", "x", "²", "9" * 30):
        assert post(lan, "/versions/0", base=base).status_code in (303, 409)
    assert told(post(lan, "/versions/77", base="1")) == "gone"


@pytest.mark.req("K2")
def test_a_service_that_people_wait_for_is_not_deleted_but_can_stop_giving_numbers(site: Site, lan: Browser) -> None:
    for _ in range(2):
        Device(site, "kiosk-1").do(IssueTicket(new_command_id(), "pharmacy"))
    refused = post(lan, "/services/pharmacy/delete")
    assert refused.status_code == 409
    assert "2 người đang chờ" in refused.text
    assert told(post(lan, "/services/pharmacy/pause")) == "paused"
    assert told(publish(lan)) == "published"
    assert not in_force(site).service("pharmacy").active


@pytest.mark.req("K2")
def test_somebody_who_came_between_deletion_and_publication_is_named(site: Site, lan: Browser) -> None:
    before = [counter.id for counter in in_force(site).counters_for("pharmacy")]
    assert told(post(lan, "/services/pharmacy/delete")) == "deleted"
    Device(site, "kiosk-1").do(IssueTicket(new_command_id(), "pharmacy"))
    refused = publish(lan)
    assert refused.status_code == 409
    assert "Nhận thuốc" in refused.text
    assert f'action="{HOME}/services/pharmacy/pause"' in refused.text
    assert told(post(lan, "/services/pharmacy/pause")) == "paused"
    assert told(publish(lan)) == "published"
    assert [counter.id for counter in in_force(site).counters_for("pharmacy")] == before


@pytest.mark.req("K3")
def test_groups_move_and_only_an_empty_one_is_deleted(site: Site, lan: Browser) -> None:
    *first, last = [group.id for group in in_force(site).groups]
    assert post(lan, f"/groups/{last}/delete").status_code == 409
    post(lan, "/groups/new", name="Phục hồi chức năng", name_en="Rehabilitation")
    assert told(post(lan, "/move", kind="group", id="phuc-hoi-chuc-nang", by="up")) == "moved"
    publish(lan)
    assert [group.id for group in in_force(site).groups] == [*first, "phuc-hoi-chuc-nang", last]
    assert told(post(lan, "/groups/phuc-hoi-chuc-nang/delete")) == "deleted"
    assert told(post(lan, "/move", kind="nothing", id="x", by="up")) == "gone"
    assert told(post(lan, "/groups/phuc-hoi-chuc-nang", name="Lại", name_en="Again")) == "gone"


@pytest.mark.req("K2")
def test_counters_hours_days_facility_and_rules_are_edited_too(site: Site, lan: Browser) -> None:
    for path, fields in (
        ("/counters/new", {"number": "9", "room": "109", "zone": "B", "services": ["general", "children"]}),
        (
            "/hours",
            {
                "days-0": ["0", "1", "2"],
                "opens-0": "7h",
                "closes-0": "11h30",
                "days-1": "6",
                "opens-1": "8h",
                "closes-1": "10h",
            },
        ),
        (
            "/days/new",
            {"date": "2027-02-05", "name": "Giao thừa", "name_en": "New Year's Eve", "opens-0": "7h", "closes-0": "9h"},
        ),
        ("/facility", {"name": "Bệnh viện Mẫu", "name_en": "Sample Hospital", "time_zone": "Asia/Ho_Chi_Minh"}),
        ("/public-holidays", {"closed": ""}),
    ):
        assert told(post(lan, path, **fields)) == "saved", path
    assert post(lan, "/days/new", date="2027-02-05", name="x", name_en="x").status_code == 422
    assert post(lan, "/facility", name="x", name_en="x", time_zone="Mars").status_code == 422
    assert post(lan, "/hours", **{"days-0": "0", "opens-0": "9h", "closes-0": "8h"}).status_code == 422
    publish(lan)
    now = in_force(site)
    assert now.counter("q9").services == ("general", "children")
    assert now.hours[1].weekdays == (6,)
    assert now.special_days[0].periods == (("07:00", "09:00"),)
    assert (now.facility.name, now.public_holidays) == ("Bệnh viện Mẫu", False)


@pytest.mark.req("P1")
def test_a_file_leaves_and_comes_in_through_the_same_checks(site: Site, lan: Browser) -> None:
    exported = lan.http.get(f"{HOME}/catalogue.toml")
    assert "attachment" in exported.headers["content-disposition"]
    assert replace(files.read(exported.text), version=0) == in_force(site)
    assert told(post(lan, "/import", text=exported.text.replace("Khám nhi", "Khám trẻ em"))) == "imported"
    assert "từ “Khám nhi” thành “Khám trẻ em”" in text(lan, "/publish")
    broken = post(lan, "/import", text=exported.text.replace('prefix = "V"', 'prefix = "?"'))
    assert broken.status_code == 422
    assert "chữ đầu của số" in broken.text
    assert post(lan, "/import", text="{").status_code == 422
    assert "256 kB" in post(lan, "/import", text="x" * 300_000).text
    assert lan.http.get(f"{HOME}/catalogue.exe").status_code == 404
    draft = lan.http.get(f"{HOME}/catalogue.json?draft").content
    assert msgspec.json.decode(draft, type=Catalogue).service("children").name == "Khám trẻ em"


@pytest.mark.req("K4")
def test_only_the_preview_may_be_framed_and_only_by_the_hubs_own_pages(site: Site, lan: Browser) -> None:
    for path, ancestors in (("", "'none'"), ("/preview", "'none'"), ("/preview/screen", "'self'")):
        policy = lan.http.get(HOME + path).headers["content-security-policy"]
        assert f"frame-ancestors {ancestors}" in policy
        assert "unsafe" not in policy
    assert ".tile-of-general{--colour:#0b6e6e}" in text(lan, "/preview/screen.css")
