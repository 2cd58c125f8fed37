"""The kiosk's camera with its real process: what it shows, how it is lost, and how it comes back."""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import pytest

from edge.daemon.config import ConfigError
from edge.devices.camera import CameraState, Patience
from edge.devices.cameras.frames import Picture
from edge.devices.registry import CAMERAS, CameraConfig, open_camera
from edge.devices.sim.camera import GREY, leave, show
from tests.cameras import (
    ABSENT,
    BLUE,
    GREEN,
    RED,
    STUCK,
    UP,
    WAIT_S,
    Post,
    plain,
    png,
    posts,
    processes,
    shows,
    tries,
)
from tests.waiting import until

pytestmark = pytest.mark.req("K8")

Start = Callable[..., Post]


@pytest.fixture
def post() -> Iterator[Start]:
    with posts() as start:
        yield start


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "before-the-camera"
    folder.mkdir()
    return folder


GREY_WALL = (GREY, GREY, GREY)


def test_whoever_is_put_before_the_camera_is_seen_until_they_leave(folder: Path, post: Start) -> None:
    kiosk = post("pictures", folder)
    kiosk.seen(GREY_WALL)
    show(folder, png(plain(RED)))
    assert kiosk.seen(RED).shape == (480, 640, 3)
    (folder / "another.png").write_bytes(png(plain(BLUE)))
    kiosk.seen(BLUE)
    leave(folder)
    kiosk.seen(GREY_WALL)
    kiosk.is_told(UP)


def test_a_still_has_all_its_pixels_and_shows_what_is_there_after_it_was_asked_for(folder: Path, post: Start) -> None:
    show(folder, png(plain(RED)))
    kiosk = post("pictures", folder)
    kiosk.seen(RED)
    for colour in (BLUE, GREEN, RED, BLUE, GREEN, RED):
        show(folder, png(plain(colour)))
        still = kiosk.camera.still(WAIT_S)
        assert shows(still, colour)
        assert still is not None
        assert still.shape == (960, 1280, 3)


def test_every_watched_picture_is_returned_once_and_the_newest_first(folder: Path, post: Start) -> None:
    kiosk = post("pictures", folder)
    first = kiosk.camera.watch(WAIT_S)
    second = kiosk.camera.watch(WAIT_S)
    assert first is not None
    assert second is not None
    assert first is not second
    show(folder, png(plain(RED)))
    assert shows(kiosk.camera.still(WAIT_S), RED)  # what is watched after it shows no grey any more
    kiosk.camera.watch(0)
    assert shows(kiosk.camera.watch(WAIT_S), RED)


