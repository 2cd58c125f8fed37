"""The packs of recordings and what each still lacks. Pure."""

from typing import NamedTuple

from edge.contracts.catalogue import Catalogue
from edge.contracts.hall import Language, Recording, Region
from edge.contracts.phrases import Fragment, needed_fragments


class Pack(NamedTuple):
    """The recordings of one language and region; ``id`` such as ``vi-south``."""

    language: Language
    region: Region
    fragments: tuple[Fragment, ...]
    recorded: int

    @property
    def id(self) -> str:
        """What the ids of its recordings begin with."""
        return f"{self.language}-{self.region}"

    @property
    def needed(self) -> int:
        """How many fragments a whole pack has."""
        return len(self.fragments)


def packs(catalogue: Catalogue) -> tuple[Pack, ...]:
    """A pack for Vietnamese of each region, and one for English."""
    spoken: tuple[tuple[Language, Region], ...] = (
        ("vi", "north"),
        ("vi", "central"),
        ("vi", "south"),
        ("en", "north"),
    )
    recorded = {recording.id for recording in catalogue.recordings}
    found = []
    for language, region in spoken:
        fragments = needed_fragments(catalogue, language, region)
        found.append(Pack(language, region, fragments, sum(one.id in recorded for one in fragments)))
    return tuple(found)


def recording_of(catalogue: Catalogue, fragment: Fragment) -> Recording | None:
    """The recording of a fragment; None where there is none yet."""
    return next((one for one in catalogue.recordings if one.id == fragment.id), None)
