"""The sample with what runs found of users and data: sessions, copies, failovers, streams, ways."""

from __future__ import annotations

import math
from dataclasses import asdict

from backend_lead.model.copies import CopyReads, LostWrites
from backend_lead.model.data import Data
from backend_lead.model.design import Design, Interval
from backend_lead.model.messages import MessageAge, PutAside
from backend_lead.model.sessions import SessionStep
from backend_lead.model.ways import WayLoad
from backend_lead.model.windows import Window
from tests.emit.sample_design import LOAD_RUN, sample_design

FAILOVER = "trial-db-77f2"
WHY = "requests of the last 2 s before it that were answered, times the writes that each makes"


def add_seen(design: Design, lose_most: str = "") -> Design:
    """The design with all of it; `lose_most` is the objective for lost writes."""
    design.sessions = [
        SessionStep("mobile", "browse", 1, "app.list_products", 48_700, 1.0, 0.9991, LOAD_RUN),
        SessionStep("mobile", "browse", 2, "app.get_product", 29_300, 0.6016, 0.9987, LOAD_RUN),
    ]
    design.ages = [MessageAge("log.orders", "mailer.send", 60_000, 20, 0, 0.012, 0.034, None, None,
                              LOAD_RUN)]  # fmt: skip
    design.put_aside = [PutAside("log.orders", "mailer.send", 517, 8_830, FAILOVER)]
    design.copies = [
        CopyReads("orders-db", 2.0, 2.0, 12_000, 28_053, 8_006, 2_007, 685, LOAD_RUN),
        CopyReads("orders-db", 2.0, 7.0, 12_000, 27_000, 13_500, 0, 0, FAILOVER),
    ]
    design.lost_writes = [LostWrites("orders-db", 20.0, "replica", 15.0, 2.0, 188.6, "simulated",
                                     WHY, FAILOVER)]  # fmt: skip
    design.links = [WayLoad("us-east-1 to eu-west-1", 1e7, 9.34e6, 0.934, 431.0, LOAD_RUN)]
    runs = [run for run in design.runs if run.id == LOAD_RUN]
    runs[0].results["windows"] = [asdict(window) for window in _windows()]
    if lose_most:
        design.system.data = Data.model_validate({"lose_most": lose_most})
    return design


def _windows() -> list[Window]:
    """Nine of 10 s; one holds too little for an interval of its p99."""
    x, none = Interval(0.04, 0.038, 0.042), Interval(0.0, math.nan, math.nan)
    tails = [Interval(0.14 + k / 1e3, 0.13, 0.16 + k / 1e3) for k in range(9)]
    tails[4] = Interval(0.15, math.nan, math.nan)
    n = 930_000
    return [Window(30.0 + 10 * k, 10.0, 93_000.0 + 40 * k, 10, n, n, 0, 0, 0, none, x, x, x, p99)
            for k, p99 in enumerate(tails)]  # fmt: skip


def seen_design(lose_most: str = "") -> Design:
    return add_seen(sample_design(), lose_most)
