"""``make requirements`` tells what is proved, and by what."""

import subprocess
import sys

from tests.requirements import requirements


def test_every_requirement_is_listed_with_the_tests_that_prove_it() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.requirements"], capture_output=True, text=True, check=True)
    for requirement in requirements():
        assert f"{requirement:4} " in done.stdout
    assert "tests/flow/test_main_flow.py::test_a_person_without_a_document_gets_a_number" in done.stdout
    assert f"of {len(requirements())} requirements have tests" in done.stdout
