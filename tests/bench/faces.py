"""What a look and a still cost beside the models alone, run bare in the same turn, and what they take of memory."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from edge.face.detector import Detector
from edge.face.engine import FaceEngine
from edge.face.model_pack import load_pack
from tests.faces import PACK, astronaut, before_camera

TURNS = 150
WATCH, STILL = (320, 240), (2304, 1296)
GOAL_RATIO, GOAL_MIB = 1.4, 150


def figures() -> Iterator[tuple[str, str]]:
    """Each figure and its value."""
    pack = PACK if (PACK / "manifest.json").exists() else None
    engine = FaceEngine(pack)
    look, still = before_camera(astronaut(), 30, size=WATCH), before_camera(astronaut(), 160, size=STILL)
    detect, more = _bare(pack)

    def take() -> None:
        engine.take(still, with_portrait=True, with_template=True)

    yield "faces: a look at 320 × 240", _compared(lambda: engine.look(look), detect)
    yield "faces: a look at 320 × 240 where nobody is", _compared(lambda: engine.look(np.full_like(look, 128)), detect)
    yield (
        f"faces: a still of 2304 × 1296, {'with' if pack else 'without'} a pack",
        _compared(take, lambda: more(detect)),
    )
    begun = time.perf_counter()
    for _ in range(TURNS):
        engine.look(look)
    yield "faces: looks a second, one thread", f"{TURNS / (time.perf_counter() - begun):.0f}"
    yield "faces: memory of a process that looks and takes", _memory(pack)


def _bare(pack: Path | None) -> tuple[Callable[[], object], Callable[[Callable[[], object]], None]]:
    """The detector's model alone; and all that a still needs: it twice, the embedding twice, liveness once each."""
    interpreter = Detector().model.invoke
    loaded = load_pack(pack) if pack else None
    models = [] if loaded is None or loaded.embedder is None else [loaded.embedder.model] * 2
    models += [] if loaded is None or loaded.liveness is None else [spoof.model for spoof in loaded.liveness.models]

    def every(detect: Callable[[], object]) -> None:
        detect()
        detect()
        for model in models:
            model.invoke()

    return interpreter, every


def _compared(ours: Callable[[], object], bare: Callable[[], object]) -> str:
    """Both by turns, so that whatever else the machine does meets them alike."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(TURNS + 5):
        for run, taken in zip((ours, bare), times, strict=True):
            begun = time.perf_counter()
            run()
            if turn >= 5:
                taken.append(time.perf_counter() - begun)
    (median, worst), (floor, _) = (_spread_ms(taken) for taken in times)
    return (
        f"p50 {median:.1f} ms, p99 {worst:.1f} ms; {median / floor:.2f} × the models alone "
        f"({floor:.1f} ms; goal {GOAL_RATIO})"
    )


def _spread_ms(seconds: list[float]) -> tuple[float, float]:
    ordered = sorted(seconds)
    return ordered[len(ordered) // 2] * 1000, ordered[int(len(ordered) * 0.99)] * 1000


def _memory(pack: Path | None) -> str:
    command = [sys.executable, "-m", "tests.bench.faces", *([str(pack)] if pack else [])]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return f"{int(done.stdout)} MiB (goal {GOAL_MIB})"


def main() -> None:
    """The resident memory of this process in MiB, after looks and a still."""
    engine = FaceEngine(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    still = np.full((STILL[1], STILL[0], 3), 90, np.uint8)
    still[300 : 300 + 768, 600 : 600 + 1024] = astronaut()
    for _ in range(3):
        engine.look(np.ascontiguousarray(still[::6, ::6]))
        engine.take(still, with_portrait=True, with_template=True)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    print(pages * os.sysconf("SC_PAGE_SIZE") // 2**20)


if __name__ == "__main__":
    main()
