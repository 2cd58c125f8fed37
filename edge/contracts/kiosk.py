"""How the kiosks of a site greet and guide, as an administrator sets it: a part of the catalogue."""

from typing import Literal

from msgspec import Struct

from edge.contracts.hall import Region

# As each calls itself. A kiosk offers those that the catalogue names and it has sentences in.
LANGUAGES = {"vi": "Tiếng Việt", "en": "English", "km": "ភាសាខ្មែរ", "sti": "S’tiêng"}
KioskLanguage = Literal["vi", "en", "km", "sti"]

MAX_WORDS = 70  # letters of one text: what a landscape screen has room for
REST_S = (20, 600)  # what ``rest_s`` may be, beside 0


class Kiosk(Struct, frozen=True, forbid_unknown_fields=True):
    """``languages`` in the order in which a person comes through them, Vietnamese first.

    The texts stand in place of the product's own where they are not empty: ``greeting`` while nobody is served,
    ``begin`` above the services, ``without`` for people without a document, ``after`` above the number. A text that
    is empty in English is not shown in Vietnamese instead: the product's own English is.
    ``rest_s``: after so long without a touch the greeting comes; 0: never. ``region`` of the voice that guides.
    """

    languages: tuple[KioskLanguage, ...] = ("vi", "en")
    greeting: str = ""
    greeting_en: str = ""
    begin: str = ""
    begin_en: str = ""
    without: str = ""
    without_en: str = ""
    after: str = ""
    after_en: str = ""
    rest_s: int = 60
    region: Region = "north"
