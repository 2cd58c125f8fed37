"""What a slip tells of one ticket."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

Language = Literal["vi", "en"]


class Slip(Struct, frozen=True):
    """What stands on one slip (K9); ``taken_at`` is local time, ``counters`` is as "Quầy 1, 2 · Phòng 101, 102".

    ``language`` comes first and large, the other one under it. ``expected`` is as "9:40–10:05". Pairs are Vietnamese
    and English: ``priority`` the legal ground in force, ``claim`` one that is to be confirmed, ``law`` where they
    stand, ``route`` the services that follow. ``reserve``: the number was given without the hub.
    """

    facility: str
    department: str
    service: str
    label: str
    counters: str
    ahead: int
    taken_at: datetime
    lookup_url: str
    reprint: bool = False
    service_en: str = ""
    facility_en: str = ""
    counters_en: str = ""
    language: Language = "vi"
    expected: str = ""
    priority: tuple[str, str] = ("", "")
    claim: tuple[str, str] = ("", "")
    law: tuple[str, str] = ("", "")
    route: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    reserve: bool = False
