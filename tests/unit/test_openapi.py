"""The API describes itself in a document that others can read."""

import json

import msgspec
from openapi_spec_validator import validate

from edge.contracts.commands import Command
from edge.contracts.eligibility import Eligibility, InsuredPerson
from edge.contracts.events import Event
from edge.contracts.outlook import Outlook
from edge.hub.openapi import openapi


def test_the_document_is_valid_openapi() -> None:
    validate(json.loads(msgspec.json.encode(openapi())))


def test_every_command_and_event_is_described() -> None:
    schemas = openapi()["components"]["schemas"]
    for shape in (*Command.__args__, *Event.__args__, Outlook, InsuredPerson, Eligibility):
        assert shape.__name__ in schemas
