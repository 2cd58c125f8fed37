"""The other rules of moiso-doctor, and how it tells what it found."""

import ast
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.contracts.ticket import PrintFault
from edge.devices.camera import CameraState
from edge.devices.printer import PaperLevel, PrinterStatus
from edge.kiosk.screens import Outage
from provisioning.doctor import board, hub, hub_link, kiosk, programs, sound
from provisioning.doctor.asking import Address, Answer, NoAnswer
from provisioning.doctor.findings import Finding, Verdict, fail, ok, warn
from provisioning.doctor.programs import Unit
from provisioning.doctor.report import Style, Words, as_json, worst
from provisioning.doctor.secrets import Account, closed_to, secret_files

OK, WARN, FAIL = Verdict.OK, Verdict.WARN, Verdict.FAIL
WHERE = Address("127.0.0.1", 8081)
ANSWER = Answer(200, {}, b"{}", b"", 0, 3)


def english(finding: Finding) -> str:
    return "\n".join(Words("en").lines(finding))


@pytest.mark.req("D4")
@pytest.mark.parametrize("fault", PrintFault)
def test_every_fault_of_a_printer_has_words_of_its_own_and_says_what_to_do(fault: PrintFault) -> None:
    line = kiosk.printer(fault.value, low=False, link="tcp:10.0.0.9:9100")
    assert line.verdict is FAIL
    assert f": {fault.value}" not in english(line), "this fault has no words"
    assert line.advice


def test_a_fault_that_a_later_kiosk_may_tell_is_red_all_the_same() -> None:
    line = kiosk.printer("on-fire", low=False, link="x")
    assert (line.verdict, "on-fire" in english(line)) == (FAIL, True)


@pytest.mark.parametrize(
    ("paper", "verdict"),
    [(PaperLevel.OK, OK), (PaperLevel.LOW, WARN), (PaperLevel.UNKNOWN, WARN), (PaperLevel.OUT, FAIL)],
)
def test_paper_is_yellow_before_it_is_red(paper: PaperLevel, verdict: Verdict) -> None:
    assert kiosk.printer_status(PrinterStatus(present=True, online=True, paper=paper), "x").verdict is verdict


@pytest.mark.parametrize("state", CameraState)
def test_every_state_of_a_camera_is_told(state: CameraState) -> None:
    good = {CameraState.UP: OK, CameraState.STARTING: WARN}
    assert kiosk.camera(state.value, "0").verdict is good.get(state, FAIL)


@pytest.mark.parametrize("outage", [outage for outage in Outage if outage is not Outage.UNANSWERED])
def test_every_reason_why_a_kiosk_gives_no_number_has_words(outage: Outage) -> None:
    line = kiosk.numbers(kiosk.Health(outage=outage.value))
    assert line.verdict is (WARN if outage is Outage.WITHDRAWN else FAIL)
    assert f"({outage.value})" not in english(line), "this outage has no words"


@pytest.mark.parametrize(
    ("ahead_ms", "verdict", "word"),
    [
        (0, OK, "0.0 s from"),
        (-2000, OK, "2.0 s from"),
        (2100, WARN, "2.1 s ahead"),
        (-30_000, WARN, "30.0 s behind"),
        (31_000, FAIL, "31.0 s ahead"),
        (-1_764_000_000_000, FAIL, "1764000000 s behind"),  # woken up in 1970
    ],
)
def test_a_clock_is_yellow_beyond_2_s_from_the_hubs_and_red_beyond_30(
    ahead_ms: int, verdict: Verdict, word: str
) -> None:
    line = hub_link.skew("kiosk", ahead_ms)
    assert (line.verdict, word in english(line)) == (verdict, True)


@pytest.mark.parametrize(
    ("status", "verdict", "word"), [(200, OK, "takes"), (401, FAIL, "token_sha256"), (503, FAIL, "HTTP 503")]
)
def test_the_hubs_status_tells_of_the_token(status: int, verdict: Verdict, word: str) -> None:
    line = hub_link.accepted("board", status)
    assert (line.verdict, word in english(line)) == (verdict, True)


APLAY = """\
**** List of PLAYBACK Hardware Devices ****
card 0: Headphones [bcm2835 Headphones], device 0: bcm2835 Headphones [bcm2835 Headphones]
  Subdevices: 8/8
card 2: Device [USB Audio Device], device 0: USB Audio [USB Audio]
"""


