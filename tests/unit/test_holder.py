"""Who a document names, and what each source of it proved."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace

from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document
from edge.emrtd.dg13 import Dg13
from edge.emrtd.errors import CardError
from edge.emrtd.lds import File
from edge.emrtd.mrz import Mrz, parse_mrz
from edge.emrtd.passive_auth import Chain, Verdict
from edge.emrtd.reader import AccessProtocol, ChipContents, ChipProof
from edge.identity.card_date import CardDate
from edge.identity.cccd_qr import CccdQr
from edge.identity.holder import Holder, Proof, from_chip, from_qr, identify
from edge.identity.id_number import Sex
from edge.identity.qr import read_qr
from tests.emrtd_files import (
    FILES,
    MRZ_TD1,
    VIETNAMESE,
    Certified,
    Sod,
    authority,
    dg1,
    dg2,
    dg13,
    ec_key,
    facial_record,
    field,
    name,
    signer,
    sod,
    text,
)

TODAY = date(2026, 11, 23)
QR = "001099000017|012345678|Nguyễn Văn Mẫu|01021999|Nam|Số 1 phố Giả, Hà Nội|10052021"
VNEID = QR.replace("10052021", "01022039")
BHYT = "HC4010099000017|4e677579e1bb856e2056c4836e204de1baab75|1999|2|-|01 - 001|01/01/2026|-|-|$"
MRZ = parse_mrz(MRZ_TD1)
DG13 = Dg13(id_number="001099000017", full_name="Nguyễn Văn Mẫu", birth="1999-02-01", sex="Nam")
GOOD = Verdict({1: True, 13: True, 14: True, 15: True}, True, Chain.TRUSTED)
CA, AA, NO_PROOF = ChipProof.CHIP_AUTHENTICATION, ChipProof.ACTIVE_AUTHENTICATION, ChipProof.NOT_OFFERED


def qr_of(line: str = QR) -> CccdQr:
    qr = read_qr(line)
    assert isinstance(qr, CccdQr)
    return qr


def chip_holder(
    mrz: Mrz = MRZ,
    dg13: Dg13 | None = DG13,
    verdict: Verdict = GOOD,
    proof: ChipProof = CA,
    qr: CccdQr | None = None,
) -> Holder:
    return from_chip(mrz, dg13, verdict, proof, TODAY, qr)


def fault_of(
    mrz: Mrz = MRZ,
    dg13: Dg13 | None = DG13,
    verdict: Verdict = GOOD,
    proof: ChipProof = CA,
    qr: CccdQr | None = None,
) -> ReadingFault:
    with pytest.raises(CardError) as caught:
        chip_holder(mrz, dg13, verdict, proof, qr)
    return caught.value.fault


@pytest.mark.req("K7", "K11")
def test_a_qr_names_its_holder_and_proves_no_more_than_that_it_was_read() -> None:
    holder = from_qr(qr_of(), TODAY)
    assert holder == Holder(
        document=Document.CCCD_QR,
        full_name="Nguyễn Văn Mẫu",
        birth=CardDate(1999, 2, 1),
        sex=Sex.MALE,
        id_number="001099000017",
        proofs=frozenset({Proof.QR_READ}),
    )
    assert from_qr(qr_of(VNEID), TODAY) == replace(holder, document=Document.VNEID_QR)


@pytest.mark.req("K11", "K12")
def test_an_insurance_card_names_its_holder_by_the_insurance_number_alone() -> None:
    assert from_qr(read_qr(BHYT), TODAY) == Holder(
        document=Document.BHYT_QR,
        full_name="Nguyễn Văn Mẫu",
        birth=CardDate(1999),
        sex=Sex.FEMALE,
        insurance_number="HC4010099000017",
        proofs=frozenset({Proof.QR_READ}),
    )


@pytest.mark.req("K7")
def test_a_chip_names_its_holder_in_vietnamese_and_says_what_it_proved() -> None:
    assert chip_holder(qr=qr_of()) == Holder(
        document=Document.CCCD_CHIP,
        full_name="Nguyễn Văn Mẫu",
        birth=CardDate(1999, 2, 1),
        sex=Sex.MALE,
        id_number="001099000017",
        proofs=frozenset(Proof),
    )


def test_the_name_is_the_qrs_where_the_chip_has_it_without_marks_only_and_that_where_there_is_no_qr() -> None:
    assert chip_holder(dg13=None, qr=qr_of(QR.replace("Mẫu", "Mậu"))).full_name == "Nguyễn Văn Mậu"
    assert chip_holder(dg13=Dg13(), qr=qr_of()).full_name == "Nguyễn Văn Mẫu"
    assert chip_holder(dg13=None).full_name == "NGUYEN VAN MAU"
    assert chip_holder(mrz=replace(MRZ, secondary=""), dg13=None).full_name == "NGUYEN"


@pytest.mark.req("X1")
@pytest.mark.parametrize(
    ("verdict", "proof", "proven"),
    [
        (GOOD, CA, {Proof.CHIP_SIGNED, Proof.SIGNER_TRUSTED, Proof.CHIP_GENUINE}),
        (GOOD, AA, {Proof.CHIP_SIGNED, Proof.SIGNER_TRUSTED, Proof.CHIP_GENUINE}),
        (GOOD, NO_PROOF, {Proof.CHIP_SIGNED, Proof.SIGNER_TRUSTED}),
        (replace(GOOD, chain=Chain.NOT_CHECKED), CA, {Proof.CHIP_SIGNED, Proof.CHIP_GENUINE}),
        # a key that was not among what was signed proves nothing of this chip
        (replace(GOOD, hashes={1: True, 13: True}), CA, {Proof.CHIP_SIGNED, Proof.SIGNER_TRUSTED}),
        (replace(GOOD, hashes={1: True, 13: True, 14: True}), AA, {Proof.CHIP_SIGNED, Proof.SIGNER_TRUSTED}),
    ],
)
def test_each_proof_stands_for_itself(verdict: Verdict, proof: ChipProof, proven: set[Proof]) -> None:
    assert chip_holder(verdict=verdict, proof=proof).proofs == proven


@pytest.mark.req("X1")
@pytest.mark.parametrize(
    ("verdict", "fault"),
    [
        (replace(GOOD, hashes={**GOOD.hashes, 1: False}), ReadingFault.HASH_MISMATCH),
        (replace(GOOD, hashes={**GOOD.hashes, 14: False}), ReadingFault.HASH_MISMATCH),
        (replace(GOOD, hashes={13: True}), ReadingFault.HASH_MISMATCH),
        (replace(GOOD, hashes={1: True}), ReadingFault.HASH_MISMATCH),
        (replace(GOOD, signature=False), ReadingFault.SIGNATURE_INVALID),
        (replace(GOOD, chain=Chain.UNKNOWN), ReadingFault.SIGNER_UNKNOWN),
        (replace(GOOD, chain=Chain.EXPIRED), ReadingFault.SIGNER_EXPIRED),
    ],
)
def test_what_is_not_as_it_was_signed_or_signed_by_a_stranger_is_nobodys_document(
    verdict: Verdict, fault: ReadingFault
) -> None:
    assert fault_of(verdict=verdict) is fault


@pytest.mark.req("K7", "X1")
@pytest.mark.parametrize(
    "line",
    [
        QR.replace("001099000017", "001099000018"),
        QR.replace("01021999", "02021999"),
        QR.replace("01021999", "1998"),
        QR.replace("01021999", "01021899"),
        QR.replace("|Nam|", "|Nữ|"),
    ],
)
@pytest.mark.parametrize("details", [DG13, None])
def test_a_chip_that_tells_of_somebody_else_than_the_qr_is_refused(line: str, details: Dg13 | None) -> None:
    assert fault_of(dg13=details, qr=qr_of(line)) is ReadingFault.QR_DISAGREES


@pytest.mark.parametrize("written", ["1999", "021999", "00001999"])
def test_a_qr_that_says_less_of_the_birth_date_agrees(written: str) -> None:
    assert chip_holder(qr=qr_of(QR.replace("01021999", written))).birth == CardDate(1999, 2, 1)


def test_vneid_and_the_card_are_the_same_person_when_the_chip_is_read() -> None:
    assert chip_holder(qr=qr_of(VNEID)) == chip_holder(qr=qr_of())


@pytest.mark.req("X1")
@pytest.mark.parametrize(
    "details",
    [
        replace(DG13, id_number="001099000018"),
        replace(DG13, birth="1999-02-02"),
        replace(DG13, birth="1999-03"),
        replace(DG13, birth="1998"),
        replace(DG13, sex="Nữ"),
    ],
)
def test_a_chip_that_contradicts_itself_is_refused(details: Dg13) -> None:
    assert fault_of(dg13=details) is ReadingFault.QR_DISAGREES


@pytest.mark.parametrize(
    "details", [Dg13(), replace(DG13, birth="1999"), replace(DG13, sex="khác"), replace(DG13, sex="NAM")]
)
def test_what_dg13_leaves_out_or_words_otherwise_is_no_contradiction(details: Dg13) -> None:
    assert chip_holder(dg13=details, qr=qr_of()).id_number == "001099000017"


@pytest.mark.req("K7")
@pytest.mark.parametrize(
    ("id_number", "printed", "birth"),
    [
        ("001099000017", "990201", CardDate(1999, 2, 1)),
        ("001020000017", "200201", CardDate(1920, 2, 1)),  # a hundred and six years old
        ("001220000017", "200201", CardDate(2020, 2, 1)),
        ("001000000017", "000201", CardDate(1900, 2, 1)),
        ("001099000017", "990200", CardDate(1999, 2)),
        ("001099000017", "9902<<", CardDate(1999, 2)),
        ("001099000017", "99<<<<", CardDate(1999)),
        ("001099000017", "990001", CardDate(1999)),
        ("001099000017", "<<<<<<", CardDate(1999)),
        ("001099000017", "980201", CardDate(1998, 2, 1)),  # the date was put right, the number stayed
    ],
)
def test_the_century_of_birth_is_that_of_the_id_number(id_number: str, printed: str, birth: CardDate) -> None:
    mrz = replace(MRZ, optional=id_number, document_number=id_number[3:], birth=printed)
    assert chip_holder(mrz=mrz, dg13=None).birth == birth


@pytest.mark.parametrize("printed", ["990201", "990200", "9902<<", "990000", "<<<<<<"])
def test_the_birth_date_is_dg13s_where_it_has_one(printed: str) -> None:
    assert chip_holder(mrz=replace(MRZ, birth=printed)).birth == CardDate(1999, 2, 1)


def test_an_mrz_that_does_not_say_the_sex_takes_it_from_dg13_or_the_number() -> None:
    mrz = replace(MRZ, sex="<")
    assert chip_holder(mrz=mrz, dg13=replace(DG13, sex="Nữ")).sex is Sex.FEMALE
    assert chip_holder(mrz=mrz, dg13=None).sex is Sex.MALE


def test_a_passport_has_no_id_number_to_register_with() -> None:
    mrz = replace(MRZ, document_code="P", document_number="B1234567", optional="001099000017")
    assert fault_of(mrz=mrz, dg13=None) is ReadingFault.MALFORMED


def contents(made: Sod, files: Mapping[File, bytes] = FILES) -> ChipContents:
    """What the reader brings of a chip that holds these files."""
    held = MappingProxyType({**files, File.SOD: made.made()})
    return ChipContents(held, AccessProtocol.PACE_CAN, NO_PROOF, 2048, 20)


@pytest.mark.req("K7", "X1")
def test_the_files_of_a_chip_are_verified_before_anybody_is_named_by_them() -> None:
    made = sod(ec_key(ec.SECP256R1()))
    csca = authority().by_itself()
    holder = identify(contents(made), [csca], TODAY, qr_of())
    assert (holder.id_number, holder.full_name) == ("001099000017", "Nguyễn Văn Mẫu")
    assert holder.proofs == {Proof.CHIP_SIGNED, Proof.SIGNER_TRUSTED, Proof.QR_READ, Proof.QR_AGREES}
    assert identify(contents(made), [], TODAY).proofs == {Proof.CHIP_SIGNED}


@pytest.mark.req("X1")
@pytest.mark.parametrize("file", [File.DG1, File.DG13])
def test_a_file_that_was_changed_after_signing_is_told_as_that_even_where_it_cannot_be_read(file: File) -> None:
    for changed in (FILES[file][:-1] + b"?", FILES[file][:-5]):
        with pytest.raises(CardError) as caught:
            identify(contents(sod(ec_key(ec.SECP256R1())), {**FILES, file: changed}), [], TODAY)
        assert caught.value.fault is ReadingFault.HASH_MISMATCH


@pytest.mark.req("X1")
def test_an_operator_who_trusts_somebody_trusts_nobody_else() -> None:
    stranger = Certified(ec_key(ec.SECP256R1()), name("CSCA Elsewhere"), 1, authority().extensions)
    made = Sod(signer(ec_key(ec.SECP256R1())), stranger)
    with pytest.raises(CardError) as caught:
        identify(contents(made), [authority().by_itself()], TODAY)
    assert caught.value.fault is ReadingFault.SIGNER_UNKNOWN
    with pytest.raises(CardError) as caught:
        identify(contents(sod(ec_key(ec.SECP256R1()))), [authority().by_itself()], date(2041, 1, 1))
    assert caught.value.fault is ReadingFault.SIGNER_EXPIRED


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({File.DG13: dg13(field(1, text("001099000018")))}, ReadingFault.QR_DISAGREES),
        ({File.DG13: dg13(field(3, text("01/02/1998")))}, ReadingFault.QR_DISAGREES),
        ({File.DG13: b"\x6d\x02\x30\x01"}, ReadingFault.MALFORMED),
        ({File.DG1: dg1(MRZ_TD1[:-1])}, ReadingFault.MALFORMED),
    ],
)
def test_files_that_are_signed_so_and_still_make_no_sense_name_nobody(
    files: Mapping[File, bytes], fault: ReadingFault
) -> None:
    signed = {**FILES, **files}
    with pytest.raises(CardError) as caught:
        identify(contents(replace(sod(ec_key(ec.SECP256R1())), files=signed), signed), [], TODAY)
    assert caught.value.fault is fault


def test_a_chip_without_dg13_names_its_holder() -> None:
    files = {File.DG1: FILES[File.DG1]}
    made = replace(sod(ec_key(ec.SECP256R1())), files=files)
    assert identify(contents(made, files), [], TODAY).full_name == "NGUYEN VAN MAU"


@pytest.mark.req("X3")
def test_neither_a_repr_nor_an_error_says_whose_document_it_is() -> None:
    shown = repr(chip_holder(qr=qr_of())) + repr(from_qr(read_qr(BHYT), TODAY))
    for line in (QR.replace("001099000017", "001099000018"), QR.replace("01021999", "02021999")):
        with pytest.raises(CardError) as caught:
            chip_holder(qr=qr_of(line))
        shown += str(caught.value)
    for private in ("00109900", "HC401", "Nguyễn", "NGUYEN", "1999", *VIETNAMESE.values()):
        assert private not in shown


PICTURE = b"\xff\xd8\xff the picture in the chip"


def with_dg2(data: bytes) -> Mapping[File, bytes]:
    return {**FILES, File.DG2: data}


@pytest.mark.req("K8")
def test_the_picture_in_a_verified_dg2_is_handed_on_and_stands_in_no_repr() -> None:
    files = with_dg2(dg2(facial_record(PICTURE)))
    holder = identify(contents(replace(sod(ec_key(ec.SECP256R1())), files=files), files), [], TODAY)
    assert holder.portrait == PICTURE
    assert "picture" not in repr(holder)


def test_a_dg2_that_nobody_can_read_tells_nothing_against_its_holder() -> None:
    files = with_dg2(b"\x75\x00")
    holder = identify(contents(replace(sod(ec_key(ec.SECP256R1())), files=files), files), [], TODAY)
    assert (holder.id_number, holder.portrait) == ("001099000017", b"")


def test_a_dg2_that_was_changed_after_signing_names_nobody() -> None:
    signed, changed = with_dg2(dg2(facial_record(PICTURE))), with_dg2(dg2(facial_record(PICTURE + b"!")))
    with pytest.raises(CardError) as error:
        identify(contents(replace(sod(ec_key(ec.SECP256R1())), files=signed), changed), [], TODAY)
    assert error.value.fault is ReadingFault.HASH_MISMATCH
