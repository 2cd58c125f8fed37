"""The loudspeaker: one thing at a time, by the rules of ``calls``, with the voice of its zone."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from board_controller.signage import Announcement, Notice, Utterance, Withdrawn
from board_controller.voice.calls import Called, Calls, Said, add, take, withdraw
from board_controller.voice.chime import chime
from board_controller.voice.sentence import Line, lines
from board_controller.voice.voices import DEFAULT_VOICE, percent_at, voice_for
from edge.contracts.catalogue import Catalogue, Facility
from edge.contracts.hall import CHIMES, Voice
from edge.contracts.notice import meant_for
from edge.speech.attempt import attempt
from edge.speech.levels import shorten, silence, turned_to
from edge.speech.player import PlayerFailed, Playing
from edge.speech.synthesis import Speech, SpeechFailed

log = logging.getLogger(__name__)

EYES_FIRST_S = 0.1  # rendering a call would take the processor away from 300 screens that show it at this moment
LEAD_S, BETWEEN_S, AGAIN_S = 0.15, 0.35, 0.9  # silence after the chime, between two sentences, before a repetition
NOTHING = Catalogue(Facility("", ""), (), (), (), ())  # before the hub was first heard
CHIME_MOST_S = 5.0  # of an uploaded one


class Speaker:
    """Speaks what it is given, in a thread of its own, with one player process at a time.

    ``player`` is a program and its arguments that plays the WAV on its standard input and ends when it is over;
    ``zones`` are those in which it is heard (none: all), ``now_ms`` the site's clock.
    """

    def __init__(
        self,
        speech: Speech,
        player: Sequence[str],
        zones: Sequence[str] = (),
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._speech = speech
        self._player = tuple(player)
        self._zones = tuple(zones)
        self._now_ms = now_ms
        self._catalogue = NOTHING
        self._calls = Calls()
        self._work = threading.Condition()
        self._stopping = False
        self._running: Playing | None = None
        self._fault = ""
        self._unexpected: set[str] = set()
        self._thread = threading.Thread(target=self._serve, name="speaker", daemon=True)

    def start(self) -> None:
        """Begin to speak."""
        self._thread.start()

    def close(self) -> None:
        """Fall silent and end."""
        with self._work:
            self._stopping = True
            if self._running is not None:
                self._running.kill()
            self._work.notify()
        self._thread.join()

    def adopt(self, catalogue: Catalogue) -> None:
        """Speak by this catalogue's voices, phrases and recordings from the next utterance on."""
        self._catalogue = catalogue

    def say(self, said: Utterance | Withdrawn, age_ms: int = 0) -> None:
        """Put it into the queue if it is for here, or take calls out of it; returns at once.

        ``age_ms`` is how long ago it happened or was due. A change of room is told everywhere: nobody knows where its
        person waits.
        """
        with self._work:
            match said:
                case Withdrawn():
                    self._calls = withdraw(self._calls, said)
                    return
                case Announcement(zone=zone):
                    here = meant_for((zone,) if zone else (), self._zones)
                case Notice():
                    here = meant_for(said.zones, self._zones)
                case _:
                    here = True
            if here:
                self._calls = add(self._calls, said, time.monotonic() - age_ms / 1000)
                self._work.notify()

    @property
    def fault(self) -> str:
        """Why the last call was not heard; empty while all is well."""
        return self._fault

    @property
    def zones(self) -> tuple[str, ...]:
        """Where it is heard; none: everywhere."""
        return self._zones

    def _serve(self) -> None:
        for name in CHIMES:
            chime(name)  # made now: the first call does not wait for it
        while True:
            with self._work:
                self._work.wait_for(lambda: self._stopping or bool(self._calls.waiting))
                if self._stopping:
                    return
                self._calls, said, stale = take(self._calls, time.monotonic())
            if stale:
                log.warning("%d calls waited too long for the loudspeaker and were not spoken", stale)
            if said is None:
                continue
            error = attempt(partial(self._speak, said))
            if error is not None:
                self._note(error)

    def _note(self, error: BaseException) -> None:
        if isinstance(error, SpeechFailed | PlayerFailed):
            if not self._fault and not self._stopping:
                log.warning("the loudspeaker is silent: %s", error)
            self._fault = str(error)
            return
        kind = type(error).__name__
        if kind not in self._unexpected:  # each once: every call may bring it
            self._unexpected.add(kind)
            log.error("a call was not spoken, by a fault of this program: %s", kind, exc_info=error)
        self._fault = f"unexpected {kind}"

    def _speak(self, said: Said) -> None:
        catalogue = self._catalogue
        zone = said.calls[0].zone if isinstance(said, Called) else ""
        voice = voice_for(catalogue.voices, (zone,) if zone else self._zones)
        urgent = isinstance(said, Notice) and said.urgent
        percent = 100 if urgent else percent_at(voice.loudness, self._time_of_day(catalogue))
        told = lines(said, voice, catalogue.phrases)
        recorded = self._sha256(catalogue, said.sound) if isinstance(said, Notice) else ""
        if not percent or not (told or recorded):
            return
        with self._player_at_work() as playing:
            # a bare chime makes the first sound; everything else is made while it sounds
            playing.hand(self._chime(voice, catalogue, percent))
            with self._work:
                self._work.wait_for(lambda: self._stopping, EYES_FIRST_S)
            for again in range(voice.times if isinstance(said, Called) else 1):
                if again and self._calls.crowded:
                    break
                for at, sound in enumerate(self._sounds(told, recorded, voice, catalogue)):
                    playing.hand(silence(BETWEEN_S if at else AGAIN_S if again else LEAD_S) + turned_to(sound, percent))
        if self._fault:
            log.info("the loudspeaker is back")
        self._fault = ""

    def _sounds(self, told: Sequence[Line], recorded: str, voice: Voice, catalogue: Catalogue) -> Iterator[bytes]:
        """What comes after the chime, one by one as it is made. Where a recording is not here, the texts are said."""
        if recorded:
            try:
                yield self._speech.played(recorded)
                return
            except SpeechFailed:
                if not told:
                    raise
        packs = {one.id: one.medium for one in catalogue.recordings} if voice.recordings else {}
        for line in told:
            fragments = [self._sha256(catalogue, packs.get(fragment.id, "")) for fragment in line.fragments]
            sound = self._speech.joined(fragments) if all(fragments) else None
            yield sound or self._speech.spoken(line.text, line.language, line.region)

    def _chime(self, voice: Voice, catalogue: Catalogue, percent: int) -> bytes:
        if voice.chime in CHIMES:
            return chime(voice.chime, percent)
        try:
            own = self._speech.played(self._sha256(catalogue, voice.chime))
        except SpeechFailed:
            return chime(DEFAULT_VOICE.chime, percent)  # one that is not here yet
        return turned_to(shorten(own, CHIME_MOST_S), percent)

    def _sha256(self, catalogue: Catalogue, medium_id: str) -> str:
        return next((medium.sha256 for medium in catalogue.media if medium.id == medium_id), "")

    def _time_of_day(self, catalogue: Catalogue) -> str:
        moment = datetime.fromtimestamp(self._now_ms() / 1000, UTC)
        return f"{moment.astimezone(ZoneInfo(catalogue.facility.time_zone)):%H:%M}"

    @contextmanager
    def _player_at_work(self) -> Iterator[Playing]:
        """A player, until all that it was handed has sounded. Raises PlayerFailed."""
        with self._work:
            if self._stopping:
                raise PlayerFailed("the program ends")
            playing = self._running = Playing(self._player)
        try:
            try:
                yield playing
            except SpeechFailed:
                playing.end()
                raise
            playing.end()
        finally:
            with self._work:
                self._running = None
