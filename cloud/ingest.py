"""moiso-ingest: takes the sites' batches from the broker, commits them to the ledger, and then gives its word.

One thread: while a transaction is written nothing is read from the broker, and the broker holds no more than
``IN_FLIGHT`` messages out to us, so no queue grows here. A message is answered twice, both after the commit: with the
ingest's acknowledgement to the site, which may then forget, and with PUBACK to the broker. Whatever dies in between
leads to the same batch once more, which the ledger knows.

Several workers may share the work (docs/adr/0030): each its own process with a certificate of its own, in one shared
subscription whose name is a secret. Batches of one site may then reach different workers; the ledger keeps their order.
"""

import argparse
import logging
import threading
import time
from pathlib import Path

import msgspec
from paho.mqtt.client import MQTTMessage

from cloud.admission import VERSION, NotAdmitted, Reason, admit
from cloud.broker_link import BrokerLink, Held
from cloud.config import Cloud
from cloud.ledger import Arrival, Ledger, Refusal, Taken
from cloud.quarantine import Message
from cloud.running import run_until_told
from edge.contracts import topics
from edge.contracts.events import Acknowledgement
from edge.daemon.config import Broker, ConfigError, load, read_secret

log = logging.getLogger("moiso-ingest")

CLIENT_ID = "ingest"  # the broker goes by the certificate's name instead, which is the same
IN_FLIGHT = 200
SESSION_S = 3600  # how long the broker keeps messages for an ingest that is away; the sites keep them for ever
MOST_WORKERS = 8  # the broker's access list names each (provisioning.broker)
MIN_GROUP = 32  # characters of the shared subscription's secret name


class Ingest:
    """The way from the broker into a ledger."""

    def __init__(self, broker: Broker, ledger: Ledger, *, group: str = "") -> None:
        """``group`` is the name of the shared subscription; empty: this is the only worker."""
        self._ledger = ledger
        self._refusing: set[tuple[str, Reason]] = set()
        topic = f"$share/{group}/{topics.UP_FILTER}" if group else topics.UP_FILTER
        # Of several workers none leaves a session behind: the broker would go on handing its share to one who is away.
        held = Held(IN_FLIGHT, 0 if group else SESSION_S)
        self._link = BrokerLink(broker, CLIENT_ID, [(topic, 1)], log, together=IN_FLIGHT, held=held)

    def run(self, stop: threading.Event) -> None:
        """Take batches until ``stop``; a broker that is away is tried again and again."""
        self._link.run(stop, self._commit)

    def _commit(self) -> None:
        """Write everything in the inbox in one transaction, then answer it."""
        if not self._link.inbox:
            return
        received_ms = time.time_ns() // 1_000_000
        came = [found for message in self._link.inbox if (found := _read(message))]
        arrivals = [one for one in came if isinstance(one, Arrival)]
        refusals = [one for one in came if isinstance(one, Refusal)]
        committed = self._ledger.record_all(arrivals, received_ms=received_ms, refusals=refusals)
        for refusal in refusals:
            self._note_refusal(refusal.site, refusal.reason)
        answers: dict[tuple[str, str], int] = {}
        for arrival, taken in zip(arrivals, committed, strict=True):
            self._note(arrival.site, taken)
            if taken.refusal in (None, Reason.GAP):  # no answer to the others: a site would send the same at once
                answers[arrival.site, arrival.batch.epoch] = taken.seq
        for (site, epoch), seq in answers.items():
            # At most once: a site that misses it sends again, and is answered again.
            answer = msgspec.json.encode(Acknowledgement(VERSION, epoch, seq))
            self._link.publish(topics.acknowledgements(site), answer, qos=0)
        self._link.acknowledge()

    def _note(self, site: str, taken: Taken) -> None:
        if taken.refusal is None:
            self._note_acceptance(site)
        else:
            self._note_refusal(site, taken.refusal, taken.fault)

    def _note_refusal(self, site: str, reason: Reason, fault: str = "") -> None:
        if (site, reason) not in self._refusing:
            why = f"{reason.value} ({fault})" if fault else reason.value
            log.error("what site %s sends is refused: %s", site, why)
            self._refusing.add((site, reason))

    def _note_acceptance(self, site: str) -> None:
        refused = {(s, reason) for s, reason in self._refusing if s == site}
        if refused:
            log.info("what site %s sends is taken again", site)
            self._refusing -= refused


def _read(message: MQTTMessage) -> Arrival | Refusal | None:
    """What the ledger may take of it, or why not; None where the topic names no site."""
    payload = bytes(message.payload)
    try:
        site = topics.site_of(message.topic)
    except ValueError:
        return None
    try:
        return Arrival(site, admit(payload), Message.of(payload))
    except NotAdmitted as refusal:
        return Refusal(site, refusal.reason, Message.of(payload))


def of_worker(broker: Broker, worker: int) -> Broker:
    """The same broker with this worker's certificate and key: ``ingest-2.crt`` beside ``ingest.crt``."""
    return msgspec.structs.replace(
        broker,
        certificate=broker.certificate.with_stem(f"{broker.certificate.stem}-{worker}"),
        key=broker.key.with_stem(f"{broker.key.stem}-{worker}"),
    )


def group_name(path: Path) -> str:
    """The shared subscription's name. Raises ConfigError where it is missing, short, or no single level of a topic.

    It must be a secret: Mosquitto lets whoever is connected join a group that they can name, and would hand them a
    share of what the sites send.
    """
    name = read_secret(path)
    if len(name) < MIN_GROUP or not name.isascii() or not name.isalnum():
        raise ConfigError(f"{path}: at least {MIN_GROUP} letters and digits are expected; make them by chance")
    return name


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="moiso-ingest")
    parser.add_argument("--config", type=Path, default=Path("/etc/moiso/cloud.toml"))
    parser.add_argument("--worker", type=int, choices=range(1, MOST_WORKERS + 1), help="which of several")
    parser.add_argument("--group-file", type=Path, help="the secret name that the workers share")
    asked = parser.parse_args()
    if (asked.worker is None) != (asked.group_file is None):
        parser.error("--worker and --group-file go together")
    return asked


def main() -> None:
    """Run until SIGTERM."""
    run_until_told("moiso-ingest", _run)


def _run(stop: threading.Event) -> None:
    asked = _asked()
    config = load(asked.config, Cloud)
    if asked.worker is None:
        ingest = Ingest(config.broker, Ledger(config.data))
    else:
        group = group_name(asked.group_file)
        ingest = Ingest(of_worker(config.broker, asked.worker), Ledger(config.data), group=group)
    ingest.run(stop)


if __name__ == "__main__":
    main()
