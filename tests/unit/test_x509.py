"""Keys, requests and certificates, judged by OpenSSL itself and fed with rubbish."""

import base64
import ipaddress
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from edge.daemon.x509 import (
    MOST_HOSTS,
    Authority,
    checked_host,
    hosts_of,
    is_due,
    issued_by,
    load_certificate,
    load_key,
    make_request,
    new_key,
    new_site_authority,
    pem_of,
    permits,
    public_bytes,
    read_request,
)

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def authority() -> Authority:
    certificate, pem = new_site_authority("MoiSo mau-01", ["hub.example.org", "203.0.113.9"], NOW)
    return Authority(certificate, load_key(pem))


def verified(authority: Authority, host: str, folder: Path, *, strict: bool = True) -> str:
    """What ``openssl verify`` says of a certificate for this host."""
    made = authority.issue(public_bytes(new_key().public_key()), name="x", now=NOW, hosts=[host])
    (folder / "ca.pem").write_text(pem_of(authority.certificate))
    (folder / "leaf.pem").write_text(pem_of(made))
    kind = "-verify_ip" if host[0].isdigit() or ":" in host else "-verify_hostname"
    command = ["openssl", "verify", "-purpose", "sslserver", "-CAfile", "ca.pem", kind, host]
    command += ["-x509_strict"] if strict else []
    done = subprocess.run([*command, "leaf.pem"], cwd=folder, capture_output=True, text=True)
    return "OK" if done.returncode == 0 else done.stderr


@pytest.mark.req("X3", "X6")
@pytest.mark.parametrize(
    "host",
    ["192.168.1.5", "10.0.0.7", "127.0.0.1", "fd00::5", "localhost", "hub.local", "hub.example.org", "203.0.113.9"],
)
def test_the_sites_authority_vouches_for_the_site(authority: Authority, tmp_path: Path, host: str) -> None:
    assert permits(authority.certificate, host)
    assert verified(authority, host, tmp_path) == "OK"


@pytest.mark.req("X3", "X6")
@pytest.mark.parametrize("host", ["bank.example.com", "203.0.113.10", "example.org", "2001:db8::1", "notlocal"])
def test_and_for_nothing_else_whoever_has_its_key(authority: Authority, tmp_path: Path, host: str) -> None:
    assert not permits(authority.certificate, host)
    assert "permitted subtree violation" in verified(authority, host, tmp_path)


def test_the_authority_is_for_ten_years_signs_no_other_authority_and_says_so_to_old_browsers(
    authority: Authority,
) -> None:
    made = authority.certificate
    constraints = made.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)
    assert (made.not_valid_after_utc - made.not_valid_before_utc).days == 3649
    assert made.extensions.get_extension_for_class(x509.NameConstraints).critical


def test_a_certificate_lasts_397_days_is_due_in_its_last_third_and_never_outlives_its_authority(
    authority: Authority,
) -> None:
    key = public_bytes(new_key().public_key())
    made = authority.issue(key, name="x", now=NOW, hosts=["10.0.0.7"])
    assert (made.not_valid_after_utc - made.not_valid_before_utc) == timedelta(days=397, seconds=-1)
    assert issued_by(made, authority.certificate)
    assert not is_due(made, NOW + timedelta(days=262))
    assert is_due(made, NOW + timedelta(days=265))
    late = authority.issue(key, name="x", now=NOW + timedelta(days=3600), hosts=["10.0.0.7"])
    assert late.not_valid_after_utc == authority.certificate.not_valid_after_utc


def test_a_request_says_its_key_and_its_hosts() -> None:
    key = new_key()
    request = read_request(make_request(key, "kiosk", ["Hub.local", "10.0.0.7", "FD00::0005"]))
    assert request.key == public_bytes(key.public_key())
    assert request.hosts == ("Hub.local".lower(), "10.0.0.7", "fd00::5")


def signed(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, *names: x509.GeneralName) -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.req("X1")
@pytest.mark.parametrize(
    "pem",
    [
        signed(rsa.generate_private_key(65537, 2048)),
        signed(ec.generate_private_key(ec.SECP384R1())),
        signed(new_key(), x509.RFC822Name("a@example.org")),
        signed(new_key(), x509.UniformResourceIdentifier("https://example.org")),
        signed(new_key(), x509.DNSName("*.local")),
        signed(new_key(), x509.DNSName("a..b")),
        signed(new_key(), *(x509.DNSName(f"h{n}.local") for n in range(MOST_HOSTS + 1))),
        make_request(new_key(), "x").replace("MI", "MA", 1),
        "",
        "x" * 5000,
    ],
)
def test_a_request_for_anything_but_hosts_over_a_key_of_ours_is_none(pem: str) -> None:
    with pytest.raises(ValueError, match=r"request|name|host"):
        read_request(pem)


def test_a_request_whose_signature_is_anothers_is_none() -> None:
    pem = make_request(new_key(), "x")
    raw = bytearray(x509.load_pem_x509_csr(pem.encode()).public_bytes(serialization.Encoding.DER))
    raw[-1] ^= 1
    body = base64.encodebytes(bytes(raw)).decode()
    with pytest.raises(ValueError, match="request"):
        read_request(f"-----BEGIN CERTIFICATE REQUEST-----\n{body}-----END CERTIFICATE REQUEST-----\n")


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda data: data.decode("latin-1")))
def test_rubbish_is_no_request_no_certificate_and_no_host(text: str) -> None:
    for read in (read_request, load_certificate):
        with pytest.raises(ValueError):  # noqa: PT011 - whatever it says, it is no crash
            read(text)
    try:
        host = checked_host(text)
    except ValueError:
        return
    assert host == host.lower()
    assert len(host) <= 253


@given(st.integers(0, 2**32 - 1))
def test_every_private_address_is_permitted_and_no_public_one(number: int) -> None:
    certificate = SITE
    address = ipaddress.IPv4Address(number)
    ours = any(
        address in ipaddress.ip_network(net)
        for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8")
    )
    assert permits(certificate, str(address)) == ours


SITE, _ = new_site_authority("MoiSo", [], NOW)


def test_hosts_of_a_certificate_without_any_are_none(authority: Authority) -> None:
    client = authority.issue(public_bytes(new_key().public_key()), name="mau-01", now=NOW)
    assert hosts_of(client) == ()


@pytest.mark.req("X6")
def test_a_list_of_revoked_certificates_reads_back_and_is_taken_from_its_own_authority_alone(
    authority: Authority,
) -> None:
    moment = NOW.replace(microsecond=0)
    listed = authority.revocation_list([(7, moment), (9, moment)], NOW)
    assert authority.listed(listed) == [(7, moment), (9, moment)]
    assert authority.listed(b"") == []
    certificate, pem = new_site_authority("MoiSo mau-01", [], NOW)
    with pytest.raises(ValueError, match="another authority"):
        Authority(certificate, load_key(pem)).listed(listed)
