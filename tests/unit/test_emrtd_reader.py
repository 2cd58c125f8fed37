"""Reading a chip, against a card that was written by another hand and from the standard alone."""

from itertools import pairwise

import pytest

from edge.contracts.reading import ReadingFault
from edge.devices.sim.card.crypto import Suite
from edge.devices.sim.card.face import draw_face
from edge.devices.sim.card.faults import CardMute, Flaw
from edge.devices.sim.card.personalise import Profile, personalise
from edge.devices.sim.card.points import BRAINPOOL_P256, BRAINPOOL_P384, P256, P384, Curve
from edge.devices.sim.card.proofs import Active
from edge.emrtd.access_keys import Can, MrzKey
from edge.emrtd.apdu import Command, Response
from edge.emrtd.dg13 import parse_dg13
from edge.emrtd.errors import CardError
from edge.emrtd.lds import File, parse_dg1, parse_dg2
from edge.emrtd.passive_auth import Chain
from edge.emrtd.reader import MAX_APDUS, SIZES, AccessProtocol, ChipProof, Plan, Progress, Step, read_chip
from tests.chips import CAN, EVERYTHING, ISSUER, MAU, MRZ, PLAN, TODAY, Wire, card, verdict_of
from tests.long import every

READ_BINARY = 0xB0


@pytest.mark.req("K7")
def test_the_qr_alone_opens_the_chip_and_what_it_says_is_signed() -> None:
    contents = Wire(card().process).read(Plan((CAN,), MAU.id_number, wanted=EVERYTHING))
    assert contents.access is AccessProtocol.PACE_CAN
    assert contents.chip is ChipProof.CHIP_AUTHENTICATION
    assert parse_dg1(contents.files[File.DG1]).id_number == MAU.id_number
    assert parse_dg13(contents.files[File.DG13]).full_name == MAU.full_name
    assert parse_dg2(contents.files[File.DG2]).image.startswith(b"\xff\xd8\xff")
    verdict = verdict_of(contents, (ISSUER.certificate,))
    assert (verdict.fault, verdict.chain, verdict.signature) == (None, Chain.TRUSTED, True)


@pytest.mark.req("K7")
@pytest.mark.parametrize("suite", Suite)
@pytest.mark.parametrize("curve", [BRAINPOOL_P256, BRAINPOOL_P384, P256, P384], ids=lambda curve: curve.name)
def test_every_cipher_and_curve_opens_reads_and_proves_a_chip(suite: Suite, curve: Curve) -> None:
    for key, access in ((CAN, AccessProtocol.PACE_CAN), (MRZ, AccessProtocol.PACE_MRZ)):
        contents = Wire(card(Profile(suite=suite, curve=curve, chip_suite=suite)).process).read(Plan((key,)))
        assert (contents.access, contents.chip) == (access, ChipProof.CHIP_AUTHENTICATION)
        assert verdict_of(contents).fault is None


def test_a_chip_without_pace_is_opened_by_its_mrz_with_basic_access_control() -> None:
    contents = Wire(card(Profile(pace=False)).process).read(Plan((MRZ,)))
    assert contents.access is AccessProtocol.BAC
    assert verdict_of(contents).fault is None


def test_a_chip_without_pace_is_not_opened_by_six_digits() -> None:
    assert fault_of(Wire(card(Profile(pace=False)).process), PLAN) is ReadingFault.ACCESS_REFUSED


def test_the_next_key_is_tried_where_the_first_does_not_open_the_chip() -> None:
    contents = Wire(card().process).read(Plan((Can("000000"), MRZ)))
    assert contents.access is AccessProtocol.PACE_MRZ


@pytest.mark.parametrize("active", [Active.ECDSA, Active.RSA_SHA256, Active.RSA_SHA1])
def test_a_chip_without_chip_authentication_signs_a_challenge(active: Active) -> None:
    contents = Wire(card(Profile(chip_suite=None, active=active)).process).read()
    assert contents.chip is ChipProof.ACTIVE_AUTHENTICATION
    assert File.DG15 in contents.files


def test_a_copy_fails_active_authentication_too() -> None:
    assert fault_of(Wire(card(Profile(chip_suite=None), Flaw.CLONED).process)) is ReadingFault.CLONED


def test_no_more_than_126_short_commands_read_all_and_20_read_what_a_registration_needs() -> None:
    few = Plan((CAN,), MAU.id_number, prove_chip=False, largest_read=256)
    every = Plan((CAN,), MAU.id_number, (File.DG13, File.DG14, File.DG2), prove_chip=False, largest_read=256)
    long = Plan((CAN,), MAU.id_number, (File.DG13, File.DG14, File.DG2), prove_chip=False)
    counts = [len(wire.sent) for plan in (few, every, long) if (wire := Wire(card().process)).read(plan)]
    assert counts[0] <= 20
    assert counts[1] <= 126
    assert counts[2] <= 23


