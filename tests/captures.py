"""What a kiosk's camera makes of people who do not exist, and how it reaches the hub."""

import msgspec
import numpy as np

from edge.contracts.commands import Done, IssueTicket, Refused
from edge.contracts.face import AskOfficer, Consent, FaceCapture, Giver, Purpose
from edge.contracts.refusals import Refusal
from edge.daemon.hub_client import new_command_id
from edge.face.likeness import pack_template
from tests.hub_http import Device

PORTRAIT = b"\xff\xd8\xff\xe0" + b"a picture of a person who does not exist " * 500


def template(person: int) -> bytes:
    """The template of somebody who is like nobody else."""
    return pack_template(np.random.default_rng(person).standard_normal(128).astype(np.float32))


def capture(person: int, *purposes: Purpose, portrait: bytes = PORTRAIT, giver: Giver = Giver.SELF) -> FaceCapture:
    """Of this person, who agreed to these purposes; without any: to portrait and comparison."""
    purposes = purposes or (Purpose.PORTRAIT, Purpose.ONE_NUMBER)
    return FaceCapture(
        new_command_id(),
        Consent(purposes, giver),
        portrait if Purpose.PORTRAIT in purposes else b"",
        template(person) if Purpose.ONE_NUMBER in purposes else b"",
    )


def handed_over(kiosk: Device, taken: FaceCapture) -> FaceCapture:
    """The capture, once the hub has it."""
    kiosk.http.post("/api/v1/faces", content=msgspec.json.encode(taken)).raise_for_status()
    return taken


def contested(kiosk: Device, service: str, held: str, taken: FaceCapture) -> str:
    """Whoever this capture shows resembles the holder of the ticket ``held``, says to be another, and an officer is
    called: the contest."""
    handed_over(kiosk, taken)
    refused = kiosk.send(IssueTicket(new_command_id(), service, face=taken.id))
    assert isinstance(refused, Refused)
    assert refused.reason is Refusal.SEEMS_HELD
    assert refused.ticket is not None
    assert refused.ticket.id == held
    asked = AskOfficer(new_command_id(), service, held, taken.id)
    assert isinstance(kiosk.send(asked), Done)
    return asked.id
