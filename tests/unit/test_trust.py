"""The folder of CSCA certificates that the operator fills."""

import base64
from datetime import date
from pathlib import Path

import pytest

from edge.daemon.config import ConfigError
from edge.devices.sim.card.issuer import Issuer
from edge.devices.sim.card.points import P256
from edge.devices.trust import MAX_FILE, load_csca
from edge.emrtd.certificate import parse_certificate

TODAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def csca() -> tuple[bytes, bytes]:
    return Issuer.create(TODAY).certificate, Issuer.create(TODAY).certificate


def pem(*certificates: bytes) -> bytes:
    return b"".join(
        b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(each) + b"-----END CERTIFICATE-----\n"
        for each in certificates
    )


def test_der_and_pem_are_read_whatever_their_ending_and_each_certificate_counts_once(
    tmp_path: Path, csca: tuple[bytes, bytes]
) -> None:
    (tmp_path / "a.cer").write_bytes(csca[0])
    (tmp_path / "b.CRT").write_bytes(b"Vietnam\n" + pem(csca[1], csca[0]).replace(b"\n", b"\r\n"))
    (tmp_path / "c.der").write_bytes(csca[1])
    (tmp_path / "d.pem").write_bytes(pem(csca[0]))
    assert load_csca(tmp_path) == csca
    for each in csca:
        parse_certificate(each)


def test_an_empty_folder_has_none_and_other_files_are_not_looked_at(tmp_path: Path) -> None:
    assert load_csca(tmp_path) == ()
    (tmp_path / "README.txt").write_text("no certificate")
    (tmp_path / "old").mkdir()
    assert load_csca(tmp_path) == ()


@pytest.mark.parametrize("suffix", ["cer", "crt", "der", "pem"])
@pytest.mark.parametrize("broken", ["cut", "text", "empty", "longer", "base64"])
def test_a_broken_file_is_named(tmp_path: Path, csca: tuple[bytes, bytes], suffix: str, broken: str) -> None:
    (tmp_path / "a.der").write_bytes(csca[0])
    (tmp_path / f"moi.{suffix}").write_bytes(
        {
            "cut": csca[0][:-1],
            "text": "chứng thư số".encode(),
            "empty": b"",
            "longer": csca[0] + b"\0",
            "base64": pem(csca[0]).replace(b"MII", b"M!I", 1),
        }[broken]
    )
    with pytest.raises(ConfigError, match=rf"moi\.{suffix}: no certificate.*DER or PEM"):
        load_csca(tmp_path)


def test_one_broken_certificate_among_good_ones_is_not_passed_over(tmp_path: Path, csca: tuple[bytes, bytes]) -> None:
    (tmp_path / "all.pem").write_bytes(pem(csca[0], csca[1][:-1]))
    with pytest.raises(ConfigError, match=r"all\.pem"):
        load_csca(tmp_path)


def test_a_file_too_large_is_named(tmp_path: Path) -> None:
    (tmp_path / "film.der").write_bytes(bytes(MAX_FILE + 1))
    with pytest.raises(ConfigError, match=r"film\.der: too large"):
        load_csca(tmp_path)


def test_a_file_that_cannot_be_read_and_a_folder_that_is_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"csca: .*No such file"):
        load_csca(tmp_path / "csca")
    (tmp_path / "folder.pem").mkdir()
    with pytest.raises(ConfigError, match=r"folder\.pem: cannot be read"):
        load_csca(tmp_path)


def test_a_signers_certificate_is_no_csca_and_the_file_is_named(tmp_path: Path) -> None:
    signer = Issuer.create(TODAY).new_signer(TODAY, P256)
    (tmp_path / "signer.cer").write_bytes(signer.certificate)
    with pytest.raises(ConfigError, match=r"signer\.cer: holds a certificate that may not sign others"):
        load_csca(tmp_path)


def test_a_certificate_whose_key_cannot_be_used_is_refused_at_start(tmp_path: Path, csca: tuple[bytes, bytes]) -> None:
    unknown_curve = csca[0].replace(bytes.fromhex("06052b81040022"), bytes.fromhex("06052b810400ff"))
    assert unknown_curve != csca[0]
    (tmp_path / "odd.cer").write_bytes(unknown_curve)
    with pytest.raises(ConfigError, match=r"odd\.cer"):
        load_csca(tmp_path)
