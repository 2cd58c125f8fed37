"""The OpenAPI document of the hub's API, made from the contracts themselves."""

from typing import Any

import msgspec

from edge.contracts.commands import Command, Reply
from edge.contracts.eligibility import Eligibility, InsuredPerson
from edge.contracts.events import Entry
from edge.contracts.face import FaceCapture
from edge.contracts.health import DeviceHealth
from edge.contracts.outlook import Outlook
from edge.contracts.snapshot import Snapshot
from edge.daemon.hub_client import NOW_HEADER

JsonObject = dict[str, Any]


def openapi() -> JsonObject:
    """The document, version 3.1, ready to be written as JSON.

    Source: OpenAPI Specification 3.1.0; JSON Schema 2020-12 as msgspec writes it.
    """
    shapes = [Command, Reply, FaceCapture, InsuredPerson, Eligibility, Snapshot, Entry, Outlook, DeviceHealth]
    made, components = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    command, reply, face, person, eligibility, snapshot, entry, outlook, health = made
    problem = {"description": "What was wrong, and what to do", "content": {"application/problem+json": {}}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "MờiSố hub",
            "version": "1",
            "description": "A command goes up and gets one reply; everything else is events flowing down.",
        },
        "security": [{"token": []}],
        "paths": {
            "/api/v1/commands": {
                "post": {
                    "summary": "Carry out one command; under the same id it is done once and answered the same",
                    "requestBody": {"required": True, "content": _json(command)},
                    "responses": {
                        "200": {"description": "Done, or refused with the reason", "content": _json(reply)},
                        **dict.fromkeys(("401", "413", "422", "503"), problem),
                    },
                }
            },
            "/api/v1/faces": {
                "post": {
                    "summary": "Keep a face that a kiosk took with consent, in memory, until a command names it",
                    "requestBody": {"required": True, "content": _json(face)},
                    "responses": {
                        "204": {"description": "Kept for ten minutes"},
                        **dict.fromkeys(("401", "403", "409", "413", "422"), problem),
                    },
                }
            },
            "/api/v1/eligibility": {
                "post": {
                    "summary": "Ask the insurance portal whether a person is insured; nothing of it is kept",
                    "requestBody": {"required": True, "content": _json(person)},
                    "responses": {
                        "200": {"description": "What it says, or why it says nothing", "content": _json(eligibility)},
                        **dict.fromkeys(("401", "403", "404", "413", "422"), problem),
                    },
                }
            },
            "/api/v1/snapshot": {
                "get": {
                    "summary": "What is true now",
                    "responses": {
                        "200": {
                            "description": "The snapshot",
                            "headers": {
                                NOW_HEADER: {"description": "The hub's time, ms", "schema": {"type": "integer"}}
                            },
                            "content": _json(snapshot),
                        },
                        "401": problem,
                    },
                }
            },
            "/api/v1/outlook": {
                "get": {
                    "summary": "What the hub expects: opening and waiting times, who is next, alarms",
                    "responses": {"200": {"description": "The outlook", "content": _json(outlook)}, "401": problem},
                }
            },
            "/api/v1/events": {
                "get": {
                    "summary": "Every journal entry after a sequence number, as server-sent events, for ever",
                    "parameters": [
                        {"name": "after", "in": "query", "schema": {"type": "integer", "minimum": 0, "default": 0}},
                        {"name": "Last-Event-ID", "in": "header", "schema": {"type": "integer", "minimum": 0}},
                    ],
                    "responses": {
                        "200": {
                            "description": (
                                "Events named entry, whose data is an Entry and whose id its seq; between them events "
                                "named outlook, without an id, whose data is the Outlook. Others may be added"
                            ),
                            "content": {"text/event-stream": {"schema": {"anyOf": [entry, outlook]}}},
                        },
                        **dict.fromkeys(("401", "409", "422"), problem),
                    },
                }
            },
            "/api/v1/media/{sha256}": {
                "get": {
                    "summary": "A picture, clip or sound that the catalogue names, or a range of its bytes",
                    "parameters": [
                        {
                            "name": "sha256",
                            "in": "path",
                            "required": True,
                            "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                        },
                        {"name": "Range", "in": "header", "schema": {"type": "string"}},
                    ],
                    "responses": {
                        "200": {"description": "The file: JPEG, PNG, MP4 or WAV", "content": {"*/*": {}}},
                        "206": {"description": "The range that was asked for", "content": {"*/*": {}}},
                        "416": {"description": "The range lies outside of the file"},
                        **dict.fromkeys(("401", "404"), problem),
                    },
                }
            },
            "/api/v1/health": {
                "post": {
                    "summary": "Say how this device is, every 20 seconds and when that changes; the last word counts",
                    "requestBody": {"required": True, "content": _json(health)},
                    "responses": {
                        "204": {"description": "Heard"},
                        **dict.fromkeys(("401", "403", "413", "422"), problem),
                    },
                },
                "get": {
                    "summary": "Whether the hub can give numbers",
                    "security": [],
                    "responses": {"200": {"description": "It can"}, "503": {"description": "Its clock is not trusted"}},
                },
            },
        },
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _json(schema: JsonObject) -> JsonObject:
    return {"application/json": {"schema": schema}}
