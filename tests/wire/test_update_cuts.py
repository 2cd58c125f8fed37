"""Cut off anywhere: the updater killed with everything it has started, the machine's power gone, once or again and
again. Afterwards either release runs, all of it, and what was begun ends by itself."""

import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.long import every as each
from tests.long import tries
from tests.update_machine import Machine, machine, packed
from tests.update_runner import Runner

pytestmark = pytest.mark.timeout(900)
KILLED = -9
OLD, NEW = "0.1.0", "0.2.0"


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    """What runs moiso-update."""
    made = Runner()
    yield made
    made.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: a killed process needs no disk to be killed."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="moiso-update-", dir=shared if shared.is_dir() else tmp_path) as folder:
        yield Path(folder)


def steps(place: Path, runner: Runner, bundle: Path, within_s: int) -> list[str]:
    """Everything that an update changes on such a machine, in its order."""
    with machine(place / "measured", runner) as site:
        site.configure(within_s=within_s)
        site.update("apply", "--from", str(bundle), cut_at=0, log=place / "measured-log")
    shutil.rmtree(place / "measured")
    return (place / "measured-log").read_text(encoding="utf-8").splitlines()


def chosen(listed: list[str], of_the_first: int, every: int = 1) -> list[int]:
    """Some of the steps before the guard is armed, and each (or every so many) of those after it."""
    armed = next(number for number, step in enumerate(listed) if "pending.json.new" in step)
    early = range(1, armed + 1, max(1, armed // of_the_first))
    return [*early, *range(armed + 1, len(listed) + 1, every)]


def cut(site: Machine, bundle: Path, at: int, log: Path) -> None:
    """Run an update and kill it at a step. What is there then is whole."""
    log.unlink(missing_ok=True)
    done = site.update("apply", "--from", str(bundle), cut_at=at, log=log)
    assert done.code in (KILLED, 3), done.said  # 3: it was the guard that was killed, and the command saw that
    assert site.is_whole(), f"step {at}"


def settled(site: Machine, at: int, expected: set[str]) -> str:
    """Which release it has come to; it must run, and nothing may be left over."""
    current = site.store.current()
    assert site.store.pending() is None, f"step {at}"
    assert current in expected, f"step {at}"
    assert site.store.environment() == f"env-{current}", f"step {at}"
    assert site.runs() == current, f"step {at}"
    assert not [*site.store.folder.glob("*.part")], f"step {at}"
    return current


@pytest.mark.req("X4", "X6")
def test_the_power_goes_at_any_step_and_the_machine_starts_with_one_release_or_the_other(
    place: Path, runner: Runner
) -> None:
    bundle = packed(place / "stick", NEW)
    came_to = []
    for at in chosen(steps(place, runner, bundle, 60), of_the_first=tries(4), every=each(4)):
        with machine(place / f"machine-{at}", runner) as site:
            cut(site, bundle, at, place / "log")
            site.boot()
            assert site.is_whole()
            assert site.runs() in (OLD, NEW), f"step {at}"
            site.guard("resume")  # moiso-update-confirm.service
            if site.store.history().version != NEW:  # cut off before it began: the next look takes it
                assert site.runs() == OLD, f"step {at}"
                site.update("apply", "--from", str(bundle))
                came_to.append(OLD)
            came_to.append(settled(site, at, {OLD, NEW}))
        shutil.rmtree(place / f"machine-{at}")
    assert set(came_to) == {OLD, NEW}  # or nothing was proven


@pytest.mark.req("X4", "X6")
def test_the_updater_is_killed_at_any_step_and_the_next_run_ends_what_was_begun(place: Path, runner: Runner) -> None:
    bundle = packed(place / "stick", NEW)
    for at in chosen(steps(place, runner, bundle, 60), of_the_first=tries(3), every=each(8)):
        with machine(place / f"machine-{at}", runner) as site:
            cut(site, bundle, at, place / "log")
            site.update("confirm")  # by the timer
            done = site.update("apply", "--from", str(bundle))
            assert settled(site, at, {NEW}) == NEW, done.said
        shutil.rmtree(place / f"machine-{at}")


@pytest.mark.req("X4", "X6")
def test_a_release_that_does_not_work_is_taken_back_though_the_power_goes_at_any_step(
    place: Path, runner: Runner
) -> None:
    bundle = packed(place / "stick", NEW, "ends at once")
    listed = steps(place, runner, bundle, 1)
    armed = next(number for number, step in enumerate(listed) if "pending.json.new" in step)
    for at in range(armed + 1, len(listed) + 1, each(8)):
        with machine(place / f"machine-{at}", runner) as site:
            site.configure(within_s=1)
            cut(site, bundle, at, place / "log")
            site.boot()
            assert site.is_whole()
            site.guard("resume")
            settled(site, at, {OLD})
        shutil.rmtree(place / f"machine-{at}")


@pytest.mark.req("X4", "X6")
def test_the_power_goes_again_while_the_machine_puts_itself_right(place: Path, runner: Runner) -> None:
    """A cut during the update, and then cuts during what the next starts do about it."""
    chance = random.Random(9)
    bundle = packed(place / "stick", NEW)
    listed = steps(place, runner, bundle, 60)
    armed = next(number for number, step in enumerate(listed) if "pending.json.new" in step)
    for _ in range(tries(4)):
        at = chance.randint(armed + 2, len(listed))
        with machine(place / f"machine-{at}", runner) as site:
            cut(site, bundle, at, place / "log")
            for _ in range(2):
                (place / "log").unlink(missing_ok=True)
                site.boot(cut_at=chance.randint(1, 16), log=place / "log")
                assert site.is_whole(), f"step {at}"
            site.boot()
            site.guard("resume")
            settled(site, at, {OLD, NEW})
        shutil.rmtree(place / f"machine-{at}")


@pytest.mark.req("X4", "X6")
def test_a_release_that_makes_the_machine_start_again_and_again_is_taken_back_at_the_third_start(
    place: Path, runner: Runner
) -> None:
    """Nobody gets to judge it: the machine is gone before (a hung kernel, a watchdog). The starts are counted."""
    bundle = packed(place / "stick", NEW)
    listed = steps(place, runner, bundle, 60)
    restarted = next(
        number
        for number, step in enumerate(listed, 1)
        if step.startswith("subprocess.Popen") and "/provisioning/install" in step
    )
    with machine(place / "machine", runner) as site:
        cut(site, bundle, restarted + 3, place / "log")
        seen = []
        for _ in range(3):
            site.boot()
            seen.append(site.runs())
        assert seen == [NEW, NEW, OLD]
        site.guard("resume")
        settled(site, 0, {OLD})
        assert site.store.history().failed == (NEW,)
        site.boot()
        assert site.runs() == OLD
