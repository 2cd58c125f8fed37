"""The link to the hub: what happens there drives the displays and the voice; presses go up and get their answer."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from board_controller import notices
from board_controller.notices import Timed
from board_controller.press import Action, Answer, Rating, answer_to, command_for
from board_controller.schedule import Schedule, take
from board_controller.signage import NOTHING, Signage, Utterance, Watch, Withdrawn, announcement, project
from edge.contracts.catalogue import Catalogue
from edge.contracts.events import Announced
from edge.contracts.outlook import Outlook
from edge.contracts.snapshot import Snapshot
from edge.daemon.hub_client import Change, HubClient, HubRejected, HubUnreachable, new_command_id

log = logging.getLogger(__name__)

Voice = Callable[[Utterance | Withdrawn, int], None]

PRESS_S = 3.0
SCHEDULE_S = 1.0
REFRESH_S = 10.0  # the displays are told anew at least this often: the date and the hours change by themselves


class HubLink:
    """Follows the hub and gives every change to the displays; sends presses.

    ``displays`` are told the signage after each change; ``editions`` each catalogue as it comes into force; ``voices``
    get each call, change of room and notice with its age in milliseconds, and what the catalogue's announcements say
    when it is due, by the hub's clock and hours: while the hub is away, by those that it told last.
    """

    def __init__(
        self,
        client: HubClient,
        displays: Sequence[Callable[[Signage], None]],
        voices: Sequence[Voice],
        editions: Sequence[Callable[[Catalogue], None]] = (),
    ) -> None:
        self._client = client
        self._displays = displays
        self._voices = voices
        self._editions = editions
        self._catalogue: Catalogue | None = None
        self._schedule = Schedule()
        self._timed: tuple[Timed, ...] = ()
        self._watch = Watch()
        self._snapshot: Snapshot | None = None
        self._outlook: Outlook | None = None
        self._lost_since_ms = self._client.clock.now_ms()
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Follow the hub for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_showing())
            group.create_task(self._keep_to_schedule())
            async for change in self._client.changes():
                self._take(change)

    async def press(self, counter: str, action: Action | Rating) -> Answer:
        """Send what this press asks for, for at most ``PRESS_S`` seconds; a press is never kept for later."""
        if self._snapshot is None:
            return Answer.AWAY
        ticket = self._snapshot.at_counter.get(counter, "")
        command = command_for(action, counter, ticket, new_command_id())
        if command is None:
            return Answer.REFUSED
        within_s = 0.0 if self._lost_since_ms else PRESS_S
        try:
            async with asyncio.timeout(PRESS_S):
                reply = await self._client.send_until_answered(command, within_s=within_s)
        except (HubUnreachable, TimeoutError):
            return Answer.AWAY
        except HubRejected as error:
            log.error("the hub turned a press away: %s", error)
            return Answer.AWAY
        return answer_to(reply)

    @property
    def lost_since_ms(self) -> int:
        """Since when the hub is away, on the site's clock; 0 while the link stands."""
        return self._lost_since_ms

    def _take(self, change: Change) -> None:
        match change:
            case None:
                self._lost_since_ms = self._lost_since_ms or self._client.clock.now_ms()
            case Outlook():
                self._outlook = change
            case snapshot, None:
                self._snapshot, self._lost_since_ms = snapshot, 0
                self._adopt(snapshot.catalogue)
                self._watch.linked(_steady_ms())
            case snapshot, entry:
                self._snapshot = snapshot
                self._adopt(snapshot.catalogue)
                age_ms = self._watch.heard(entry, _steady_ms())
                said = announcement(entry, snapshot)
                if said is not None:
                    self._say(said, age_ms)
                if isinstance(entry.event, Announced):
                    self._say(notices.spoken(entry.event), age_ms)
        self._show()

    def _adopt(self, catalogue: Catalogue) -> None:
        if catalogue is self._catalogue or catalogue == self._catalogue:
            return
        self._catalogue = catalogue
        self._schedule = replace(self._schedule, announcements=catalogue.announcements)
        for told in self._editions:
            told(catalogue)

    def _say(self, said: Utterance | Withdrawn, age_ms: int = 0) -> None:
        for voice in self._voices:
            voice(said, age_ms)

    def _show(self) -> None:
        if self._snapshot is None:
            signage = replace(NOTHING, lost_since_ms=self._lost_since_ms)
        else:
            signage = project(
                self._snapshot,
                self._watch.called_ms,
                _steady_ms(),
                self._lost_since_ms,
                moved_ms=self._watch.moved_ms,
                outlook=self._outlook,
                notices=notices.banners(self._snapshot.notices, self._client.clock.now_ms(), self._timed, _steady_ms()),
            )
        for display in self._displays:
            display(signage)
        self._changed.set()

    async def _keep_showing(self) -> None:
        while True:
            now_ms = _steady_ms()
            ends = (self._watch.next_change_ms(now_ms), notices.next_change_ms(self._timed, now_ms))
            pause_s = min([REFRESH_S, *((end_ms - now_ms) / 1000 for end_ms in ends if end_ms is not None)])
            self._changed.clear()
            try:
                async with asyncio.timeout(pause_s):
                    await self._changed.wait()
            except TimeoutError:
                self._show()

    async def _keep_to_schedule(self) -> None:
        while True:
            if self._snapshot is not None and self._outlook is not None:
                zone = self._snapshot.catalogue.facility.time_zone
                self._schedule, due = take(self._schedule, self._outlook, zone, self._client.clock.now_ms())
                self._timed = notices.shown(self._timed, due, _steady_ms())
                for notice in due:
                    self._say(notice)
                if due:
                    self._show()
            await asyncio.sleep(SCHEDULE_S)


def _steady_ms() -> int:
    return time.monotonic_ns() // 1_000_000
