"""The kiosk's eyes: one thread that watches who stands there, and takes a picture of whoever agreed to it."""

import io
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from edge.contracts.face import Purpose
from edge.devices.registry import CameraConfig, open_camera
from edge.face.hint import Hint
from edge.kiosk.sightings import Eyes, EyesChanged, FaceTaken, HintChanged, Look, PersonCame, PersonLeft, Sighting

if TYPE_CHECKING:
    from edge.devices.camera import CameraState
    from edge.face.engine import FaceEngine
    from edge.face.picture import Picture

log = logging.getLogger("kiosk")

FRAME_S = 1.0
STILL_S = 4.0  # a sensor that changes its mode takes a second
CAME_FRAMES, LEFT_FRAMES = 2, 5  # in a row: a face is missed now and then
MIRROR_QUALITY = 70  # of a JPEG that nobody keeps
STOP_S = 5.0


class Watch:
    """The camera of a kiosk and what sees faces in its pictures, or a kiosk without either.

    ``given`` is told what happens, in the threads of camera and watch; :meth:`look`, :meth:`cancel` and :meth:`mirror`
    may be called from any thread. Whatever fails here turns faces off, never the kiosk.
    """

    def __init__(self, config: CameraConfig | None, pack: Path | None, given: Callable[[Sighting], None]) -> None:
        """Nothing is opened yet. Raises ConfigError on a driver or link that is none."""
        self._given = given
        self._pack = pack
        self._camera = open_camera(config, self._on_change) if config else None
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._stopped = threading.Event()
        self._lock = threading.Lock()  # of what was asked for, and of the mirror
        self._asked: Look | None = None
        self._mirror: bytes | None = None
        self._compares = False
        self._in_view = False
        self._same = 0  # frames in a row that speak against ``_in_view``
        self._good = 0  # frames in a row that are fit for a picture
        self._hinted: tuple[int, Hint] | None = None

    def start(self) -> None:
        """Begin to watch; returns at once."""
        if self._camera is not None:
            self._given(EyesChanged(Eyes("starting")))
            self._thread.start()

    def stop(self) -> None:
        """Let the camera go; nothing is told after."""
        self._stopped.set()
        self.cancel()
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    def look(self, asked: Look) -> None:
        """Take a picture once whoever stands there stands well; what was asked before is forgotten."""
        with self._lock:
            self._asked = asked

    def cancel(self) -> None:
        """Nobody waits for a picture any more: nothing that was seen for it is kept."""
        with self._lock:
            self._asked = self._mirror = None

    def mirror(self) -> bytes | None:
        """What the camera sees now, a JPEG; None while nobody is to have a picture taken."""
        with self._lock:
            return self._mirror

    def _run(self) -> None:
        engine, camera = self._load(), self._camera
        if engine is None or camera is None:
            self._tell(EyesChanged(Eyes("off")))
            return
        self._compares = engine.can_compare
        camera.start()
        try:
            while not self._stopped.is_set():
                picture = camera.watch(FRAME_S)
                if picture is not None:
                    self._seen(engine, picture)
        finally:
            camera.stop()
            self.cancel()
            self._tell(EyesChanged(Eyes("off")))

    def _load(self) -> "FaceEngine | None":
        """What sees faces; None, with a word in the log, where it is not installed. A pack that is none is left out."""
        try:
            from edge.face.engine import FaceEngine
            from edge.face.model_pack import PackError
            from edge.face.runtime import FaceUnavailable
        except ImportError as error:
            log.warning("faces are off: %s is not installed (the extra 'face')", error.name)
            return None
        try:
            try:
                return FaceEngine(self._pack)
            except PackError as error:
                log.error("[face] pack: %s; faces are not compared", error)
                return FaceEngine(None)
        except FaceUnavailable as error:
            log.warning("faces are off: %s", error)
            return None

    def _on_change(self, state: "CameraState") -> None:
        self._tell(EyesChanged(Eyes(state.name.lower(), sees=True, compares=self._compares)))

    def _seen(self, engine: "FaceEngine", picture: "Picture") -> None:
        sight = engine.look(picture)
        self._is_near(sight.near)
        with self._lock:
            asked = self._asked
        if asked is None:
            self._good = 0
            return
        jpeg = _jpeg(picture)
        with self._lock:
            self._mirror = jpeg if self._asked is asked else None
        hint = sight.hint or Hint.STAY
        self._hint(asked, hint)
        self._good = self._good + 1 if hint is Hint.STAY else 0
        if self._good >= asked.frames:
            self._good = 0
            self._take(engine, asked)

    def _is_near(self, near: bool) -> None:
        self._same = self._same + 1 if near is not self._in_view else 0
        if self._same >= (CAME_FRAMES if near else LEFT_FRAMES):
            self._in_view, self._same = near, 0
            self._tell(PersonCame() if near else PersonLeft())

    def _hint(self, asked: Look, hint: Hint) -> None:
        if self._hinted != (asked.look, hint):
            self._hinted = (asked.look, hint)
            self._tell(HintChanged(asked.look, hint))

    def _take(self, engine: "FaceEngine", asked: Look) -> None:
        """A full picture, which must be as good as the frames before it; if it is not, the watching goes on."""
        from edge.face.engine import LEAST_LIVE
        from edge.face.picture import PictureError

        picture = self._camera.still(STILL_S) if self._camera else None
        if picture is None:
            return
        keeps_template, compares = Purpose.ONE_NUMBER in asked.purposes, Purpose.CHIP in asked.purposes
        try:
            still = engine.take(
                picture,
                with_portrait=Purpose.PORTRAIT in asked.purposes,
                with_template=keeps_template or compares,
            )
        except PictureError as error:
            log.warning("no portrait was made: %s", error)
            return
        if still.hint is not None:
            self._hint(asked, still.hint)
            return
        taken = FaceTaken(asked.look, in_person=False)
        if still.live is None or still.live >= LEAST_LIVE:
            template = still.template or b""
            chip = engine.compare_with_chip(template, asked.chip_picture) if template and compares else None
            taken = FaceTaken(asked.look, still.portrait, template if keeps_template else b"", chip)
        with self._lock:
            wanted = self._asked is asked
            if wanted:
                self._asked = self._mirror = None
        if wanted:
            self._tell(taken)

    def _tell(self, given: Sighting) -> None:
        if not self._stopped.is_set():
            self._given(given)


def _jpeg(picture: "Picture") -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=MIRROR_QUALITY)
    return out.getvalue()
