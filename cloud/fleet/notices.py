"""Tells people and programs of alarms: each recipient by itself, so that one whose server hangs holds up no other."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from cloud.delivery import State
from cloud.fleet.letters import MOST_ALARMS, Item, Matter, letter, webhook_body, worst_first
from cloud.fleet.news import News, Standing, heard, to_remind, to_tell
from cloud.fleet.notice_settings import Recipient
from cloud.fleet.outbox import DAY_MS, RETRIES_MS, Content, Delivery, Outbox, new_id
from cloud.fleet.records import Event, Kept
from cloud.fleet.store import Fleet
from cloud.fleet.webhook import DELIVERY, SIGNATURE, NoAnswer, NotTaken, post, sign
from cloud.mail import Mail, MaybeSent, send
from cloud.reports.tongue import Tongue
from cloud.today import Live
from edge.daemon.config import ConfigError

log = logging.getLogger(__name__)

LOOK_UP_S = 2.0
END_WITHIN_S = 40.0  # a message that is going out at the end: longer than a server may keep silent
MOST_EVENTS = 1000  # heard in one transaction
Clock = Callable[[], int]


class NoticeSettings(Struct, frozen=True):
    """Who is told, and what a message's links begin with: the dashboard's address ("": messages have no links)."""

    recipients: tuple[Recipient, ...]
    dashboard: str = ""


class Notices:
    """Every recipient's messages; ``data`` is the folder of ``notices.db``, ``mail`` the server for e-mails.

    ``clock`` gives milliseconds since 1970 UTC.
    """

    def __init__(
        self,
        fleet: Fleet,
        data: Path,
        settings: NoticeSettings,
        mail: Mail | None,
        clock: Clock,
        *,
        look_up_s: float = LOOK_UP_S,
    ) -> None:
        self._outbox = Outbox(data)
        self._clock = clock
        self._look_up_s = look_up_s
        self._recipients = settings.recipients
        live = Live(data)
        turn = threading.Lock()
        self._couriers = [
            _Courier(fleet, self._outbox, live, _Way(recipient, mail, turn), settings.dashboard)
            for recipient in settings.recipients
        ]

    def run(self, stop: threading.Event) -> None:
        """Tell of alarms until ``stop`` is set; to be called once. Where one recipient's part ends with an exception
        that is nobody's but ours, everybody's ends, and it is raised here."""
        unsure = self._outbox.start([recipient.key for recipient in self._recipients], self._clock())
        if unsure:
            log.error("%d e-mails were going out when this program ended; what they said is told again", unsure)
        faults: list[BaseException] = []
        ended = threading.Event()
        threads = [
            threading.Thread(target=self._work, args=(courier, stop, ended, faults), daemon=True)
            for courier in self._couriers
        ]
        for thread in threads:
            thread.start()
        while not stop.is_set() and not ended.is_set():
            stop.wait(self._look_up_s)
        ended.set()
        deadline = time.monotonic() + END_WITHIN_S
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if faults:
            raise faults[0]

    def _work(
        self, courier: "_Courier", stop: threading.Event, ended: threading.Event, faults: list[BaseException]
    ) -> None:
        try:
            while not stop.is_set() and not ended.is_set():
                courier.round(self._clock)
                stop.wait(self._look_up_s)
        except BaseException as fault:  # noqa: BLE001 - it is raised again in the thread that asked for all this
            faults.append(fault)
            ended.set()


class _Courier:
    """One recipient's: hears of the alarms that are its, makes a message of what is new, and has it sent."""

    def __init__(self, fleet: Fleet, outbox: Outbox, live: Live, way: "_Way", dashboard: str) -> None:
        self._fleet = fleet
        self._outbox = outbox
        self._live = live
        self._way = way
        self._recipient = recipient = way.recipient
        self._dashboard = dashboard
        self._tongue = Tongue(recipient.notice.language)
        self._about = f"[[notice]] {recipient.number}"

    def round(self, clock: Clock) -> None:
        """Hear what is new, and send what is due."""
        now_ms = clock()
        self._hear(now_ms)
        delivery = self._outbox.waiting(self._recipient.key)
        if delivery is None:
            delivery = self._made(now_ms)
        elif not _is_due(delivery.next_ms, now_ms, RETRIES_MS[-1]):
            return
        elif self._recipient.notice.mail:
            # The server took nothing on, so the letter may as well say how it is now.
            content = self._content(delivery.id, now_ms)
            self._outbox.rewrite(delivery, content)
            delivery = self._outbox.waiting(self._recipient.key)
        if delivery is not None:
            self._send(delivery, clock)

    def _hear(self, now_ms: int) -> None:
        key = self._recipient.key
        while True:
            position = self._outbox.position(key)
            # The last one heard is asked for again: where it is not there, these are not the alarms we know.
            found = self._fleet.events_after(max(0, position.seq - 1), MOST_EVENTS)
            if position.seq and not found:
                log.warning("%s: fleet.db was set back; every open alarm is told anew", self._about)
                self._outbox.start_over(key, now_ms)
                continue
            events = [event for event in found if event.seq > position.seq]
            passed_ms = position.since_ms
            if self._recipient.notice.mail:
                passed_ms = max(passed_ms, now_ms - DAY_MS)
            self._outbox.hear(key, events, self._fold, passed_ms)
            if len(found) < MOST_EVENTS:
                return

    def _fold(self, before: Standing | None, event: Event) -> Standing | None:
        if not self._recipient.wants(event.site):
            return before
        least = self._recipient.notice.least.level
        return heard(before, event.alarm, event.deed, event.level, least, event.at_ms)

    def _made(self, now_ms: int) -> Delivery | None:
        key = self._recipient.key
        said_ms = self._outbox.position(key).said_ms
        if not _is_due(said_ms + self._recipient.every_ms if said_ms else 0, now_ms, self._recipient.every_ms):
            return None
        id_ = new_id()
        content = self._content(id_, now_ms)
        if content is None:
            return None
        self._outbox.add(key, id_, content, now_ms)
        return self._outbox.waiting(key)

    def _content(self, id_: str, now_ms: int) -> Content | None:
        """What there is to say; None: nothing that is worth a message."""
        by_mail = bool(self._recipient.notice.mail)
        found = [
            (standing, news, kept)
            for standing, news in self._news(now_ms)
            if (kept := self._fleet.alarm(standing.alarm))
        ]
        # In a letter, what came and went untold is a figure beside the rest; a program gets each, for its records.
        figure = [Item(news, kept, standing.level) for standing, news, kept in found if by_mail and news is News.PASSED]
        items = self._items([one for one in found if not (by_mail and one[1] is News.PASSED)])
        if not items:
            return None
        items, more = items[:MOST_ALARMS], len(items[MOST_ALARMS:])
        matter = Matter(self._recipient.province, items, now_ms, more, len(figure))
        names = {one.site: (one.name, one.name_en) for one in self._live.facilities()}
        told = tuple(item.told for item in (*items, *figure))
        if by_mail:
            return Content(*letter(matter, self._tongue, names, self._dashboard), told)
        return Content("", webhook_body(matter, id_, self._tongue, names, self._dashboard).decode(), told)

    def _news(self, now_ms: int) -> Iterator[tuple[Standing, News]]:
        standings, reminder_ms = self._outbox.standings(self._recipient.key), self._recipient.reminder_ms
        # Where one is to be told again, the others that are half as old go along: not a message for each.
        reminding = reminder_ms and any(to_remind(standing, now_ms, reminder_ms) for standing in standings)
        for standing in standings:
            news = to_tell(standing)
            if news is News.ACKNOWLEDGED and self._recipient.notice.mail:
                news = None
            if news is None and reminding and reminder_ms and to_remind(standing, now_ms, reminder_ms // 2):
                news = News.REMINDER
            if news:
                yield standing, news

    def _items(self, known: Sequence[tuple[Standing, News, Kept]]) -> tuple[Item, ...]:
        sites = sorted({kept.alarm.cause.site for _, _, kept in known})
        roles = {
            (state.site, device.name): device.role
            for state in self._fleet.states(sites)
            if state.report
            for device in state.report.devices
        }
        items = [
            Item(
                news,
                kept,
                standing.level,
                roles.get((kept.alarm.cause.site, kept.alarm.cause.device), ""),
                bool(standing.unsure),
            )
            for standing, news, kept in known
        ]
        return tuple(sorted(items, key=worst_first))

    def _send(self, delivery: Delivery, clock: Clock) -> None:
        delivery = self._outbox.begin(delivery, clock())
        with self._way.turn:
            if self._recipient.notice.mail and not self._outbox.going_out(delivery, clock()):
                return
            try:
                self._way.send(delivery, clock)
            except MaybeSent as error:
                log.error("%s: a message may have been sent: the mail server broke off (%s)", self._about, error)
                self._outbox.unsure(delivery, clock())
            except (NotTaken, NoAnswer, OSError, ValueError, ConfigError) as error:
                self._note_failure(delivery, error, clock())
            else:
                self._outbox.sent(delivery, clock())
                log.info("%s: a message about %d alarms was sent", self._about, len(delivery.content.told))

    def _note_failure(self, delivery: Delivery, error: Exception, now_ms: int) -> None:
        # What a server answers may hold the address it refuses; the log gets the kind of error and its code alone.
        code = getattr(error, "smtp_code", "") or getattr(error, "status", "")
        fault = f"{type(error).__name__} {code}".strip()
        if self._outbox.not_sent(delivery, fault, now_ms) is State.FAILED:
            log.error("%s: a message was given up (%s); what it said goes into the next", self._about, fault)
        else:
            log.warning("%s: a message was not sent and is tried again: %s", self._about, fault)


class _Way:
    """The way to one recipient; ``turn`` is held while a message goes out. Our own mail server gets one at a time."""

    def __init__(self, recipient: Recipient, mail: Mail | None, turn_of_mail: threading.Lock) -> None:
        self.recipient = recipient
        self.turn = turn_of_mail if recipient.notice.mail else threading.Lock()
        self._mail = mail

    def send(self, delivery: Delivery, clock: Clock) -> None:
        """Send it. Raises what ``cloud.mail.send`` and ``cloud.fleet.webhook.post`` raise."""
        notice, content = self.recipient.notice, delivery.content
        if notice.webhook:
            body = content.body.encode()
            headers = {SIGNATURE: sign(self.recipient.secret, body, clock() // 1000), DELIVERY: delivery.id}
            post(notice.webhook, body, headers, notice.ca)
            return
        if self._mail is None:
            raise ConfigError("cloud.toml: [mail] is missing")
        message_id = f"<notice.{delivery.id}@{self._mail.sender.rpartition('@')[2]}>"
        send(self._mail, notice.mail, content.subject, content.body, message_id=message_id)


def _is_due(at_ms: int, now_ms: int, most_ms: int) -> bool:
    """Whether it is time; a clock that was set back puts nothing off for longer than ``most_ms``."""
    return at_ms <= now_ms or at_ms > now_ms + most_ms
