"""The cloud's server: the dashboard, the ingest, the ledger and the broker."""

from collections.abc import Iterator
from datetime import datetime

from cloud.config import Cloud
from provisioning.doctor import databases
from provisioning.doctor.asking import Address
from provisioning.doctor.findings import Finding
from provisioning.doctor.hub import broker, data_folder
from provisioning.doctor.programs import only_unit, page, running, unit_state
from provisioning.doctor.site import UNITS, Configured

INGEST, INGEST_NAME = "moiso-ingest", "ingest"


def look(site: Configured, config: Cloud, now: datetime) -> Iterator[Finding]:
    """Everything about the cloud's programs on this machine."""
    host, _, port = config.web.listen.rpartition(":")
    where = Address(host.strip("[]"), int(port))
    unit = unit_state(UNITS["cloud"], under_systemd=site.under_systemd)
    yield running("cloud.program", UNITS["cloud"], unit, page(where, "/"), where)
    ingest = only_unit("cloud.ingest", INGEST, unit_state(INGEST, under_systemd=site.under_systemd))
    if ingest is not None:
        yield ingest
    yield from data_folder("cloud.data", config.data)
    yield from databases.all_whole("cloud.database", config.data)
    yield from broker("cloud", config.broker, INGEST_NAME, now)
