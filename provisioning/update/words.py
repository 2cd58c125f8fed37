"""What the command says; the English stands in locale/en.po."""

from collections.abc import Callable

from edge.daemon.i18n import translations
from provisioning.update.plan import Reason

N_ = str  # marks a Vietnamese source sentence whose English stands in locale/en.po
PACKAGE = "provisioning.update"

WHY: dict[Reason, str] = {
    Reason.SAME: N_("{version} đang chạy trên máy này rồi."),
    Reason.OLDER: N_("{version} không mới hơn {here}: máy này không bao giờ nhận bản cũ hơn từ bên ngoài."),
    Reason.TOO_FAR: N_(
        "{version} chỉ thay được bản từ {least} trở lên; máy này đang chạy {here}. Cài bản ở giữa trước."
    ),
    Reason.PYTHON: N_("Gói này dành cho Python {wants}, máy này có {has}."),
    Reason.PROCESSOR: N_("Gói này dành cho {wants}, máy này là {has}."),
    Reason.ROLE: N_("Gói này không có vai trò của máy: {what}"),
    Reason.PACKAGES: N_("Thiếu gói của Debian. Cài trước: sudo apt-get install {what}"),
    Reason.ROOM: N_("Không đủ chỗ: cần {needed} MB, còn {free} MB."),
    Reason.FAILED: N_("{version} đã thử và đã tự quay lại vì không chạy tốt. Muốn thử lần nữa: thêm --again."),
    Reason.RING: N_("Chưa đến lượt nhóm {ring} (mở từ: {when})."),
    Reason.TOO_EARLY: N_("Chờ đến {when} rồi mới nhận."),
    Reason.WINDOW: N_("Chỉ cập nhật từ {begin} đến {end}."),
}


class Refused(Exception):
    """It was not done: a source sentence and what fills its places."""

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.values = values


Say = Callable[..., None]  # a sentence, and what fills its places


def said(language: str) -> Callable[..., str]:
    """A sentence in this language with its places filled, on one line and printable."""
    gettext = translations(language, PACKAGE).gettext

    def fill(sentence: str, **values: object) -> str:
        text = gettext(sentence).format(**values)
        return "".join(letter if letter.isprintable() else " " for letter in text)

    return fill
