"""The sample with what runs found of users and data: sessions, copies, failovers, streams, ways."""

from __future__ import annotations

from backend_lead.model.copies import CopyReads, LostWrites
from backend_lead.model.data import Data
from backend_lead.model.design import Design
from backend_lead.model.messages import MessageAge, PutAside
from backend_lead.model.sessions import SessionStep
from backend_lead.model.ways import WayLoad
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
    if lose_most:
        design.system.data = Data.model_validate({"lose_most": lose_most})
    return design


def seen_design(lose_most: str = "") -> Design:
    return add_seen(sample_design(), lose_most)
