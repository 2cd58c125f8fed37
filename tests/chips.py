"""A fictitious person's simulated card, and the reader driven over it without a wire."""

from collections.abc import Callable
from datetime import date

from edge.devices.sim.card.applet import Chip
from edge.devices.sim.card.faults import Flaw
from edge.devices.sim.card.issuer import Issuer
from edge.devices.sim.card.personalise import Person, Profile, personalise
from edge.emrtd.access_keys import Can, MrzKey
from edge.emrtd.lds import File
from edge.emrtd.mrz import parse_mrz
from edge.emrtd.passive_auth import Verdict, verify
from edge.emrtd.reader import ChipContents, Plan, Progress, Tap, read_chip

TODAY = date(2026, 11, 23)
MAU = Person(
    id_number="001099000017",
    full_name="Nguyễn Văn Mẫu",
    birth=date(1999, 2, 1),
    sex="Nam",
    issued=date(2021, 5, 10),
    expiry=date(2039, 2, 1),
    father="Nguyễn Văn Giả",
    mother="Trần Thị Mẫu",
    old_id="012345678",
)
CAN = Can(MAU.can)
MRZ = MrzKey.of(parse_mrz(MAU.mrz))
ISSUER = Issuer.create(TODAY)
PLAN = Plan((CAN,), MAU.id_number)
EVERYTHING = (File.DG13, File.DG2)


def card(profile: Profile = Profile(), flaw: Flaw | None = None, at: int = 1, person: Person = MAU) -> Chip:  # noqa: B008
    """A card of the fictitious Nguyễn Văn Mẫu, by the one made-up CSCA of these tests."""
    return personalise(person, ISSUER, TODAY, profile=profile, flaw=flaw, at=at)


class Wire:
    """What passes between reader and chip: ``sent`` and ``answers``, and the progress that was told.

    ``change`` may make another answer of the nth one (from 0).
    """

    def __init__(
        self, process: Callable[[bytes], bytes], change: Callable[[int, bytes], bytes] = lambda _n, answer: answer
    ) -> None:
        self.sent: list[bytes] = []
        self.answers: list[bytes] = []
        self.progress: list[Progress] = []
        self._process = process
        self._change = change

    def read(
        self, plan: Plan = PLAN, random: Callable[[int], bytes] | None = None, tap: Tap = lambda _command, _answer: None
    ) -> ChipContents:
        """Read the chip, with random bytes that repeat in every test where none are given."""
        reading = read_chip(plan, random or counted(), tap)
        answer = b""
        try:
            while True:
                match reading.send(answer) if self.sent or self.progress else next(reading):
                    case Progress() as told:
                        self.progress.append(told)
                        answer = b""
                    case bytes() as command:
                        self.sent.append(command)
                        answer = self._change(len(self.answers), self._process(command))
                        self.answers.append(answer)
        except StopIteration as end:
            contents: ChipContents = end.value
            return contents


def counted() -> Callable[[int], bytes]:
    """Bytes that are no secret, other ones at each call."""
    calls = 0

    def random(n: int) -> bytes:
        nonlocal calls
        calls += 1
        return bytes((calls * 37 + at * 11 + 5) % 256 for at in range(n))

    return random


def verdict_of(contents: ChipContents, trusted: tuple[bytes, ...] = ()) -> Verdict:
    """What passive authentication says of what was read."""
    files: dict[File, bytes] = {file: data for file, data in contents.files.items() if file is not File.SOD}
    return verify(contents.files[File.SOD], files, trusted, TODAY)
