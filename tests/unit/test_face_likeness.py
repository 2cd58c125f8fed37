"""Templates and how like they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edge.contracts.face import TEMPLATE_BYTES, ChipVerdict
from edge.face.likeness import DUPLICATE, MATCH, UNSURE, Vector, alike, cosine, pack_template, unpack_template, verdict

vectors = arrays(np.float32, 128, elements=st.floats(-4, 4, width=32)).filter(lambda v: float(np.linalg.norm(v)) > 0.1)


@pytest.mark.req("K8")
@given(vectors)
def test_a_template_keeps_the_direction_of_its_vector(vector: Vector) -> None:
    template = pack_template(vector)
    assert len(template) == TEMPLATE_BYTES
    again = unpack_template(template)
    assert float(np.linalg.norm(again)) == pytest.approx(1, abs=1e-5)
    assert np.abs(again - vector / np.linalg.norm(vector)).max() < 2e-3
    assert cosine(template, template) == pytest.approx(1, abs=1e-5)


@given(vectors, vectors)
def test_the_cosine_is_that_of_the_vectors_and_the_same_both_ways(one: Vector, other: Vector) -> None:
    exact = float(one @ other) / float(np.linalg.norm(one) * np.linalg.norm(other))
    assert cosine(pack_template(one), pack_template(other)) == pytest.approx(exact, abs=4e-3)
    assert cosine(pack_template(one), pack_template(other)) == cosine(pack_template(other), pack_template(one))


@pytest.mark.parametrize(
    "vector",
    [np.zeros(128), np.ones(127), np.ones((1, 128)), np.full(128, np.nan), np.full(128, np.inf)],
    ids=["no direction", "too short", "of another shape", "not a number", "infinite"],
)
def test_what_is_no_embedding_becomes_no_template(vector: Vector) -> None:
    with pytest.raises(ValueError, match="embedding"):
        pack_template(np.asarray(vector, np.float32))


def half(vector: Vector) -> bytes:
    return np.asarray(vector, "<f2").tobytes()


@pytest.mark.parametrize(
    "template",
    [
        b"",
        bytes(TEMPLATE_BYTES),
        half(np.full(127, 1 / 127**0.5)),
        half(np.full(128, 1.0)),
        half(np.full(128, np.nan)),
        half(np.full(128, np.inf)),
    ],
    ids=["nothing", "zeros", "too short", "too long a vector", "not a number", "infinite"],
)
def test_what_is_no_template_is_refused(template: bytes) -> None:
    with pytest.raises(ValueError, match="a template"):
        unpack_template(template)


@given(st.binary(min_size=TEMPLATE_BYTES, max_size=TEMPLATE_BYTES))
def test_any_bytes_are_a_unit_vector_or_refused(template: bytes) -> None:
    try:
        vector = unpack_template(template)
    except ValueError:
        return
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-4)


def at_angle(degrees: float) -> Vector:
    vector = np.zeros(128, np.float32)
    vector[0], vector[1] = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return vector


@pytest.mark.req("K8")
def test_those_who_are_alike_are_told_the_likest_first() -> None:
    asked = pack_template(at_angle(0))
    found = alike(asked, [at_angle(90), at_angle(50), at_angle(180), at_angle(10), at_angle(57)])
    assert [place for _, place in found] == [3, 1]
    assert found[0][0] == pytest.approx(np.cos(np.radians(10)), abs=1e-3)
    assert alike(asked, []) == []


@pytest.mark.req("K8")
@pytest.mark.parametrize(
    ("score", "said"),
    [
        (1.0, ChipVerdict.MATCH),
        (MATCH, ChipVerdict.MATCH),
        (MATCH - 1e-6, ChipVerdict.UNSURE),
        (UNSURE, ChipVerdict.UNSURE),
        (UNSURE - 1e-6, ChipVerdict.NO_MATCH),
        (-1.0, ChipVerdict.NO_MATCH),
    ],
)
def test_between_the_thresholds_an_officer_looks(score: float, said: ChipVerdict) -> None:
    assert verdict(score) is said


def test_taking_two_for_one_needs_more_than_taking_one_for_oneself() -> None:
    assert DUPLICATE > MATCH > UNSURE
