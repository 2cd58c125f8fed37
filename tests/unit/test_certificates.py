"""What the authorities issue passes the strict checks of a TLS handshake, and nothing else does."""

import ssl
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from provisioning.certificates import create_authority, issue


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name in ("ca", "other-ca"):
        create_authority(tmp_path / f"{name}.crt", tmp_path / f"{name}.key", "MờiSố, cơ sở mẫu")
    give(tmp_path, "server", "hub", hosts=("127.0.0.1", "hub.mau.example"))
    give(tmp_path, "client", "mau-01", client=True)
    return tmp_path


def give(folder: Path, file: str, name: str, *, hosts: tuple[str, ...] = (), client: bool = False) -> None:
    issue(
        folder / "ca.crt",
        folder / "ca.key",
        crt=folder / f"{file}.crt",
        key=folder / f"{file}.key",
        common_name=name,
        hosts=hosts,
        client=client,
    )


def handshake(folder: Path, *, server: str = "server", client: str = "client", ca: str = "ca", host: str) -> str:
    """The common name that the server sees after a mutual handshake in memory, both ends strict (Python 3.13's way)."""
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "ca.crt")
    serving.load_cert_chain(folder / f"{server}.crt", folder / f"{server}.key")
    serving.verify_mode = ssl.CERT_REQUIRED
    asking = ssl.create_default_context(cafile=folder / f"{ca}.crt")
    asking.load_cert_chain(folder / f"{client}.crt", folder / f"{client}.key")
    for context in (serving, asking):
        context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    server_end = serving.wrap_bio(up, down, server_side=True)
    client_end = asking.wrap_bio(down, up, server_hostname=host)

    def step(action: Callable[[], object]) -> bool:
        try:
            action()
        except ssl.SSLWantReadError:
            return False
        return True

    for _ in range(6):
        done = step(client_end.do_handshake), step(server_end.do_handshake)
        if all(done):
            break
    seen = server_end.getpeercert(binary_form=True)
    assert seen is not None
    (name,) = x509.load_der_x509_certificate(seen).subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(name.value)


@pytest.mark.req("X3")
@pytest.mark.parametrize("host", ["127.0.0.1", "hub.mau.example"])
def test_a_strict_handshake_succeeds_and_names_the_client(site: Path, host: str) -> None:
    assert handshake(site, host=host) == "mau-01"


def test_another_host_is_refused(site: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        handshake(site, host="127.0.0.2")


def test_another_authority_of_the_same_name_is_refused(site: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(site, host="127.0.0.1", ca="other-ca")


def test_a_client_cannot_pose_as_a_server(site: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="purpose"):
        handshake(site, host="127.0.0.1", server="client")


def test_a_server_cannot_pose_as_a_client(site: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="purpose"):
        handshake(site, host="127.0.0.1", client="server")


@pytest.mark.req("X6")
def test_certificates_run_out_within_397_days(site: Path) -> None:
    for name in ("server", "client"):
        certificate = x509.load_pem_x509_certificate((site / f"{name}.crt").read_bytes())
        span = certificate.not_valid_after_utc - certificate.not_valid_before_utc
        assert timedelta(days=360) < span <= timedelta(days=397)


@pytest.mark.req("X3")
def test_keys_are_for_their_owner_alone(site: Path) -> None:
    for key in site.glob("*.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_key_is_never_written_over(site: Path) -> None:
    before = (site / "ca.key").read_bytes()
    with pytest.raises(FileExistsError):
        create_authority(site / "ca.crt", site / "ca.key", "again")
    with pytest.raises(FileExistsError):
        give(site, "client", "mau-01", client=True)
    assert (site / "ca.key").read_bytes() == before


def test_a_server_without_hosts_is_a_mistake(site: Path) -> None:
    with pytest.raises(ValueError, match="hosts"):
        give(site, "hostless", "hub")