@pytest.mark.parametrize(
    ("listed", "player", "verdict"),
    [
        (APLAY, ["aplay", "-q"], OK),
        (APLAY, ["aplay", "-D", "plughw:2,0"], OK),
        (APLAY, ["aplay", "-D", "plughw:CARD=Device,DEV=0"], OK),
        (APLAY, ["aplay", "-D", "hw:1"], FAIL),
        (APLAY, ["aplay", "--device=plughw:CARD=Gone"], FAIL),
        ("", ["aplay"], FAIL),
    ],
)
def test_the_sound_card_that_a_player_names_must_be_there(listed: str, player: list[str], verdict: Verdict) -> None:
    assert sound.cards("board.player", listed, player).verdict is verdict


def test_buttons_that_are_stuck_or_flutter_are_named() -> None:
    stuck, bouncing = board.button_faults(["q1/next"], ["q2/finish"])
    assert ("q1/next" in english(stuck), stuck.verdict) == (True, FAIL)
    assert ("q2/finish" in english(bouncing), bouncing.verdict) == (True, WARN)
    assert [line.verdict for line in board.button_faults([], [])] == [OK]


@pytest.mark.parametrize(("free", "verdict"), [(5_000_000_000, OK), (3_000_000_000, WARN), (100_000_000, WARN)])
def test_a_disk_that_cannot_hold_the_media_that_are_allowed_is_told(free: int, verdict: Verdict) -> None:
    assert board.room_for(4_000_000_000, 500_000_000, free).verdict is verdict


def test_events_that_wait_for_the_cloud_are_yellow_after_five_minutes() -> None:
    now_ms = 1_795_410_000_000
    assert hub.behind(0, now_ms, now_ms).verdict is OK
    assert hub.behind(3, now_ms - 60_000, now_ms).verdict is OK
    late = hub.behind(1200, now_ms - 3_600_000, now_ms)
    assert (late.verdict, late.values["count"]) == (WARN, "1200")


@pytest.mark.parametrize(
    ("unit", "answer", "verdict"),
    [
        (Unit.ACTIVE, ANSWER, OK),
        (Unit.NONE, ANSWER, OK),
        (Unit.STOPPED, ANSWER, WARN),  # somebody runs it by hand
        (Unit.ACTIVE, NoAnswer("timeout"), FAIL),
        (Unit.STARTING, NoAnswer("refused"), FAIL),
        (Unit.FAILED, NoAnswer("refused"), FAIL),
        (Unit.STOPPED, NoAnswer("refused"), FAIL),
        (Unit.NONE, NoAnswer("refused"), FAIL),
    ],
)
def test_a_program_is_judged_by_systemd_and_by_its_page(
    unit: Unit, answer: Answer | NoAnswer, verdict: Verdict
) -> None:
    assert programs.running("kiosk.program", "moiso-kiosk", unit, answer, WHERE).verdict is verdict


@pytest.mark.parametrize(
    ("unit", "answer", "held"),
    [
        (Unit.STOPPED, NoAnswer("refused"), False),
        (Unit.NONE, NoAnswer("refused"), False),
        (Unit.FAILED, NoAnswer("refused"), False),
        (Unit.ACTIVE, NoAnswer("refused"), True),  # it has just begun
        (Unit.STARTING, NoAnswer("refused"), True),
        (Unit.NONE, NoAnswer("timeout"), True),  # somebody listens: it hangs, with its devices open
        (Unit.STOPPED, ANSWER, True),
    ],
)
def test_devices_are_opened_only_where_no_program_can_hold_them(
    unit: Unit, answer: Answer | NoAnswer, held: bool
) -> None:
    assert programs.holds_devices(unit, answer) is held


@pytest.mark.req("X3")
def test_a_secret_that_everybody_can_read_is_red_and_its_content_is_not_told(tmp_path: Path) -> None:
    token, key = tmp_path / "kiosk-1.token", tmp_path / "hub.key"
    for path in (token, key):
        path.write_text("very-secret", encoding="utf-8")
    token.chmod(0o644)
    key.chmod(0o640)
    (line,) = secret_files("kiosk.secrets", [token, key], None)
    assert (line.verdict, line.values["mode"], line.values["path"]) == (FAIL, "644", str(token))
    assert "very-secret" not in english(line)
    token.chmod(0o600)
    (line,) = secret_files("kiosk.secrets", [token, key], None)
    assert (line.verdict, line.values["count"]) == (OK, "2")


