"""Where every part is said to be installed, a test that would be skipped for want of one fails."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from tests.app.designed import designed  # noqa: F401  # a fixture for all

NO_SKIPS = os.environ.get("BACKEND_LEAD_NO_SKIPS") == "1"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under BACKEND_LEAD_NO_SKIPS=1 a skip is a failure, unless its reason says `by design`."""
    report = yield
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if "by design" not in reason:
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} was skipped: {reason}"
    return report
