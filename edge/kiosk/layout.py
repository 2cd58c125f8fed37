"""How the tiles of all services fit on the screen at once, without scrolling: pure arithmetic."""

from collections.abc import Sequence

from msgspec import Struct

HEADING_PX = 56  # the line above a group
GAP_PX = 22
JOINED_GAP_PX = 10
LEAST_PX = 96  # a finger of 75: 20 mm on a 21-inch screen are about 82 px
HEIGHTS_PX = (168, 132, LEAST_PX)  # of a tile with both names, with one, and with the least


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


def fit(group_sizes: Sequence[int], height_px: int, *, apart: Sequence[int], joined: Sequence[int]) -> Grid:
    """The grid with the highest tiles that fit, and of those the one with the fewest columns.

    ``group_sizes`` are the numbers of services, ``height_px`` is the room for all of them, ``apart`` and ``joined``
    the numbers of columns to try. Where groups on lines of their own leave too little, they share one grid; where that
    is too little still, it has the most columns.

    >>> fit([4, 2], 1080, apart=[2, 3], joined=[3, 4])
    Grid(columns=2, rows=(2, 1))
    >>> fit([8, 9, 8, 7, 4, 4], 1440, apart=[2, 3], joined=[3, 4])
    Grid(columns=4, rows=())
    """
    for least_px in HEIGHTS_PX:
        for count in apart:
            rows = tuple(-(-size // count) for size in group_sizes)
            if height_px - len(group_sizes) * HEADING_PX >= sum(rows) * (least_px + GAP_PX):
                return Grid(count, rows)
    cells = sum(group_sizes) + len(group_sizes)
    for count in joined:
        if height_px >= -(-cells // count) * (LEAST_PX + JOINED_GAP_PX):
            return Grid(count)
    return Grid(joined[-1])
