"""The QR of any document that we read: căn cước, VNeID, BHYT card."""

from edge.identity.bhyt_qr import BhytQr, is_bhyt, parse_bhyt_qr
from edge.identity.cccd_qr import CccdQr, parse_cccd_qr
from edge.identity.qr_text import fields_of


def read_qr(line: str) -> CccdQr | BhytQr:
    """The document, from the line that a scanner delivers.

    Raises QrError on anything else: a web address (URL), a document of which a part is missing or unreadable (DAMAGED),
    or no document that we know (NOT_A_CARD).
    """
    fields = fields_of(line)
    return parse_bhyt_qr(fields) if is_bhyt(fields) else parse_cccd_qr(fields)
