"""The document about the API is valid, whole, and says what the API does."""

import json
import re
from pathlib import Path

import msgspec
import pytest
from openapi_spec_validator import validate
from werkzeug.datastructures import MultiDict

from cloud.periods import NoPeriod, parse
from cloud.web.api_query import PERIOD, SITE, read
from cloud.web.api_schema import DOCUMENT, OPERATIONS, openapi
from cloud.web.bearer import STATUS, WORDS, Fault, Refused
from tests.api_caller import api_app


@pytest.mark.req("D1", "X1")
def test_the_document_is_valid_openapi() -> None:
    validate(json.loads(msgspec.json.encode(openapi())))


@pytest.mark.req("D1")
def test_every_operation_is_in_it_with_its_parameters_and_refusals() -> None:
    paths = openapi()["paths"]
    assert set(paths) == {DOCUMENT, *(operation.path for operation in OPERATIONS)}
    for operation in OPERATIONS:
        get = paths[operation.path]["get"]
        assert [one["name"] for one in get["parameters"]] == [one.name for one in operation.parameters]
        assert {"200", "400", "401", "405", "414", "429", "500", "503"} <= set(get["responses"])
        assert ("403" in get["responses"]) == (operation.right is not None)


@pytest.mark.req("D1")
def test_every_route_of_the_api_is_in_it_and_no_other(tmp_path: Path) -> None:
    rules = [rule for rule in api_app(tmp_path).url_map.iter_rules() if rule.rule.startswith("/api")]
    described = {rule.rule for rule in rules if rule.endpoint != "api.elsewhere"}
    assert described == set(openapi()["paths"])


def test_every_fault_has_a_status_that_the_document_has_and_words() -> None:
    described = openapi()["components"]["responses"]
    assert set(STATUS) == set(WORDS) == set(Fault)
    assert {str(status) for status in STATUS.values()} == set(described)


def test_every_field_of_an_answer_is_required_but_what_a_group_adds() -> None:
    for name, schema in openapi()["components"]["schemas"].items():
        optional = set(schema.get("properties", {})) - set(schema.get("required", ()))
        assert not optional or name in ("CountsLine", "Problem"), (name, optional)


@pytest.mark.req("D1")
@pytest.mark.parametrize(
    "text",
    [
        "2026",
        "2026-6m",
        "2026-9m",
        "2026-Q3",
        "2026-11",
        "2026-11-26",
        "2026-W48",
        "2026-01-05..2026-03-17",
        "2000",
        "2099",
    ],
)
def test_every_way_to_write_a_period_is_described(text: str) -> None:
    parse(text)
    assert PERIOD.fits(text)
    assert re.search(PERIOD.pattern, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "26",
        "1999",
        "2026-13",
        "2026-00",
        "2026-W54",
        "2026-7m",
        "2026-Q5",
        "2026-11-32",
        "2026 ",
        "2026\n",
        "\0",
        "２０２６",
        "2026..",
    ],
)
def test_what_is_no_period_is_not_described(text: str) -> None:
    assert not PERIOD.fits(text)
    with pytest.raises(NoPeriod):
        parse(text)


@pytest.mark.req("X3")
@pytest.mark.parametrize(
    ("sent", "fault", "named"),
    [
        ([("nobody", "secret")], Fault.UNKNOWN_PARAMETER, "nobody"),
        ([("Nguyễn Văn A\0", "secret")], Fault.UNKNOWN_PARAMETER, ""),
        ([("x" * 41, "secret")], Fault.UNKNOWN_PARAMETER, ""),
        ([("site", "mau-01"), ("site", "mau-01")], Fault.REPEATED_PARAMETER, "site"),
        ([("site", "../secret")], Fault.MALFORMED_PARAMETER, "site"),
        ([("site", "")], Fault.MALFORMED_PARAMETER, "site"),
        ([("site", "secret\n")], Fault.MALFORMED_PARAMETER, "site"),
        ([("period", "secret")], Fault.MALFORMED_PARAMETER, "period"),
    ],
)
def test_a_refused_parameter_is_named_and_its_value_is_not(
    sent: list[tuple[str, str]], fault: Fault, named: str
) -> None:
    with pytest.raises(Refused) as refusal:
        read(MultiDict(sent), (PERIOD, SITE))
    assert (refusal.value.fault, refusal.value.parameter) == (fault, named)
    assert "secret" not in repr(refusal.value)
