"""The way from the broker to the watcher. One thread: what comes while a look is written waits in the socket."""

import logging
import sqlite3
import threading
import time
import traceback

from cloud.broker_link import LOOK_UP_S, BrokerLink
from cloud.fleet.watch import Watch
from edge.contracts import topics
from edge.daemon.config import Broker

log = logging.getLogger("moiso-fleet")

CLIENT_ID = "fleet"  # the broker goes by the certificate's name instead, which is the same
LOOK_EVERY_S = 5.0


class Listener:
    """Hears the sites for ``watch``, and has it look every ``look_every_s``."""

    def __init__(self, broker: Broker, watch: Watch, *, look_every_s: float = LOOK_EVERY_S) -> None:
        self._watch = watch
        self._look_every_s = look_every_s
        self._looked = float("-inf")
        self._sees = False
        self._failing = ""
        # Nothing is kept for a watcher that is away: an old report with an old clock in it would say nothing. Without
        # a broker it watches too: it tells that it hears nobody.
        filters = ((topics.FLEET_FILTER, 0), (topics.LINK_FILTER, 1))
        look_up_s = min(LOOK_UP_S, look_every_s)
        self._link = BrokerLink(broker, CLIENT_ID, filters, log, needed=False, look_up_s=look_up_s)

    def run(self, stop: threading.Event) -> None:
        """Listen until ``stop``. A broker that is away is tried again and again, and the looks go on meanwhile."""
        self._link.run(stop, self._turn)

    def _turn(self) -> None:
        if self._link.up and not self._sees:
            self._watch.see()
        elif self._link.known and not self._link.up:
            self._watch.lose_sight()
        self._sees = self._link.up
        for message in self._link.inbox:
            try:
                site, is_link = topics.fleet_site(message.topic)
            except ValueError:  # a topic that is no UTF-8 as well
                continue
            self._watch.hear(site, bytes(message.payload), is_link=is_link)
        self._link.inbox.clear()
        self._look_if_due()

    def _look_if_due(self) -> None:
        if not self._link.known or time.monotonic() - self._looked < self._look_every_s:
            return
        self._looked = time.monotonic()
        try:
            self._watch.look()
        except sqlite3.Error as error:
            self._note_failure(f"fleet.db cannot be written: {type(error).__name__}")
        except Exception as bug:  # noqa: BLE001 - whatever one site sent, the others are watched
            # The text of the error may quote what was sent.
            place = traceback.extract_tb(bug.__traceback__)[-1]
            self._note_failure(f"{type(bug).__name__} in {place.name}, line {place.lineno}")
            self._watch.pass_over()
        else:
            if self._failing:
                log.info("the watcher looks again")
                self._failing = ""

    def _note_failure(self, why: str) -> None:
        if why != self._failing:
            log.error("the watcher cannot look: %s", why)
            self._failing = why
