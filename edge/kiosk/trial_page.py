"""The staff's test page: whether every dot of the head prints, how wide the paper is, and that it is cut."""

from PIL import Image, ImageDraw

from edge.slip.sheet import REGULAR, SEMIBOLD, Sheet

BAR_DOTS = 8  # one millimetre


def render_trial(name: str, width_dots: int) -> Image.Image:
    """The page of the kiosk of this name, in black and white (mode "1"), ``width_dots`` wide.

    The wedge crosses every dot of the head: a white line down through it is a dot that does not print.
    """
    sheet = Sheet(width_dots, 400)
    sheet.text("In thử · Test page", SEMIBOLD, 46, 36)
    sheet.text(f"{name} · {width_dots} dots", REGULAR, 26, 22)
    sheet.gap(24)
    sheet.rule()
    words = sheet.picture()
    page = Image.new("1", (width_dots, words.height + 120 + BAR_DOTS * 2), 1)
    page.paste(words, (0, 0))
    draw = ImageDraw.Draw(page)
    draw.polygon([(0, words.height), (width_dots, words.height), (width_dots, words.height + 100)], fill=0)
    for left in range(0, width_dots, BAR_DOTS * 2):
        draw.rectangle((left, words.height + 112, left + BAR_DOTS - 1, words.height + 127), fill=0)
    return page
