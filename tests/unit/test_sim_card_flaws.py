"""Each switch of the simulated card: what goes wrong with it, and that nothing else does."""

import hashlib
from datetime import date

import pytest
from asn1crypto import cms, parser
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from edge.devices.sim.card import lds, points
from edge.devices.sim.card.access import BY_MRZ
from edge.devices.sim.card.applet import CARD_ACCESS, Chip
from edge.devices.sim.card.der import DerError, read_all
from edge.devices.sim.card.faults import CardMute, CardPulled, Flaw
from edge.devices.sim.card.issuer import Issuer
from edge.devices.sim.card.personalise import Person, Profile, personalise
from tests.sim_terminal import SELECT_APPLICATION, Refused, Terminal, WrongMac, ask

TODAY = date(2026, 11, 25)
PERSON = Person(
    id_number="001099000017",
    full_name="Nguyễn Văn Mẫu",
    birth=date(1999, 2, 1),
    sex="Nam",
    issued=date(2021, 5, 10),
    expiry=date(2039, 2, 1),
)
ISSUER = Issuer.create(TODAY)
DATA_GROUPS = (lds.DG1, lds.DG2, lds.DG13, lds.DG14, lds.DG15)


def card(flaw: Flaw | None, at: int = 1, profile: Profile = Profile()) -> Chip:  # noqa: B008 (frozen)
    return personalise(PERSON, ISSUER, TODAY, profile=profile, flaw=flaw, at=at)


def opened(flaw: Flaw | None, at: int = 1) -> Terminal:
    terminal = Terminal(card(flaw, at))
    terminal.pace(PERSON.can)
    return terminal


