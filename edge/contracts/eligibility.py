"""Whether health insurance (BHYT) covers a person: what a kiosk asks the hub, and what comes of it (D5).

Nothing of it is stored. What is counted (D1) is the outcome and the portal's code, never whose they were.
"""

from enum import Enum
from typing import Annotated

from msgspec import Meta, Struct

InsuredNumber = Annotated[str, Meta(pattern="^([A-Z]{2}[0-9A-Z]{13}|[0-9]{10}|[0-9]{12})$", max_length=15)]
InsuredName = Annotated[str, Meta(min_length=1, max_length=100)]
InsuredBirth = Annotated[str, Meta(pattern="^([0-9]{2}/[0-9]{2}/)?[0-9]{4}$", max_length=10)]
ResultCode = Annotated[str, Meta(pattern="^([0-9]{3})?$", max_length=3)]


class Outcome(Enum):
    """What the portal of Vietnam Social Security says of a card, or why it says nothing."""

    VALID = "valid"
    NEW_CARD = "new-card"  # a new card was issued in place of the one asked about
    FORCES_CARD = "forces-card"  # kept by the army's or the police's insurance: an officer looks at the card itself
    EXPIRED = "expired"
    STOPPED = "stopped"  # no contributions any more, or moved to another unit
    REVOKED = "revoked"
    NOT_FOUND = "not-found"
    CODE_WRONG = "code-wrong"  # no card has such a code
    NAME_WRONG = "name-wrong"
    BIRTH_WRONG = "birth-wrong"
    CHILD_WITHOUT_CARD = "child-without-card"
    QUESTION_WRONG = "question-wrong"  # the portal does not understand what was asked
    NOT_AUTHORISED = "not-authorised"  # the portal refuses the site's account, or the officer who asks
    PORTAL_ERROR = "portal-error"  # the portal has a fault, or its answer cannot be read
    UNREACHABLE = "unreachable"  # no answer in time, or the portal is left alone for a while
    UNKNOWN = "unknown"  # a code that is not published


# Source: annex 03 of official letter 1923/BHXH-CNTT (20 June 2024), as gathered in the project's facts; 500 and the
# wordings of 001, 002, 054, 055, 120-124 and 130 also as public integrations state them.
OUTCOMES: dict[str, Outcome] = {
    "000": Outcome.VALID,
    "001": Outcome.FORCES_CARD,
    "002": Outcome.FORCES_CARD,
    "003": Outcome.NEW_CARD,  # the old one has expired
    "004": Outcome.NEW_CARD,  # the old one is still valid
    "010": Outcome.EXPIRED,
    "050": Outcome.NOT_FOUND,
    "051": Outcome.CODE_WRONG,
    "052": Outcome.CODE_WRONG,  # its province
    "053": Outcome.CODE_WRONG,  # its level of benefit
    "054": Outcome.NOT_AUTHORISED,  # the officer's ID number is not registered
    "055": Outcome.NOT_AUTHORISED,  # the officer's name does not go with it
    "060": Outcome.NAME_WRONG,
    "061": Outcome.NAME_WRONG,  # only its initials are right
    "070": Outcome.BIRTH_WRONG,
    "100": Outcome.PORTAL_ERROR,
    "101": Outcome.PORTAL_ERROR,
    "110": Outcome.REVOKED,
    "120": Outcome.STOPPED,
    "121": Outcome.STOPPED,  # moved to another province
    "122": Outcome.STOPPED,  # moved within the province
    "123": Outcome.STOPPED,  # begun again at the same unit
    "124": Outcome.STOPPED,  # left the insurance
    "130": Outcome.CHILD_WITHOUT_CARD,
    "205": Outcome.QUESTION_WRONG,
    "401": Outcome.NOT_AUTHORISED,
    "500": Outcome.PORTAL_ERROR,
}

