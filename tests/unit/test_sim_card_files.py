"""The files of a simulated card, read with other people's libraries: asn1crypto, cryptography, Pillow."""

import hashlib
import io
from datetime import date

import pytest
from asn1crypto import cms, core, keys, parser
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key
from msgspec.structs import replace
from PIL import Image

from edge.devices.sim.card import lds
from edge.devices.sim.card.crypto import Suite
from edge.devices.sim.card.face import draw_face
from edge.devices.sim.card.faults import Flaw
from edge.devices.sim.card.issuer import Issuer
from edge.devices.sim.card.personalise import Person, Profile, name_line, personalise, second_line
from edge.devices.sim.card.points import BRAINPOOL_P256, BRAINPOOL_P512, P256, P384, Curve
from edge.devices.sim.card.proofs import Active
from tests.sim_terminal import Terminal

TODAY = date(2026, 11, 25)
PERSON = Person(
    id_number="001099000017",
    full_name="Nguyễn Văn Mẫu",
    birth=date(1999, 2, 1),
    sex="Nam",
    issued=date(2021, 5, 10),
    expiry=date(2039, 2, 1),
    father="Nguyễn Văn Cha",
    mother="Trần Thị Mẹ",
    spouse="Lê Thị Vợ",
    old_id="012345678",
)
ISSUER = Issuer.create(TODAY)


def files(profile: Profile = Profile(), flaw: Flaw | None = None, issuer: Issuer = ISSUER) -> dict[int, bytes]:  # noqa: B008
    return dict(personalise(PERSON, issuer, TODAY, profile=profile, flaw=flaw).contents.files)


def inside(file: bytes) -> bytes:
    """What is in a file, whose own tag is an application's."""
    tag_class, _, _, _, content, trailer = parser.parse(file, strict=True)
    assert (tag_class, trailer) == (1, b"")
    return bytes(content)


def signed_data(sod: bytes) -> cms.SignedData:
    assert sod[0] == 0x77
    return cms.ContentInfo.load(inside(sod), strict=True)["content"]


class DataGroupHash(core.Sequence):  # type: ignore[misc]
    _fields = [("number", core.Integer), ("value", core.OctetString)]  # noqa: RUF012 (asn1crypto changes it)


class DataGroupHashes(core.SequenceOf):  # type: ignore[misc]
    _child_spec = DataGroupHash


class LdsSecurityObject(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("version", core.Integer),
        ("algorithm", cms.DigestAlgorithm),
        ("hashes", DataGroupHashes),
    ]


def certificate_of(sod: bytes) -> bytes:
    return bytes(signed_data(sod)["certificates"][0].chosen.dump())


def test_the_mrz_is_that_of_the_card_with_every_check_digit() -> None:
    assert PERSON.mrz == "IDVNM0990000176001099000017<<7" + "9902015M3902013VNM<<<<<<<<<<<4" + "NGUYEN<<VAN<MAU".ljust(
        30, "<"
    )
    assert PERSON.can == "000017"
    assert PERSON.qr == (
        "001099000017|012345678|Nguyễn Văn Mẫu|01021999|Nam|Số 1 phố Giả, Phường Mẫu, Quận Thử, Hà Nội|10052021"
    )


def test_the_second_line_is_that_of_the_standards_example() -> None:
    first = "I<UTOD231458907<<<<<<<<<<<<<<<"  # 9303-5, appendix B
    assert second_line(first, "740812", "F", "120415", "").replace("VNM", "UTO") == "7408122F1204159UTO<<<<<<<<<<<6"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Đỗ Thị Ướt", "DO<<THI<UOT<<<<<<<<<<<<<<<<<<<"),
        ("Nguyễn", "NGUYEN<<<<<<<<<<<<<<<<<<<<<<<<"),
        ("Công Tằng Tôn Nữ Quỳnh Hương Thảo", "CONG<<TANG<TON<NU<QUYNH<HUONG<"),
        ("H'Hen Niê", "H<<HEN<NIE<<<<<<<<<<<<<<<<<<<<"),
    ],
)
def test_names_lose_their_diacritics(name: str, line: str) -> None:
    assert name_line(name) == line


def test_the_files_have_the_sizes_that_were_seen() -> None:
    made = files()
    assert {fid: len(made[fid]) for fid in (lds.DG1, lds.DG2)} == {lds.DG1: 95, lds.DG2: 23_011}
    for fid, size in ((lds.SOD, 1904), (lds.DG13, 462), (lds.DG14, 404)):
        assert abs(len(made[fid]) - size) < 60
    assert made[lds.COM].hex() == "60185f0104303130375f36063034303030305c06617563" + "6d6e6f"


