"""Who a document names, and what each source of it proved. What a chip must prove is docs/adr/0017."""

from collections.abc import Sequence
from datetime import date
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document
from edge.emrtd.dg13 import Dg13, parse_dg13
from edge.emrtd.errors import CardError
from edge.emrtd.lds import File, parse_dg1, parse_dg2
from edge.emrtd.mrz import Mrz
from edge.emrtd.passive_auth import Chain, Verdict, verify
from edge.emrtd.reader import ChipContents, ChipProof
from edge.identity.bhyt_qr import BhytQr
from edge.identity.card_date import CardDate
from edge.identity.cccd_qr import CccdQr
from edge.identity.id_number import Sex, read_id_number

# The file whose signature makes a chip's answer a proof: a copy may carry any key that nobody signed.
_KEY_OF = {ChipProof.CHIP_AUTHENTICATION: File.DG14, ChipProof.ACTIVE_AUTHENTICATION: File.DG15}
_SEXES = {"M": Sex.MALE, "F": Sex.FEMALE, "nam": Sex.MALE, "nữ": Sex.FEMALE}


class Proof(Enum):
    """What is known of the document beside what it says."""

    QR_READ = "qr-read"  # a QR said so: anybody can print one
    QR_AGREES = "qr-agrees"  # and the chip says the same
    CHIP_SIGNED = "chip-signed"  # the files are those that the document's signer signed
    SIGNER_TRUSTED = "signer-trusted"  # and a CSCA certificate of the operator's folder vouches for the signer
    CHIP_GENUINE = "chip-genuine"  # the chip holds the private key that belongs to the signed files: no copy


class Holder(Struct, frozen=True):
    """Who stands there, as ``document`` says.

    ``id_number`` (12 digits) and ``insurance_number`` (the BHYT card's code) are empty where the document has none.
    ``portrait`` is the chip's picture of them (JPEG or JPEG 2000), empty where it was not read or cannot be.
    """

    document: Document
    full_name: str
    birth: CardDate
    sex: Sex
    id_number: str = ""
    insurance_number: str = ""
    proofs: frozenset[Proof] = frozenset()
    portrait: bytes = b""

    def __repr__(self) -> str:
        return f"Holder({self.document.value}, {sorted(proof.value for proof in self.proofs)})"


def from_qr(qr: CccdQr | BhytQr, today: date) -> Holder:
    """The holder of a document of which only the QR was read."""
    return from_cccd(qr, today) if isinstance(qr, CccdQr) else from_bhyt(qr)


def from_cccd(qr: CccdQr, today: date) -> Holder:
    """The holder of a căn cước, or of VNeID: :meth:`CccdQr.document` tells which."""
    return Holder(
        document=qr.document(today),
        full_name=qr.full_name,
        birth=qr.birth,
        sex=qr.sex,
        id_number=qr.id_number,
        proofs=frozenset({Proof.QR_READ}),
    )


def from_bhyt(qr: BhytQr) -> Holder:
    """The holder of a BHYT card."""
    return Holder(
        document=Document.BHYT_QR,
        full_name=qr.full_name,
        birth=qr.birth,
        sex=qr.sex,
        insurance_number=qr.insurance_number,
        proofs=frozenset({Proof.QR_READ}),
    )


def identify(chip: ChipContents, trusted: Sequence[bytes], today: date, qr: CccdQr | None = None) -> Holder:
    """The holder of the chip that was read: its files are verified, and what they and the QR say is compared.

    ``trusted`` are the operator's CSCA certificates in DER, none where the chain is not to be checked. Raises CardError
    where a file is not as it should be, or as :func:`from_chip`.
    """
    verdict = verify(chip.files[File.SOD], chip.files, trusted, today)
    _believe(verdict)  # before a file is read that somebody else may have written
    dg13 = parse_dg13(chip.files[File.DG13]) if File.DG13 in chip.files else None
    holder = from_chip(parse_dg1(chip.files[File.DG1]), dg13, verdict, chip.chip, today, qr)
    return replace(holder, portrait=_picture(chip.files[File.DG2])) if File.DG2 in chip.files else holder


