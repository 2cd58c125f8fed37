"""A card for a fictitious person, made from nothing: MRZ, files, keys, signature.

Source: ICAO Doc 9303-5 (TD1); for the Vietnamese choices what was seen of the CCCD: the document number is the end of
the ID number, the whole of it is in the optional data, and the CAN is its last six digits.
"""

import hashlib
import io
import os
import unicodedata
from datetime import date
from typing import Literal

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from msgspec import Struct
from PIL import Image

from edge.devices.sim.card import lds
from edge.devices.sim.card.access import BY_CAN, BY_MRZ, Random
from edge.devices.sim.card.applet import CARD_ACCESS, Chip, Contents
from edge.devices.sim.card.crypto import Suite, check_digit, mrz_seed
from edge.devices.sim.card.der import tlv
from edge.devices.sim.card.face import draw_face
from edge.devices.sim.card.faults import Flaw
from edge.devices.sim.card.issuer import Issuer, Signer
from edge.devices.sim.card.points import BRAINPOOL_P256, Curve
from edge.devices.sim.card.proofs import RSA_BITS, Active, ActiveKey, ChipKey

_PORTRAIT_BYTES = 22_926  # of the drawn face: DG2 then has the 23,011 bytes that were seen


class Person(Struct, frozen=True, kw_only=True):
    """Somebody who does not exist. ``marks`` are identifying marks; empty texts of the family are left out."""

    id_number: str
    full_name: str
    birth: date
    sex: Literal["Nam", "Nữ"]
    issued: date
    expiry: date
    origin: str = "Xã Giả, Huyện Mẫu, Thành phố Hà Nội"
    residence: str = "Số 1 phố Giả, Phường Mẫu, Quận Thử, Hà Nội"
    nationality: str = "Việt Nam"
    ethnicity: str = "Kinh"
    religion: str = "Không"
    marks: str = "Nốt ruồi cách 1cm dưới mép trái"
    father: str = ""
    mother: str = ""
    spouse: str = ""
    old_id: str = ""

    def __repr__(self) -> str:
        return "Person(…)"

    @property
    def can(self) -> str:
        """The card access number."""
        return self.id_number[-6:]

    @property
    def document_number(self) -> str:
        """The number in the MRZ."""
        return self.id_number[-9:]

    @property
    def qr(self) -> str:
        """The seven fields of the QR on the card of 2021."""
        born, issued = (f"{day:%d%m%Y}" for day in (self.birth, self.issued))
        return f"{self.id_number}|{self.old_id}|{self.full_name}|{born}|{self.sex}|{self.residence}|{issued}"

    @property
    def mrz(self) -> str:
        """The three lines of 30 characters, joined."""
        number, birth, expiry = self.document_number, f"{self.birth:%y%m%d}", f"{self.expiry:%y%m%d}"
        optional = self.id_number + "<<" + check_digit(self.id_number)
        first = f"IDVNM{number}{check_digit(number)}{optional}"
        sex = "M" if self.sex == "Nam" else "F"
        return first + second_line(first, birth, sex, expiry, "") + name_line(self.full_name)


class Profile(Struct, frozen=True, kw_only=True):
    """What kind of chip it is.

    ``pace`` and ``bac`` are the ways in, ``passwords`` those that PACE takes: BY_MRZ and BY_CAN. ``chip_suite`` is
    Chip Authentication's, None for a chip without it. ``explicit_signer`` writes the curve of the signer's certificate
    out with all parameters. ``most_bytes``: see Contents.
    """

    suite: Suite = Suite.AES128
    curve: Curve = BRAINPOOL_P256
    pace: bool = True
    passwords: frozenset[int] = frozenset((BY_MRZ, BY_CAN))
    bac: bool = True
    chip_suite: Suite | None = Suite.AES128
    active: Active = Active.ECDSA
    explicit_signer: bool = False
    most_bytes: int = 32_000


def personalise(
    person: Person,
    issuer: Issuer,
    today: date,
    *,
    profile: Profile = Profile(),  # noqa: B008 (frozen)
    portrait: bytes = b"",
    flaw: Flaw | None = None,
    at: int = 1,
    random: Random = os.urandom,
) -> Chip:
    """A chip that tells of this person, signed by a new signer of this issuer.

    ``portrait`` is a JPEG or JPEG 2000, a face is drawn where it is empty. ``flaw`` is what is wrong with the card,
    from the command ``at`` on where it is something that happens. Raises ValueError where the ID number has not 12
    digits.
    """
    if len(person.id_number) != 12 or not person.id_number.isdecimal():
        raise ValueError("an ID number has 12 digits")
    told = _somebody_else(person) if flaw is Flaw.OTHER_PERSON else person
    if flaw is Flaw.SIGNER_UNKNOWN:
        issuer = Issuer.create(today)
    signer = issuer.new_signer(
        today, profile.curve, explicit=profile.explicit_signer, expired=flaw is Flaw.SIGNER_EXPIRED
    )
    chip_private = ec.generate_private_key(profile.curve.library())
    active_key = _active_key(profile)
    files = _data_groups(told, profile, portrait, chip_private.public_key(), active_key)
    if flaw is Flaw.MALFORMED:
        files[lds.DG13] = _cut_inside(files[lds.DG13])
    files |= {lds.COM: lds.com(sorted(files)), lds.SOD: _sod(files, signer, today)}
    if flaw is Flaw.SIGNATURE:
        files[lds.SOD] = files[lds.SOD][:-1] + bytes((files[lds.SOD][-1] ^ 1,))
    if flaw is Flaw.HASH:
        files[lds.DG1] = lds.dg1(_falsified(told.mrz))
    if profile.pace:
        files[CARD_ACCESS] = lds.card_access(profile.suite, profile.curve, profile.chip_suite)
    if flaw is Flaw.CLONED:
        chip_private = ec.generate_private_key(profile.curve.library())
        active_key = _active_key(profile)
    contents = Contents(
        files=files,
        suite=profile.suite,
        curve=profile.curve,
        secrets=_secrets(person, profile, flaw),
        seed=_mrz_secret(person)[:16] if profile.bac else b"",
        chip_key=None if profile.chip_suite is None else ChipKey(profile.chip_suite, profile.curve, chip_private),
        active_key=active_key,
        active_sha1=profile.active is Active.RSA_SHA1,
        most_bytes=profile.most_bytes,
    )
    return Chip(contents, flaw, at, random)


