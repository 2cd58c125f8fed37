"""Which release is taken, and when."""

import subprocess
import sys
from datetime import UTC, datetime, time, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.daemon.config import ConfigError
from provisioning.update.config import read
from provisioning.update.index import Index, Offer, newest
from provisioning.update.manifest import File, Manifest, numbers
from provisioning.update.plan import SPARE_BYTES, Here, Reason, Window, read_window, why_not, why_not_now
from provisioning.update.words import WHY

VIET_NAM = timezone(timedelta(hours=7))
NIGHT = read_window("21:00-04:30")
NOW = datetime(2026, 11, 27, 22, 0, tzinfo=VIET_NAM)
HERE = Here("0.2.0", "0.2.0", (), ("hub",), ("espeak-ng",), "3.11", "x86_64", 10**10)


def release(version: str = "0.3.0", **changed: object) -> Manifest:
    told = {"format": 1, "version": version, "least": "0.2.0", "made": "2026-11-27", "python": "3.11"}
    told |= {"machine": "x86_64", "packages": {"hub": ("espeak-ng",)}, "room": 100}
    return Manifest(**{**told, "files": (File("a", 1000, "0" * 64),), **changed})  # type: ignore[arg-type]


def reason(manifest: Manifest, here: Here = HERE, *, again: bool = False) -> Reason | None:
    found = why_not(manifest, here, again=again)
    if found is None:
        return None
    WHY[found.reason].format(**found.values)  # every place is filled
    return found.reason


def test_a_newer_release_for_this_machine_is_taken() -> None:
    assert reason(release()) is None


@pytest.mark.req("X6")
@pytest.mark.parametrize("version", ["0.1.0", "0.1.9999", "0.0.1"])
def test_an_older_release_is_never_taken_whoever_signed_it(version: str) -> None:
    older = release(version, least="0.0.1")
    assert reason(older) is Reason.OLDER
    assert reason(older, again=True) is Reason.OLDER


@pytest.mark.req("X6")
def test_after_a_way_back_by_hand_nothing_up_to_the_newest_that_was_here_is_taken_again() -> None:
    went_back = HERE._replace(highest="0.4.0")
    assert reason(release("0.3.0"), went_back) is Reason.OLDER
    assert reason(release("0.4.0"), went_back) is Reason.OLDER
    assert reason(release("0.4.1"), went_back) is None


@given(st.from_regex(r"(0|[1-9][0-9]?)\.(0|[1-9][0-9]?)\.(0|[1-9][0-9]?)", fullmatch=True))
def test_whatever_is_taken_is_newer_than_everything_that_was_here(version: str) -> None:
    here = HERE._replace(version="3.4.5", highest="3.7.1")
    if why_not(release(version, least="0.0.0"), here) is None:
        assert numbers(version) > (3, 7, 1)


@pytest.mark.parametrize(
    ("manifest", "here", "expected"),
    [
        (release("0.2.0"), HERE, Reason.SAME),
        (release(least="0.2.1"), HERE, Reason.TOO_FAR),
        (release(python="3.13"), HERE, Reason.PYTHON),
        (release(machine="aarch64"), HERE, Reason.PROCESSOR),
        (release(), HERE._replace(roles=("hub", "kiosk")), Reason.ROLE),
        (release(), HERE._replace(packages=()), Reason.PACKAGES),
        (release(), HERE._replace(failed=("0.3.0",)), Reason.FAILED),
        (release(), HERE._replace(free_bytes=1099 + SPARE_BYTES), Reason.ROOM),
    ],
    ids=lambda value: value.value if isinstance(value, Reason) else "",
)
def test_a_release_that_does_not_fit_is_refused_with_its_reason(
    manifest: Manifest, here: Here, expected: Reason
) -> None:
    assert reason(manifest, here) is expected


def test_a_person_may_try_again_what_was_taken_back() -> None:
    assert reason(release(), HERE._replace(failed=("0.3.0",)), again=True) is None


def test_raspberry_pi_oss_own_browser_is_a_browser() -> None:
    asks = release(packages={"hub": ("chromium",)})
    assert reason(asks, HERE._replace(packages=("chromium-browser",))) is None
    assert reason(asks, HERE._replace(packages=())) is Reason.PACKAGES


def offer(version: str = "0.3.0", **changed: object) -> Offer:
    told = {"file": "moiso-a.bundle", "python": "3.11", "machine": "x86_64", "size": 1, "sha256": "0" * 64}
    return Offer(version=version, **{**told, **changed})  # type: ignore[arg-type]


