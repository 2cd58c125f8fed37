"""The voice that guides at the kiosk: real speech, real players, and the page's requests for it."""

import logging
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from edge.kiosk.guidance import TRY_AGAIN_S, Guidance, Saying
from edge.speech import levels
from edge.speech.synthesis import Speech
from provisioning.demo.configuration import quoted
from provisioning.demo.site import Ports, Site, provision
from tests.waiting import until
from tests.whole_site import KioskPage, WholeSite

ITEM = "Khám Nội, 12 người, khoảng 9:40. Mục 3 trên 12."
LONG = "Đưa mã QR trên thẻ căn cước vào khe quét. " * 6
Open = Callable[..., Guidance]


def simulated(folder: Path, *, fast: bool = True) -> Sequence[str]:
    return [sys.executable, "-m", "board_controller.sim.speaker", str(folder), *(["--fast"] if fast else [])]


def sounds(folder: Path) -> list[bytes]:
    """What was said; the silence that a sound card is tried with is left out."""
    played = [levels.from_wave(path.read_bytes()) for path in sorted(folder.glob("*.wav"))]
    return [sound for sound in played if any(sound)]


def heard(folder: Path, count: int = 1) -> list[bytes]:
    return until(lambda: found if len(found := sounds(folder)) == count else [], within_s=60, what="the speech")


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Speech:
    return Speech(tmp_path_factory.mktemp("voice"))


@pytest.fixture
def guide(speech: Speech) -> Iterator[Open]:
    opened: list[Guidance] = []

    def open_(*player: str, on: bool = True) -> Guidance:
        guidance = Guidance(speech, player)
        opened.append(guidance)
        guidance.start()
        guidance.switch(on)
        return guidance

    yield open_
    for guidance in opened:
        guidance.close()


def tried(folder: Path) -> None:
    until(lambda: list(folder.glob("*.wav")), within_s=30, what="the first try of the sound card")


@pytest.mark.req("K12")
def test_a_text_is_speech_of_the_right_length_and_level(guide: Open, tmp_path: Path) -> None:
    guidance = guide(*simulated(tmp_path))
    tried(tmp_path)
    guidance.say(Saying(ITEM, "vi"))
    (sound,) = heard(tmp_path)
    assert 3 < levels.seconds(sound) < 9
    assert -36 < levels.rms_dbfs(sound) < -20
    assert guidance.works


def test_louder_is_louder_and_slow_is_longer(guide: Open, tmp_path: Path) -> None:
    guidance = guide(*simulated(tmp_path))
    tried(tmp_path)
    for count, saying in enumerate(
        [Saying(ITEM, "vi", volume=1), Saying(ITEM, "vi", volume=5), Saying(ITEM, "vi", volume=5, slow=True)], 1
    ):
        guidance.say(saying)
        heard(tmp_path, count)
    soft, loud, slow = sounds(tmp_path)
    assert levels.rms_dbfs(loud) - levels.rms_dbfs(soft) > 12
    assert levels.seconds(slow) > 1.2 * levels.seconds(loud)


@pytest.mark.req("K12")
def test_the_next_text_cuts_off_the_one_before(guide: Open, tmp_path: Path) -> None:
    guidance = guide(*simulated(tmp_path, fast=False))
    tried(tmp_path)
    (tmp_path / "begun").unlink()
    guidance.say(Saying(LONG, "vi"))
    until((tmp_path / "begun").exists, within_s=20, what="the long text to begin")
    guidance.say(Saying("Thu ngân", "vi"))
    (sound,) = heard(tmp_path)
    assert levels.seconds(sound) < 3, "the long text was not cut off"
    assert not (tmp_path / "busy").exists(), "two players at once"
    assert guidance.works, "being cut off is no fault"


def test_many_texts_in_a_row_end_with_the_last_one(guide: Open, tmp_path: Path) -> None:
    guidance = guide(*simulated(tmp_path, fast=False))
    tried(tmp_path)
    for _ in range(20):
        guidance.say(Saying(LONG, "vi"))
    guidance.say(Saying("Thu ngân", "vi"))
    (sound,) = heard(tmp_path)
    assert levels.seconds(sound) < 3
    assert guidance.works


def test_an_empty_text_is_silence_at_once(guide: Open, tmp_path: Path) -> None:
    guidance = guide(*simulated(tmp_path, fast=False))
    tried(tmp_path)
    (tmp_path / "begun").unlink()
    guidance.say(Saying(LONG, "vi"))
    until((tmp_path / "begun").exists, within_s=20, what="the long text to begin")
    guidance.say(Saying("", "vi"))
    guidance.say(Saying("Thu ngân", "vi"))
    assert len(heard(tmp_path)) == 1


def test_nothing_is_said_while_nobody_is_guided(guide: Open, tmp_path: Path) -> None:
    guidance = guide(*simulated(tmp_path), on=False)
    tried(tmp_path)
    assert not guidance.say(Saying(ITEM, "vi"))
    guidance.switch(True)
    assert guidance.say(Saying("Thu ngân", "vi"))
    (sound,) = heard(tmp_path)
    assert levels.seconds(sound) < 3


