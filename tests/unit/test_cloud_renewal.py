"""The certificates of the broker and of the cloud's programs renew themselves in time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.daemon.x509 import Authority, hosts_of, key_in, load_certificate
from provisioning.certificates import create_authority, issue
from provisioning.installer.cloud_renewal import SHOWN_BY, renew

NOW = datetime.now(UTC)
HOSTS = ("bang.example.vn", "127.0.0.1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ca, key = tmp_path / "ca.crt", tmp_path / "ca.key"
    create_authority(ca, key, "MoiSo broker bang.example.vn")
    for name, hosts in (("broker", HOSTS), ("ingest", ()), ("fleet", ())):
        crt = tmp_path / f"{name}.crt"
        issue(ca, key, crt=crt, key=tmp_path / f"{name}.key", common_name=name, hosts=hosts, client=not hosts)
    return tmp_path


def renewed(folder: Path, days: int) -> tuple[str, ...]:
    return renew(folder, Authority.load(folder / "ca.crt", folder / "ca.key"), NOW + timedelta(days=days))


@pytest.mark.req("X1", "X5")
def test_nothing_is_renewed_before_its_last_third(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert renewed(folder, 200) == ()
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.req("X1", "X5")
def test_what_is_due_is_renewed_over_its_own_key_and_for_the_same_hosts(folder: Path) -> None:
    before = {name: load_certificate((folder / f"{name}.crt").read_bytes()) for name in ("broker", "ingest", "fleet")}
    assert renewed(folder, 300) == ("broker", "ingest", "fleet")
    for name, old in before.items():
        new = load_certificate((folder / f"{name}.crt").read_bytes())
        assert (key_in(new), new.subject, hosts_of(new)) == (key_in(old), old.subject, hosts_of(old))
        assert new.not_valid_after_utc > old.not_valid_after_utc + timedelta(days=290)
    assert renewed(folder, 300) == (), "once"


def test_a_program_that_is_not_used_here_has_none(folder: Path) -> None:
    assert "phone" in SHOWN_BY
    renewed(folder, 300)
    assert not (folder / "phone.crt").exists()
