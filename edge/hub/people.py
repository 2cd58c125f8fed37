"""By what a visit is looked up (P6), written in one way so that the same person gives the same pseudonym."""

import re

from edge.contracts.commands import PersonKey
from edge.identity.id_number import IdNumberError, read_id_number

_BHYT = re.compile(r"[A-Z]{2}[0-9A-Z]{13}|[0-9]{10}")
_PHONE = re.compile(r"0[0-9]{9,10}")


def normalised(kind: PersonKey, value: str) -> str:
    """The number as it is matched: without spaces, an insurance number as its ten last digits, a telephone number as
    it is dialled in Vietnam. Raises ValueError where it is none; the text never repeats it.

    A card's code with letters among its last ten characters holds no such number and is matched whole. Source: Decision
    1351/QĐ-BHXH (2015), the social insurance number is the last ten characters of the card's code, all digits.

    >>> normalised(PersonKey.PHONE, "+84 912 345 678"), normalised(PersonKey.BHYT, "DN4797912345678")
    ('0912345678', '7912345678')
    """
    bare = re.sub(r"[\s.-]", "", value).upper()
    match kind:
        case PersonKey.CCCD:
            try:
                read_id_number(bare)
            except IdNumberError:
                raise ValueError("no ID number") from None
            return bare
        case PersonKey.BHYT:
            if not _BHYT.fullmatch(bare):
                raise ValueError("no insurance number")
            return bare[-10:] if bare[-10:].isdigit() else bare
        case PersonKey.PHONE:
            local = re.sub(r"^(\+84|0084|84)(?=[0-9]{9,10}$)", "0", bare)
            if not _PHONE.fullmatch(local):
                raise ValueError("no telephone number")
            return local