# Vietnamese source sentences: what it means, and what to do; the English ones are in the gettext catalogue under these.
OUTCOME_WORDS: dict[Outcome, str] = {
    Outcome.VALID: "Thẻ BHYT còn giá trị sử dụng. Xin chọn dịch vụ để lấy số.",
    Outcome.NEW_CARD: "Bạn đã được cấp thẻ BHYT mới. Xin dùng thẻ mới và báo nhân viên tiếp đón.",
    Outcome.FORCES_CARD: "Thẻ BHYT do Quân đội hoặc Công an quản lý. Xin đưa thẻ và giấy tờ cho nhân viên tiếp đón.",
    Outcome.EXPIRED: "Thẻ BHYT đã hết hạn. Xin gia hạn thẻ, hoặc khám không dùng BHYT.",
    Outcome.STOPPED: "Thẻ BHYT đã ngừng hoặc chuyển nơi khác. Xin hỏi cơ quan BHXH hoặc nơi làm việc.",
    Outcome.REVOKED: "Thẻ BHYT đã bị thu hồi. Xin hỏi cơ quan BHXH.",
    Outcome.NOT_FOUND: "Không tìm thấy thẻ BHYT theo số này. Xin đưa thẻ hoặc ứng dụng VssID cho nhân viên tiếp đón.",
    Outcome.CODE_WRONG: "Mã thẻ BHYT không đúng. Xin xem lại mã thẻ, hoặc dùng thẻ căn cước.",
    Outcome.NAME_WRONG: "Họ tên không khớp với dữ liệu BHYT. Xin hỏi nhân viên tiếp đón.",
    Outcome.BIRTH_WRONG: "Ngày sinh không khớp với dữ liệu BHYT. Xin hỏi nhân viên tiếp đón.",
    Outcome.CHILD_WITHOUT_CARD: "Trẻ em chưa có thẻ BHYT. Xin đưa giấy khai sinh cho nhân viên tiếp đón.",
    Outcome.QUESTION_WRONG: "Cổng BHXH không nhận thông tin tra cứu. Xin xem lại số, họ tên và ngày sinh.",
    Outcome.NOT_AUTHORISED: "Cổng BHXH chưa cho cơ sở này tra cứu. Xin báo nhân viên kỹ thuật.",
    Outcome.PORTAL_ERROR: "Cổng BHXH đang gặp lỗi nên chưa tra cứu được. Xin thử lại sau, hoặc hỏi nhân viên tiếp đón.",
    Outcome.UNREACHABLE: "Chưa kết nối được Cổng BHXH. Xin thử lại sau, hoặc hỏi nhân viên tiếp đón.",
    Outcome.UNKNOWN: "Cổng BHXH trả lời một mã chưa biết. Xin hỏi nhân viên tiếp đón.",
}


def outcome_of(code: str) -> Outcome:
    """What a result code of the portal means; ``Outcome.UNKNOWN`` for one that is not published.

    >>> outcome_of("010").value, outcome_of("777").value
    ('expired', 'unknown')
    """
    return OUTCOMES.get(code, Outcome.UNKNOWN)


class InsuredPerson(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose insurance is asked about, as the document states it.

    ``number`` is the card's code (15 characters), the insurance number (10 digits) or the ID number (12 digits);
    ``birth`` is ``dd/MM/yyyy``, or ``yyyy`` where the document has no more.
    """

    number: InsuredNumber
    full_name: InsuredName
    birth: InsuredBirth

    def __repr__(self) -> str:
        return "InsuredPerson(…)"


class Eligibility(Struct, frozen=True, omit_defaults=True):
    """What came of a look-up. ``code`` is the portal's own result code, empty where it gave none.

    The card that was asked about: its number, ``YYYY-MM-DD`` of its first and last day, and the five characters of the
    facility of first registration; and the same of a card issued in its place. What the portal leaves out, or writes
    in a way that cannot be read, is empty and not in the JSON.
    """

    outcome: Outcome
    code: ResultCode = ""
    card_number: str = ""
    valid_from: str = ""
    valid_to: str = ""
    facility: str = ""
    new_card_number: str = ""
    new_valid_from: str = ""
    new_valid_to: str = ""

    def __repr__(self) -> str:
        return f"Eligibility(outcome={self.outcome.value!r}, code={self.code!r}, …)"
