"""moiso-remote: signs what is wanted of each site, sends it until the site has answered, and keeps the answers.

One thread. The broker retains nothing and its word proves nothing: a version is sent when it is new, when its site says
that it does not know it, and every minute. The signing key is read by this program alone, not by the dashboard. A site
that is revoked is sent nothing and not believed, from the next turn on until it is readmitted.
"""

import logging
import threading
import time
from math import inf
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from cloud.broker_link import BrokerLink
from cloud.remote.signing import load_key, signed
from cloud.remote.store import Configurations
from cloud.running import run_until_told
from cloud.shut_out import ShutOut
from edge.contracts import topics
from edge.contracts.remote import Answer, Result, read_answer
from edge.daemon.config import Broker, Section, config_path, load

log = logging.getLogger("moiso-remote")

CLIENT_ID = "remote"  # the broker goes by the certificate's name instead, which is the same
TOGETHER = 50  # answers looked at before others are sent
AGAIN_S = 60.0
SOON_S = 5.0  # to a site that has just said that it does not know its version
SEEN_EVERY_S = 30.0


class RemoteConfig(Section, frozen=True):
    """``remote.toml``: ``data`` is the dashboard's folder, ``broker`` the way to the sites as "remote", and
    ``signing_key_file`` the Department's private key (Ed25519, PEM)."""

    data: Path
    broker: Broker
    signing_key_file: Path


class _Sent(Struct, frozen=True):
    version: int
    at: float


class Sender:
    """The way from what is wanted to the sites, and back."""

    def __init__(self, broker: Broker, key: Ed25519PrivateKey, store: Configurations, shut_out: ShutOut) -> None:
        self._key = key
        self._store = store
        self._shut_out = shut_out
        self._revoked: frozenset[str] = frozenset()
        self._sent: dict[str, _Sent] = {}
        self._asking: set[str] = set()  # sites that said how they stand since they were sent anything
        self._seen_at = -inf
        self._unread: set[str] = set()
        self._link = BrokerLink(broker, CLIENT_ID, [(topics.ANSWER_FILTER, 1)], log, together=TOGETHER)

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop``; a broker that is away is tried again and again."""
        self._link.run(stop, self._turn)

    def _turn(self) -> None:
        before, self._revoked = self._revoked, self._shut_out.now()
        for site in sorted(self._revoked - before):
            log.warning("site %s is revoked", site)
            self._sent.pop(site, None)  # once it is readmitted, it is sent at once
        for site in sorted(before - self._revoked):
            log.warning("site %s is readmitted", site)
        self._keep()
        if self._link.up:
            self._send()
        else:
            self._sent.clear()  # nobody knows what of it has arrived

    def _keep(self) -> None:
        """Write what the sites say."""
        now_ms = time.time_ns() // 1_000_000
        for message in self._link.inbox:
            site = topics.answer_site(message.topic)
            if site in self._revoked:
                continue
            try:
                answer = read_answer(bytes(message.payload))
            except ValueError as error:
                if site not in self._unread:
                    self._unread.add(site)
                    log.error("what site %s says of its configuration is refused: %s", site, error)
                continue
            self._store.take(site, answer, now_ms)
            self._tell(site, answer)
        self._link.inbox.clear()

    def _tell(self, site: str, answer: Answer) -> None:
        if answer.reason is not None and answer.reason.strange:
            log.error("site %s refuses a message as not the Department's: %s", site, answer.reason.value)
            return
        self._asking.add(site)
        sent = self._sent.get(site)
        if sent is not None and sent.version == answer.version and answer.result is not Result.NONE:
            why = f": {answer.reason.value}" if answer.reason else ""
            log.info("site %s: version %d is %s%s", site, answer.version, answer.result.value, why)

    def _send(self) -> None:
        """Send whatever is due."""
        now = time.monotonic()
        if now - self._seen_at > SEEN_EVERY_S:
            self._store.note_sender(time.time_ns() // 1_000_000)
            self._seen_at = now
        unanswered = {site: n for site, n in self._store.unanswered().items() if site not in self._revoked}
        for site, version in unanswered.items():
            before = self._sent.get(site, _Sent(0, -inf))
            due_s = SOON_S if site in self._asking else AGAIN_S
            if before.version == version and now - before.at < due_s:
                continue
            payload = signed(self._key, site, version, self._store.body(site, version))
            self._link.publish(topics.configuration(site), payload, qos=1)
            self._sent[site] = _Sent(version, now)
            self._asking.discard(site)
        self._asking &= unanswered.keys()


def main() -> None:
    """Run until SIGTERM."""
    run_until_told("moiso-remote", _run)


def _run(stop: threading.Event) -> None:
    config = load(config_path("remote"), RemoteConfig)
    store, shut_out = Configurations(config.data), ShutOut(config.data)
    Sender(config.broker, load_key(config.signing_key_file), store, shut_out).run(stop)


if __name__ == "__main__":
    main()
