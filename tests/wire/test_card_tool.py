"""moiso-card with simulated cards on the demo's reader: what it prints, what it keeps, and whose data it shows."""

import json
import logging
import os
import pty
import select
import stat
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from edge.contracts.reading import ReadingFault
from edge.devices.card_tool import run
from edge.devices.card_words import ADVICE
from edge.devices.sim.card.applet import Chip
from edge.devices.sim.card.crypto import Suite
from edge.devices.sim.card.faults import Flaw
from edge.devices.sim.card.issuer import Issuer
from edge.devices.sim.card.personalise import Person, Profile, personalise
from edge.devices.sim.card.vpcd import CardInSlot
from tests.wire.mosquitto import free_port
from tests.wire.pcsc import VirtualReaders

TODAY = date(2026, 11, 25)
PERSON = Person(
    id_number="001099000017",
    full_name="Nguyễn Văn Mẫu",
    birth=date(1999, 2, 1),
    sex="Nam",
    issued=date(2021, 5, 10),
    expiry=date(2039, 2, 1),
    father="Nguyễn Văn Thử",
    mother="Trần Thị Giả",
    spouse="Lê Thị Thí Dụ",
    old_id="012345678",
)
MRZ = "\n".join(PERSON.mrz[at : at + 30] for at in (0, 30, 60))


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer.create(TODAY)


class Laid:
    """A card that is laid on the reader as soon as there is one."""

    def __init__(self, chip: Chip, port: int) -> None:
        self._slot = CardInSlot(chip, port)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._insert)
        self._thread.start()

    def close(self) -> None:
        """Take it away."""
        self._over.set()
        self._thread.join()
        self._slot.close()

    def _insert(self) -> None:
        while not self._over.wait(0.02):
            try:
                self._slot.insert()
            except ConnectionRefusedError:
                continue
            return


