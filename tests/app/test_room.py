"""More of the same where a trial fails that no step answers."""

from __future__ import annotations

import pytest

from backend_lead.app.design import read_request
from backend_lead.app.evidence import judge, trials
from backend_lead.app.progress import Progress, workers
from backend_lead.app.repair import trials_passed
from backend_lead.search.searches import search

SLOW_TO_CATCH_UP = "1M IoT devices, one message a minute"


@pytest.mark.full
def test_workers_that_catch_up_late_get_room() -> None:
    """Where the workers' outage is not worked off in time, the design is sized for more load, the
    step says which trial asked for it, and the trial passes then."""
    progress = Progress()
    trail = search(read_request(SLOW_TO_CATCH_UP).system)
    assert trail.holds
    with workers(2, progress) as pool:
        judged = trials(trail.final.found, judge(trail.final.found, 1, progress, pool), 1, progress,
                        pool)  # fmt: skip
        mended, _ = trials_passed(trail, judged, 1, progress, pool)
    step = mended.decisions[-1]
    assert mended.reserve > 1 and step.title.startswith("Size for")
    assert "The workers stop at peak" in step.problem
    assert mended.final.found.total_usd > trail.final.found.total_usd
