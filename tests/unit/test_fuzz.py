"""The fuzzing of ``make bench``, with fewer inputs: it finds what it is there to find."""

import pytest

from tests.bench import fuzz


@pytest.mark.req("K7", "K11")
def test_damaged_documents_leave_every_parser_by_its_documented_exceptions() -> None:
    for _, said in fuzz.figures(16_000):
        assert "none out of the documented" in said
        assert " 0 taken for good" not in said, "an input that is hardly damaged must still get through"