def test_nothing_is_read_twice_and_nothing_that_the_chip_does_not_name() -> None:
    seen: list[tuple[int, int]] = []
    selected = [0]

    def tap(command: Command, _response: Response) -> None:
        if command.ins == READ_BINARY:
            if command.p1 & 0x80:
                selected[0] = command.p1 & 0x1F
            seen.append((selected[0], 0 if command.p1 & 0x80 else command.p1 << 8 | command.p2))

    plan = Plan((CAN,), MAU.id_number, (File.DG11, File.DG13), largest_read=256)
    contents = Wire(card().process).read(plan, tap=tap)
    assert len(seen) == len(set(seen))
    assert File.DG11 not in contents.files
    assert {sfi for sfi, _ in seen} == {0x1C, 0x1D, 0x01, 0x0E, 0x0D}


@pytest.mark.parametrize("most", [160, 200, 256, 1024, 1500, 2047])
def test_reads_step_down_to_what_the_chip_can_answer_and_the_size_is_told_for_the_next_time(most: int) -> None:
    wire = Wire(card(Profile(most_bytes=most)).process)
    contents = wire.read(Plan((CAN,), MAU.id_number, EVERYTHING))
    assert contents.largest_read == next(size for size in SIZES if size <= most or (size == 256 and most > 222))
    assert verdict_of(contents).fault is None
    again = Wire(card(Profile(most_bytes=most)).process)
    again.read(Plan((CAN,), MAU.id_number, EVERYTHING, largest_read=contents.largest_read))
    assert len(again.sent) <= len(wire.sent)


@pytest.mark.parametrize("largest", [256, 2048])
def test_a_portrait_of_more_than_32_kib_is_read_to_its_end(largest: int) -> None:
    picture = draw_face("somebody", 45_000)
    chip = personalise(MAU, ISSUER, TODAY, portrait=picture)
    contents = Wire(chip.process).read(Plan((CAN,), MAU.id_number, (File.DG2,), largest_read=largest))
    assert parse_dg2(contents.files[File.DG2]).image == picture
    assert verdict_of(contents).fault is None


def test_a_chip_that_answers_to_no_length_is_given_up() -> None:
    wire = Wire(card(Profile(most_bytes=100)).process)
    assert fault_of(wire) is ReadingFault.NO_ANSWER
    assert len(wire.sent) < 60


def test_progress_is_told_in_the_order_of_the_work_and_never_runs_backwards() -> None:
    wire = Wire(card().process)
    wire.read(Plan((CAN,), MAU.id_number, EVERYTHING, largest_read=256))
    shares = [told.share for told in wire.progress]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] < 1
    assert [step for step in Step if step in {told.step for told in wire.progress}] == list(Step)


FAULTS = {
    Flaw.WRONG_CAN: ReadingFault.WRONG_ACCESS_KEY,
    Flaw.NOT_EMRTD: ReadingFault.NOT_EMRTD,
    Flaw.ACCESS_REFUSED: ReadingFault.ACCESS_REFUSED,
    Flaw.CLONED: ReadingFault.CLONED,
    Flaw.OTHER_PERSON: ReadingFault.QR_DISAGREES,
    Flaw.INTEGRITY: ReadingFault.INTEGRITY_LOST,
}


@pytest.mark.req("D1")
@pytest.mark.parametrize("flaw", FAULTS)
def test_every_way_of_failing_is_told_apart(flaw: Flaw) -> None:
    assert fault_of(Wire(card(flaw=flaw, at=9).process)) is FAULTS[flaw]


@pytest.mark.parametrize(
    ("flaw", "fault"),
    [
        (Flaw.HASH, ReadingFault.HASH_MISMATCH),
        (Flaw.SIGNATURE, ReadingFault.SIGNATURE_INVALID),
        (Flaw.SIGNER_UNKNOWN, ReadingFault.SIGNER_UNKNOWN),
        (Flaw.SIGNER_EXPIRED, ReadingFault.SIGNER_EXPIRED),
    ],
)
def test_what_is_not_signed_as_it_should_be_is_read_and_told_by_the_verdict(flaw: Flaw, fault: ReadingFault) -> None:
    contents = Wire(card(flaw=flaw).process).read()
    assert verdict_of(contents, (ISSUER.certificate,)).fault is fault


def test_a_wrong_card_is_noticed_before_its_details_are_read() -> None:
    wire = Wire(card(flaw=Flaw.OTHER_PERSON).process)
    fault_of(wire)
    whole = Wire(card().process)
    whole.read()
    assert len(wire.sent) < len(whole.sent)


def test_a_copy_cannot_escape_its_proof_by_refusing_the_length() -> None:
    """It opens anew after a refused length; the proof that was still to come must then come again."""
    chip = card(flaw=Flaw.CLONED)
    proofs = [0]

    def process(command: bytes) -> bytes:
        answer = chip.process(command)
        if len(answer) == 2 and answer in (b"\x69\x88", b"\x69\x82"):
            proofs[0] += 1
            return b"\x67\x00"
        return answer

    wire = Wire(process)
    assert fault_of(wire) is not None
    assert proofs[0] >= 2


def fault_of(wire: Wire, plan: Plan = PLAN) -> ReadingFault:
    with pytest.raises(CardError) as caught:
        wire.read(plan)
    return caught.value.fault


