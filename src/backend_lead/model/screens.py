"""What screens cost on the networks of their clients, and what follows for each audience.

Plain values in base units, written by analyses and read by emitters. Times are simulated: `Plan`
names the seed and how many views were drawn; counts and rates are computed from the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from backend_lead.model.contract import Audience

Style = Literal["rest", "fitted", "bff", "graph", "federated", "rpc"]
STYLES: tuple[Style, ...] = ("rest", "fitted", "bff", "graph", "federated")


@dataclass(frozen=True)
class StyleCost:
    """A screen in one style on one network: what the client does, what happens behind, how long it
    takes until the screen is complete.

    `fitted` is REST of which nothing is asked once for each item: lists carry what is shown of
    their items, or many ids go into one request. `rounds` are steps of which each waits for the one
    before; `inside` is how often services are asked. Times hold while every screen is built in that
    style; the p95 is off by `off_s` at most, in 95 of 100 simulations. Where the load fills a part
    the screen needs, `full` names it and how full it is, and the times are infinite.
    """

    style: Style
    calls: int
    rounds: int
    inside: int
    down_bytes: float
    up_bytes: float
    p50_s: float
    p95_s: float
    off_s: float = 0.0
    full: str = ""

    @property
    def holds(self) -> bool:
        """Whether what it asks can be served at all."""
        return not self.full


@dataclass(frozen=True)
class OnNetwork:
    """A screen on one network in every style; `own` where it is the client's."""

    network: str
    own: bool
    styles: tuple[StyleCost, ...]

    def of(self, style: Style) -> StyleCost:
        """The figures of one style."""
        return next(one for one in self.styles if one.style == style)


@dataclass(frozen=True)
class Asked:
    """An operation that a screen asks `times` often, in step `level` (from 0), of a service.

    `after` is the operation it waits for, "" where it does not; `each` that it is asked once for
    each of its items.
    """

    operation: str
    service: str
    times: int
    level: int
    after: str = ""
    each: bool = False


@dataclass(frozen=True)
class ScreenCost:
    """A screen for one client: what it asks, how often it is looked at, what it takes."""

    screen: str
    title: str
    journey: str
    client: str
    audience: Audience
    views_per_s: float
    asks: tuple[Asked, ...]
    networks: tuple[OnNetwork, ...]
    planned: StyleCost | None = None  # on its own network, every screen built as recommended

    @property
    def own(self) -> OnNetwork:
        """On the network its client is usually on."""
        return next(one for one in self.networks if one.own)

    @property
    def services(self) -> tuple[str, ...]:
        """The services whose data it mixes."""
        return tuple(sorted({one.service for one in self.asks}))


@dataclass(frozen=True)
class Repeated:
    """An operation asked once for each item of another (N+1), priced.

    `calls_per_s` is what screens ask, `batched_per_s` what is left where each view asks once. The
    resource that these calls fill most is `busy` without them, `busy_repeated` with them one by
    one, `busy_batched` with them in batches; all else that screens ask is asked in batches then.
    """

    screen: str
    operation: str
    of: str
    items: int
    calls_per_s: float
    batched_per_s: float
    resource: str
    busy: float
    busy_repeated: float
    busy_batched: float


@dataclass(frozen=True)
class Beyond:
    """Requests that screens make and no journey states: how many a second, the operation asked
    most, and the busiest resource without them and with them.

    `full` are the parts that more is asked of than they can do, each with its use, fullest first.
    """

    per_s: float
    most: str
    resource: str
    busy: float
    busy_with: float
    full: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Rejected:
    """A style that was not taken, and why not."""

    style: Style
    why: str


@dataclass(frozen=True)
class Recommended:
    """The style of an audience by the written rule, with what it was weighed against.

    `alone` tells that the layer is a deployable of its own; else its operations live in the service
    that owns the data. `screens` are those to compose, `fitted` those whose lists are to be fuller.
    """

    audience: Audience
    style: Style
    alone: bool
    why: tuple[str, ...]
    rejected: tuple[Rejected, ...]
    screens: tuple[str, ...] = ()
    fitted: tuple[str, ...] = ()
    gain_views: float = 0.0
    edge_lost_per_s: float = 0.0
    hours_month: float = 0.0

    def style_of(self, screen: str) -> Style:
        """The style in which a screen of the audience is built."""
        if screen in self.screens:
            return self.style
        return "fitted" if screen in self.fitted else "rest"


@dataclass(frozen=True)
class TierShare:
    """A tier against what the design carries: what all its callers may ask for together."""

    client: str
    tier: str
    callers: float
    each_per_s: float
    burst: int
    promised_per_s: float
    share: float


@dataclass(frozen=True)
class Limits:
    """How the load that is carried is divided between classes of callers.

    `carried_per_s` is with every zone up, `lost_per_s` with the worst one lost, where there are
    several, and the margins of planning. `ours_per_s` is what our own clients ask at the stated
    peak, `kept_per_s` that with room to grow; what is left of `lost_per_s` is `open_per_s`. `over`
    is what tiers were promised, over that. `screens_per_s` is what screens as recommended ask
    and no journey states: where there is any, what is carried is of both together.
    """

    carried_per_s: float
    lost_per_s: float
    ours_per_s: float
    kept_per_s: float
    open_per_s: float
    asked_per_s: float
    tiers: tuple[TierShare, ...]
    over: float
    screens_per_s: float = 0.0


@dataclass(frozen=True)
class Streaming:
    """Events for a class of clients over connections they hold, and what holding takes."""

    client: str
    events: tuple[str, ...]
    way: str
    held: float
    bytes_held: float
    machines: int
    each_machine: float
    beats_per_s: float


@dataclass(frozen=True)
class ApiPlan:
    """Everything found about the API of a system.

    `beyond` is what screens ask as the model lists them, `planned` what they ask built as
    recommended. `served_s` is the p50 and p99 of each operation as the solver predicts it at the
    stated load with the latter on top, infinite where a part it needs is full; `rates` is how often
    each is asked then (1/s), `answers` the bytes of its answer. `needless` are needs of a screen
    that another of its needs already answers; `taken` tells what was assumed on the way.
    """

    seed: int
    draws: int
    screens: tuple[ScreenCost, ...] = ()
    repeated: tuple[Repeated, ...] = ()
    beyond: Beyond | None = None
    recommended: tuple[Recommended, ...] = ()
    limits: Limits | None = None
    streaming: tuple[Streaming, ...] = ()
    served_s: dict[str, tuple[float, float]] | None = None
    rates: dict[str, float] | None = None
    taken: tuple[str, ...] = ()
    planned: Beyond | None = None
    answers: dict[str, float] | None = None
    needless: tuple[tuple[str, str, str], ...] = ()  # screen, what it asks, what already carries it