def test_dg13_has_numbered_texts_as_public_readers_expect_them() -> None:
    whole = core.Sequence.load(inside(files()[lds.DG13]), strict=True)
    assert [whole[0].native, whole[1].native] == [1, "1.0.10646.1.0.8"]
    read = {}
    for item in core.SetOf.load(whole[2].dump(), strict=True, spec=core.Sequence):
        number, *values = (item[at] for at in range(len(item)))
        read[number.native] = [value.native if isinstance(value.native, str) else value[0].native for value in values]
    unknown = read.pop(16)
    assert len(unknown) == 1
    assert len(unknown[0]) == 16
    assert read == {
        1: ["001099000017"],
        2: ["Nguyễn Văn Mẫu"],
        3: ["01/02/1999"],
        4: ["Nam"],
        5: ["Việt Nam"],
        6: ["Kinh"],
        7: ["Không"],
        8: ["Xã Giả, Huyện Mẫu, Thành phố Hà Nội"],
        9: ["Số 1 phố Giả, Phường Mẫu, Quận Thử, Hà Nội"],
        10: ["Nốt ruồi cách 1cm dưới mép trái"],
        11: ["10/05/2021"],
        12: ["01/02/2039"],
        13: ["Nguyễn Văn Cha", "Trần Thị Mẹ"],
        14: ["Lê Thị Vợ"],
        15: ["012345678"],
    }


def test_who_has_no_family_on_the_card_has_empty_fields_there() -> None:
    alone = replace(PERSON, father="", mother="", spouse="", old_id="")
    dg13 = personalise(alone, ISSUER, TODAY).contents.files[lds.DG13]
    assert bytes.fromhex("300302010d" + "300302010e") in dg13
    assert bytes.fromhex("02010f") not in dg13


def test_dg2_holds_a_picture_that_pillow_opens_in_either_format() -> None:
    drawn = files()[lds.DG2]
    with Image.open(io.BytesIO(drawn[drawn.index(b"\xff\xd8") :])) as picture:
        picture.load()
        assert (picture.format, picture.size) == ("JPEG", (413, 531))
    assert drawn == files()[lds.DG2]  # the same face for the same person
    again = io.BytesIO()
    picture.save(again, "JPEG2000")
    made = personalise(PERSON, ISSUER, TODAY, portrait=again.getvalue()).contents.files[lds.DG2]
    assert made.endswith(again.getvalue())
    record = made[made.index(b"FAC\x00010\x00") :]
    assert int.from_bytes(record[8:12], "big") == len(record)
    assert int.from_bytes(record[14:18], "big") == len(record) - 14
    assert record[34:40].hex() == "0101" + "019d" + "0213"  # JPEG 2000, 413 × 531


@pytest.mark.parametrize("size", [18_000, 23_000, 60_000])
def test_a_face_is_drawn_in_just_so_many_bytes(size: int) -> None:
    drawn = draw_face("001099000017", size)
    assert len(drawn) == size
    with Image.open(io.BytesIO(drawn)) as picture:
        picture.load()
    assert draw_face("001099000018", size) != drawn


def test_dg14_offers_chip_authentication_and_names_its_key_with_all_parameters() -> None:
    card = personalise(PERSON, ISSUER, TODAY)
    infos = core.SetOf.load(inside(card.contents.files[lds.DG14]), strict=True, spec=core.Sequence)
    by_oid = {info[0].native: info for info in infos}
    assert by_oid.keys() == {
        "0.4.0.127.0.7.2.2.2",
        "0.4.0.127.0.7.2.2.3.2.2",
        "0.4.0.127.0.7.2.2.4.2.2",
        "0.4.0.127.0.7.2.2.1.2",
        "2.23.136.1.1.5",
    }
    assert [by_oid["0.4.0.127.0.7.2.2.4.2.2"][at].native for at in (1, 2)] == [2, 13]
    key = keys.PublicKeyInfo.load(by_oid["0.4.0.127.0.7.2.2.1.2"][1].dump())
    explicit = key["algorithm"]["parameters"].chosen
    assert explicit["field_id"]["parameters"].native == BRAINPOOL_P256.p
    assert explicit["order"].native == BRAINPOOL_P256.order
    chip_key = card.contents.chip_key
    assert chip_key is not None
    numbers = chip_key.private.public_key().public_numbers()
    assert key["public_key"].to_coords() == (numbers.x, numbers.y)


def test_what_a_chip_cannot_do_is_in_none_of_its_files() -> None:
    bare = files(Profile(pace=False, chip_suite=None, active=Active.NONE))
    assert lds.DG15 not in bare
    assert 0x011C not in bare
    infos = core.SetOf.load(inside(bare[lds.DG14]), strict=True, spec=core.Sequence)
    assert [info[0].native for info in infos] == ["0.4.0.127.0.7.2.2.2"]