def first_reading(profile: Profile, key: Can | MrzKey) -> tuple[Wire, Plan]:
    """One whole reading by short commands, to be given again with something changed."""
    plan = Plan((key,), MAU.id_number, largest_read=256)
    wire = Wire(card(profile).process)
    wire.read(plan)
    return wire, plan


def again(whole: Wire, plan: Plan, n: int, answer: bytes) -> ReadingFault | None:
    """What the reader says where the nth answer is this one; the random bytes, and so all the others, are the same."""
    answers = iter(whole.answers)
    try:
        Wire(lambda _command: next(answers), lambda i, usual: answer if i == n else usual).read(plan)
    except CardError as error:
        return error.fault
    return None


def protected(whole: Wire) -> list[int]:
    return [n for n, command in enumerate(whole.sent) if command[0] & 0x0C == 0x0C]


LOST = (ReadingFault.INTEGRITY_LOST, ReadingFault.CLONED)
PLAIN = Profile(pace=False, chip_suite=None, active=Active.NONE)
WAYS: dict[str, tuple[Profile, Can | MrzKey, int]] = {
    "bac": (PLAIN, MRZ, every(5)),
    "pace": (Profile(curve=P256), CAN, every(31)),  # not every byte: each reading costs 6 ms
}


@pytest.mark.parametrize("way", WAYS)
def test_a_flipped_byte_of_any_protected_answer_ends_the_reading(way: str) -> None:
    profile, key, stride = WAYS[way]
    whole, plan = first_reading(profile, key)
    tried = 0
    for n in protected(whole):
        usual = whole.answers[n]
        for at in range(n % stride, len(usual), stride):
            tried += 1
            assert again(whole, plan, n, flipped(usual, at)) in LOST, (n, at)
    assert tried > 50


@pytest.mark.parametrize("way", WAYS)
def test_a_protected_answer_cut_at_any_byte_ends_the_reading(way: str) -> None:
    profile, key, stride = WAYS[way]
    whole, plan = first_reading(profile, key)
    for n in protected(whole):
        for length in range(n % stride, len(whole.answers[n]), stride):
            fault = again(whole, plan, n, whole.answers[n][:length])
            assert fault in (*LOST, ReadingFault.MALFORMED), (n, length)


@pytest.mark.parametrize("way", WAYS)
def test_protected_answers_given_twice_or_in_another_order_end_the_reading(way: str) -> None:
    profile, key, _ = WAYS[way]
    whole, plan = first_reading(profile, key)
    numbers = protected(whole)
    for n, following in pairwise(numbers):
        assert again(whole, plan, following, whole.answers[n]) in LOST
        assert again(whole, plan, n, whole.answers[following]) in LOST


@pytest.mark.parametrize("way", WAYS)
def test_an_open_answer_that_was_changed_is_refused_in_a_documented_way(way: str) -> None:
    """The first two ask for EF.CardAccess, which nothing binds: a changed one may still lead to the same protocol."""
    profile, key, _ = WAYS[way]
    whole, plan = first_reading(profile, key)
    for n in set(range(len(whole.sent))) - set(protected(whole)):
        usual = whole.answers[n]
        changed = [flipped(usual, at) for at in range(len(usual))] + [usual[:length] for length in range(len(usual))]
        for answer in changed:
            fault = again(whole, plan, n, answer)
            assert fault is not None or n < 2


@pytest.mark.parametrize("length", ["8210FD", "828000", "82FFFF"])
def test_a_chip_cannot_keep_the_reader_busy_with_an_endless_card_access_file(length: str) -> None:
    wire = Wire(lambda _command: bytes.fromhex("31" + length) + bytes(100) + b"\x90\x00")
    assert fault_of(wire) is ReadingFault.MALFORMED
    assert len(wire.sent) == 1


def test_a_chip_that_answers_byte_by_byte_is_given_up() -> None:
    first = iter([bytes.fromhex("31820FF0")])
    wire = Wire(lambda _command: next(first, b"\0") + b"\x90\x00")
    assert fault_of(wire) is ReadingFault.MALFORMED
    assert len(wire.sent) == MAX_APDUS


def test_a_reading_that_is_broken_off_at_any_command_leaves_the_next_card_to_be_read() -> None:
    whole = Wire(card().process)
    whole.read()
    for n in range(1, len(whole.sent)):
        reading = read_chip(PLAN, lambda size: bytes(range(1, size + 1)))
        chip, sent, asked = card(), 0, next(reading)
        while sent < n:
            if isinstance(asked, Progress):
                asked = reading.send(b"")
            else:
                sent += 1
                asked = reading.send(chip.process(asked))
        reading.close()
    assert Wire(card().process).read().chip is ChipProof.CHIP_AUTHENTICATION


def test_a_mute_card_is_not_the_readers_to_word() -> None:
    with pytest.raises(CardMute):
        Wire(card(flaw=Flaw.MUTE, at=4).process).read()


def flipped(answer: bytes, at: int) -> bytes:
    return answer[:at] + bytes((answer[at] ^ 0x41,)) + answer[at + 1 :]
