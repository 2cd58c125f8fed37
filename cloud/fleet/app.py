"""moiso-fleet: watches over the devices of all sites, keeps the alarms, and has people told of them."""

import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Protocol

from cloud.accounts.database import now_ms
from cloud.config import Cloud
from cloud.fleet.books import books
from cloud.fleet.listener import LOOK_EVERY_S, Listener
from cloud.fleet.notice_settings import recipients
from cloud.fleet.notices import Notices, NoticeSettings
from cloud.fleet.store import Fleet
from cloud.fleet.watch import Watch
from cloud.ledger import open_ledger
from cloud.running import run_until_told
from edge.daemon.config import Broker, ConfigError, config_path, load

log = logging.getLogger("moiso-fleet")

AGAIN_S = 60.0


class Teller(Protocol):
    """Tells people of alarms, in a thread of its own."""

    def run(self, stop: threading.Event) -> None:
        """Do it until ``stop``."""


def run(
    config: Cloud,
    broker: Broker,
    stop: threading.Event,
    *,
    faster: int = 1,
    look_every_s: float = LOOK_EVERY_S,
    teller: Callable[[Fleet], Teller] | None = None,
) -> None:
    """Watch until ``stop``; for trials ``faster``, with waits that are so many times as short. Raises ConfigError."""
    open_ledger(config.data).close()
    fleet = Fleet(config.data)
    watch = Watch(fleet, partial(books, config.data), config.province, faster=faster)
    listener = Listener(broker, watch, look_every_s=look_every_s)
    telling = threading.Thread(target=_tell, args=(fleet, teller, stop)) if teller else None
    if telling:
        telling.start()
    try:
        listener.run(stop)
    finally:
        stop.set()
        if telling:
            telling.join()


def _tell(fleet: Fleet, teller: Callable[[Fleet], Teller], stop: threading.Event) -> None:
    """Have people told until ``stop``: whatever happens there, the sites are watched."""
    while not stop.is_set():
        try:
            teller(fleet).run(stop)
        except Exception as error:  # noqa: BLE001 - see above; its text may hold an address
            log.error("people are not told of alarms for a minute: %s", type(error).__name__)
            stop.wait(AGAIN_S)


def main() -> None:
    """Run until SIGTERM."""
    run_until_told("moiso-fleet", _run)


def _run(stop: threading.Event) -> None:
    config = load(config_path("cloud"), Cloud)
    if config.fleet is None:
        raise ConfigError("cloud.toml: [fleet] is missing: the way to the broker with the certificate 'fleet'")
    run(config, config.fleet, stop, teller=_teller(config))


def _teller(config: Cloud) -> Callable[[Fleet], Teller] | None:
    """Who tells people of alarms; None where nobody is to be told. Raises ConfigError."""
    to = recipients(config.notice, config.province, mail=config.mail is not None)
    settings = NoticeSettings(to, config.web.public_url)
    return (lambda fleet: Notices(fleet, config.data, settings, config.mail, now_ms)) if to else None


if __name__ == "__main__":
    main()
