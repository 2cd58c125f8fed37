"""A slip as a draft would make it, for a ticket that nobody was given: for the preview."""

from edge.contracts.catalogue import Catalogue
from edge.contracts.ticket import PRIORITY_LAW, PRIORITY_WORDS, Priority
from edge.daemon.i18n import local_time, translations
from edge.slip.facts import Language, Slip


def example_slip(catalogue: Catalogue, language: Language, now_ms: int, address: str) -> Slip:
    """A slip with something to say in every block but the reserve's, of the service and the counter with the longest
    names: what is longer comes from no kiosk. ``address`` is what its QR holds."""
    facility = catalogue.facility
    english = translations("en", "edge.hub").gettext
    service = max(catalogue.services, key=lambda one: len(one.name), default=None)
    counters = catalogue.counters_for(service.id) if service else ()
    counter = max(counters, key=lambda one: len(one.room), default=None)
    named = {one.id: one for one in catalogue.services}
    steps = [named[step] for step in service.route if step in named] if service else []
    ground = PRIORITY_WORDS[Priority.FROM_75]
    return Slip(
        facility=facility.name,
        facility_en=facility.name_en,
        department=facility.department,
        service=service.name if service else "",
        service_en=service.name_en if service else "",
        label=f"{service.prefix}{max(47, service.first_number):03}" if service else "A047",
        counters=" · ".join([f"Quầy {counter.number}", f"Phòng {counter.room}"]) if counter else "",
        counters_en=" · ".join([f"Counter {counter.number}", f"Room {counter.room}"]) if counter else "",
        ahead=14,
        taken_at=local_time(now_ms, facility.time_zone),
        lookup_url=address,
        language=language,
        expected="9:40–10:05",
        priority=(_inside(ground), _inside(english(ground))),
        law=(PRIORITY_LAW, english(PRIORITY_LAW)),
        route=(tuple(step.name for step in steps), tuple(step.name_en for step in steps)),
    )


def _inside(words: str) -> str:
    """The words within a sentence."""
    return words[:1].lower() + words[1:]
