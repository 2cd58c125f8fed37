"""Pictures, clips and sounds over TLS: an administrator uploads them, devices fetch them, the rest is refused."""

import io
import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from edge.contracts.catalogue import Catalogue
from edge.contracts.hall import MediumKind
from edge.hub.catalogue import files
from provisioning.demo.site import ADMINISTRATOR, OFFICER, Ports, Site, provision
from provisioning.demo.supervisor import Supervisor
from tests.clips import clip, picture, samples, tone, track
from tests.hub_http import Device
from tests.waiting import until
from tests.wire.test_catalogue_pages import post, publish, text, told
from tests.wire.test_officer_pages import Browser, lines

HOME = "/admin/catalogue"
PLAYABLE = (Path(__file__).parents[1] / "media/two-seconds.mp4").read_bytes()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = provision(tmp_path_factory.mktemp("site"), Ports.free())
    with Supervisor(site.programs("hub")):
        yield site


@pytest.fixture
def lan(site: Site) -> Browser:
    browser = Browser(site)
    browser.log_in(ADMINISTRATOR, site.passwords.administrator)
    return browser


def upload(browser: Browser, data: bytes, name: str = "tệp", path: str = "upload", **query: str) -> httpx.Response:
    headers = {"X-CSRF": browser.csrf("/account"), "Content-Type": "application/octet-stream"}
    return browser.http.post(f"{HOME}/{path}", params={"name": name, **query}, content=data, headers=headers)


def draft(browser: Browser) -> Catalogue:
    return files.read(browser.http.get(f"{HOME}/catalogue.json?draft").text)


def in_store(site: Site) -> list[str]:
    return sorted(path.name for path in (site.folder / "data/hub/media").iterdir())


@pytest.mark.req("T8", "S5")
def test_each_kind_is_uploaded_published_and_fetched_by_a_device_in_ranges(site: Site, lan: Browser) -> None:
    for data, name in ((picture(exif=True), "Rửa tay.jpg"), (PLAYABLE, "Chào.mp4"), (tone(), "Chuông.wav")):
        answer = upload(lan, data, name)
        assert answer.status_code == 200, answer.text
        assert answer.json()["page"].startswith(f"{HOME}/media?told=uploaded&medium=")
    hand, hello, bell = draft(lan).media
    assert [medium.id for medium in (hand, hello, bell)] == ["rua-tay", "chao", "chuong"]
    assert [medium.kind for medium in (hand, hello, bell)] == [MediumKind.PICTURE, MediumKind.CLIP, MediumKind.SOUND]
    assert hello.seconds == pytest.approx(2, abs=0.2)
    screen = {"name": "Sảnh A", "columns": "2", "rows": "0", "theme": "light", "colours": "one", "notice": "top"}
    more = {"split": "right", "seconds": "10", "playlist": ["chao", "rua-tay", ""], "notices": "Một\r\n\r\nHai"}
    assert told(post(lan, "/screens/new", **screen, **more)) == "saved"
    assert told(publish(lan)) == "published"

    board = Device(site, "board-1")
    now = board.snapshot().catalogue
    assert now.screens[0].id == "1"
    assert now.screens[0].playlist == ("chao", "rua-tay")
    assert now.screens[0].notices == ("Một", "Hai")
    for medium, kind in ((hand, "image/jpeg"), (hello, "video/mp4"), (bell, "audio/wav")):
        whole = board.http.get(f"/api/v1/media/{medium.sha256}")
        assert (whole.status_code, whole.headers["content-type"], len(whole.content)) == (200, kind, medium.size)
        assert "immutable" in whole.headers["cache-control"]
        assert whole.headers["x-content-type-options"] == "nosniff"
    part = board.http.get(f"/api/v1/media/{hello.sha256}", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, PLAYABLE[100:200])
    assert board.http.get(f"/api/v1/media/{hello.sha256}", headers={"Range": "bytes=9999999-"}).status_code == 416
    assert len(samples(board.http.get(f"/api/v1/media/{bell.sha256}").content)) == 11_025
    upright = board.http.get(f"/api/v1/media/{hand.sha256}").content
    assert b"CAMERA-OF-AN-OFFICER" not in upright
    assert Image.open(io.BytesIO(upright)).size == (48, 64)
    assert "upload-medium" in {action for action, _, _ in lines(lan)}

    assert told(post(lan, "/media/chao/delete")) == "deleted"
    assert draft(lan).screens[0].playlist == ("rua-tay",)
    assert "danh sách phát bớt “Chào”" in text(lan, "/publish")
    assert told(post(lan, "/discard")) == "discarded"


