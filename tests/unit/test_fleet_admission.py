"""What a site may say of its devices."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.admission import NotAdmitted, Reason
from cloud.fleet.admission import admit
from edge.contracts.fleet import MOST_BYTES, MOST_DEVICES, UNKNOWN, VERSION, FleetReport
from tests.fleet import report

NOW_MS = 1_795_410_000_000
GOOD = report(NOW_MS)


def written(**more: object) -> bytes:
    """A report with these fields in it."""
    return msgspec.json.encode({"version": VERSION, "clock_ms": NOW_MS, **more})


def device(**more: object) -> dict[str, object]:
    return {"name": "kiosk-1", "role": "kiosk", **more}


def refusal(payload: bytes) -> NotAdmitted:
    with pytest.raises(NotAdmitted) as raised:
        admit(payload)
    return raised.value


@pytest.mark.req("D4")
def test_a_report_is_admitted_as_it_was_written() -> None:
    assert admit(msgspec.json.encode(GOOD)) == GOOD


@pytest.mark.req("X4")
def test_a_newer_hubs_codes_become_unknown_and_its_fields_are_left_out() -> None:
    parts = [{"subject": "teleporter", "state": "fail", "reason": "lost-in-space", "spell": "Nguyễn Văn Mẫu"}]
    told = admit(written(devices=[device(parts=parts, owner="Nguyễn Văn Mẫu")], note="0912345678"))
    (part,) = told.devices[0].parts
    assert (part.subject, part.reason) == (UNKNOWN, UNKNOWN)
    assert b"Nguy" not in msgspec.json.encode(told)


HOSTILE = {
    "empty": b"",
    "no JSON": b"\xff\x00\xfe",
    "half a report": msgspec.json.encode(GOOD)[:-9],
    "deep": b"[" * 100_000,
    "another shape": b'["here"]',
    "another version": written().replace(b'"version":1', b'"version":2'),
    "huge": b" " * (MOST_BYTES + 1),
    "many devices": written(devices=[device(name=f"k{n}") for n in range(MOST_DEVICES + 1)]),
    "one device twice": written(devices=[device(), device()]),
    "many parts": written(devices=[device(parts=[{"subject": "tv"}] * 65)]),
    "a staff label": written(devices=[device(name="Kiosk cô Lan")]),
    "a telephone as a name": written(devices=[device(name="k-0912345678")]),
    "a citizen's number as a detail": written(devices=[device(parts=[{"subject": "tv", "detail": "001099000017"}])]),
    "a name as a detail": written(devices=[device(parts=[{"subject": "tv", "detail": "Nguyễn Văn Mẫu"}])]),
    "markup as a version": written(devices=[device(version="<script>")]),
    "a reason in words": written(devices=[device(parts=[{"subject": "tv", "reason": "bị hỏng"}])]),
    "a line end": written(devices=[device(name="kiosk-1\n")]),
    "time before 1970": written(working={"since_ms": -1}),
    "a huge number": written(outbox=2**63),
    "no number": written().replace(str(NOW_MS).encode(), b"NaN"),
    "an unknown role": written(devices=[device(role="lift")]),
}  # fmt: skip


@pytest.mark.req("X3", "X4")
@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_does_not_fit_the_contract_is_refused_without_a_word_of_it(payload: bytes) -> None:
    error = refusal(payload)
    assert str(error) in {reason.value for reason in Reason}
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__


@pytest.mark.req("X4")
def test_too_large_and_another_version_have_reasons_of_their_own() -> None:
    assert refusal(HOSTILE["huge"]).reason is Reason.TOO_LARGE
    assert refusal(HOSTILE["another version"]).reason is Reason.VERSION


@pytest.mark.req("X4")
@settings(max_examples=300)
@given(st.binary(max_size=300) | st.integers(0, 400).map(lambda n: msgspec.json.encode(GOOD)[:n]))
def test_any_bytes_are_a_report_or_a_refusal(payload: bytes) -> None:
    try:
        told = admit(payload)
    except NotAdmitted:
        return
    assert isinstance(told, FleetReport)
