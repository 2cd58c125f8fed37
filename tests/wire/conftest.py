"""A real hub in its own process, with the demo site's certificates and tokens."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.demo.site import Ports, Site, provision
from provisioning.demo.supervisor import Supervisor
from tests.wire.pcsc import virtual_readers as virtual_readers


@pytest.fixture(scope="module")
def hub_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A provisioned site whose hub runs."""
    site = provision(tmp_path_factory.mktemp("site"), Ports.free())
    with Supervisor(site.programs("hub")):
        yield site


@pytest.fixture
def fresh_site(tmp_path: Path) -> Site:
    """A provisioned site of which nothing runs."""
    return provision(tmp_path / "site", Ports.free())
