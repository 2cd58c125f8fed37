"""Schemathesis at the API: what fits its document is answered as the document says, what does not is refused.

The application is the real one over a province's figures and devices; each call takes the next of many tokens, so that
it is the API that answers and not the bound on how often a token may ask.
"""

import itertools
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from cloud.tokens import MOST
from cloud.web.api_schema import openapi
from tests.api_caller import Caller, api_app, new_token
from tests.bench.province_year import fill
from tests.cloud_people import add_people, add_sites
from tests.dashboard import today
from tests.fleet import fill as fill_fleet

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

EXAMPLES = 12
# A period may be written well and not be in the calendar: no pattern knows how long February is.
ACCEPTED = ["2xx", "404", "422"]
REFUSED = ["400", "401", "404", "405", "414", "422"]

under_test: list[Flask] = []
_addresses = itertools.count(1)


def forward(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """The tests are made from the document before there is an application: this leads to it, each time from another
    address, as of strangers each address may ask only so often."""
    environ["REMOTE_ADDR"] = f"2001:db8::{next(_addresses):x}"
    return under_test[-1](environ, start_response)


checks = {
    "positive_data_acceptance": {"expected-statuses": ACCEPTED},
    "negative_data_rejection": {"expected-statuses": REFUSED},
}
document = schemathesis.openapi.from_dict(openapi(), config=SchemathesisConfig.from_dict({"checks": checks}))
document.app = forward


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cloud")
    fill(folder, sites=3, days=40, until=today())
    add_people(folder)
    add_sites(folder)
    fill_fleet(folder, ["mau-001", "mau-002", "mau-003"], time.time_ns() // 1_000_000)
    return folder


@pytest.fixture(scope="module")
def app(data: Path) -> Iterator[Flask]:
    under_test.append(api_app(data))
    yield under_test[-1]
    under_test.pop()


@pytest.fixture(scope="module")
def secrets(data: Path, app: Flask) -> Iterator[str]:
    return itertools.cycle([new_token(data) for _ in range(MOST)])


@pytest.mark.req("D1", "D2", "D4", "X1")
@document.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_the_document_says(case: "schemathesis.Case[Any]", secrets: Iterator[str]) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {next(secrets)}"})


@pytest.mark.req("X1")
def test_the_document_is_read_without_a_token_and_names_no_facility(app: Flask) -> None:
    answer = Caller(app).get("openapi.json")
    assert answer.status_code == 200
    assert "mau-" not in answer.text
