"""The kiosk's eyes, with the camera of the demo and the real models."""

import shutil
import threading
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from edge.contracts.face import TEMPLATE_BYTES, ChipVerdict, Purpose
from edge.devices.registry import CameraConfig
from edge.face.hint import Hint
from edge.kiosk import sightings as f
from edge.kiosk.watching import Watch
from tests.camera_folder import go_away, stand
from tests.faces import ASTRONAUT, FACES, PACK, needs_pack, needs_photographs
from tests.waiting import until

PERSON, ANOTHER = FACES / "p03_b.jpg", FACES / "p02_a.jpg"


class Eyes:
    """A watch over a folder of pictures, and what it told."""

    def __init__(self, folder: Path, pack: Path | None) -> None:
        self.folder = folder
        self.told: list[f.Sighting] = []
        self.watch = Watch(CameraConfig("pictures", str(folder)), pack, self.told.append)
        self.watch.start()

    def show(self, person: Path) -> None:
        """This person stands before the camera now."""
        stand(self.folder, person)

    def wait_for(self, wanted: Callable[[f.Sighting], bool], what: str) -> f.Sighting:
        until(lambda: any(map(wanted, self.told)), within_s=30, what=what)
        return next(filter(wanted, self.told))

    def taken(self, look: int) -> f.FaceTaken:
        told = self.wait_for(lambda given: isinstance(given, f.FaceTaken) and given.look == look, "a picture")
        assert isinstance(told, f.FaceTaken)
        return told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "camera").mkdir()
    return tmp_path / "camera"


def opened(folder: Path, pack: Path | None = None) -> Iterator[Eyes]:
    eyes = Eyes(folder, pack)
    eyes.wait_for(lambda given: isinstance(given, f.EyesChanged) and given.eyes.open, "a camera that is up")
    yield eyes
    eyes.watch.stop()


@pytest.fixture
def eyes(folder: Path) -> Iterator[Eyes]:
    yield from opened(folder)


@pytest.fixture
def comparing(folder: Path) -> Iterator[Eyes]:
    yield from opened(folder, PACK)


def test_who_comes_and_goes_is_told_once(eyes: Eyes) -> None:
    eyes.show(ASTRONAUT)
    eyes.wait_for(lambda given: given == f.PersonCame(), "somebody")
    go_away(eyes.folder)
    eyes.wait_for(lambda given: given == f.PersonLeft(), "nobody")
    assert [type(given) for given in eyes.told if not isinstance(given, f.EyesChanged)] == [f.PersonCame, f.PersonLeft]


@pytest.mark.req("K8")
def test_no_picture_is_taken_or_shown_that_nobody_asked_for(eyes: Eyes) -> None:
    eyes.show(ASTRONAUT)
    eyes.wait_for(lambda given: given == f.PersonCame(), "somebody")
    assert eyes.watch.mirror() is None


def test_a_person_sees_themselves_and_gets_a_portrait(eyes: Eyes) -> None:
    eyes.watch.look(f.Look(1, (Purpose.PORTRAIT,), frames=5))
    eyes.wait_for(lambda given: given == f.HintChanged(1, Hint.NOBODY), "a hint")
    until(lambda: eyes.watch.mirror() is not None, within_s=10, what="the mirror")
    mirror = eyes.watch.mirror()
    assert mirror is not None
    assert Image.open(BytesIO(mirror)).format == "JPEG"
    eyes.show(ASTRONAUT)
    taken = eyes.taken(1)
    assert taken.portrait.startswith(b"\xff\xd8\xff")
    assert (taken.template, taken.chip) == (b"", None)
    assert eyes.watch.mirror() is None, "what nobody waits for is gone"


@needs_pack
@needs_photographs
@pytest.mark.req("K8")
def test_only_what_was_agreed_to_leaves_the_watch(comparing: Eyes) -> None:
    comparing.show(PERSON)
    comparing.watch.look(f.Look(1, (Purpose.ONE_NUMBER,), frames=5))
    one_number = comparing.taken(1)
    assert (one_number.portrait, len(one_number.template)) == (b"", TEMPLATE_BYTES)
    comparing.watch.look(f.Look(2, (Purpose.CHIP,), 5, PERSON.read_bytes()))
    chip = comparing.taken(2)
    assert (chip.portrait, chip.template, chip.chip) == (b"", b"", ChipVerdict.MATCH)


@needs_pack
@needs_photographs
def test_another_persons_chip_does_not_match(comparing: Eyes) -> None:
    comparing.show(PERSON)
    comparing.watch.look(f.Look(1, (Purpose.CHIP,), 5, ANOTHER.read_bytes()))
    assert comparing.taken(1).chip is ChipVerdict.NO_MATCH


def test_what_is_cancelled_is_not_taken(eyes: Eyes) -> None:
    eyes.watch.look(f.Look(1, (Purpose.PORTRAIT,), frames=5))
    eyes.watch.cancel()
    eyes.show(ASTRONAUT)
    eyes.watch.look(f.Look(2, (Purpose.PORTRAIT,), frames=5))
    eyes.taken(2)
    assert not any(isinstance(given, f.FaceTaken) and given.look == 1 for given in eyes.told)


def test_a_camera_that_goes_away_is_told(eyes: Eyes) -> None:
    shutil.rmtree(eyes.folder)
    eyes.wait_for(lambda given: isinstance(given, f.EyesChanged) and given.eyes.camera == "absent", "no camera")


def test_a_pack_that_is_none_leaves_portraits(folder: Path, tmp_path: Path) -> None:
    for eyes in opened(folder, tmp_path / "no pack"):
        told = eyes.wait_for(lambda given: isinstance(given, f.EyesChanged) and given.eyes.open, "eyes")
        assert isinstance(told, f.EyesChanged)
        assert (told.eyes.sees, told.eyes.compares) == (True, False)


def test_after_the_stop_nothing_is_told_and_no_thread_is_left(folder: Path) -> None:
    before = threading.active_count()
    for eyes in opened(folder):
        eyes.show(ASTRONAUT)
        eyes.watch.stop()
        told = len(eyes.told)
        assert threading.active_count() == before
        assert len(eyes.told) == told


def test_a_kiosk_without_a_camera_starts_and_stops() -> None:
    told: list[f.Sighting] = []
    watch = Watch(None, None, told.append)
    watch.start()
    watch.stop()
    assert (told, watch.mirror()) == ([], None)
