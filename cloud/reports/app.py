"""moiso-reports: makes the reports that people subscribed to and sends them by e-mail, each once."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from cloud.config import Cloud
from cloud.delivery import State
from cloud.mail import Mail, MaybeSent, send
from cloud.reports.gather import TIME_ZONE, NoFacility, gather
from cloud.reports.pdf import NotSet, pdf
from cloud.reports.store import Format, Sending, Subscription, Subscriptions
from cloud.reports.tables import report
from cloud.reports.tongue import Tongue
from cloud.reports.xlsx import MEDIA_TYPE, workbook
from cloud.roles import Province, Scope
from cloud.running import run_until_told
from cloud.statistics import SqliteStatistics, Statistics, StatisticsAway
from cloud.targets import Targets
from cloud.today import Live
from cloud.words import N_
from edge.daemon.config import ConfigError, config_path, load
from edge.daemon.notify import Alive, notify

log = logging.getLogger(__name__)

LOOK_UP_S = 60
SUBJECT = N_("Báo cáo {period}: {place}")
TEXT = N_(
    "Kính gửi: {place}\n\n"
    "Báo cáo {period} trong tệp đính kèm.\n\n{results}\n\n{stamp}\n\n"
    "Thư này do MờiSố tự gửi; xin không trả lời. Muốn thôi nhận, xin báo quản trị của Sở."
)


class Postman:
    """Sends what is due. ``mail`` is the server, ``provinces`` whose reports may be sent."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        statistics: Statistics,
        live: Live,
        server: Mail,
        provinces: Sequence[Province],
        targets: Targets,
    ) -> None:
        self._subscriptions = subscriptions
        self._statistics = statistics
        self._live = live
        self._server = server
        self._provinces = {province.id: province for province in provinces}
        self._targets = targets

    def recover(self) -> None:
        """To be done once, at the start: what was going out when the program ended may have been sent or not."""
        n = self._subscriptions.recover(_now_ms())
        if n:
            log.error("%d reports were going out when this program ended; the page of subscriptions shows which", n)

    def round(self, stop: threading.Event, alive: Callable[[], None] = lambda: None) -> None:
        """Note what has fallen due and send everything whose time has come; ``alive`` is called after each."""
        today = datetime.now(ZoneInfo(TIME_ZONE)).date()
        self._subscriptions.plan(today, _now_ms())
        while not stop.is_set() and (found := self._subscriptions.next_due(_now_ms())):
            self._send(*found)
            alive()

    def _send(self, subscription: Subscription, sending: Sending) -> None:
        about = f"report {sending.period} of subscription {subscription.id}"
        sending = self._subscriptions.begin(sending, _now_ms())
        try:
            subject, text, files = self._made(subscription, sending)
        except (NoFacility, NotSet, StatisticsAway) as error:
            self._note_failure(sending, about, error)
            return
        if not self._subscriptions.going_out(sending, _now_ms()):
            return  # removed meanwhile
        try:
            send(
                self._server,
                subscription.address,
                subject,
                text,
                files,
                message_id=_message_id(subscription, sending, self._server.sender),
            )
        except MaybeSent as error:
            log.error("%s may have been sent: the mail server broke off (%s)", about, error)
            self._subscriptions.unsure(sending, _now_ms())
        except (OSError, ValueError, ConfigError) as error:
            self._note_failure(sending, about, error)
        else:
            self._subscriptions.sent(sending, _now_ms())
            log.info("%s was sent", about)

    def _made(self, subscription: Subscription, sending: Sending) -> tuple[str, str, list[tuple[str, str, bytes]]]:
        province = self._provinces.get(subscription.province)
        if province is None:
            raise NoFacility
        now = datetime.now(ZoneInfo(TIME_ZONE))
        scope = Scope(province)
        by = f"MờiSố ({subscription.made_by})"
        targets = self._targets.aims(province.id)
        facts = gather(self._statistics, self._live, scope, sending.period, now, by, targets, subscription.site)
        made = report(facts, subscription.language)
        tongue = Tongue(subscription.language)
        words = {
            "period": made.heading.period,
            "place": made.heading.issuer,
            "results": "\n".join(f"- {sentence}" for sentence in made.sentences),
            "stamp": "\n".join(made.stamp),
        }
        name = f"moiso-{subscription.site or subscription.province}-{sending.period}"
        files = []
        if subscription.format is not Format.XLSX:
            files.append((f"{name}.pdf", "application/pdf", pdf(made)))
        if subscription.format is not Format.PDF:
            files.append((f"{name}.xlsx", MEDIA_TYPE, workbook(made, now)))
        return tongue.say(SUBJECT).format(**words), tongue.say(TEXT).format(**words), files

    def _note_failure(self, sending: Sending, about: str, error: Exception) -> None:
        # A server's refusal repeats the address it refuses; the log gets the kind of error and its code alone.
        code = getattr(error, "smtp_code", "")
        fault = f"{type(error).__name__} {code}".strip()
        state = self._subscriptions.not_sent(sending, fault, _now_ms())
        if state is State.FAILED:
            log.error("%s was given up: %s", about, fault)
        else:
            log.warning("%s was not sent and is tried again: %s", about, fault)


def _message_id(subscription: Subscription, sending: Sending, sender: str) -> str:
    return f"<report.{subscription.id}.{subscription.made_ms}.{sending.period}@{sender.rpartition('@')[2]}>"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def main() -> None:
    """Run until SIGTERM."""
    run_until_told("moiso-reports", _run)


def _run(stop: threading.Event) -> None:
    config = load(config_path("cloud"), Cloud)
    if config.mail is None:
        raise ConfigError("cloud.toml: [mail] is missing: without a mail server no report can be sent")
    statistics, live = SqliteStatistics(config.data), Live(config.data)
    subscriptions = Subscriptions(config.data)
    targets = Targets(config.data, config.aims)
    postman = Postman(subscriptions, statistics, live, config.mail, config.province, targets)
    postman.recover()
    notify("READY=1")
    alive = Alive()
    while not stop.is_set():
        alive.tell()
        postman.round(stop, alive.tell)
        stop.wait(LOOK_UP_S)


if __name__ == "__main__":
    main()
