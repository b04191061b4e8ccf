"""Who calls, how often, and what they ask for one after the other."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from backend_lead.model.contract import Access
from backend_lead.model.manners import Connection, Limit, RetryTokens
from backend_lead.model.part import Name, Part, Ref
from backend_lead.model.quantity import ArrivalRate, Count, Duration, Factor, Ratio
from backend_lead.model.serving import Backoff, Bursts
from backend_lead.model.units import counted

PEAK_HOUR = 20  # where a model does not say; assumed, as only schedules by the clock depend on it


class Client(Part):
    """A class of callers: closed-loop `users` who think between requests, an open `rate`, or a job
    that asks once `every` so often.

    `retry_budget` bounds their retries to a share of their requests, whatever fails. Each user may
    hold a `connection`. What is above their `limit` is refused at the edge. A rate may come in
    `bursts`; it is 0 of who asks nothing yet. `backoff` is the pause before they try again.
    `retry_tokens` bounds their retries by how many fail: one bucket for the whole class, not one
    for each user.
    """

    title: str | None = None
    users: Count | None = None
    rate: ArrivalRate | None = None
    every: Duration | None = None
    bursts: Bursts | None = None
    think_time: Duration | None = None
    timeout: Duration | None = None
    retries: Annotated[int, Field(ge=0, le=10)] = 0
    backoff: Backoff | None = None
    retry_budget: Ratio | None = None
    retry_tokens: RetryTokens | None = None
    connection: Connection | None = None
    limit: Limit | None = None
    access: Access | None = None
    journeys: dict[Name, Ratio] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_load(self) -> Client:
        if sum(load is not None for load in (self.users, self.rate, self.every)) != 1:
            raise PydanticCustomError(
                "client", "give users (with think_time), rate or every: one of them", {}
            )
        if self.bursts is not None and self.rate is None:
            raise PydanticCustomError("client", "only a rate comes in bursts", {})
        if self.users is not None and (self.think_time is None or self.think_time.value <= 0):
            raise PydanticCustomError(
                "client", "users need a think_time above zero, for example think_time: 10 s", {}
            )
        if self.connection is not None and self.users is None:
            raise PydanticCustomError("client", "only users hold a connection, not a rate", {})
        total = sum(share.value for share in self.journeys.values())
        if abs(total - 1) > 0.005:
            raise PydanticCustomError(
                "shares", "journey shares must add up to 100%, here they add up to {total}",
                {"total": f"{total:.1%}"},
            )  # fmt: skip
        return self


class Peak(Part):
    """The stated load is the peak; `factor` = peak / daily mean derives mean, volume and cost.

    `hour`: of the day, when it is; only schedules by the clock depend on it.
    """

    factor: Factor
    hour: Annotated[int, Field(ge=0, le=23)] = PEAK_HOUR


class Workload(Part):
    """Who calls, and through which components (in order) their requests enter.

    With `deadlines` a caller's timeout travels with its request: work that nobody waits for any
    more is not begun. With `cancels` callers tell when they gave up, and work under way stops.
    `origins` as in a component: `{entry: "decision 0003"}`.
    """

    clients: dict[Name, Client] = Field(min_length=1)
    peak: Peak
    entry: list[Name] = []
    deadlines: bool = False
    cancels: bool = False
    origins: dict[str, str] = {}


class Session(Part):
    """Its journey's steps are asked one after the other, by one user, who thinks between them.

    `think` is the mean time between an answer and the next request. After each step but the last
    the share `goes_on` asks the next one: one for all steps, or one for each; all do, if unsaid.
    After the last one the share `again` begins anew. Of those whose request failed the share
    `leaves` is gone (all, if unsaid); the others go on as if it had been answered.
    """

    think: Duration
    goes_on: list[Ratio] = Field(default=[], max_length=100)
    again: Ratio | None = None
    leaves: Ratio | None = None


class Journey(Part):
    """What a user does: requests in order, thinking before each; in a `session`, by one user after
    the other has been answered."""

    title: str | None = None
    steps: list[Ref] = Field(min_length=1)
    session: Session | None = None

    @model_validator(mode="after")
    def _shares(self) -> Journey:
        said = len(self.session.goes_on) if self.session is not None else 0
        if said not in (0, 1, len(self.steps) - 1):
            raise PydanticCustomError(
                "session", "goes_on has {said} shares beside {steps} in the journey: one for all "
                "of them, or one for each but the last",
                {"said": said, "steps": counted(str(len(self.steps)), "step")},
            )  # fmt: skip
        return self
