"""The events' contract once more, with every value bounded: what the ledger may hold is listed, the rest is refused.

Made from ``edge.contracts.events``, so that a new event is narrow before anybody thinks of it: texts are identifiers of
the site's own making, numbers have bounds, and only the catalogue, which a facility writes about itself, has sentences.
"""

from collections.abc import Callable
from enum import Enum
from types import GenericAlias, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from edge.contracts.catalogue import Catalogue
from edge.contracts.events import Announced, Batch, TicketRated
from edge.contracts.payment import Payment

LATEST_MS = 4_102_444_800_000  # the year 2100
MOST_TEXT = 2000
MOST_ITEMS = 5000

# A ticket's id is 32 hex digits. No other identifier has nine digits in a row: citizens, insured and telephones do.
IDENTIFIER = Annotated[str, Meta(pattern=r"^([0-9a-f]{32}|(?!.*[0-9]{9})[A-Za-z0-9._-]{0,64})\Z")]
# Officers choose these, and cloud.admission hides what might be a number of theirs.
OFFICER = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{0,64}\Z")]
SENTENCE = Annotated[str, Meta(max_length=MOST_TEXT)]
NO_WORDS = Annotated[str, Meta(max_length=0)]
NUMBER = Annotated[int, Meta(ge=-(2**53), le=2**53)]
TIME_MS = Annotated[int, Meta(ge=-1, le=LATEST_MS)]
SCORE = Annotated[int, Meta(ge=1, le=5)]

SPECIAL: dict[tuple[type, str], Any] = {
    (Announced, "text_vi"): NO_WORDS,
    (Announced, "text_en"): NO_WORDS,
    (TicketRated, "score"): SCORE,
    **{(Payment, name): NO_WORDS for name in ("bank", "account", "name")},
}
BY_OFFICERS = ("issuer", "by")


def narrowed(shape: type[Batch]) -> type[Struct]:
    """The same struct with every value in it bounded. Raises TypeError on a type that nobody has thought about."""
    made: dict[type, type[Struct]] = {}
    return _struct(shape, IDENTIFIER, made)


def _struct(shape: type[Struct], text: Any, made: dict[type, type[Struct]]) -> type[Struct]:
    if shape in made:
        return made[shape]
    words = SENTENCE if shape is Catalogue else text
    hints = get_type_hints(shape, include_extras=True)
    fields: list[Any] = []
    for field in msgspec.structs.fields(shape):
        kind = _special(shape, field.name, words) or _type(hints[field.name], words, made)
        if field.required:
            fields.append((field.encode_name, kind))
        elif field.default_factory is not msgspec.NODEFAULT:
            fields.append((field.encode_name, kind, msgspec.field(default_factory=field.default_factory)))
        else:
            fields.append((field.encode_name, kind, field.default))
    config = shape.__struct_config__
    struct = msgspec.defstruct(
        shape.__name__,
        fields,
        frozen=True,
        tag_field=config.tag_field,
        tag=config.tag,
        forbid_unknown_fields=config.forbid_unknown_fields,
    )
    made[shape] = struct
    return struct


def _special(shape: type, name: str, text: Any) -> Any:
    if (shape, name) in SPECIAL:
        return SPECIAL[shape, name]
    if name.endswith("_ms"):
        return TIME_MS
    if name in BY_OFFICERS and text is not SENTENCE:
        return OFFICER
    return None


def _type(hint: Any, text: Any, made: dict[type, type[Struct]]) -> Any:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return Union[tuple(_type(one, text, made) for one in get_args(hint))]  # noqa: UP007 - of a computed list
    if origin is tuple:
        first, *more = get_args(hint)
        if more == [Ellipsis]:
            return Annotated[GenericAlias(tuple, (_type(first, text, made), ...)), Meta(max_length=MOST_ITEMS)]
        return GenericAlias(tuple, tuple(_type(one, text, made) for one in (first, *more)))
    if origin in (Literal, Annotated):
        return hint
    if isinstance(hint, type):
        return _plain(hint, text, made)
    raise TypeError(f"the ledger has no bounds for {hint}")


def _plain(hint: type, text: Any, made: dict[type, type[Struct]]) -> Any:
    bounds: dict[type, Any] = {str: text, int: NUMBER, bool: bool, float: float, NoneType: None}
    if hint in bounds:
        return bounds[hint]
    if issubclass(hint, Enum):
        return hint
    if issubclass(hint, Struct):
        return _struct(hint, text, made)
    raise TypeError(f"the ledger has no bounds for {hint}")


Check = Callable[[bytes], object]
check: Check = msgspec.json.Decoder(narrowed(Batch)).decode