@pytest.mark.req("T8")
@pytest.mark.parametrize(
    ("data", "status", "why"),
    [
        (b"MZ" + bytes(100), 422, "Tệp này không phải hình JPEG, PNG, WebP, clip MP4 hay âm thanh WAV."),
        (picture()[:500], 422, "Không đọc được hình này"),
        (clip(track("hvc1")), 422, "HEVC (H.265), phần lớn tivi không phát được. Xin xuất lại dạng H.264."),
        (PLAYABLE[:-200], 422, "Clip bị thiếu phần cuối"),
        (tone(peak=0), 422, "không có tiếng"),
        (picture() + bytes(10_000_000), 413, "Hình nhận nhiều nhất 10 MB"),
    ],
    ids=["program", "picture", "hevc", "truncated", "silent", "large"],
)
def test_what_the_hall_cannot_show_or_play_is_refused_in_words(
    site: Site, lan: Browser, data: bytes, status: int, why: str
) -> None:
    before, there = draft(lan), in_store(site)
    answer = upload(lan, data)
    assert (answer.status_code, why in answer.json()["message"]) == (status, True), answer.text
    assert (draft(lan), in_store(site)) == (before, there)


def test_the_refusal_is_in_the_language_of_the_page(lan: Browser) -> None:
    lan.http.get(f"{HOME}?lang=en")
    assert upload(lan, clip(track("hev1"))).json()["message"].endswith("Please export it as H.264.")
    lan.http.get(f"{HOME}?lang=vi")


