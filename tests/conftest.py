"""What all tests share: hypothesis judges what comes out, never how long it took on a busy machine; a run that is
broken off has told what failed; files that compute run beside files that wait."""

from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("moiso", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("moiso")

TOLD_LINES = 12


class ToldAtOnce:
    """Each failure's last lines as it comes: pytest's own account comes only after the last test."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Source: pytest's hook of this name; with xdist the controller gets the reports of its workers."""
        reporter = self._config.pluginmanager.getplugin("terminalreporter")
        if report.failed and reporter:
            lines = report.longreprtext.splitlines()
            told = [line for line in lines if line.startswith("E ")] or lines
            reporter.write_line("")
            reporter.write_line(f"{report.nodeid} failed ({report.when}, {report.duration:.0f} s)", red=True)
            reporter.write_line("\n".join(told[-TOLD_LINES:]))


def pytest_configure(config: pytest.Config) -> None:
    """Not in a worker, which reports to nobody's eyes."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(ToldAtOnce(config))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the browser's files, which take all the processor they get, among those that mostly wait for programs;
    unit tests stay last. Three browsers at once on two cores are slow, and slow pages run into the kiosk's limits."""
    files = [list(file) for _, file in groupby(items, key=lambda item: item.path)]
    kinds = [_kind(file[0].path) for file in files]
    counts = {kind: kinds.count(kind) for kind in kinds}
    places = [(kind == "unit", kinds[:at].count(kind) / counts[kind], at) for at, kind in enumerate(kinds)]
    items[:] = [item for at in sorted(range(len(files)), key=places.__getitem__) for item in files[at]]


def _kind(path: Path) -> str:
    folder = path.parent.name
    return folder if folder in ("browser", "unit") else "others"
