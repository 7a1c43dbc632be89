"""What holds for the whole run of tests.

`ZONEBUILD_CAREFUL=1` reads every zone the careful way, so that all tests judge it, too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from zonebuild.files.host import VARIABLE
from zonebuild.zonefile import reader

CAREFUL = os.environ.get("ZONEBUILD_CAREFUL") == "1"


@pytest.fixture(scope="session", autouse=True)
def _only_the_careful_way() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if CAREFUL:
            patch.setattr(reader, "_read_fast", reader._read_carefully)
        yield


@pytest.fixture(scope="module", autouse=True)
def _host_file_of_one_module() -> Iterator[None]:
    """Forget, after each module, the host's own file that a site of the whole module has named."""
    os.environ.pop(VARIABLE, None)
    yield
    os.environ.pop(VARIABLE, None)


@pytest.fixture(autouse=True)
def _host_file_of_one_test() -> Iterator[None]:
    """Forget, after each test, the host's own file that its site has named."""
    before = os.environ.get(VARIABLE)
    yield
    os.environ.pop(VARIABLE, None)
    if before is not None:
        os.environ[VARIABLE] = before


class _Count:
    """What ran, for the last line: live tests apart, because a skipped one proves nothing."""

    def __init__(self) -> None:
        self.outcomes = {"passed": 0, "failed": 0, "skipped": 0}
        self.live = {"passed": 0, "failed": 0, "skipped": 0}

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            counted = [self.outcomes] + [self.live] * ("live" in report.keywords)
            for each in counted:
                each[report.outcome] += 1

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if os.geteuid() == 0 and self.outcomes["skipped"]:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl
    def pytest_unconfigure(self) -> None:
        run = self.live["passed"] + self.live["failed"]
        print(
            "{passed} tests passed, {failed} failed, {skipped} skipped; ".format(**self.outcomes)
            + f"live tests: {run} run, {self.live['skipped']} skipped"
        )


def pytest_configure(config: pytest.Config) -> None:
    """Count what runs, once where several processes share the tests."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Count(), "count")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what starts daemons last: whoever broke something plain learns it in seconds."""
    items.sort(key=lambda item: "live" in item.keywords)
