"""What the API offers: each operation with its parameters, its right and its answer; and the document about it."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from cloud.indicators import MEANINGS
from cloud.roles import Right
from cloud.rollups import EDGES_MIN
from cloud.web import api_shapes as shapes
from cloud.web.api_query import (
    AFTER,
    AFTER_NUMBER,
    GROUP,
    LIMIT,
    MOST_LIMIT,
    MOST_QUERY,
    PERIOD,
    SITE,
    STATE,
    Parameter,
)
from cloud.web.bearer import A_MINUTE, AN_HOUR, PROBLEM, STATUS, Fault, Problem
from edge.daemon.i18n import translations

JsonObject = dict[str, Any]
TITLE = "MờiSố: figures and devices of a province's facilities"
DOCUMENT = "/api/v1/openapi.json"


class Operation(Struct, frozen=True):
    """One GET: what it tells to tokens with ``right`` (None: to all), and which faults are its own."""

    path: str
    summary: str
    answer: type[Struct]
    right: Right | None
    parameters: tuple[Parameter, ...]
    faults: tuple[Fault, ...] = ()


FACILITIES = Operation(
    "/api/v1/facilities", "The facilities that the token may see", shapes.Facilities, None, (AFTER, LIMIT)
)
INDICATORS = Operation(
    "/api/v1/indicators",
    "The ten indicators of a period with what they are made from, of all facilities together and of each",
    shapes.Indicators,
    Right.FIGURES,
    (PERIOD, SITE, AFTER, LIMIT),
    (Fault.NO_SITE, Fault.NO_PERIOD, Fault.AWAY),
)
COUNTS = Operation(
    "/api/v1/counts",
    "The raw counts of a period by facility, or one facility's by service, hour of the day or day",
    shapes.CountsAnswer,
    Right.FIGURES,
    (PERIOD, GROUP, SITE, AFTER, LIMIT),
    (Fault.NO_SITE, Fault.NO_PERIOD, Fault.UNFIT_PARAMETER, Fault.AWAY),
)
DAYS_HEARD = Operation(
    "/api/v1/days-heard",
    "The days of a period on which anything was counted at each facility: how complete its data are",
    shapes.DaysHeard,
    Right.FIGURES,
    (PERIOD, SITE, AFTER, LIMIT),
    (Fault.NO_SITE, Fault.NO_PERIOD, Fault.AWAY),
)
TODAY = Operation(
    "/api/v1/today",
    "Each facility's business day so far, and how many wait now",
    shapes.TodayAnswer,
    Right.FIGURES,
    (SITE, AFTER, LIMIT),
    (Fault.NO_SITE,),
)
DEVICES = Operation(
    "/api/v1/devices",
    "Each facility's devices: presence, version, parts",
    shapes.Devices,
    Right.DEVICES,
    (SITE, AFTER, LIMIT),
    (Fault.NO_SITE,),
)
ALARMS = Operation(
    "/api/v1/alarms",
    "The alarms about devices that are open, or that were closed, the newest first",
    shapes.Alarms,
    Right.DEVICES,
    (STATE, SITE, AFTER_NUMBER, LIMIT),
    (Fault.NO_SITE,),
)
OPERATIONS = (FACILITIES, INDICATORS, COUNTS, DAYS_HEARD, TODAY, DEVICES, ALARMS)

_EVERYWHERE = (
    Fault.UNKNOWN_PARAMETER,
    Fault.NO_TOKEN,
    Fault.ONLY_GET,
    Fault.TOO_LONG,
    Fault.TOO_OFTEN,
    Fault.BROKEN,
    Fault.BUSY,
)
_SAID = {
    400: "A parameter that is not known, is sent twice or is not written as it should be",
    401: "No token that opens anything",
    403: "The token has not this right",
    404: "No such facility, or none that the token may see",
    405: "Only GET and HEAD are answered",
    414: f"The query is longer than {MOST_QUERY} bytes",
    422: "A period that is not in the calendar or too long, or parameters that do not go together",
    429: f"More than {A_MINUTE} requests of this token in a minute, or {AN_HOUR} in an hour",
    500: "A fault of the server",
    503: "Too much is being answered, or the store of figures is away",
}
_HEADERS: dict[int, tuple[str, JsonObject]] = {
    401: ("WWW-Authenticate", {"type": "string"}),
    405: ("Allow", {"type": "string"}),
    429: ("Retry-After", {"type": "integer", "minimum": 1}),
    503: ("Retry-After", {"type": "integer", "minimum": 1}),
}


def openapi() -> JsonObject:
    """The document, version 3.1, ready to be written as JSON.

    Source: OpenAPI Specification 3.1.0; JSON Schema 2020-12 as msgspec writes it.
    """
    answers = [operation.answer for operation in OPERATIONS]
    (*made, problem), components = msgspec.json.schema_components(
        [*answers, Problem], ref_template="#/components/schemas/{name}"
    )
    paths: JsonObject = {
        operation.path: {"get": _get(operation, schema)} for operation, schema in zip(OPERATIONS, made, strict=True)
    }
    paths[DOCUMENT] = {
        "get": {
            "operationId": "openapi",
            "summary": "This document; without a token",
            "security": [],
            "responses": {
                "200": {"description": "The document", "content": _json({"type": "object"})},
                **_problems(_EVERYWHERE),
            },
        }
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": "1", "description": _description()},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {str(status): _problem(status, problem) for status in sorted(set(STATUS.values()))},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Made by the Department's administrator on the page of accounts",
                }
            },
        },
    }


def _get(operation: Operation, schema: JsonObject) -> JsonObject:
    faults = [*_EVERYWHERE, *operation.faults, *([Fault.NO_RIGHT] if operation.right else [])]
    return {
        "operationId": operation.path.rpartition("/")[2],
        "summary": operation.summary,
        **({"description": f"The token needs the right `{operation.right.value}`."} if operation.right else {}),
        "parameters": [_parameter(parameter) for parameter in operation.parameters],
        "responses": {
            "200": {"description": "As asked", "content": _json(schema)},
            **_problems(faults),
        },
    }


def _problems(faults: Iterable[Fault]) -> JsonObject:
    statuses = sorted({STATUS[fault] for fault in faults})
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses}


def _parameter(parameter: Parameter) -> JsonObject:
    schema: JsonObject = {"type": "integer", "minimum": 1, "maximum": parameter.most}
    if parameter.values:
        schema = {"type": "string", "enum": list(parameter.values)}
    elif parameter.pattern:
        schema = {"type": "string", "pattern": parameter.pattern}
    if parameter.default:
        schema["default"] = int(parameter.default) if parameter.most else parameter.default
    return {"name": parameter.name, "in": "query", "description": parameter.meaning, "schema": schema}


def _problem(status: int, schema: JsonObject) -> JsonObject:
    described: JsonObject = {"description": _SAID[status], "content": {PROBLEM: {"schema": schema}}}
    if status in _HEADERS:
        name, header = _HEADERS[status]
        described["headers"] = {name: {"schema": header}}
    return described


def _json(schema: JsonObject) -> JsonObject:
    return {"application/json": {"schema": schema}}


def _description() -> str:
    return "\n".join([*_general(), "", "Indicators, and what is counted out of what:", "", *_meanings()])


def _general() -> Sequence[str]:
    edges = ", ".join(map(str, EDGES_MIN))
    return (
        "Read only. Send `Authorization: Bearer moiso_…`; cookies are not heeded. A problem is"
        " `application/problem+json`, its `detail` is Vietnamese, or English with `Accept-Language: en`.",
        f"Lists come in pages of up to {MOST_LIMIT}: give `next` as `after` until it is null.",
        "Fields may be added to answers; nothing is taken away or changes its meaning within /api/v1.",
        f"`wait_00` … and `service_00` … are histograms of minutes with the edges {edges}:"
        " the first bin is below the first edge, the last is from the last edge on.",
        "Nothing here is about a person: these are counts, and codes of devices.",
    )


def _meanings() -> Sequence[str]:
    english = translations("en", "cloud").gettext
    return [
        f"- `{key.value}`: {english(meaning.name)}: {english(meaning.of)} ({meaning.name}: {meaning.of})"
        for key, meaning in MEANINGS.items()
    ]
