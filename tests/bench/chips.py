"""What reading a chip costs: commands, bytes and host CPU, beside a naive reader in the same run."""

import time
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from edge.devices.sim.card.personalise import Profile
from edge.emrtd.apdu import Command, Response, read_binary, select_application, select_file
from edge.emrtd.lds import File
from edge.emrtd.pace import choose, pace
from edge.emrtd.reader import Plan, Progress, read_chip
from edge.emrtd.security_infos import parse_security_infos
from edge.emrtd.tlv import read_header
from tests.chips import CAN, MAU, card, counted, verdict_of

# DG13 of about the 462 bytes that were seen on a card; the others have the seen sizes by themselves.
SOMEBODY = replace(MAU, spouse="Lê Thị Ví Dụ Hai")
ALL = (File.DG13, File.DG14, File.DG2)
RUNS = 15

Send = Callable[[Command], Response]


def figures() -> Iterator[tuple[str, str]]:
    """Each figure and its value."""
    sizes = Wire().read(Plan((CAN,), wanted=ALL))
    yield "chip: sizes", ", ".join(f"{file.name} {len(data)}" for file, data in sizes.items())
    naive = Wire()
    naive.read_naively()
    yield "chip: all files, naive reader (SELECT, header, 223 bytes at a time)", naive.told()
    small = Plan((CAN,), MAU.id_number, prove_chip=False, largest_read=256)
    every = Plan((CAN,), MAU.id_number, ALL, prove_chip=False, largest_read=256)
    for name, plan in (
        ("SOD + DG1 + DG13, short", small),
        ("SOD + DG1 + DG13, short, with DG14 and chip authentication", replace(small, prove_chip=True)),
        ("SOD + DG1 + DG13, 2048-byte reads", replace(small, largest_read=2048)),
        ("SOD + DG1 + DG13, 2048, with DG14 and chip authentication", Plan((CAN,), MAU.id_number)),
        ("all files, short", every),
        ("all files, 2048-byte reads", replace(every, largest_read=2048)),
        ("all files, 32000-byte reads", replace(every, largest_read=32_000)),
    ):
        wires = [Wire() for _ in range(RUNS)]
        for wire in wires:
            wire.read(plan)
        middle = sorted(wires, key=lambda wire: wire.cpu_s)[RUNS // 2]
        yield f"chip: {name}", f"{middle.told()}; {middle.sent / naive.sent:.2f} of the naive reader's commands"
    refusing = Wire(Profile(most_bytes=256))
    refusing.read(Plan((CAN,), MAU.id_number))
    yield "chip: SOD + DG1 + DG13 of a chip that only learns to read short", refusing.told()


class Wire:
    """One reading of one card: ``sent`` commands, ``octets`` both ways, and the CPU that the reader's side took."""

    def __init__(self, profile: Profile = Profile()) -> None:  # noqa: B008
        self.sent = 0
        self.octets = 0
        self.cpu_s = 0.0
        self._chip = card(profile, person=SOMEBODY)

    def told(self) -> str:
        """The figures in words."""
        cpu = f", host CPU {self.cpu_s * 1000:.1f} ms" if self.cpu_s else ""
        return f"{self.sent} APDUs, {self.octets} bytes{cpu}"

    def read(self, plan: Plan) -> dict[File, bytes]:
        """Read by the plan, and verify the signatures: what a registration does."""
        reading = read_chip(plan, counted())
        begun = time.thread_time()
        answer = b""
        try:
            asked = next(reading)
            while True:
                if not isinstance(asked, Progress):
                    self.cpu_s += time.thread_time() - begun
                    answer = self._exchange(asked)
                    begun = time.thread_time()
                asked = reading.send(answer)
        except StopIteration as end:
            verdict_of(end.value)
            self.cpu_s += time.thread_time() - begun
            return dict(end.value.files)

    def read_naively(self) -> None:
        """Every file by SELECT, its header, and then 223 bytes at a time, as readers do that know no better."""
        access = self._file(File.CARD_ACCESS, self._plain)
        opening = pace(choose(parse_security_infos(access).pace), CAN, counted())
        try:
            command = next(opening)
            while True:
                command = opening.send(self._plain(command))
        except StopIteration as end:
            channel = end.value

        def protected(command: Command) -> Response:
            response: Response = channel.unprotect(self._plain(channel.protect(command)))
            return response

        protected(select_application())
        for file in (File.COM, File.SOD, File.DG1, File.DG13, File.DG14, File.DG2):
            self._file(file, protected)

    def _file(self, file: File, send: Send) -> bytes:
        send(select_file(file.fid))
        data = send(read_binary(0, 4)).data
        _, length, start = read_header(data)
        while len(data) < start + length:
            data += send(read_binary(len(data), min(223, start + length - len(data)))).data
        return data

    def _plain(self, command: Command) -> Response:
        return Response.decode(self._exchange(command.encode()))

    def _exchange(self, command: bytes) -> bytes:
        answer = self._chip.process(command)
        self.sent += 1
        self.octets += len(command) + len(answer)
        return answer
