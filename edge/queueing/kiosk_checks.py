"""What the kiosk's part of a catalogue must keep to: its languages, its texts, and when it greets."""

from collections.abc import Iterator

from edge.contracts.kiosk import LANGUAGES, MAX_WORDS, REST_S, Kiosk
from edge.queueing.catalogue_faults import CatalogueError, Fault, Place, bounded, repeated, worded

TEXTS = ("greeting", "begin", "without", "after")


def kiosk_faults(kiosk: Kiosk) -> Iterator[CatalogueError]:
    """Everything that is wrong with how the kiosks greet and guide."""
    spoken = Place("kiosk", "", "languages")
    yield from bounded(spoken, len(kiosk.languages), len(LANGUAGES), least=1)
    yield from repeated(spoken, kiosk.languages)
    if kiosk.languages[:1] not in ((), ("vi",)):
        yield CatalogueError(spoken, Fault.VIETNAMESE_FIRST)
    for text in TEXTS:
        for field in (text, f"{text}_en"):
            words = getattr(kiosk, field)  # of blanks alone are no words, and would hide the product's own
            yield from worded(Place("kiosk", "", field), words, least=1 if words else 0, most=MAX_WORDS)
    least, most = REST_S
    if kiosk.rest_s != 0 and not least <= kiosk.rest_s <= most:
        yield CatalogueError(Place("kiosk", "", "rest_s"), Fault.REST, value=kiosk.rest_s, least=least, most=most)
