"""What the guide itself says, beside what stands on the screen, in each language that it has a voice for. Pure."""

from edge.contracts.hall import Language
from edge.daemon.i18n import translations
from edge.kiosk.words import N_

VOICES: tuple[Language, ...] = ("vi", "en")
_WORDS = {
    "on": N_("Hướng dẫn bằng giọng nói. Dùng phím mũi tên để nghe từng mục, phím giữa để chọn."),
    "off": N_("Đã tắt hướng dẫn bằng giọng nói."),
    "item": N_("{what}. Mục {at} trên {of}."),
    "number": N_("Số của bạn: {label}."),
    "about": N_("Khoảng {when}."),
    "page": N_("trang {at} trên {of}"),
    "ticked": N_("đã chọn"),
    "unticked": N_("chưa chọn"),
    "typed": N_("Đã nhập: {what}."),
    "untyped": N_("Chưa nhập số nào."),
    "field": N_("Ô nhập số. {what}"),
    "volume": N_("Âm lượng {at} trên {of}."),
    "slow": N_("Nói chậm."),
    "usual": N_("Nói nhanh như trước."),
    "actions": N_("Các nút khác."),
    "prefs": N_("Ngôn ngữ và cách hiển thị."),
    "letters": N_("Các chữ cái."),
    "digits": N_("Các chữ số."),
    "voiceless": N_("Ngôn ngữ này chưa có giọng đọc. Xin chọn ngôn ngữ khác."),
}


def guide_words(language: Language) -> dict[str, str]:
    """The sentences of the guide by their names; in braces stands what the page puts in.

    >>> guide_words("vi")["volume"], guide_words("en")["volume"]
    ('Âm lượng {at} trên {of}.', 'Volume {at} of {of}.')
    """
    translate = translations(language, "edge.kiosk").gettext
    return {name: translate(words) for name, words in _WORDS.items()}