@pytest.mark.req("K7")
@pytest.mark.parametrize("curve", [P256, P384, BRAINPOOL_P256], ids=lambda curve: curve.name)
def test_the_sod_signs_every_data_group_and_its_signer_is_the_issuers(curve: Curve) -> None:
    made = files(Profile(curve=curve))
    signed = signed_data(made[lds.SOD])
    content = signed["encap_content_info"]["content"].contents
    (signer,) = signed["signer_infos"]
    attributes = {item["type"].native: item["values"][0] for item in signer["signed_attrs"]}
    assert attributes["message_digest"].native == hashlib.sha256(content).digest()
    assert attributes["content_type"].dotted == "2.23.136.1.1.1"
    listed = LdsSecurityObject.load(content, strict=True)["hashes"].native
    groups = {fid & 0xFF: made[fid] for fid in made if fid not in (lds.COM, lds.SOD, 0x011C)}
    assert {item["number"]: item["value"] for item in listed} == {
        number: hashlib.sha256(file).digest() for number, file in groups.items()
    }
    certificate = x509.load_der_x509_certificate(certificate_of(made[lds.SOD]))
    public = certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signer["signature"].native, signer["signed_attrs"].untag().dump(), ec.ECDSA(hashes.SHA256()))
    csca = x509.load_der_x509_certificate(ISSUER.certificate)
    certificate.verify_directly_issued_by(csca)
    csca.verify_directly_issued_by(csca)
    assert certificate.not_valid_before_utc.date() < TODAY < certificate.not_valid_after_utc.date()
    assert csca.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert signer["sid"].chosen["serial_number"].native == certificate.serial_number
    assert signer["sid"].chosen["issuer"].dump() == certificate.issuer.public_bytes()


def test_a_signer_may_write_out_the_parameters_of_its_curve() -> None:
    issuer = Issuer.create(TODAY, BRAINPOOL_P512, explicit=True)
    made = files(Profile(explicit_signer=True), issuer=issuer)
    for der in (issuer.certificate, certificate_of(made[lds.SOD])):
        key = asn1_x509.Certificate.load(der, strict=True)["tbs_certificate"]["subject_public_key_info"]
        assert key["algorithm"]["parameters"].name == "specified"
        with pytest.raises(UnsupportedAlgorithm, match="explicit"):
            x509.load_der_x509_certificate(der).public_key()


def test_an_issuer_is_kept_and_restored() -> None:
    again = Issuer.restore(ISSUER.private_key, ISSUER.certificate)
    made = files(issuer=again)
    csca = x509.load_der_x509_certificate(ISSUER.certificate)
    x509.load_der_x509_certificate(certificate_of(made[lds.SOD])).verify_directly_issued_by(csca)


def test_a_wrong_id_number_makes_no_card() -> None:
    with pytest.raises(ValueError, match="12 digits"):
        personalise(replace(PERSON, id_number="00109900001"), ISSUER, TODAY)


@pytest.mark.req("K7")
@pytest.mark.parametrize("active", [Active.ECDSA, Active.RSA_SHA1, Active.RSA_SHA256])
@pytest.mark.parametrize("flaw", [None, Flaw.CLONED])
def test_active_authentication_signs_the_challenge_with_the_key_of_dg15(active: Active, flaw: Flaw | None) -> None:
    card = personalise(PERSON, ISSUER, TODAY, profile=Profile(active=active), flaw=flaw)
    terminal = Terminal(card)
    terminal.pace(PERSON.can)
    challenge = bytes.fromhex("F173589974BF40C6")
    assert terminal.send("00880000", challenge[:7], b"\x00") == (b"", 0x6700)
    signature, sw = terminal.send("00880000", challenge, b"\x00")
    assert sw == 0x9000
    public = load_der_public_key(inside(terminal.read(lds.DG15)))
    assert _signed(public, signature, challenge) is (flaw is None)
    assert not _signed(public, signature, bytes(8))


def _signed(public: object, signature: bytes, challenge: bytes) -> bool:
    if isinstance(public, ec.EllipticCurvePublicKey):
        half = len(signature) // 2
        r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
        try:
            public.verify(encode_dss_signature(r, s), challenge, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True
    assert isinstance(public, rsa.RSAPublicKey)
    numbers = public.public_numbers()
    message = pow(int.from_bytes(signature, "big"), numbers.e, numbers.n).to_bytes(192, "big")
    digest, trailer = (hashlib.sha1, 1) if message.endswith(b"\xbc") else (hashlib.sha256, 2)
    end = len(message) - trailer
    start = end - digest().digest_size
    return message[0] == 0x6A and message[start:end] == digest(message[1:start] + challenge).digest()


def test_the_trailer_tells_the_hash_of_an_rsa_signature() -> None:
    for active, trailer in ((Active.RSA_SHA1, "bc"), (Active.RSA_SHA256, "34cc")):
        card = personalise(PERSON, ISSUER, TODAY, profile=Profile(active=active, chip_suite=None, suite=Suite.DES3))
        terminal = Terminal(card)
        terminal.pace(PERSON.can)
        assert terminal.send("00880000", bytes(8), b"\xbf") == (b"", 0x6700)  # one byte less than it has
        signature, _ = terminal.send("00880000", bytes(8), b"\x00")
        key = card.contents.active_key
        assert isinstance(key, rsa.RSAPrivateKey)
        numbers = key.public_key().public_numbers()
        assert f"{pow(int.from_bytes(signature, 'big'), numbers.e, numbers.n):x}".endswith(trailer)
