"""What a run may be asked for: loads, times, faults, and what makes no sense together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend_lead.analysis import simulation
from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.precision import SHARE_MAX, SHARE_MIN
from backend_lead.analysis.simulation import STEADY_S
from backend_lead.kernel.bounds import RATE_PER_NS_MIN
from backend_lead.kernel.layout import NS_PER_S
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.views.flow import Flow, Source

if TYPE_CHECKING:
    from backend_lead.app.simulate import Asked

LOAD_MIN, LOAD_MAX = 1e-6, 1000.0  # multiples of the stated load
TRIAL_MAX_S = 7_200.0  # a histogram, 16 kB, is kept of each second and kind of request
MEASURED_MIN_S = 1.0  # of a steady run, or after a fault began: one window
RATE_MIN_PER_S = RATE_PER_NS_MIN * NS_PER_S  # the lowest that the kernel takes of one client


def factor_of(sources: list[Source], users: float | None, load: float | None) -> float:
    """The multiple of the stated load to run at. Raises InvalidInput."""
    factor, stated = 1.0 if load is None else load, sum(s.users for s in sources)
    if users is not None:
        if not stated:
            raise InvalidInput([Finding("no-users", "error", "the model states no concurrent users",
                                        Place("--users"), "rates only", "--load 2",
                                        "multiply the stated load instead")])  # fmt: skip
        factor *= users / stated
    low = _lowest(sources)
    if not low <= factor <= LOAD_MAX:
        raise InvalidInput(
            [
                Finding(
                    "load-range",
                    "error",
                    "this load makes no sense",
                    Place("--load" if users is None else "--users"),
                    f"{factor:g} times the stated load",
                    f"{low:g} to {LOAD_MAX:g} times",
                    "--load 1.5" if users is None else f"--users {stated:g}",
                )
            ]
        )
    return factor


def _lowest(sources: list[Source]) -> float:
    """The lowest multiple at which the rarest client still asks often enough for the kernel."""
    rates = [s.users / s.think_s if s.closed else s.rate_per_s for s in sources]
    return max(LOAD_MIN, RATE_MIN_PER_S / min((rate for rate in rates if rate > 0), default=1.0))


def possible(asked: Asked, flow: Flow) -> None:
    """Raise InvalidInput for what makes no sense together, or in this model."""
    fault, share = asked.fault, asked.precision
    if share is not None and not SHARE_MIN <= share <= SHARE_MAX:
        raise InvalidInput([Finding("precision-range", "error", "this precision makes no sense",
                                    Place("--precision"), f"{share * 100:g}%",
                                    f"{SHARE_MIN:.0%} to {SHARE_MAX:.0%}",
                                    "--precision 5%")])  # fmt: skip
    if share is not None and fault is not None:
        raise InvalidInput([Finding("precision-fault", "error",
                                    "what a fault does is no steady state, which can be known to a "
                                    "precision", Place("--precision"), f"--fault {fault}",
                                    "one of the two", "leave one of them out")])  # fmt: skip
    if asked.replay and asked.factor != 1:
        raise InvalidInput([Finding("load-shape", "error",
                                    "what was recorded is played as it was, not as a multiple",
                                    Place("--replay"), f"load x {asked.factor:g}", "load x 1",
                                    "leave --load and --users out")])  # fmt: skip
    if (asked.day_s or asked.replay) and (fault is not None or share is not None):
        raise InvalidInput([Finding("load-shape", "error",
                                    "a day or a recording is no steady state, and no fault is "
                                    "played in it", Place("--day" if asked.day_s else "--replay"),
                                    "--fault or --precision beside it", "neither of them",
                                    "leave one of them out")])  # fmt: skip
    if fault is not None:
        known_fault(fault, flow)
        longest = TRIAL_MAX_S
        if not FAULTS[fault].by_chance and asked.duration_s and asked.duration_s > longest:
            raise InvalidInput([Finding("fault-duration", "error",
                                        "a run with a fault is kept second by second",
                                        Place("--duration"), f"{asked.duration_s:g} s",
                                        f"up to {longest:g} s",
                                        f"--duration {longest:g}s")])  # fmt: skip
    _long_enough(asked, flow)


def _long_enough(asked: Asked, flow: Flow) -> None:
    """Raise InvalidInput for a time in which nothing is measured, or no fault strikes yet."""
    if asked.duration_s is None or asked.precision is not None:
        return
    begins = simulation.WARMUP_S
    if asked.fault:
        broken = FAULTS[asked.fault]
        begins = simulation.strikes_at_s(broken, asked.duration_s) + broken.begins_s(flow)[0]
    if asked.duration_s < begins + MEASURED_MIN_S:
        what = "the fault strikes" if asked.fault else "it is measured"
        raise InvalidInput([Finding("duration-short", "error",
                                    f"a run this short ends before {what}", Place("--duration"),
                                    f"{asked.duration_s:g} s", f"from {begins + MEASURED_MIN_S:g} "
                                    f"s ({what} from {begins:g} s on)",
                                    f"--duration {begins + STEADY_S:g}s")])  # fmt: skip


def known_fault(fault: str, flow: Flow) -> None:
    """Raise InvalidInput where there is no such fault, or nothing that it could break."""
    if fault not in FAULTS:
        raise InvalidInput([Finding("fault-unknown", "error", f"there is no fault {fault!r}",
                                    Place("--fault"), fault, ", ".join(FAULTS))])  # fmt: skip
    if not FAULTS[fault].applies(flow):
        able = [name for name, f in FAULTS.items() if f.applies(flow)]
        raise InvalidInput([Finding("fault-no-site", "error",
                                    f"{fault} has nothing to break in this model", Place("--fault"),
                                    fault, ", ".join(able) or "no fault applies",
                                    FAULTS[fault].lacks)])  # fmt: skip
