"""The driver of the Raspberry Pi's camera, up to its edge: a stand-in with the surface of picamera2 takes its place."""

import shutil
import threading
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from edge.devices.camera import CameraState, Patience
from edge.devices.cameras.frames import Picture
from tests.cameras import ABSENT, BUSY, STUCK, UP, WAIT_S, Post, posts, processes, shows
from tests.waiting import until
from tests.wire import picamera2_stand_in as stand_in

pytestmark = pytest.mark.req("K8")

Start = Callable[..., Post]


@pytest.fixture
def post() -> Iterator[Start]:
    with posts() as start:
        yield start


@pytest.fixture
def pi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that says how the stand-in's camera is."""
    shutil.copy(stand_in.__file__, tmp_path / "picamera2.py")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    says = tmp_path / "camera"
    says.write_text("well")
    monkeypatch.setenv("STAND_IN", str(says))
    return says


def test_the_pi_s_camera_is_watched_small_and_its_still_is_new_and_large(pi: Path, post: Start) -> None:
    kiosk = post("picamera2", 0)
    assert kiosk.seen(stand_in.RED).shape == (240, 320, 3)
    still = kiosk.camera.still(WAIT_S)
    assert shows(still, stand_in.BLUE, within=0)
    assert still is not None
    assert still.shape == (1296, 2304, 3)
    kiosk.seen(stand_in.BLUE)


def test_a_still_that_comes_too_late_is_never_taken_for_the_next_one(pi: Path, post: Start) -> None:
    pi.write_text("slow")
    kiosk = post("picamera2", 0, Patience(first_s=60, next_s=60))
    kiosk.seen(stand_in.RED)
    assert kiosk.camera.still(0) is None
    until((pi.parent / "began-1").exists, what="the first still")
    stills: list[Picture | None] = []
    asking = threading.Thread(target=lambda: stills.append(kiosk.camera.still(60)))
    asking.start()
    (pi.parent / "go-1").touch()  # what was begun before the second request comes while that is waited for
    until((pi.parent / "began-2").exists, what="the second still")
    (pi.parent / "go-2").touch()
    asking.join()
    assert shows(stills[0], stand_in.GREEN, within=0)


@pytest.mark.parametrize(("says", "state"), [("absent", ABSENT), ("index", ABSENT), ("busy", BUSY)])
def test_a_pi_s_camera_that_cannot_be_had_says_why_and_is_taken_as_soon_as_it_can(
    says: str, state: CameraState, pi: Path, post: Start
) -> None:
    pi.write_text(says)
    kiosk = post("picamera2", 0)
    kiosk.is_told(state)
    pi.write_text("well")
    kiosk.seen(stand_in.RED)
    kiosk.is_told(state, UP)


def test_a_pi_s_camera_whose_cable_is_pulled_is_stuck_and_comes_back(pi: Path, post: Start) -> None:
    kiosk = post("picamera2", 0)
    kiosk.seen(stand_in.RED)
    pi.write_text("unplugged")
    kiosk.is_told(UP, STUCK)
    pi.write_text("well")
    until(lambda: kiosk.camera.state is UP)
    kiosk.is_told(UP, STUCK, UP)


def test_a_pi_s_camera_whose_capture_keeps_no_time_is_killed(pi: Path, post: Start) -> None:
    kiosk = post("picamera2", 0)
    kiosk.seen(stand_in.RED)
    (process,) = processes()
    pi.write_text("deaf")
    kiosk.is_told(UP, STUCK)
    pi.write_text("well")
    kiosk.seen(stand_in.RED)
    assert process not in processes()


def test_a_second_camera_that_the_pi_does_not_have_is_absent(pi: Path, post: Start) -> None:
    post("picamera2", 1).is_told(ABSENT)


@pytest.mark.skipif(find_spec("picamera2") is not None, reason="picamera2 is installed")
def test_without_picamera2_the_camera_is_absent(post: Start) -> None:
    post("picamera2", 0).is_told(ABSENT)
