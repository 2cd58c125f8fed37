"""What moiso-restore puts where on an installed machine: the hub gets its own, and nothing that is root's."""

import os
import pwd
import tomllib
from pathlib import Path

import pytest

from edge.contracts.events import CatalogueAdopted, DayOpened
from edge.follower.restore import Report, give_to, install
from edge.hub.config import Enrolment, HubConfig, load_catalogue
from edge.hub.journal import Journal
from edge.hub.succession.belongings import CONFIG, portable
from tests import journals

CATALOGUE = Path("provisioning/demo/catalogue.toml")
SECRET_OF_ANOTHER = "secrets/kiosk/token"


def staging_with_an_authority(folder: Path) -> Path:
    """What a backup of a site that made its own authority unpacks to."""
    (folder / "hub").mkdir(parents=True)
    (folder / "config/enrolment.folder").mkdir(parents=True)
    day, catalogue = journals.Journal(), load_catalogue(CATALOGUE)
    day.add(CatalogueAdopted(catalogue))
    day.add(DayOpened(journals.DAY))
    for number in range(3):
        day.issue(f"A00{number}", catalogue.services[0].id)
    journal = Journal(folder / "hub/hub.db")
    journal.commit(day.entries, [], [], new_day=False, at_ms=1)
    journal.close()
    was = Path("/var/lib/moiso-hub")
    config = HubConfig(
        site="mau-01",
        data=was,
        catalogue=Path("/etc/moiso/catalogue.toml"),
        devices=Path("/etc/moiso/devices.toml"),
        officers=Path("/etc/moiso/officers.toml"),
        site_secret_file=Path("/etc/moiso/secrets/hub/site.key"),
        listen=(),
        enrolment=Enrolment(folder=was / "tls"),
    )
    (folder / "config" / CONFIG).write_text(portable(config, {}), encoding="utf-8")
    (folder / "config/catalogue").write_bytes(CATALOGUE.read_bytes())
    for name in ("devices", "officers"):
        (folder / "config" / name).write_text("", encoding="utf-8")
    for name in ("site-ca.crt", "site-ca.key", "hub.pem"):
        (folder / "config/enrolment.folder" / name).write_text(f"{name} of before", encoding="utf-8")
    return folder


def restored(tmp_path: Path) -> tuple[Report, Path, Path]:
    """Restored onto a machine on which the installer was: the report, its data, its configuration."""
    data, etc = tmp_path / "var", tmp_path / "etc"
    (data / "tls").mkdir(parents=True)
    (data / "tls/hub.pem").write_text("of the installed, empty hub", encoding="utf-8")
    (etc / SECRET_OF_ANOTHER).parent.mkdir(parents=True)
    (etc / SECRET_OF_ANOTHER).write_text("x", encoding="utf-8")
    (etc / SECRET_OF_ANOTHER).chmod(0o600)
    listens = f'address = "0.0.0.0:8443"\ncertificate = "{data}/tls/hub.pem"\nkey = "{data}/tls/hub.pem"\n'
    (etc / CONFIG).write_text(f"[[listen]]\n{listens}", encoding="utf-8")
    return install("a stick", staging_with_an_authority(tmp_path / "staging"), data, etc, (), 0.0), data, etc


@pytest.mark.req("X4")
def test_the_sites_authority_comes_back_to_where_the_hub_listens_and_may_renew_it(tmp_path: Path) -> None:
    _, data, etc = restored(tmp_path)
    told = tomllib.loads((etc / CONFIG).read_text(encoding="utf-8"))
    assert told["listen"] == [
        {"address": "0.0.0.0:8443", "certificate": f"{data}/tls/hub.pem", "key": f"{data}/tls/hub.pem"}
    ]
    assert told["enrolment"]["folder"] == str(data / "tls")
    for name in ("site-ca.crt", "site-ca.key", "hub.pem"):
        assert (data / "tls" / name).read_text(encoding="utf-8") == f"{name} of before"
        assert (data / "tls" / name).stat().st_mode & 0o777 == 0o600
    assert not (etc / "enrolment.folder").exists()
    assert [path.name for path in tmp_path.glob("var.before-*/tls/*")] == ["hub.pem"]  # what was there is kept aside


@pytest.mark.req("X3", "X4")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_the_hub_owns_its_data_reads_its_configuration_and_gets_nobody_elses_secret(tmp_path: Path) -> None:
    report, data, etc = restored(tmp_path)
    give_to("nobody", data, etc, report.files)
    nobody = pwd.getpwnam("nobody")
    assert {path.stat().st_uid for path in (data, *data.rglob("*"))} == {nobody.pw_uid}
    for name in (CONFIG, "catalogue", "devices", "site.key"):
        file = (etc / name).stat()
        assert (file.st_uid, file.st_gid, file.st_mode & 0o777) == (0, nobody.pw_gid, 0o640)
    other = (etc / SECRET_OF_ANOTHER).stat()
    assert (other.st_uid, other.st_gid, other.st_mode & 0o777) == (0, 0, 0o600)
    assert etc.stat().st_gid == 0