class Bench:
    """A technician's bench: cards, files, and what the command printed."""

    def __init__(self, folder: Path, issuer: Issuer, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.issuer = issuer
        self.capsys = capsys
        self.said = ""
        (folder / "csca").mkdir()
        (folder / "csca/demo.der").write_bytes(issuer.certificate)
        self.qr = self.file("qr", PERSON.qr)
        self.can = self.file("can", PERSON.can + "\n")
        self.mrz = self.file("mrz", MRZ)

    def file(self, name: str, text: str) -> str:
        """A file with what was scanned or typed."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return str(self.folder / name)

    def read(self, chip: Chip, *options: str) -> tuple[int, dict[str, Any]]:
        """The exit code and the JSON of reading this card."""
        port = free_port()
        laid = Laid(chip, port)
        try:
            code = run(["--link", f"tcp:127.0.0.1:{port}", *options], TODAY)
        finally:
            laid.close()
        return code, self.printed()

    def printed(self) -> dict[str, Any]:
        out, self.said = self.capsys.readouterr()
        report: dict[str, Any] = json.loads(out)
        return report


@pytest.fixture
def bench(tmp_path: Path, issuer: Issuer, capsys: pytest.CaptureFixture[str]) -> Bench:
    return Bench(tmp_path, issuer, capsys)


@pytest.mark.req("K7")
def test_a_good_card_is_read_and_believed_and_nobodys_data_is_shown(bench: Bench) -> None:
    chip = personalise(PERSON, bench.issuer, TODAY)
    code, report = bench.read(chip, "--qr", bench.qr, "--csca", str(bench.folder / "csca"))
    assert code == 0
    assert report["believed"] is True
    assert report["access"] == "pace-can"
    assert report["contactless"] is True
    assert set(report["files"]) == {"SOD", "DG1", "DG13", "DG14"}
    assert report["files"]["DG1"] == 95
    assert report["checks"] == {
        "hashes": {"DG1": True, "DG13": True, "DG14": True},
        "signature": True,
        "chain": "trusted",
        "chip": "chip-authentication",
    }
    assert report["figures"]["apdus"] == chip.commands
    assert report["figures"]["bytes_received"] > sum(report["files"].values())
    assert {"access", "signature", "holder", "chip", "details", "total"} == set(report["figures"]["seconds"])
    assert "person" not in report
    assert "đáng tin" in bench.said
    assert "believed" in bench.said


@pytest.mark.parametrize("key", ["can", "mrz"])
def test_without_certificates_the_chain_is_not_checked_and_the_technician_is_told(bench: Bench, key: str) -> None:
    chip = personalise(PERSON, bench.issuer, TODAY)
    code, report = bench.read(chip, f"--{key}", getattr(bench, key))
    assert code == 0
    assert report["checks"]["chain"] == "not-checked"
    assert report["access"] == f"pace-{key}"
    assert "--csca" in bench.said


def test_what_the_card_says_is_shown_and_its_portrait_kept_when_asked_for(bench: Bench) -> None:
    portrait = bench.folder / "portrait.jpg"
    chip = personalise(PERSON, bench.issuer, TODAY)
    code, report = bench.read(chip, "--qr", bench.qr, "--show-personal", "--portrait", str(portrait))
    assert code == 0
    assert report["person"]["dg13"]["full_name"] == PERSON.full_name
    assert report["person"]["mrz"]["document_number"] == PERSON.document_number
    assert report["files"]["DG2"] > 20_000
    assert report["checks"]["hashes"]["DG2"] is True
    assert stat.S_IMODE(portrait.stat().st_mode) == 0o600
    with Image.open(portrait) as picture:
        assert picture.format == "JPEG"


EXPECTED = {
    Flaw.WRONG_CAN: (2, ReadingFault.WRONG_ACCESS_KEY),
    Flaw.NOT_EMRTD: (2, ReadingFault.NOT_EMRTD),
    Flaw.ACCESS_REFUSED: (2, ReadingFault.ACCESS_REFUSED),
    Flaw.HASH: (1, ReadingFault.HASH_MISMATCH),
    Flaw.SIGNATURE: (1, ReadingFault.SIGNATURE_INVALID),
    Flaw.SIGNER_UNKNOWN: (1, ReadingFault.SIGNER_UNKNOWN),
    Flaw.SIGNER_EXPIRED: (1, ReadingFault.SIGNER_EXPIRED),
    Flaw.CLONED: (1, ReadingFault.CLONED),
    Flaw.OTHER_PERSON: (1, ReadingFault.QR_DISAGREES),
    Flaw.MALFORMED: (2, ReadingFault.MALFORMED),
    Flaw.INTEGRITY: (2, ReadingFault.INTEGRITY_LOST),
    Flaw.MUTE: (2, ReadingFault.NO_ANSWER),
    Flaw.PULLED: (2, ReadingFault.CARD_REMOVED),
}


OTHER = Person(
    id_number="079187654321",
    full_name="Đặng Thị Ngọc Ánh",
    birth=date(1987, 6, 5),
    sex="Nữ",
    issued=date(2022, 8, 9),
    expiry=date(2047, 6, 5),
    origin="Xã Bịa, Huyện Đặt, Tỉnh Hão Huyền",
    residence="Số 9 ngõ Tưởng, Phường Tượng, Thành phố Vô Danh",
    father="Đặng Hữu Ảo",
    mother="Phạm Thị Hư",
    spouse="Hoàng Văn Cấu",
    old_id="987654321",
    ethnicity="Sán Dìu",
    religion="Phật giáo",
)


def personal(person: Person) -> dict[str, bytes]:
    """What must stand nowhere: everything that the card, its QR and its MRZ say of the person, and its pieces."""
    texts = {name: value for name, value in msgspec.to_builtins(person).items() if name != "sex"}
    texts |= {"can": person.can, "document number": person.document_number, "mrz": person.mrz[60:].strip("<")}
    for name, day in {"birth": person.birth, "issued": person.issued, "expiry": person.expiry}.items():
        texts |= {f"{name} {form}": day.strftime(form) for form in ("%d/%m/%Y", "%d%m%Y", "%y%m%d")}
    for name in ("full_name", "father", "mother", "spouse", "residence", "origin"):
        texts |= {f"{name} {part}": part for part in texts[name].split() if not part.isascii()}
    return {name: text.encode() for name, text in texts.items() if text}


@pytest.mark.req("K7")
@pytest.mark.parametrize("flaw", EXPECTED)
def test_each_flaw_is_told_apart_and_nothing_that_is_written_names_the_person(
    bench: Bench, flaw: Flaw, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    trace = bench.folder / "trace.jsonl"
    chip = personalise(OTHER, bench.issuer, TODAY, flaw=flaw, at=9)
    qr = bench.file("qr", OTHER.qr)
    code, report = bench.read(chip, "--qr", qr, "--csca", str(bench.folder / "csca"), "--trace", str(trace))
    assert (code, report["fault"]) == (EXPECTED[flaw][0], EXPECTED[flaw][1].value)
    assert report["believed"] is False
    assert all(sentence in bench.said for sentence in ADVICE[EXPECTED[flaw][1]])
    assert stat.S_IMODE(trace.stat().st_mode) == 0o600
    kept = trace.read_bytes()
    decoded = b"".join(
        bytes.fromhex(line["command"] + line["data"]) + b"|"
        for line in map(json.loads, kept.splitlines())
        if line["type"] == "exchange"
    )
    written = json.dumps(report, ensure_ascii=False).encode() + bench.said.encode() + caplog.text.encode() + kept
    for name, secret in personal(OTHER).items():
        assert secret not in written + decoded, name


@pytest.mark.parametrize(
    "other", [{"birth": date(1999, 2, 2)}, {"sex": "Nữ"}, {"id_number": "002099000017"}], ids=["birth", "sex", "number"]
)
def test_a_qr_of_somebody_else_is_told(bench: Bench, other: dict[str, Any]) -> None:
    qr = bench.file("other", msgspec.structs.replace(PERSON, **other).qr)
    code, report = bench.read(personalise(PERSON, bench.issuer, TODAY), "--qr", qr)
    assert (code, report["fault"]) == (1, "qr-disagrees")


@pytest.mark.req("K7")
def test_through_pcscd_the_same_card_is_read_and_the_next_one_after_it(
    bench: Bench,
    virtual_readers: VirtualReaders,
) -> None:
    for profile in (Profile(), Profile(most_bytes=256), Profile(suite=Suite.DES3, chip_suite=Suite.DES3)):
        virtual_readers.await_empty()
        card = CardInSlot(personalise(PERSON, bench.issuer, TODAY, profile=profile), virtual_readers.ports[1])
        card.insert()
        try:
            assert run(["--reader", "Virtual PCD", "--qr", bench.qr, "--csca", str(bench.folder / "csca")], TODAY) == 0
        finally:
            card.close()
        report = bench.printed()
        assert report["reader"].startswith("Virtual PCD")
        assert report["checks"]["chip"] == "chip-authentication"
        assert report["figures"]["bytes_received"] > sum(report["files"].values())


def test_a_trace_is_read_once_more_without_a_card(bench: Bench) -> None:
    trace = bench.folder / "trace.jsonl"
    for most in (256, 2048, 32_000):
        trace.unlink(missing_ok=True)
        chip = personalise(PERSON, bench.issuer, TODAY, profile=Profile(most_bytes=most))
        _, report = bench.read(chip, "--can", bench.can, "--trace", str(trace))
        assert run(["--replay", str(trace)], TODAY) == 0
        again = bench.printed()
        assert again["files"] == report["files"]
        assert again["reader"] == "vpcd"
        assert again["believed"] is False
        assert "checks" not in again


@pytest.mark.parametrize("broken", ["", "{}", '{"type":"exchange"}', "not json", "cut"])
def test_a_broken_trace_is_named(bench: Bench, broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = bench.file("trace", broken if broken != "cut" else '{"type":"moiso-card-trace-1","reader":"x","contac')
    assert run(["--replay", path], TODAY) == 2
    assert f"{path}: no trace" in capsys.readouterr().err


def test_a_trace_that_ends_midway_is_no_answer(bench: Bench) -> None:
    trace = bench.folder / "trace.jsonl"
    bench.read(personalise(PERSON, bench.issuer, TODAY), "--can", bench.can, "--trace", str(trace))
    lines = trace.read_text().splitlines()
    dg1 = next(at for at, line in enumerate(lines) if '"00b081' in line)
    trace.write_text("\n".join(lines[:dg1]))
    assert run(["--replay", str(trace)], TODAY) == 2
    assert bench.printed()["fault"] == "no-answer"


@pytest.mark.parametrize(
    ("qr", "fault"),
    [
        ("https://vi.du/001099000017", "qr-unknown"),
        ("8934680012345", "qr-unknown"),
        (PERSON.qr.rpartition("|")[0], "qr-damaged"),
    ],
)
def test_a_qr_that_is_none_of_an_identity_card_is_told(bench: Bench, qr: str, fault: str) -> None:
    assert run(["--link", f"tcp:127.0.0.1:{free_port()}", "--qr", bench.file("qr", qr)], TODAY) == 2
    assert bench.printed()["fault"] == fault


def test_bytes_that_are_no_text_are_told(bench: Bench) -> None:
    (bench.folder / "qr").write_bytes(b"001099000017|\xff\xfe|")
    assert run(["--link", f"tcp:127.0.0.1:{free_port()}", "--qr", bench.qr], TODAY) == 2
    assert bench.printed()["fault"] == "qr-unreadable"


def test_a_wrong_can_and_missing_files_are_named_before_anything_is_read(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--can", bench.file("short", "12345")], TODAY) == 2
    assert "six digits" in capsys.readouterr().err
    assert run(["--can", str(bench.folder / "none")], TODAY) == 2
    assert "none: cannot be read" in capsys.readouterr().err
    assert run(["--can", bench.can, "--csca", str(bench.folder / "none")], TODAY) == 2
    assert "CSCA" in capsys.readouterr().err
    assert run(["--can", bench.can, "--trace", bench.qr], TODAY) == 2
    assert "name a new file" in capsys.readouterr().err
    assert run(["--can", bench.can, "--link", "tcp:0.0.0.0:9107"], TODAY) == 2
    assert "127.0.0.1" in capsys.readouterr().err


def test_without_a_reader_the_technician_is_told_so(bench: Bench) -> None:
    assert run(["--can", bench.can, "--reader", "a reader that nobody has"], TODAY) == 2
    assert bench.printed()["fault"] == "no-reader"
    assert "pcscd" in bench.said


def test_the_program_takes_its_secret_from_standard_input_and_shows_it_nowhere(
    issuer: Issuer,
) -> None:
    port = free_port()
    laid = Laid(personalise(PERSON, issuer, TODAY), port)
    command = [sys.executable, "-m", "edge.devices.card_tool", "--link", f"tcp:127.0.0.1:{port}", "--qr", "-"]
    try:
        done = subprocess.run(command, input=PERSON.qr.encode(), capture_output=True, timeout=60, check=False)
    finally:
        laid.close()
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["access"] == "pace-can"
    for secret in personal(PERSON).values():
        assert secret not in done.stdout + done.stderr


def test_what_is_typed_is_not_shown(issuer: Issuer) -> None:
    port = free_port()
    laid = Laid(personalise(PERSON, issuer, TODAY), port)
    keyboard, terminal = pty.openpty()
    command = [sys.executable, "-m", "edge.devices.card_tool", "--link", f"tcp:127.0.0.1:{port}", "--mrz", "-"]
    try:
        with subprocess.Popen(
            command, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        ) as program:
            assert program.stderr is not None
            prompts = b""
            for line in MRZ.splitlines():  # typed only once the question stands there: before, the terminal would echo
                while not prompts.endswith(b"MRZ: "):
                    prompts += program.stderr.read(1)
                os.write(keyboard, line.encode() + b"\n")
                prompts = b""
            out, rest = program.communicate(timeout=60)
        shown = os.read(keyboard, 4096) if select.select([keyboard], [], [], 0)[0] else b""
    finally:
        laid.close()
        os.close(keyboard)
        os.close(terminal)
    assert program.returncode == 0, rest.decode()
    assert json.loads(out)["access"] == "pace-mrz"
    assert not any(line.encode() in shown + out + rest for line in MRZ.splitlines())


def test_a_help_that_names_no_secret_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["--help"], TODAY)
    assert ended.value.code == 0
    assert "standard input" in capsys.readouterr().out