class Sod:
    """The SOD of a card, checked with other people's libraries."""

    def __init__(self, chip: Chip) -> None:
        self.files = chip.contents.files
        signed = cms.ContentInfo.load(parser.parse(self.files[lds.SOD])[4])["content"]
        self.content = bytes(signed["encap_content_info"]["content"].contents)
        (self.signer,) = signed["signer_infos"]
        self.certificate = x509.load_der_x509_certificate(signed["certificates"][0].chosen.dump())

    def agrees_with(self, fid: int) -> bool:
        return hashlib.sha256(self.files[fid]).digest() in self.content

    def is_signed(self) -> bool:
        public = self.certificate.public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        attributes = self.signer["signed_attrs"].untag().dump()
        try:
            public.verify(self.signer["signature"].native, attributes, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return hashlib.sha256(self.content).digest() in attributes

    def is_of(self, issuer: Issuer) -> bool:
        csca = x509.load_der_x509_certificate(issuer.certificate)
        assert self.certificate.issuer == csca.subject
        try:
            self.certificate.verify_directly_issued_by(csca)
        except InvalidSignature:
            return False
        return True

    def is_in_time(self) -> bool:
        times = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        return times[0].date() <= TODAY <= times[1].date()


@pytest.mark.parametrize("flaw", [None, *Flaw])
def test_each_flaw_spoils_one_thing_of_the_files_and_leaves_the_others(flaw: Flaw | None) -> None:
    sod = Sod(card(flaw, at=10_000))
    wrong = {fid for fid in DATA_GROUPS if not sod.agrees_with(fid)}
    assert wrong == ({lds.DG1} if flaw is Flaw.HASH else set())
    assert sod.is_signed() is (flaw is not Flaw.SIGNATURE)
    assert sod.is_of(ISSUER) is (flaw is not Flaw.SIGNER_UNKNOWN)
    assert sod.is_in_time() is (flaw is not Flaw.SIGNER_EXPIRED)
    told_of_person = PERSON.id_number.encode() in sod.files[lds.DG1]
    assert told_of_person is (flaw is not Flaw.OTHER_PERSON)


def test_with_another_can_the_mrz_opens_it_still() -> None:
    terminal = Terminal(card(Flaw.WRONG_CAN))
    with pytest.raises(Refused, match="6300"):
        terminal.pace(PERSON.can)
    terminal.pace(terminal.chip.contents.secrets[BY_MRZ], BY_MRZ)
    assert terminal.read(lds.DG1)


def test_a_bank_card_knows_nothing_of_travel_documents() -> None:
    chip = card(Flaw.NOT_EMRTD)
    assert ask(chip, "00A4020C02011C") == "6A82"
    assert ask(chip, "00B09C0000") == "6A82"
    assert ask(chip, SELECT_APPLICATION.hex()) == "6A82"
    assert ask(chip, "0084000008") == "6D00"
    assert ask(chip, "0022C1A40F800A04007F00070202040202830102") == "6D00"


def test_access_refused_it_opens_and_shows_no_file() -> None:
    terminal = opened(Flaw.ACCESS_REFUSED)
    for fid in (lds.COM, lds.SOD, lds.DG1, lds.DG13):
        assert terminal.send(f"00B0{0x80 | fid & 0x1F:02X}00", le=b"\x00") == (b"", 0x6982)
        assert terminal.send("00A4020C", fid.to_bytes(2, "big")) == (b"", 0x6982)


def test_a_falsified_dg1_has_all_its_check_digits() -> None:
    right, falsified = (card(flaw).contents.files[lds.DG1][5:].decode() for flaw in (None, Flaw.HASH))
    assert falsified[:30] == right[:30]
    assert falsified[60:] == right[60:]
    assert falsified[30:60] == "9902015M3902013VNMSUA<<<<<<<<0"


def test_a_copy_cannot_follow_to_the_new_keys() -> None:
    genuine, copy = opened(None), opened(Flaw.CLONED)
    for terminal in (genuine, copy):
        dg14 = terminal.read(lds.DG14)
        curve = terminal.chip.contents.curve
        marker = b"\x03\x42\x00"  # the BIT STRING of a point of 65 bytes
        public = dg14[dg14.index(marker) + 3 :][:65]
        assert points.decode(curve, public)
        terminal.authenticate_chip(public)
    assert genuine.read(lds.DG1)
    with pytest.raises(Refused, match="6988"):
        copy.read(lds.DG1)


def test_another_persons_chip_opens_with_the_can_and_tells_of_somebody_of_the_same_year() -> None:
    terminal = opened(Flaw.OTHER_PERSON)
    dg1 = terminal.read(lds.DG1).decode()
    assert "IDVNM099111128" in dg1
    assert "LE<<VAN<KHAC" in dg1
    assert terminal.chip.contents.files[lds.DG13].count("Lê Văn Khác".encode()) == 1


def test_a_malformed_dg13_is_whole_outside_and_cut_off_inside() -> None:
    terminal = opened(Flaw.MALFORMED)
    dg13 = terminal.read(lds.DG13)
    ((tag, content),) = read_all(dg13)
    assert tag == 0x6D
    with pytest.raises(DerError):
        read_all(content)


@pytest.mark.parametrize(("at", "damaged"), [(1, 6), (6, 6), (9, 9)])
def test_one_damaged_mac_at_the_command_or_the_first_protected_one_after_it(at: int, damaged: int) -> None:
    terminal = Terminal(card(Flaw.INTEGRITY, at))
    failed = []
    for attempt in range(7):
        try:
            if attempt:
                terminal.send("00B08100", le=b"\x04")
            else:
                terminal.pace(PERSON.can)
        except WrongMac:
            failed.append(terminal.chip.commands)
    assert failed == [damaged]


@pytest.mark.parametrize(("flaw", "happens"), [(Flaw.MUTE, CardMute), (Flaw.PULLED, CardPulled)])
def test_mute_or_pulled_it_gives_no_answer_from_that_command_on_until_the_power_comes_anew(
    flaw: Flaw, happens: type[Exception]
) -> None:
    chip = card(flaw, at=3)
    for _ in range(2):
        assert ask(chip, "00A4020C02011C") == "9000"
        assert ask(chip, "00B0000004").endswith("9000")
        for _ in range(3):
            with pytest.raises(happens):
                chip.process(bytes.fromhex("00B0000004"))
        chip.reset()


def test_a_card_without_a_flaw_has_none() -> None:
    terminal = opened(None)
    for fid in (*DATA_GROUPS, lds.COM, lds.SOD):
        assert terminal.read(fid) == terminal.chip.contents.files[fid]
    assert terminal.chip.contents.files[CARD_ACCESS][0] == 0x31