def second_line(first: str, birth: str, sex: str, expiry: str, optional: str) -> str:
    """The second line of a TD1 MRZ, with the composite check digit over both lines (9303-5, 4.2.4)."""
    born, ends = birth + check_digit(birth), expiry + check_digit(expiry)
    filled = optional.ljust(11, "<")
    return f"{born}{sex}{ends}VNM{filled}{check_digit(first[5:] + born + ends + filled)}"


def name_line(full_name: str) -> str:
    """The third line: the family name, then the others, without any diacritics."""
    spelt = unicodedata.normalize("NFD", full_name.upper().replace("Đ", "D"))
    letters = "".join(letter for letter in spelt if not unicodedata.combining(letter))
    family, *others = "".join(letter if letter.isascii() and letter.isalpha() else " " for letter in letters).split()
    return f"{family}<<{'<'.join(others)}".ljust(30, "<")[:30]


def _data_groups(
    person: Person, profile: Profile, portrait: bytes, chip_public: ec.EllipticCurvePublicKey, active: ActiveKey | None
) -> dict[int, bytes]:
    image = portrait or draw_face(person.id_number, _PORTRAIT_BYTES)
    with Image.open(io.BytesIO(image)) as picture:
        size = picture.size
    chip = None if profile.chip_suite is None else (profile.chip_suite, profile.curve, chip_public)
    pace = (profile.suite, profile.curve) if profile.pace else None
    files = {
        lds.DG1: lds.dg1(person.mrz),
        lds.DG2: lds.dg2(image, size),
        lds.DG3: lds.dg3(),
        lds.DG13: lds.dg13(_dg13_fields(person)),
        lds.DG14: lds.dg14(pace, chip, profile.active is Active.ECDSA),
    }
    if active is not None:
        files[lds.DG15] = lds.dg15(active.public_key())
    return files


def _dg13_fields(person: Person) -> list[tuple[int, tuple[str, ...]]]:
    family = tuple(name for name in (person.father, person.mother) if name)
    texts = (
        person.id_number, person.full_name, f"{person.birth:%d/%m/%Y}", person.sex, person.nationality,
        person.ethnicity, person.religion, person.origin, person.residence, person.marks,
        f"{person.issued:%d/%m/%Y}", f"{person.expiry:%d/%m/%Y}",
    )  # fmt: skip
    fields = [(number, (text,)) for number, text in enumerate(texts, 1)]
    return [
        *fields,
        (13, family),
        (14, (person.spouse,) if person.spouse else ()),
        *([(15, (person.old_id,))] if person.old_id else []),
        (16, (hashlib.sha256(person.id_number.encode()).hexdigest()[:16].upper(),)),
    ]


def _active_key(profile: Profile) -> ActiveKey | None:
    match profile.active:
        case Active.NONE:
            return None
        case Active.ECDSA:
            return ec.generate_private_key(profile.curve.library())
        case _:
            return rsa.generate_private_key(65537, RSA_BITS)


def _sod(files: dict[int, bytes], signer: Signer, today: date) -> bytes:
    groups = {fid & 0xFF: hashlib.sha256(content).digest() for fid, content in files.items()}
    return signer.sign(groups, today)


def _mrz_secret(person: Person) -> bytes:
    return mrz_seed(person.document_number, f"{person.birth:%y%m%d}", f"{person.expiry:%y%m%d}")


def _secrets(person: Person, profile: Profile, flaw: Flaw | None) -> dict[int, bytes]:
    can = f"{(int(person.can) + 1) % 1_000_000:06}" if flaw is Flaw.WRONG_CAN else person.can
    known = {BY_MRZ: _mrz_secret(person), BY_CAN: can.encode()}
    return {kind: secret for kind, secret in known.items() if profile.pace and kind in profile.passwords}


def _somebody_else(person: Person) -> Person:
    """Another fictitious person, of the same sex and year, so that nothing but the chip's own data tells it."""
    number = person.id_number[:6] + f"{(int(person.id_number[6:]) + 111_111) % 1_000_000:06}"
    return Person(
        id_number=number,
        full_name="Lê Thị Khác" if person.sex == "Nữ" else "Lê Văn Khác",
        birth=date(person.birth.year, 12, 31),
        sex=person.sex,
        issued=person.issued,
        expiry=person.expiry,
    )


def _falsified(mrz: str) -> str:
    """With something in the optional data of the second line; every check digit is right."""
    first, second, third = mrz[:30], mrz[30:60], mrz[60:]
    return first + second_line(first, second[:6], second[7], second[8:14], "SUA") + third


def _cut_inside(dg13: bytes) -> bytes:
    """The file's own length is right, and the one inside it promises more than there is."""
    header = 4 if dg13[1] == 0x82 else 3 if dg13[1] == 0x81 else 2
    return tlv(dg13[0], dg13[header : -len(dg13) // 3])
