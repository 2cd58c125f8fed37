"""The QR of a CCCD: seven fields on the card of 2021, eleven on the thẻ căn cước of 2024; VNeID shows the same."""

import re
from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from edge.contracts.ticket import Document
from edge.identity.card_date import CardDate
from edge.identity.id_number import IdNumberError, Sex, read_id_number
from edge.identity.qr_text import MAX_ADDRESS, MAX_OTHER, QrError, QrFault, date_of, full_date_of, name_of, text_of

_SEXES = {"nam": Sex.MALE, "nữ": Sex.FEMALE}


class CccdQr(Struct, frozen=True):
    """What the QR says. ``dated`` is the day of issue; in VNeID it is the expiry (not confirmed).

    ``extra`` are the four further fields of 2024, raw: their meaning is not confirmed.
    """

    id_number: str
    old_id: str
    full_name: str
    birth: CardDate
    sex: Sex
    address: str
    dated: CardDate
    extra: tuple[str, ...] = ()

    def document(self, today: date) -> Document:
        """What was shown: no card is issued on a day to come, so then it is VNeID, telling the expiry.

        That VNeID tells it there is what some public sources say and others do not; where it tells the day of issue, it
        counts as the card.
        """
        return Document.VNEID_QR if self.dated.earliest > today.isoformat() else Document.CCCD_QR

    def __repr__(self) -> str:
        return f"CccdQr({7 + len(self.extra)} fields)"


def parse_cccd_qr(fields: Sequence[str]) -> CccdQr:
    """The card, from the fields of its line; text is in NFC.

    ``id|old id or empty|name|birth|Nam/Nữ|address|dated ddMMyyyy`` with birth as ddMMyyyy, MMyyyy or yyyy, and on the
    card of 2024 four more. Raises QrError on anything else; a line of which a part is missing is DAMAGED, never a card
    with another number. Source: public code and samples, as gathered in the project's facts; no official specification
    is published.
    """
    if len(fields) not in (7, 11):
        part = "[0-9]{1,12}" if len(fields) > 1 else "[0-9]{12}"
        cut_off = re.fullmatch(part, fields[0]) is not None
        raise QrError(QrFault.DAMAGED if cut_off else QrFault.NOT_A_CARD)
    try:
        read_id_number(fields[0])
    except IdNumberError as error:
        raise QrError(QrFault.DAMAGED if fields[0].isdigit() else QrFault.NOT_A_CARD) from error
    return CccdQr(
        id_number=fields[0],
        old_id=text_of(fields[1], MAX_OTHER),
        full_name=name_of(fields[2]),
        birth=date_of(fields[3]),
        sex=_sex(fields[4]),
        address=text_of(fields[5], MAX_ADDRESS),
        dated=full_date_of(fields[6]),
        extra=tuple(text_of(field, MAX_OTHER) for field in fields[7:]),
    )


def _sex(field: str) -> Sex:
    if field.casefold() not in _SEXES:
        raise QrError(QrFault.DAMAGED)
    return _SEXES[field.casefold()]