def raw_upload(site: Site, browser: Browser, length: int, body: bytes) -> ssl.SSLSocket:
    """Begin an upload that states this length, as a program of one's own would."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.http.cookies.jar)
    head = (
        f"POST {HOME}/upload?name=phim HTTP/1.1\r\nHost: hub\r\nX-CSRF: {browser.csrf('/account')}\r\n"
        f"Cookie: {cookies}\r\nContent-Length: {length}\r\n\r\n"
    )
    context = ssl.create_default_context(cafile=site.folder / "tls/site-ca.crt")
    plain = socket.create_connection(("127.0.0.1", site.ports.hub), timeout=10)
    wire = context.wrap_socket(plain, server_hostname="127.0.0.1")
    wire.sendall(head.encode() + body)
    return wire


def test_a_three_gigabyte_upload_is_refused_at_once_and_takes_no_room(site: Site, lan: Browser) -> None:
    there = in_store(site)
    with raw_upload(site, lan, 3_000_000_000, clip()) as wire:
        answer = b""
        while piece := wire.recv(65_536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 413")
    body = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert body["message"] == "Tệp quá lớn: Clip MP4 nhận nhiều nhất 500 MB."
    assert in_store(site) == there


def test_an_upload_whose_browser_goes_away_leaves_no_half_file(site: Site, lan: Browser) -> None:
    there = in_store(site)
    with raw_upload(site, lan, 400_000_000, clip()[:-1] + bytes(3_000_000)):
        until(lambda: in_store(site) != there, what="the upload to begin")
    until(lambda: in_store(site) == there, what="its half file to go")


@pytest.mark.req("X1", "X3")
def test_only_administrators_upload_and_only_with_their_token_and_only_devices_fetch(site: Site, lan: Browser) -> None:
    officer = Browser(site)
    officer.log_in(OFFICER, site.passwords.officer)
    assert upload(officer, picture()).status_code == 403
    assert officer.http.get(f"{HOME}/media").status_code == 403
    answer = lan.http.post(f"{HOME}/upload?name=x", content=picture(), headers={"X-CSRF": "guessed"})
    assert answer.status_code == 403
    assert upload(lan, picture("PNG"), "Hình").status_code == 200
    sha256 = draft(lan).media[-1].sha256
    assert Browser(site).http.get(f"/api/v1/media/{sha256}").status_code == 401
    assert Browser(site).http.get(f"{HOME}/media-file/{sha256}").status_code == 401
    assert officer.http.get(f"{HOME}/media-file/{sha256}").status_code == 403
    assert lan.http.get(f"{HOME}/media-file/{sha256}").headers["content-type"] == "image/png"
    for name in ("0" * 64, "..%2fhub.db", "x"):
        assert Device(site, "board-1").http.get(f"/api/v1/media/{name}").status_code == 404
    assert told(post(lan, "/discard")) == "discarded"


@pytest.mark.req("S5")
def test_a_recording_takes_the_place_of_an_earlier_one_and_leaves_with_its_sound(site: Site, lan: Browser) -> None:
    page = text(lan, "/recordings?pack=vi-south")
    fragment = page.partition('data-fragment="')[2].partition('"')[0]
    assert fragment.startswith("vi-south/")
    assert "Còn thiếu" in page
    for hz in (440, 880):
        answer = upload(lan, tone(hz=hz), path="recordings/upload", id=fragment)
        assert answer.status_code == 200, answer.text
        assert lan.http.get(answer.json()["page"]).headers["content-type"] == "audio/wav"
    (recording,) = draft(lan).recordings
    assert recording.id == fragment
    assert [medium.id for medium in draft(lan).media if medium.kind is MediumKind.SOUND][-1:] == [recording.medium]
    assert recording.medium not in text(lan, "/media").partition('<h2 id="media-title">')[2]
    assert upload(lan, picture(), path="recordings/upload", id=fragment).status_code == 422
    assert upload(lan, tone(), path="recordings/upload", id="vi-south/khong-co").status_code == 422
    before = len(draft(lan).media)
    assert told(post(lan, "/recordings/delete", id=fragment)) == "deleted"
    assert (draft(lan).recordings, len(draft(lan).media)) == ((), before - 1)
    assert told(post(lan, "/discard")) in ("discarded", "nothing")


@pytest.mark.req("S1", "S3", "S4", "S6", "T5")
def test_voices_phrases_and_announcements_are_edited_in_forms_and_published(site: Site, lan: Browser) -> None:
    zone = next(counter.zone for counter in draft(lan).counters if counter.zone)
    voice = {"name": "Loa khu A", "zones": zone, "languages": "en,vi", "region": "south", "times": "2", "chime": "bell"}
    hours = {"since-0": "7h", "percent-0": "80", "since-1": "18:00", "percent-1": "30", "digits": "yes"}
    assert told(post(lan, "/voices/new", **voice, **hours)) == "saved"
    wrong = post(lan, "/voices/new", **{**voice, "times": "9", "percent-0": "rất to"})
    assert wrong.status_code == 422
    assert 'id="loudness-wrong">cần một số nguyên' in wrong.text
    twice = post(lan, "/voices/new", **voice, **hours)
    assert f"“{zone}” xuất hiện hai lần" in twice.text
    assert (
        told(post(lan, "/phrases/call", vi="Xin mời {number} vào quầy {counter}", en="{number} to {counter}"))
        == "saved"
    )
    names = post(lan, "/phrases/call", vi="Mời {name} vào {counter}", en="{number}")
    assert "chỉ có chỗ điền number, counter và room" in names.text
    lunch = {
        "name": "Nghỉ trưa",
        "text_vi": "Sắp nghỉ trưa",
        "when": "occasion",
        "occasion": "lunch",
        "before_min": "15",
    }
    assert told(post(lan, "/announcements/new", **lunch, weekdays=["0", "1", "2"], on_screen="yes")) == "saved"
    at = {"name": "Chào", "text_vi": "Xin chào", "when": "at", "at": "7h30, 13:30", "every_min": "7", "weekdays": "0"}
    assert told(post(lan, "/announcements/new", **at)) == "saved"
    none = post(lan, "/announcements/new", **{**at, "at": ""})
    assert "cần đúng một trong ba" in none.text
    page = text(lan, "/publish")
    assert "Thêm giọng đọc “Loa khu A”" in page
    assert "Thêm thông báo “Nghỉ trưa”" in page
    assert told(publish(lan)) == "published"
    now = Device(site, "board-1").snapshot().catalogue
    (spoken,) = now.voices
    assert (spoken.languages, spoken.region, spoken.zones) == (("en", "vi"), "south", (zone,))
    assert [(step.since, step.percent) for step in spoken.loudness] == [("07:00", 80), ("18:00", 30)]
    assert now.phrases[0].vi == "Xin mời {number} vào quầy {counter}"
    assert [said.at for said in now.announcements][-2:] == [(), ("07:30", "13:30")]
    assert told(post(lan, "/phrases/call/delete")) == "deleted"
    assert "Xoá câu đọc “Mời vào quầy”" in text(lan, "/publish")
    assert told(post(lan, "/discard")) == "discarded"


@pytest.mark.req("T3", "T10")
def test_the_preview_shows_the_form_before_it_is_saved_and_a_name_cannot_leave_its_place(
    site: Site, lan: Browser
) -> None:
    form = {"name": "x", "columns": "3", "rows": "2", "theme": "light", "colours": "services", "notice": "top"}
    more = {"split": "none", "seconds": "9", "notices": "</script><script>alert(1)</script>"}
    framed = post(lan, "/screens/new/preview", **form, **more)
    assert framed.status_code == 200
    assert "frame-ancestors 'self'" in framed.headers["content-security-policy"]
    assert framed.text.count("</script>") == 2, "the script and the state, and no other"
    state = json.loads(post(lan, "/screens/new/preview.json", **form, **more).text)
    assert state["layout"]["columns"] == 3
    assert state["notice"] == ["</script><script>alert(1)</script>"]
    assert all(tile["colour"] for tile in state["counters"])
    assert told(lan.http.get(f"{HOME}/screens/77/preview")) == "gone"
    assert draft(lan).screens == Device(site, "board-1").snapshot().catalogue.screens


def test_a_catalogue_from_another_site_comes_in_without_its_files_and_is_not_published_before_they_are_there(
    site: Site, lan: Browser
) -> None:
    elsewhere = lan.http.get(f"{HOME}/catalogue.toml").text + (
        f'\n[[media]]\nid = "phim"\nname = "Phim"\nkind = "clip"\nsha256 = "{"a" * 64}"\nsize = 10\nseconds = 3.0\n'
    )
    assert told(post(lan, "/import", text=elsewhere)) == "imported"
    assert "Tệp “Phim” không còn trong kho" in text(lan, "/publish")
    assert publish(lan).status_code == 409
    assert "tệp không còn trong kho" in text(lan, "/media")
    assert told(post(lan, "/media/phim/delete")) == "deleted"
    assert told(post(lan, "/discard")) in ("discarded", "nothing")
