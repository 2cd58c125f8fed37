"""The MQTT topics between a site and the cloud. The broker's ACL is written in the same words (docs/protocols.md)."""

ROOT = "moiso/v1"
# Several ingests share it under a secret name (docs/adr/0030).
UP_FILTER = f"{ROOT}/+/up/events"
PHONE_FILTER = f"{ROOT}/+/up/phone"
FLEET_FILTER, LINK_FILTER = f"{ROOT}/+/up/fleet", f"{ROOT}/+/up/link"
ANSWER_FILTER = f"{ROOT}/+/up/configuration"


def events(site: str) -> str:
    """Where a site publishes its batches.

    >>> events("mau-01")
    'moiso/v1/mau-01/up/events'
    """
    return f"{ROOT}/{site}/up/events"


def acknowledgements(site: str) -> str:
    """Where the ingest answers a site."""
    return f"{ROOT}/{site}/down/ack"


def phone(site: str) -> str:
    """Where a site publishes how it stands with its tickets.

    >>> phone("mau-01")
    'moiso/v1/mau-01/up/phone'
    """
    return f"{ROOT}/{site}/up/phone"


def phone_site(topic: str) -> str:
    """The site of such a topic. Raises ValueError where the topic is none."""
    parts = topic.split("/")
    if len(parts) != 5 or not parts[2] or topic != phone(parts[2]):
        raise ValueError("not a topic of MờiSố for telephones")
    return parts[2]


def fleet(site: str) -> str:
    """Where a site publishes how its devices are.

    >>> fleet("mau-01")
    'moiso/v1/mau-01/up/fleet'
    """
    return f"{ROOT}/{site}/up/fleet"


def link(site: str) -> str:
    """Where a site says that it is here, and the broker that it was lost."""
    return f"{ROOT}/{site}/up/link"


def fleet_site(topic: str) -> tuple[str, bool]:
    """The site of such a topic, and whether it is the one of the link. Raises ValueError where the topic is neither.

    >>> fleet_site("moiso/v1/mau-01/up/link")
    ('mau-01', True)
    """
    parts = topic.split("/")
    if len(parts) != 5 or not parts[2] or topic not in (fleet(parts[2]), link(parts[2])):
        raise ValueError("not a topic of MờiSố for devices")
    return parts[2], topic == link(parts[2])


def configuration(site: str) -> str:
    """Where the Department sends a site the versions of its configuration.

    >>> configuration("mau-01")
    'moiso/v1/mau-01/down/configuration'
    """
    return f"{ROOT}/{site}/down/configuration"


def answer(site: str) -> str:
    """Where a site answers them.

    >>> answer("mau-01")
    'moiso/v1/mau-01/up/configuration'
    """
    return f"{ROOT}/{site}/up/configuration"


def answer_site(topic: str) -> str:
    """The site of such a topic. Raises ValueError where the topic is none."""
    parts = topic.split("/")
    if len(parts) != 5 or not parts[2] or topic != answer(parts[2]):
        raise ValueError("not a topic of MờiSố for configurations")
    return parts[2]


def site_of(topic: str) -> str:
    """The site whose topic this is. Raises ValueError where the topic is none of ours.

    >>> site_of("moiso/v1/mau-01/up/events")
    'mau-01'
    """
    parts = topic.split("/")
    if len(parts) != 5 or parts[:2] != ["moiso", "v1"] or parts[3:] != ["up", "events"] or not parts[2]:
        raise ValueError("not a topic of MờiSố events")
    return parts[2]
