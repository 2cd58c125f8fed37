"""The MQTT topics between a site and the cloud. The broker's ACL is written in the same words (docs/protocols.md)."""

ROOT = "moiso/v1"
# Not a shared subscription: whoever may connect may join one by its name, and would take messages from the ingest.
UP_FILTER = f"{ROOT}/+/up/events"


def events(site: str) -> str:
    """Where a site publishes its batches.

    >>> events("mau-01")
    'moiso/v1/mau-01/up/events'
    """
    return f"{ROOT}/{site}/up/events"


def acknowledgements(site: str) -> str:
    """Where the ingest answers a site."""
    return f"{ROOT}/{site}/down/ack"


def site_of(topic: str) -> str:
    """The site whose topic this is. Raises ValueError where the topic is none of ours.

    >>> site_of("moiso/v1/mau-01/up/events")
    'mau-01'
    """
    parts = topic.split("/")
    if len(parts) != 5 or parts[:2] != ["moiso", "v1"] or parts[3:] != ["up", "events"] or not parts[2]:
        raise ValueError("not a topic of MờiSố events")
    return parts[2]
