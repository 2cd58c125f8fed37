"""Vietnam's public holidays, by the law and the lunar calendar."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple


class PublicHoliday(NamedTuple):
    """Why everybody is off on a day."""

    name: str
    name_en: str


@lru_cache(maxsize=8)
def public_holidays(year: int) -> Mapping[date, PublicHoliday]:
    """The public holidays of a year by date, with the days off in lieu and the second day of 2 September.

    What the government swaps by decree later than the library's edition is for a special day of the catalogue.
    Source: Labour Code 2019 (45/2019/QH14), article 112, as the library ``holidays`` has it.

    >>> public_holidays(2030)[date(2030, 2, 2)].name
    'Tết Nguyên Đán'
    """
    from holidays import country_holidays  # 18 MiB, which a site without set hours does not need

    vi, en = (country_holidays("VN", years=year, language=language) for language in ("vi", "en_US"))
    return {day: PublicHoliday(vi[day], en[day]) for day in vi}
