"""The tiles of the kiosk page, as the kiosk shows them and the hub's preview does: icons, and how all fit at once."""

from collections.abc import Iterable, Sequence
from textwrap import wrap

from msgspec import Struct

from edge.contracts.catalogue import Service

# The pictures of edge/contracts/brand/static/icons, in the order in which they are offered, with their names.
ICONS: dict[str, str] = {
    "tiep-don": "Tiếp đón",
    "hoi-dap": "Hỏi đáp",
    "ho-so": "Hồ sơ",
    "kham": "Khám bệnh",
    "bhyt": "Bảo hiểm y tế",
    "cap-cuu": "Cấp cứu",
    "tre-em": "Trẻ em",
    "san": "Thai sản",
    "nguoi-cao-tuoi": "Người cao tuổi",
    "xe-lan": "Xe lăn",
    "mat": "Mắt",
    "rang": "Răng hàm mặt",
    "tai-mui-hong": "Tai mũi họng",
    "da-lieu": "Da liễu",
    "dien-tim": "Tim mạch",
    "ho-hap": "Hô hấp",
    "than-kinh": "Thần kinh",
    "xuong-khop": "Xương khớp",
    "dinh-duong": "Dinh dưỡng",
    "dong-y": "Y học cổ truyền",
    "xet-nghiem": "Xét nghiệm",
    "lay-mau": "Lấy máu",
    "x-quang": "X-quang",
    "sieu-am": "Siêu âm",
    "tiem": "Tiêm chủng",
    "thuoc": "Thuốc",
    "thu-ngan": "Thu ngân",
    "giuong-benh": "Nội trú",
}

HEADING_PX = 56  # the line above a group
GAP_PX = 22
JOINED_GAP_PX = 10
LEAST_PX = 96  # a finger of 75: 20 mm on a 21-inch screen are about 82 px
HEIGHTS_PX = (168, 132, LEAST_PX)  # of a tile with both names, with one, and with the least
COMPACT_FROM = 17  # services: from here on head, invitation and foot give room to the tiles

LINE_LETTERS = 15  # on one line of the narrowest tile
LONG_LETTERS = 24

Span = tuple[int, int]
_SPANS: dict[str, Span] = {"normal": (1, 1), "wide": (2, 1), "large": (2, 2)}


READABLE = 4.5  # WCAG 2.1, 1.4.3


class Grid(Struct, frozen=True):
    """``columns`` of tiles; ``joined`` where all groups share one grid, each led by a cell with its name.

    ``rows`` are the numbers of rows of each group where they stand apart.
    """

    columns: int
    rows: tuple[int, ...] = ()

    @property
    def joined(self) -> bool:
        """Whether the groups run on in one grid."""
        return not self.rows


def spans(services: Iterable[Service]) -> tuple[Span, ...]:
    """How many (columns, rows) each service's tile takes."""
    return tuple(_SPANS[service.size] for service in services)


def is_readable(colour: str) -> bool:
    """Whether letters of this colour can be read on a white tile."""
    return contrast_on_white(colour) >= READABLE


def contrast_on_white(colour: str) -> float:
    """The contrast ratio of a ``#rrggbb`` colour against white.

    Source: WCAG 2.1, definitions of contrast ratio and relative luminance.

    >>> round(contrast_on_white("#767676"), 2)
    4.54
    """
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def name_classes(name: str) -> str:
    """How much room a name takes, as the classes that ``tiles.css`` knows.

    >>> [name_classes(name) for name in ("Mắt", "Kế hoạch hóa gia đình", "Y học cổ truyền và phục hồi chức năng")]
    ['short', '', 'long tall']
    """
    lines = len(wrap(name, LINE_LETTERS))
    classes = {"short": lines == 1, "long": len(name) > LONG_LETTERS, "tall": lines > 2}
    return " ".join(named for named, holds in classes.items() if holds)


def portrait(groups: Sequence[Sequence[Span]]) -> Grid:
    """The grid of an upright 1080×1920 screen."""
    return fit(groups, 1440 if is_compact(groups) else 1060, apart=(2, 3), joined=(3, 4, 5))


def landscape(groups: Sequence[Sequence[Span]]) -> Grid:
    """The grid of a 1920×1080 screen."""
    return fit(groups, 910 if is_compact(groups) else 860, apart=(2, 3, 4), joined=(4, 5, 6, 7))


def is_compact(groups: Sequence[Sequence[Span]]) -> bool:
    """Whether the tiles need the room of head, invitation and foot."""
    return sum(width * height for group in groups for width, height in group) >= COMPACT_FROM


def fit(groups: Sequence[Sequence[Span]], height_px: int, *, apart: Sequence[int], joined: Sequence[int]) -> Grid:
    """The grid with the highest tiles that fit, and of those the one with the fewest columns.

    ``groups`` are the (columns, rows) of each tile of each group, ``height_px`` is the room for all of them, ``apart``
    and ``joined`` the numbers of columns to try. Where groups on lines of their own leave too little, they share one
    grid; where that is too little still, it has the most columns.

    >>> one = (1, 1)
    >>> fit([[one] * 4, [one] * 2], 1080, apart=[2, 3], joined=[3, 4])
    Grid(columns=2, rows=(2, 1))
    >>> fit([[one] * size for size in (8, 9, 8, 7, 4, 4)], 1440, apart=[2, 3], joined=[3, 4])
    Grid(columns=4, rows=())
    """
    for least_px in HEIGHTS_PX:
        for columns in apart:
            rows = tuple(rows_of(group, columns) for group in groups)
            if height_px - len(groups) * HEADING_PX >= sum(rows) * (least_px + GAP_PX):
                return Grid(columns, rows)
    run_on = [span for group in groups for span in ((1, 1), *group)]
    for columns in joined:
        if height_px >= rows_of(run_on, columns) * (LEAST_PX + JOINED_GAP_PX):
            return Grid(columns)
    return Grid(joined[-1])


def rows_of(tiles: Iterable[Span], columns: int) -> int:
    """How many rows tiles take that are placed one after another, as a CSS grid does with ``grid-auto-flow: row``.

    ``columns`` is at least 2, as wide as the widest tile.

    >>> rows_of([(1, 1), (2, 1), (1, 1)], 2), rows_of([(2, 2), (1, 1), (1, 1)], 3)
    (3, 2)
    """
    taken: set[Span] = set()
    row = column = 0
    for width, height in tiles:
        while column + width > columns or taken & _cells(column, row, width, height):
            column += 1
            if column + width > columns:
                row, column = row + 1, 0
        taken |= _cells(column, row, width, height)
    return max((row for _, row in taken), default=-1) + 1


def _cells(column: int, row: int, width: int, height: int) -> set[Span]:
    return {(column + x, row + y) for x in range(width) for y in range(height)}