def now_reason(
    one: Offer, ring: str = "rest", hours: int = 0, at: datetime = NOW, seen: datetime = NOW
) -> Reason | None:
    found = why_not_now(one, ring, hours, NIGHT, seen, at)  # type: ignore[arg-type]
    if found is None:
        return None
    WHY[found.reason].format(**found.values)
    return found.reason


@pytest.mark.req("X6")
def test_the_rest_wait_until_the_department_has_seen_the_first_site_well() -> None:
    only_first = offer(first=NOW - timedelta(days=1))
    assert now_reason(only_first, "first") is None
    assert now_reason(only_first, "rest") is Reason.RING
    opened = offer(first=NOW - timedelta(days=8), rest=NOW + timedelta(minutes=1))
    assert now_reason(opened, "rest") is Reason.RING
    assert now_reason(opened, "rest", at=NOW + timedelta(minutes=1)) is None


def test_a_machine_waits_its_own_hours_after_it_first_saw_a_release() -> None:
    one = offer(rest=NOW - timedelta(days=9))
    assert now_reason(one, hours=24) is Reason.TOO_EARLY
    assert now_reason(one, hours=24, seen=NOW - timedelta(hours=24)) is None


def test_nothing_is_done_in_the_hours_in_which_people_come() -> None:
    one, seen = offer(rest=NOW - timedelta(days=9)), NOW - timedelta(days=8)
    assert now_reason(one, at=NOW.replace(hour=9), seen=seen) is Reason.WINDOW
    assert now_reason(one, at=NOW.replace(hour=2), seen=seen) is None
    # the window is of the machine's own clock, whatever zone the index is written in
    utc = offer(rest=datetime(2026, 11, 20, tzinfo=UTC))
    assert now_reason(utc, at=NOW) is None


@given(st.times(), st.times(), st.times())
def test_a_window_and_the_window_of_the_other_hours_share_none(begin: time, end: time, at: time) -> None:
    if begin != end:
        assert Window(begin, end).holds(at) != Window(end, begin).holds(at)


def test_the_newest_release_for_this_machine_is_chosen_without_those_that_failed() -> None:
    found = [
        offer("0.3.0"),
        offer("0.10.0"),
        offer("0.9.0"),
        offer("2.0.0", python="3.13"),
        offer("3.0.0", machine="aarch64"),
    ]
    index = Index(1, 1, NOW, tuple(found))
    best = newest(index, "3.11", "x86_64")
    assert best is not None
    assert best.version == "0.10.0"
    second = newest(index, "3.11", "x86_64", ("0.10.0",))
    assert second is not None
    assert second.version == "0.9.0"
    assert newest(index, "3.12", "x86_64") is None


def test_settings_are_read_with_paths_from_their_own_folder(tmp_path: Path) -> None:
    assert read(tmp_path).keys == tmp_path / "etc/moiso/update.pem"
    (tmp_path / "etc/moiso").mkdir(parents=True)
    file = tmp_path / "etc/moiso/update.toml"
    file.write_text('[update]\nsource = "https://so-y-te.example.vn/moiso/"\nring = "first"\nca = "ca.crt"\n')
    settings = read(tmp_path)
    assert (settings.ring, settings.keys, settings.ca) == ("first", file.parent / "update.pem", file.parent / "ca.crt")


@pytest.mark.parametrize(
    "line",
    [
        'source = "http://example.vn/"',
        'source = "https://example.vn"',
        'window = "25:00-04:00"',
        'ring = "all"',
        "steady_s = 300",
        "not_before_hours = -1",
        'unknown = ""',
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "etc/moiso").mkdir(parents=True)
    (tmp_path / "etc/moiso/update.toml").write_text(f"[update]\n{line}\n")
    with pytest.raises(ConfigError, match=r"update\.toml"):
        read(tmp_path)


@pytest.mark.parametrize("module", ["guard", "stage"])
def test_what_judges_a_release_needs_nothing_but_pythons_own_library(module: str) -> None:
    """It runs with Debian's Python while the environment of the programs is the one that is doubted."""
    text = f"import sys; sys.path[:0] = ['{Path(__file__).parents[2]}']; import provisioning.update.{module}"
    text += "; sys.exit(any('site-packages' in str(getattr(one, '__file__', '')) for one in sys.modules.values()))"
    done = subprocess.run([sys.executable, "-I", "-S", "-B", "-c", text], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