def from_chip(
    mrz: Mrz, dg13: Dg13 | None, verdict: Verdict, proof: ChipProof, today: date, qr: CccdQr | None = None
) -> Holder:
    """The holder whom a CCCD's DG1 and DG13 name, if ``verdict`` says that they are to be believed.

    The name is in Vietnamese where DG13 or the QR has it. The MRZ has no century of birth: it is DG13's, or the ID
    number's. Raises CardError: HASH_MISMATCH, SIGNATURE_INVALID, SIGNER_UNKNOWN or SIGNER_EXPIRED as the verdict says;
    MALFORMED where DG1 has no ID number; QR_DISAGREES where ID number, birth date or sex of two sources differ.
    """
    _believe(verdict)
    if not verdict.hashes.get(File.DG1.number) or (dg13 is not None and not verdict.hashes.get(File.DG13.number)):
        raise CardError(ReadingFault.HASH_MISMATCH, "a file that was not verified")
    if not mrz.id_number:
        raise CardError(ReadingFault.MALFORMED, "DG1: no ID number")
    birth, sex = _birth(mrz, dg13, today), _sex(mrz, dg13)
    if qr is not None and not (qr.id_number == mrz.id_number and qr.birth.may_be(birth) and qr.sex is sex):
        raise CardError(ReadingFault.QR_DISAGREES, "chip and QR")
    transliterated = f"{mrz.primary} {mrz.secondary}".strip()
    return Holder(
        document=Document.CCCD_CHIP,
        full_name=(dg13.full_name if dg13 else "") or (qr.full_name if qr else "") or transliterated,
        birth=birth,
        sex=sex,
        id_number=mrz.id_number,
        proofs=_proofs(verdict, proof, qr),
    )


def _picture(dg2: bytes) -> bytes:
    """The picture in a DG2 that was verified. One that nobody can read tells nothing against its holder."""
    try:
        return parse_dg2(dg2).image
    except CardError:
        return b""


def _believe(verdict: Verdict) -> None:
    if verdict.fault is not None:
        raise CardError(verdict.fault, "passive authentication")


def _proofs(verdict: Verdict, proof: ChipProof, qr: CccdQr | None) -> frozenset[Proof]:
    proofs = {Proof.CHIP_SIGNED}
    if verdict.chain is Chain.TRUSTED:
        proofs.add(Proof.SIGNER_TRUSTED)
    if proof in _KEY_OF and verdict.hashes.get(_KEY_OF[proof].number):
        proofs.add(Proof.CHIP_GENUINE)
    if qr is not None:
        proofs |= {Proof.QR_READ, Proof.QR_AGREES}
    return frozenset(proofs)


def _birth(mrz: Mrz, dg13: Dg13 | None, today: date) -> CardDate:
    if dg13 is not None and dg13.id_number not in ("", mrz.id_number):
        raise CardError(ReadingFault.QR_DISAGREES, "DG1 and DG13: ID number")
    if dg13 is not None and dg13.birth:
        birth = CardDate(*map(int, dg13.birth.split("-")))
        if not _may_be_printed(birth, mrz.birth):
            raise CardError(ReadingFault.QR_DISAGREES, "DG1 and DG13: date of birth")
        return birth
    number = read_id_number(mrz.id_number)
    year, month, day = mrz.born(today)
    if not year or year % 100 == number.birth_year % 100:
        year = number.birth_year
    return CardDate(year, month, day if month else 0)


def _may_be_printed(birth: CardDate, yymmdd: str) -> bool:
    """Whether an MRZ can print this birth date so; what one of them leaves open is no contradiction."""
    parts = [(yymmdd[:2], birth.year % 100, False), (yymmdd[2:4], birth.month, True), (yymmdd[4:], birth.day, True)]
    return all(
        printed == "<<" or int(printed) == part or (may_lack and (printed == "00" or not part))
        for printed, part, may_lack in parts
    )


def _sex(mrz: Mrz, dg13: Dg13 | None) -> Sex:
    said = {_SEXES[word] for word in (mrz.sex, dg13.sex.casefold() if dg13 else "") if word in _SEXES}
    if len(said) > 1:
        raise CardError(ReadingFault.QR_DISAGREES, "DG1 and DG13: sex")
    return said.pop() if said else read_id_number(mrz.id_number).sex