def test_a_secret_that_is_missing_is_red(tmp_path: Path) -> None:
    (line,) = secret_files("kiosk.secrets", [tmp_path / "none.token"], None)
    assert (line.verdict, "none.token is missing" in english(line)) == (FAIL, True)


def test_a_secret_that_its_own_program_cannot_read_is_red(tmp_path: Path) -> None:
    secret = tmp_path / "site.key"
    secret.write_text("x", encoding="utf-8")
    secret.chmod(0o640)
    stranger = Account("moiso-hub", uid=54_321, groups={54_321})
    assert closed_to(secret, stranger) in (tmp_path, *tmp_path.parents, secret)
    (line,) = secret_files("hub.secrets", [secret], stranger)
    assert (line.verdict, "moiso-hub" in english(line)) == (FAIL, True)
    owner = Account("owner", uid=secret.stat().st_uid, groups=set())
    assert closed_to(secret, owner) is None


FINDINGS = [
    ok("machine.about", "Máy", "tốt"),
    warn("machine.ntp", "Đồng hồ", "chưa được đồng bộ qua mạng", "Xem: timedatectl (cần systemd)."),
    fail("kiosk.printer", "Máy in", "máy in hết giấy", "Đóng chặt nắp máy in."),
]


def test_a_line_has_a_mark_and_a_bad_one_a_second_line_with_what_to_do() -> None:
    assert Words("vi").lines(FINDINGS[0]) == ["  ✓ Máy: tốt"]
    assert Words("en").lines(FINDINGS[2]) == [
        "  ✗ Printer: the printer is out of paper",
        "      → Close the printer's cover firmly.",
    ]
    assert Words("vi").lines(FINDINGS[2], Style(coloured=True))[0].startswith("  \x1b[31m✗\x1b[0m ")
    assert Words("en").lines(FINDINGS[2], Style(signs=False)) == [
        "  [X ] Printer: the printer is out of paper",
        "      -> Close the printer's cover firmly.",
    ]


def test_what_comes_from_outside_cannot_break_a_line_or_colour_the_terminal() -> None:
    line = fail("x", "Máy in", "máy in báo lỗi: {fault}", "", fault="a\nb\x1b[31m {path} c")
    assert Words("vi").lines(line) == ["  ✗ Máy in: máy in báo lỗi: a b [31m {path} c"]


def test_the_last_line_counts_and_the_worst_decides() -> None:
    assert Words("en").total(FINDINGS) == "1 checks failed, 1 need a look, 1 are good."
    assert [worst(FINDINGS[:1]), worst(FINDINGS[:2]), worst(FINDINGS), worst([])] == [OK, WARN, FAIL, OK]


def test_machines_get_names_that_do_not_change_with_the_language() -> None:
    at = datetime(2026, 11, 26, tzinfo=UTC)
    vi, en = (json.loads(as_json([("kiosk", FINDINGS)], Words(language), at, "0.1.0")) for language in ("vi", "en"))
    assert (vi["version"], vi["verdict"], vi["at"]) == (1, "fail", "2026-11-26T00:00:00+00:00")
    assert [found["check"] for found in vi["findings"]] == [found["check"] for found in en["findings"]]
    assert (vi["findings"][2]["says"], en["findings"][2]["says"]) == ("máy in hết giấy", "the printer is out of paper")


def test_every_place_in_a_sentence_has_its_value() -> None:
    """As far as the source shows it: where all values are named in the call itself."""
    looked_at = 0
    for path in Path(board.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or ast.unparse(node.func) not in ("ok", "warn", "fail", "judge"):
                continue
            given = {keyword.arg for keyword in node.keywords}
            if None in given:
                continue
            texts = [text.value for text in ast.walk(node) if isinstance(text, ast.Constant)]
            places = set(re.findall(r"\{(\w+)\}", " ".join(text for text in texts if isinstance(text, str))))
            names = {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
            assert places <= given | names, (path.name, node.lineno, places - given)
            looked_at += 1
    assert looked_at > 80