def test_several_threads_may_ask_at_once(folder: Path, post: Start) -> None:
    show(folder, png(plain(RED, 2304, 1296)))
    kiosk = post("pictures", folder)
    kiosk.seen(RED)
    stills: list[Picture | None] = []
    threads = [threading.Thread(target=lambda: stills.append(kiosk.camera.still(WAIT_S))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [shows(still, RED) for still in stills] == [True] * 5


def test_a_picture_that_is_not_yet_whole_leaves_what_was_seen(folder: Path, post: Start) -> None:
    kiosk = post("pictures", folder)
    (folder / "one.png").write_bytes(png(plain(RED)))
    kiosk.seen(RED)
    whole = png(plain(BLUE))
    (folder / "two.png").write_bytes(whole[: len(whole) // 2])
    assert shows(kiosk.camera.still(WAIT_S), RED)
    (folder / "two.png").write_bytes(whole)
    kiosk.seen(BLUE)
    (folder / "notes.txt").write_text("no picture")
    (folder / "folder.jpg").mkdir()
    assert shows(kiosk.camera.still(WAIT_S), BLUE)
    kiosk.is_told(UP)


def test_a_picture_in_portrait_is_watched_in_its_own_proportions(folder: Path, post: Start) -> None:
    show(folder, png(plain(RED, 1200, 1600)))
    kiosk = post("pictures", folder)
    assert kiosk.seen(RED).shape == (480, 360, 3)


def test_a_video_goes_round_and_round(tmp_path: Path, post: Start) -> None:
    video = tmp_path / "people.avi"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"MJPG"), 10, (800, 600))
    for colour in (RED, BLUE):
        for _ in range(5):
            writer.write(cv2.cvtColor(plain(colour, 800, 600), cv2.COLOR_RGB2BGR))
    writer.release()
    kiosk = post("pictures", video)
    for colour in (RED, BLUE, RED, BLUE):
        assert kiosk.seen(colour).shape == (480, 640, 3)
    still = kiosk.camera.still(WAIT_S)
    assert still is not None
    assert still.shape == (600, 800, 3)
    kiosk.is_told(UP)


def test_a_file_that_is_no_video_is_an_absent_camera(tmp_path: Path, post: Start) -> None:
    (tmp_path / "people.avi").write_text("no video")
    kiosk = post("pictures", tmp_path / "people.avi")
    kiosk.is_told(ABSENT)


@pytest.mark.req("D4")
def test_a_camera_that_is_missing_is_told_once_and_found_when_it_is_there(
    folder: Path, post: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "camera")
    folder.rmdir()
    kiosk = post("pictures", folder)
    kiosk.is_told(ABSENT)
    tries(3)
    assert kiosk.camera.watch(0) is None
    folder.mkdir()
    kiosk.seen(GREY_WALL)
    folder.rmdir()
    until(lambda: kiosk.camera.state is ABSENT)
    folder.mkdir()
    kiosk.seen(GREY_WALL)
    kiosk.is_told(ABSENT, UP, ABSENT, UP)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"] * 2
    assert str(folder) in caplog.messages[0]


@pytest.mark.parametrize("link", ["99", "/dev/video99", "/dev/v4l/by-id/none"])
def test_a_usb_camera_that_is_not_there_is_absent(link: str, post: Start) -> None:
    kiosk = post("v4l2", link)
    kiosk.is_told(ABSENT)
    assert kiosk.camera.still(WAIT_S) is None


def test_a_device_that_is_no_camera_is_an_absent_one(post: Start) -> None:
    post("v4l2", "/dev/null").is_told(ABSENT)


def test_a_capture_that_hangs_is_killed_and_told_once_and_goes_on_afterwards(folder: Path, post: Start) -> None:
    kiosk = post("pictures", folder)
    kiosk.seen(GREY_WALL)
    (hung,) = processes()
    os.mkfifo(folder / "hangs.jpg")  # nobody writes to it: opening it to read never ends
    kiosk.is_told(UP, STUCK)
    assert kiosk.camera.still(0) is None
    until(lambda: hung not in processes(), what="the end of the process that hung")
    (folder / "hangs.jpg").unlink()
    show(folder, png(plain(RED)))
    until(lambda: kiosk.camera.state is UP, within_s=40)
    kiosk.seen(RED)
    kiosk.is_told(UP, STUCK, UP)


def test_a_camera_that_hangs_from_the_beginning_is_told_once_and_tried_again(tmp_path: Path, post: Start) -> None:
    os.mkfifo(tmp_path / "hangs.avi")
    kiosk = post("pictures", tmp_path / "hangs.avi", Patience(first_s=1, next_s=1, retry_s=0.05, retry_most_s=0.1))
    tries(3)
    kiosk.is_told(STUCK)


def test_a_still_that_is_waited_for_when_the_camera_is_lost_is_none_at_once(folder: Path, post: Start) -> None:
    kiosk = post("pictures", folder)
    kiosk.seen(GREY_WALL)
    os.mkfifo(folder / "hangs.jpg")
    assert kiosk.camera.still(600) is None  # the test's own limit is shorter


def returned(kiosk: Post, times: int) -> bool:
    return len(kiosk.told) >= 1 + 2 * times


def test_a_process_that_is_killed_is_replaced_and_leaves_nothing_behind(folder: Path, post: Start) -> None:
    kiosk = post("pictures", folder)
    kiosk.seen(GREY_WALL)
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))
    for round_ in range(1, 4):
        (process,) = processes()
        os.kill(process, signal.SIGKILL)
        until(partial(returned, kiosk, round_), what="its return")
        assert process not in processes()
    kiosk.is_told(*[UP, STUCK] * 3, UP)
    assert (threading.active_count(), len(os.listdir("/proc/self/fd"))) == (threads, files)
    kiosk.camera.stop()
    assert len(os.listdir("/proc/self/fd")) == files - 1
    assert threading.active_count() == threads - 1


