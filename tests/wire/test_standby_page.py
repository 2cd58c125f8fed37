"""The standby's page: who may make this machine the hub, who may take the copy, and what it tells strangers."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.hub.officers import Officers
from provisioning.demo.site import Ports, provision
from tests.standby_site import PIN, WORDS, Pair
from tests.waiting import until


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """A standby whose hub runs; no test of this module promotes it."""
    pair = Pair(provision(tmp_path_factory.mktemp("standby"), Ports.free()))
    try:
        pair.start()
        yield pair
    finally:
        pair.stop()


GOOD = {"pin": PIN, "who": "Lê Thị Mẫu", "words": WORDS}


@pytest.mark.req("X1", "X4")
@pytest.mark.parametrize("wrong", [{"words": "máy cũ"}, {"words": ""}, {"who": " "}])
def test_without_the_words_or_a_name_nothing_happens(pair: Pair, wrong: dict[str, str]) -> None:
    answer = pair.page().post("/promote", data=GOOD | wrong)
    assert (answer.status_code, answer.json()["done"]) == (403, False)
    assert pair.health(pair.standby_url)["program"] == "standby"


@pytest.mark.req("X1")
def test_another_sites_form_and_a_body_without_an_end_are_turned_away(pair: Pair) -> None:
    page = pair.page()
    assert page.post("/promote", data=GOOD, headers={"Origin": "https://evil.example"}).status_code == 403
    assert page.post("/promote", data=GOOD | {"more": "x" * 5000}).status_code == 403
    assert pair.health(pair.standby_url)["program"] == "standby"


@pytest.mark.req("X1", "X3")
def test_the_copy_is_given_to_nobody_without_a_token_or_a_code(pair: Pair) -> None:
    stranger, kiosk = pair.page(), pair.device("kiosk-1")
    for url in (pair.hub_url, pair.standby_url):
        for path in ("", "/inventory", "/digest?after=0&upto=1", "/files/uplink.key", "/files/devices"):
            assert stranger.get(f"{url}/api/v1/copy{path}").status_code == 401
            assert kiosk.http.get(f"{url}/api/v1/copy{path}").status_code == 401
    assert stranger.get("/api/v1/media/" + "0" * 64).status_code == 404
    assert stranger.get("/api/v1/snapshot").status_code == 503
    assert stranger.post("/api/v1/commands", content=b"{}").status_code == 503


@pytest.mark.req("X3")
def test_neither_keys_nor_pseudonyms_nor_sessions_are_copied(pair: Pair) -> None:
    files = [path for path in pair.data.rglob("*") if path.is_file()]
    assert not [path for path in files if path.parent.name == "keys" or path.name in ("faces.db", "site.key")]
    secret = (pair.site.folder / "secrets/site.key").read_bytes().strip()
    assert not [path for path in files if secret in path.read_bytes()]
    officers = Officers(pair.data / "hub/officers.db", (), lambda: 0.0)
    assert len(officers.accounts()) == 3


@pytest.mark.req("X4", "D4")
def test_hub_and_standby_tell_how_far_the_copy_is(pair: Pair) -> None:
    def told() -> object:
        copy = pair.health(pair.hub_url)["copy"]
        assert isinstance(copy, dict)
        return copy["behind_s"] == 0 and copy["silent_s"] < 10

    until(told, what="the hub to know of its copy")
    standby = pair.health(pair.standby_url)
    assert standby["seq"] == standby["hub_seq"]
    assert standby["hub_answers"]


def test_a_question_that_is_none_is_refused(pair: Pair) -> None:
    standby = pair.device("kiosk-1")
    headers = {"Authorization": f"Bearer {pair.token}"}
    for path in ("?entries=-1", "?entries=x", "/digest?after=5&upto=1", "/digest?after=0&upto=99999", "/digest"):
        assert standby.http.get(f"/api/v1/copy{path}", headers=headers).status_code == 422
    assert standby.http.get("/api/v1/copy/files/../hub.db", headers=headers).status_code == 404
    assert standby.http.get("/api/v1/copy/files/enrolment.folder/none", headers=headers).status_code == 404
    assert standby.http.get("/api/v1/copy/digest?after=0&upto=19999", headers=headers).status_code == 409


def test_the_page_is_read_in_both_languages(pair: Pair) -> None:
    page = pair.page()
    page.headers["Accept"] = "text/html"
    assert "Cho máy này làm máy chủ" in page.get("/").text
    assert "Make this machine the hub" in page.get("/?lang=en").text
    assert "default-src 'self'" in page.get("/").headers["Content-Security-Policy"]


@pytest.mark.req("X1")
def test_the_tool_says_what_the_page_says(pair: Pair) -> None:
    command = [sys.executable, "-m", "edge.follower.promote_tool", "--config", str(pair.config)]
    typed = f"Lê Thị Mẫu\nnot these\n{PIN}\n"
    # without a terminal getpass reads the PIN from standard input, with a warning
    done = subprocess.run(command, input=typed, capture_output=True, text=True, timeout=60, start_new_session=True)
    assert done.returncode == 1, done.stderr
    assert "MÁY CŨ ĐÃ TẮT" in done.stdout


@pytest.mark.req("X1")
def test_whoever_tries_pins_is_held_up(pair: Pair, tmp_path: Path) -> None:
    """Last: it shuts the page for a minute."""
    page = pair.page()
    texts = [page.post("/code", data={"pin": f"{number:06d}"}).json()["text"] for number in range(6)]
    assert "Sai mã PIN." in texts[0]
    assert "Xin chờ" in texts[-1]
    assert page.post("/promote", data=GOOD).status_code == 403
