"""moiso-phone: hears what the sites say of their tickets, and keeps the newest for the pages of patients' telephones.

One thread, like the ingest; but nothing is acknowledged and nothing is missed: a site says everything again within a
minute, so the broker keeps nothing for this program while it is away.
"""

import logging
import threading
import time
from pathlib import Path

from cloud.admission import NotAdmitted, Reason
from cloud.broker_link import BrokerLink
from cloud.phone.admission import admit
from cloud.phone.store import PhoneStore
from cloud.running import run_until_told
from cloud.shut_out import ShutOut
from edge.contracts import topics
from edge.contracts.phone import PhoneReport
from edge.daemon.config import Broker, Section, config_path, load

log = logging.getLogger("moiso-phone")

CLIENT_ID = "phone"  # the broker goes by the certificate's name instead, which is the same
TOGETHER = 50  # messages in one transaction, each of half a megabyte at most
FORGET_EVERY_S = 60.0


class PhoneConfig(Section, frozen=True):
    """``phone.toml``: ``data`` is the dashboard's folder, ``broker`` the way to the sites as "phone"."""

    data: Path
    broker: Broker


class Listener:
    """The way from the broker into the store."""

    def __init__(self, broker: Broker, store: PhoneStore, shut_out: ShutOut) -> None:
        self._store = store
        self._shut_out = shut_out
        self._refusing: set[tuple[str, Reason]] = set()
        self._forgot_at = float("-inf")
        self._link = BrokerLink(broker, CLIENT_ID, [(topics.PHONE_FILTER, 0)], log, together=TOGETHER)

    def run(self, stop: threading.Event) -> None:
        """Listen until ``stop``; a broker that is away is tried again and again."""
        self._link.run(stop, self._keep)

    def _keep(self) -> None:
        """Write everything in the inbox, and forget the days that are over."""
        now_ms = time.time_ns() // 1_000_000
        if time.monotonic() - self._forgot_at > FORGET_EVERY_S:
            self._forgot_at = time.monotonic()
            self._store.forget(now_ms)
        reports: list[tuple[str, PhoneReport]] = []
        revoked = self._shut_out.now() if self._link.inbox else frozenset()
        for message in self._link.inbox:
            site = topics.phone_site(message.topic)
            try:
                if site in revoked:
                    raise NotAdmitted(Reason.REVOKED)
                reports.append((site, admit(bytes(message.payload))))
            except NotAdmitted as refusal:
                self._note_refusal(site, refusal.reason)
        self._link.inbox.clear()
        if reports:
            self._store.take(reports, now_ms)

    def _note_refusal(self, site: str, reason: Reason) -> None:
        if (site, reason) not in self._refusing:
            log.error("what site %s says of its tickets is refused: %s", site, reason.value)
            self._refusing.add((site, reason))


def main() -> None:
    """Run until SIGTERM."""
    run_until_told("moiso-phone", _run)


def _run(stop: threading.Event) -> None:
    config = load(config_path("phone"), PhoneConfig)
    Listener(config.broker, PhoneStore(config.data), ShutOut(config.data)).run(stop)


if __name__ == "__main__":
    main()
