"""``moiso-face``: checks a model pack, and measures on an operator's own pictures how often it errs."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np

from edge.face.engine import FaceEngine
from edge.face.likeness import DUPLICATE, MATCH, UNSURE, unpack_template
from edge.face.model_pack import PackError
from edge.face.picture import MOST_BYTES, PictureError
from edge.face.runtime import FaceUnavailable

GOOD, DOUBTFUL, NOT_DONE = 0, 1, 2  # argparse ends with 2, too
THRESHOLDS = (UNSURE, MATCH, 0.50, DUPLICATE)
SUFFIXES = (".jpg", ".jpeg", ".png", ".jp2")
MOST_FALSE = 1e-4  # of pairs of different people, at the threshold that is recommended
LEAST_PAIRS = 30_000  # so that none in so many says "fewer than MOST_FALSE" with 95 % confidence (rule of three)

Pictures = dict[str, list[Path]]


class FolderError(Exception):
    """The folder has nothing to measure; the text says what is expected."""


class Scores(NamedTuple):
    """The cosines of pairs of pictures: of one person, and of different people; each in rising order."""

    same: tuple[float, ...]
    different: tuple[float, ...]

    def false_match(self, threshold: float) -> float:
        """The share of different people that is taken for one."""
        return _share(score >= threshold for score in self.different)

    def false_non_match(self, threshold: float) -> float:
        """The share of pairs of one person that is not taken for one."""
        return _share(score < threshold for score in self.same)

    def recommended(self) -> float | None:
        """The lowest hundredth with so few false matches; None where there are too few pairs to say so."""
        if len(self.different) < LEAST_PAIRS:
            return None
        return next((n / 100 for n in range(1, 101) if self.false_match(n / 100) <= MOST_FALSE), None)


def main() -> None:
    """Run, and end with 0 (good), 1 (see what was said) or 2 (not done)."""
    try:
        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(NOT_DONE)


def run(arguments: Sequence[str]) -> int:
    """Do as these options say; the exit code. Figures go to standard output, what is wrong to standard error."""
    options = _options().parse_args(arguments)
    try:
        engine = FaceEngine(options.pack)
        return _check(engine) if options.what == "check" else _evaluate(engine, options.folder)
    except (FaceUnavailable, PackError, FolderError) as error:
        print(error, file=sys.stderr)
        return NOT_DONE


def people(folder: Path) -> Pictures:
    """The pictures of each person: of a folder a person, or of files that begin alike (``p01_a.jpg``, ``p01_b.jpg``).

    Raises FolderError where it has no picture.
    """
    if not folder.is_dir():
        raise FolderError(f"{folder}: a folder with pictures is expected")
    found: Pictures = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            where = path.relative_to(folder)
            person = str(where.parent) if len(where.parts) > 1 else path.stem.rpartition("_")[0] or path.stem
            found.setdefault(person, []).append(path)
    if not found:
        raise FolderError(
            f"{folder}: no picture; expected are a folder a person, or files such as p01_a.jpg, p01_b.jpg"
        )
    return found


def scores(templates: Mapping[str, Sequence[bytes]]) -> Scores:
    """The cosines of every pair of templates; they are given by person."""
    every = [(person, unpack_template(template)) for person, several in templates.items() for template in several]
    same: list[float] = []
    different: list[float] = []
    for (one, first), (other, second) in combinations(every, 2):
        (same if one == other else different).append(float(first @ second))
    return Scores(tuple(sorted(same)), tuple(sorted(different)))


def _check(engine: FaceEngine) -> int:
    for file, licence in engine.licences:
        print(f"{file}: {licence}")
    print(f"so sánh · compares faces: {_yes(engine.can_compare)}")
    print(f"người thật · tells live faces: {_yes(engine.can_tell_live)}")
    return GOOD if engine.can_compare and engine.can_tell_live else DOUBTFUL


def _evaluate(engine: FaceEngine, folder: Path) -> int:
    """Raises FolderError where there is no pair of pictures to compare, or no pack to compare with."""
    if not engine.can_compare:
        raise FolderError("nothing can be compared without a pack that has an embedding: name it with --pack")
    templates: dict[str, list[bytes]] = {}
    for person, paths in people(folder).items():
        templates[person] = list(_templates(engine, paths))
    found = scores(templates)
    if not found.same or not found.different:
        raise FolderError(f"{folder}: two people and two pictures of one of them are needed, with a face in each")
    print(f"cùng một người · one person: {_spread(found.same)}")
    print(f"người khác nhau · different people: {_spread(found.different)}")
    print("ngưỡng · threshold   nhận nhầm · false match   bỏ sót · false non-match")
    for threshold in THRESHOLDS:
        false, missed = found.false_match(threshold), found.false_non_match(threshold)
        print(f"{threshold:>18.2f}   {_counted(false, found.different):>23}   {_counted(missed, found.same):>24}")
    recommended = found.recommended()
    if recommended is None:
        print(
            f"Quá ít cặp để đề nghị ngưỡng khác: giữ {MATCH:.2f}. · "
            f"Too few pairs of different people ({len(found.different)} of {LEAST_PAIRS}): keep {MATCH:.2f}."
        )
    else:
        print(f"Ngưỡng nên dùng · recommended threshold: {recommended:.2f}")
    return GOOD if found.false_match(MATCH) == found.false_non_match(MATCH) == 0 else DOUBTFUL


def _templates(engine: FaceEngine, paths: Sequence[Path]) -> Iterator[bytes]:
    """Raises FolderError where a file cannot be read; a picture that is none, or shows nobody, is told and left out."""
    for path in paths:
        try:
            with path.open("rb") as file:
                image = file.read(MOST_BYTES + 1)
            yield engine.template_of(image)
        except OSError as error:
            raise FolderError(f"{path}: cannot be read ({error.strerror})") from error
        except PictureError as error:
            print(f"{path}: {error}", file=sys.stderr)


def _share(wrong: Iterator[bool]) -> float:
    counted = list(wrong)
    return sum(counted) / len(counted) if counted else 0.0


def _counted(share: float, pairs: Sequence[float]) -> str:
    return f"{round(share * len(pairs))} / {len(pairs)}"


def _spread(values: Sequence[float]) -> str:
    low, middle, high = (float(n) for n in np.percentile(values, (5, 50, 95)))
    return (
        f"{len(values)} cặp · pairs: {values[0]:.3f} – {values[-1]:.3f}, "
        f"5 % {low:.3f}, 50 % {middle:.3f}, 95 % {high:.3f}"
    )


def _yes(is_so: bool) -> str:
    return "có · yes" if is_so else "không · no"


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="moiso-face", description="Check a model pack, or measure how often it errs.")
    what = parser.add_subparsers(dest="what", required=True)
    check = what.add_parser(
        "check", help="is the pack whole", epilog="Ends with 0: whole, 1: something is not in it, 2: it cannot be used."
    )
    check.add_argument("--pack", type=Path, required=True, metavar="FOLDER", help="the folder with manifest.json")
    evaluate = what.add_parser(
        "evaluate",
        help="compare every pair of pictures in a folder",
        epilog=f"Ends with 0: at {MATCH} no pair was judged wrongly, 1: some were, 2: nothing could be compared.",
    )
    evaluate.add_argument("folder", type=Path, help="a folder a person, or files such as p01_a.jpg and p01_b.jpg")
    evaluate.add_argument("--pack", type=Path, metavar="FOLDER", help="the folder with manifest.json")
    return parser


if __name__ == "__main__":
    main()