def test_a_process_that_is_told_to_end_with_all_others_waits_for_its_kiosk(folder: Path, post: Start) -> None:
    kiosk = post("pictures", folder)
    kiosk.seen(GREY_WALL)
    (process,) = processes()
    os.kill(process, signal.SIGTERM)  # systemd and a terminal tell every process of a program
    os.kill(process, signal.SIGINT)
    show(folder, png(plain(RED)))
    kiosk.seen(RED)
    assert processes() == [process]
    kiosk.is_told(UP)


def test_stopped_in_the_middle_of_a_capture_it_ends_and_tells_nothing_more(folder: Path, post: Start) -> None:
    patient = Patience(first_s=600, next_s=600)
    kiosk = post("pictures", folder, patient)
    kiosk.seen(GREY_WALL)
    os.mkfifo(folder / "hangs.jpg")
    waiting: list[object] = ["waits"]

    def ask() -> None:
        waiting[0] = kiosk.camera.still(600)

    asking = threading.Thread(target=ask)
    asking.start()
    kiosk.camera.stop()
    asking.join()
    assert waiting == [None]
    assert processes() == []
    assert kiosk.camera.watch(600) is None
    assert kiosk.camera.still(600) is None
    kiosk.is_told(UP)
    kiosk.camera.stop()  # a second time, nothing happens


def test_a_camera_that_was_never_started_can_be_stopped(folder: Path) -> None:
    Post("pictures", folder).camera.stop()
    assert processes() == []


def test_with_the_kiosk_its_camera_ends_even_in_the_middle_of_a_capture(tmp_path: Path) -> None:
    pipe = tmp_path / "hangs.avi"
    os.mkfifo(pipe)
    program = (
        "import sys, threading\n"
        "from edge.devices.camera import Camera, Patience\n"
        "Camera(sys.argv[1], sys.argv[2], print, Patience(600, 600)).start()\n"
        "threading.Event().wait()\n"
    )
    kiosk = subprocess.Popen([sys.executable, "-c", program, CAMERAS["pictures"], str(pipe)])
    try:
        silent = until(partial(write_end, pipe), what="a capture that waits for the pipe")
        (process,) = processes(kiosk.pid)
    finally:
        kiosk.kill()
        kiosk.wait()
    until(lambda: not lives(process), what="the end of its process")
    os.close(silent)


def write_end(pipe: Path) -> int:
    """The other end of a pipe that somebody reads; 0 while nobody does."""
    with contextlib.suppress(OSError):
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    return 0


def lives(process: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_configured_camera_starts(folder: Path) -> None:
    told: list[CameraState] = []
    camera = open_camera(CameraConfig(driver="pictures", link=str(folder)), told.append)
    assert camera.state is CameraState.STARTING
    camera.start()
    try:
        assert camera.watch(WAIT_S) is not None
        until(lambda: told == [UP])
    finally:
        camera.stop()


@pytest.mark.parametrize(
    ("driver", "link", "says"),
    [
        ("webcam", "0", r"\[camera\] driver.*'webcam'.*picamera2, v4l2, pictures"),
        ("picamera2", "/dev/video0", r"\[camera\] link.*'/dev/video0'.*number"),
        ("v4l2", "video0", r"\[camera\] link.*'video0'.*/dev/videoN"),
        ("v4l2", "/tmp/video0", r"\[camera\] link"),
        ("pictures", "0", r"\[camera\] link.*'0'.*full path"),
        ("pictures", "demo/faces", r"\[camera\] link.*full path"),
    ],
)
def test_a_driver_or_link_that_is_none_is_named_at_the_start(driver: str, link: str, says: str) -> None:
    def untold(_state: Any) -> None:
        raise AssertionError

    with pytest.raises(ConfigError, match=says):
        open_camera(CameraConfig(driver=driver, link=link), untold)