def test_a_missing_sound_card_is_logged_once_and_speaks_when_it_is_there(
    guide: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    card = tmp_path / "card"
    script = f'test -e "{card}" && exec "{sys.executable}" -m board_controller.sim.speaker "{tmp_path}" --fast'
    guidance = guide("sh", "-c", script)
    until(lambda: not guidance.works, within_s=20, what="the missing card to be noticed")
    for _ in range(3):
        guidance.say(Saying(ITEM, "vi"))
        until(lambda: guidance._next is None, what="the text to be taken")
    assert sounds(tmp_path) == []
    card.touch()
    guidance.say(Saying(ITEM, "vi"))
    heard(tmp_path)
    until(lambda: guidance.works, what="the voice to be back")
    told = [record.getMessage() for record in caplog.records if record.name == "kiosk"]
    assert told == ["the kiosk's voice is silent: sh ended with status 1", "the kiosk's voice is back"]


def test_a_sound_card_that_comes_is_found_without_anybody_speaking(
    guide: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert TRY_AGAIN_S < 60
    monkeypatch.setattr("edge.kiosk.guidance.TRY_AGAIN_S", 0.2)
    card = tmp_path / "card"
    guidance = guide("sh", "-c", f'test -e "{card}" && exec cat > /dev/null')
    until(lambda: not guidance.works, within_s=20, what="the missing card to be noticed")
    card.touch()
    until(lambda: guidance.works, within_s=20, what="the card to be found")


def test_what_has_figures_in_it_is_not_kept_on_the_disk(guide: Open, tmp_path: Path) -> None:
    speech = Speech(tmp_path / "kept")
    guidance = Guidance(speech, simulated(tmp_path / "played"))
    guidance.start()
    try:
        guidance.switch(True)
        tried(tmp_path / "played")
        guidance.say(Saying("Số của bạn: A007.", "vi"))
        heard(tmp_path / "played")
        assert list((tmp_path / "kept").iterdir()) == []
        guidance.say(Saying("Thu ngân", "vi"))
        heard(tmp_path / "played", 2)
        assert len(list((tmp_path / "kept").iterdir())) == 1
    finally:
        guidance.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = provision(tmp_path_factory.mktemp("site"), Ports.free())
    config = site.folder / "kiosk.toml"
    player = f"player = {quoted(list(simulated(site.folder / 'said')))}"
    text, found = re.subn(r"(?m)^player = .*$", lambda _: player, config.read_text(encoding="utf-8"))
    assert found == 1, "the demo's kiosk has one loudspeaker"
    config.write_text(text, encoding="utf-8")
    with WholeSite(site, "hub", "kiosk"):
        page = KioskPage(site)
        until(lambda: page.shows('data-touch="service"'), within_s=20, what="the kiosk's services")
        yield site


@pytest.fixture
def kiosk(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.addresses["kiosk"].rstrip("/"), trust_env=False) as client:
        token = client.get("/").text.partition('name="touch-token" content="')[2].partition('"')[0]
        client.headers.update({"Origin": str(client.base_url).rstrip("/"), "X-Touch-Token": token})
        yield client
        client.post("/guide", json={"on": False})


def asked(text: str = ITEM, **values: object) -> dict[str, object]:
    return {"text": text, "language": "vi", "volume": 3, **values}


@pytest.mark.req("K12")
def test_the_page_switches_it_on_and_what_it_sends_is_heard(site: Site, kiosk: httpx.Client) -> None:
    assert kiosk.post("/say", json=asked()).status_code == 409
    assert kiosk.post("/guide", json={"on": True}).status_code == 204
    before = len(sounds(site.folder / "said"))
    assert kiosk.post("/say", json=asked()).status_code == 204
    heard(site.folder / "said", before + 1)
    assert kiosk.get("/health").json()["speaker"] == "ok"
    assert kiosk.post("/guide", json={"on": False}).status_code == 204
    assert kiosk.post("/say", json=asked()).status_code == 409


@pytest.mark.req("X6")
@pytest.mark.parametrize("path", ["/say", "/guide"])
@pytest.mark.parametrize("headers", [{"Origin": "http://example.invalid"}, {"X-Touch-Token": "guessed"}], ids=str)
def test_a_website_cannot_speak_to_the_person(kiosk: httpx.Client, path: str, headers: dict[str, str]) -> None:
    kiosk.post("/guide", json={"on": True})
    body = asked() if path == "/say" else {"on": False}
    assert kiosk.post(path, json=body, headers=headers).status_code == 403
    assert kiosk.post("/say", json=asked("")).status_code == 204, "still on"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{}", 422),
        (b'{"text":"a","language":"fr","volume":3}', 422),
        (b'{"text":"a","language":"vi","volume":0}', 422),
        (b'{"text":"a","language":"vi","volume":6}', 422),
        (b'{"text":"a","language":"vi","volume":3,"player":"sh"}', 422),
        (b'{"text":1,"language":"vi","volume":3}', 422),
        (b'{"text":"' + b"a" * 1024 + b'","language":"vi","volume":3}', 413),
    ],
)
def test_what_the_page_would_not_send_is_turned_away(kiosk: httpx.Client, body: bytes, status: int) -> None:
    kiosk.post("/guide", json={"on": True})
    assert kiosk.post("/say", content=body).status_code == status


@pytest.mark.req("X6")
def test_the_guides_requests_and_texts_stand_in_no_log(site: Site, kiosk: httpx.Client) -> None:
    kiosk.post("/guide", json={"on": True})
    kiosk.post("/say", json=asked("Xoài tượng"))
    for path in (site.folder / "logs").rglob("*"):
        assert "Xoài" not in path.read_text(encoding="utf-8", errors="replace")


def test_a_kiosk_without_a_speaker_offers_no_guidance_and_says_so(tmp_path: Path) -> None:
    site = provision(tmp_path / "site", Ports.free())
    config = (site.folder / "kiosk.toml").read_text(encoding="utf-8")
    (site.folder / "kiosk.toml").write_text(config.partition("\n[speaker]")[0], encoding="utf-8")
    with WholeSite(site, "hub", "kiosk"):
        url = site.addresses["kiosk"].rstrip("/")
        health = until(lambda: KioskPage(site).health(), within_s=20, what="the kiosk")
        assert health["speaker"] == "none"
        assert httpx.get(f"{url}/guide/words", trust_env=False).status_code == 404
