"""What a run may be asked for: loads, times, faults, and what makes no sense together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from backend_lead.analysis import simulation
from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.precision import SHARE_MAX, SHARE_MIN
from backend_lead.analysis.simulation import STEADY_S
from backend_lead.app.quantities import between
from backend_lead.intake.backend_yaml.words import listed
from backend_lead.kernel.bounds import RATE_PER_NS_MIN
from backend_lead.kernel.layout import NS_PER_S
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.model.system import System
from backend_lead.model.units import COUNT, DURATION, RATIO
from backend_lead.views.flow import Flow, Source
from backend_lead.views.resolve import resolve

if TYPE_CHECKING:
    from backend_lead.app.simulate import RunOptions

DURATION_MAX_S = 3 * 86_400.0
LOAD_MIN, LOAD_MAX = 1e-6, 1000.0  # multiples of the stated load
TRIAL_MAX_S = 7_200.0  # a histogram, 16 kB, is kept of each second and kind of request
MEASURED_MIN_S = 1.0  # of a steady run, or after a fault began: one window
REPLICATED_MIN_S = 2 * MEASURED_MIN_S  # up to half of a replication is its warm-up
WINDOW_MIN_S = MEASURED_MIN_S  # by which runs are kept
RATE_MIN_PER_S = RATE_PER_NS_MIN * NS_PER_S  # the lowest that the kernel takes of one client
PRECISIONS = between(RATIO, SHARE_MIN, SHARE_MAX)
DAYS = between(DURATION, simulation.WARMUP_S + MEASURED_MIN_S, DURATION_MAX_S)
WINDOWS = between(DURATION, WINDOW_MIN_S, DURATION_MAX_S)
REPLICATED = between(DURATION, REPLICATED_MIN_S, DURATION_MAX_S)


# --- the load -------------------------------------------------------------------------------------
def factor_of(
    sources: list[Source], users: float | None, load: float | None, option: str = "--load"
) -> float:
    """The multiple of the stated load to run at, as `option` asks for it. Raises InvalidInput."""
    factor, stated = 1.0 if load is None else load, sum(s.users for s in sources)
    if users is not None:
        if not stated:
            raise InvalidInput([Finding("no-users", "error", "the model states no concurrent users",
                                        Place("--users"), "rates only", "--load 2",
                                        "multiply the stated load instead")])  # fmt: skip
        factor *= users / stated
    low = _lowest(sources)
    if low <= factor <= LOAD_MAX:
        return factor
    seen = f"{factor:g} times the stated load"
    allowed = f"{low:g} to {LOAD_MAX:g} times"
    if users is None:
        hint = "--load 1.5" if option == "--load" else "--sweep load=0.5,1,1.5"
        raise _refused("load-range", "this load makes no sense", option, seen, allowed, hint)
    if load is None:
        seen, allowed = f"{COUNT.format(users)}, {seen}", _users(sources)
    raise _refused("load-range", "this load makes no sense", "--users", seen, allowed,
                   f"--users {COUNT.format(stated)}")  # fmt: skip


def users_allowed(system: System) -> str:
    """How many concurrent users may be asked for, in words."""
    return _users(resolve(system).sources)


def _users(sources: list[Source]) -> str:
    stated = sum(source.users for source in sources)
    if not stated:
        return "none, as the model states no concurrent users"
    least = math.ceil(max(1, _lowest(sources) * stated))
    return f"{between(COUNT, least, LOAD_MAX * stated)}, {LOAD_MAX:g} times the stated"


def _lowest(sources: list[Source]) -> float:
    """The lowest multiple at which the rarest client still asks often enough for the kernel."""
    rates = [s.users / s.think_s if s.closed else s.rate_per_s for s in sources]
    return max(LOAD_MIN, RATE_MIN_PER_S / min((rate for rate in rates if rate > 0), default=1.0))


# --- what goes together ---------------------------------------------------------------------------
def possible(options: RunOptions, flow: Flow) -> None:
    """Raise InvalidInput for what makes no sense together, or in this model."""
    fault, share = options.fault, options.precision
    if share is not None and not SHARE_MIN <= share <= SHARE_MAX:
        raise _refused("precision-range", "this precision makes no sense", "--precision",
                       f"{share * 100:g}%", PRECISIONS, "--precision 5%")  # fmt: skip
    if share is not None and fault is not None:
        raise _refused("precision-fault", "what a fault does is no steady state, which can be "
                       "known to a precision", "--precision", f"--fault {fault}", "one of the two",
                       "leave one of them out")  # fmt: skip
    if options.replay and options.factor != 1:
        raise _refused("load-shape", "what was recorded is played as it was, not as a multiple",
                       "--replay", f"load x {options.factor:g}", "load x 1",
                       "leave --load and --users out")  # fmt: skip
    if (options.day_s or options.replay) and (fault is not None or share is not None):
        raise _refused("load-shape", "a day or a recording is no steady state, and no fault is "
                       "played in it", "--day" if options.day_s else "--replay",
                       "--fault or --precision beside it", "neither of them",
                       "leave one of them out")  # fmt: skip
    window_length(options.window_s)
    _recordings(options)
    _day(options, flow)
    if fault is not None:
        known_fault(fault, flow)
    _duration(options, flow)


def _recordings(options: RunOptions) -> None:
    """Each client has one recording, which does not end before anything is measured."""
    clients = [one.client for one in options.replay]
    for one in options.replay:
        if clients.count(one.client) > 1:
            raise _refused("replay-twice", f"two recordings are given for `{one.client}`",
                           "--replay", ", ".join(f"{x.client}={x.file}" for x in options.replay),
                           "one recording for each client", "leave one of them out")  # fmt: skip
        if one.times_s[-1] <= simulation.WARMUP_S:
            raise _refused("replay-short", f"nothing of {one.file} is measured: it ends before the "
                           "warm-up does", "--replay", f"{one.times_s[-1]:g} s",
                           f"more than {simulation.WARMUP_S:g} s", "record for longer")  # fmt: skip


def _day(options: RunOptions, flow: Flow) -> None:
    """A day has an effect, is long enough to be measured, and nothing comes after it."""
    if options.day_s is None:
        return
    peak = flow.system.workload.peak.factor
    if peak.value <= 1:
        raise _refused("day-flat", "a day would change nothing: its peak is its mean, all day long",
                       "--day", f"workload.peak.factor: {peak.text}", "a factor above 1",
                       "say how many times the mean the peak is, or leave --day out")  # fmt: skip
    if all(source.recorded for source in flow.sources):
        clients = listed([one.client for one in options.replay])
        raise _refused("day-recorded", "a day would change nothing: every client is played as it "
                       "was recorded", "--day", f"--replay of {clients}",
                       "a client that is not", "leave --day or a --replay out")  # fmt: skip
    low = simulation.WARMUP_S + MEASURED_MIN_S
    if not low <= options.day_s <= DURATION_MAX_S:
        raise _refused("day-range", "a day this short ends before it is measured"
                       if options.day_s < low else "a day this long is not simulated", "--day",
                       DURATION.format(options.day_s), DAYS, "--day 10min")  # fmt: skip
    if options.duration_s is not None and options.duration_s > options.day_s:
        raise _refused("day-over", "the day is over before the run is", "--duration",
                       f"{DURATION.format(options.duration_s)}, of a day in "
                       f"{DURATION.format(options.day_s)}",
                       f"up to {DURATION.format(options.day_s)}",
                       "leave --duration out")  # fmt: skip


# --- how long it lasts ----------------------------------------------------------------------------
def durations(flow: Flow, fault: str | None, precise: bool) -> tuple[float, float]:
    """The shortest and the longest time (s) of a run: something is measured after its warm-up, or
    after its fault has struck."""
    if precise:
        return MEASURED_MIN_S, DURATION_MAX_S
    broken = FAULTS.get(fault or "")
    if broken is None:
        return simulation.WARMUP_S + MEASURED_MIN_S, DURATION_MAX_S
    after_s = broken.begins_s(flow)[0] + MEASURED_MIN_S
    low = simulation.strikes_at_s(broken) + after_s
    if not broken.by_chance:
        return low, TRIAL_MAX_S
    return math.ceil(min(low, after_s / (1 - simulation.CHANCE_AT))), DURATION_MAX_S


def durations_allowed(
    system: System, fault: str | None, precise: bool = False, top: float = DURATION_MAX_S
) -> str:
    """How long a run may last, but `top` (s) at most, in words."""
    low, high = durations(resolve(system), fault, precise)
    return between(DURATION, low, min(high, top))


def _duration(options: RunOptions, flow: Flow) -> None:
    if options.duration_s is None:
        return
    precise = options.precision is not None
    low, high = durations(flow, options.fault, precise)
    if low <= options.duration_s <= high:
        return
    short = options.duration_s < low
    what = "the fault strikes" if options.fault else "it is measured"
    why = f"ends before {what}" if short else "is not simulated"
    if not short and high == TRIAL_MAX_S:
        why += ": one with a fault is kept second by second"
    longer = low + STEADY_S if short else high
    raise _refused("duration-short" if short else "duration-long",
                   f"a run this {'short' if short else 'long'} {why}", "--duration",
                   DURATION.format(options.duration_s), between(DURATION, low, high),
                   f"--duration {DURATION.format(longer).replace(' ', '')}")  # fmt: skip


def window_length(window_s: float | None) -> None:
    """Raise InvalidInput for windows shorter than what a run keeps, or longer than any."""
    if window_s is not None and not WINDOW_MIN_S <= window_s <= DURATION_MAX_S:
        raise _refused("window-range", "windows this short are not kept"
                       if window_s < WINDOW_MIN_S else "windows this long are not simulated",
                       "--window", DURATION.format(window_s), WINDOWS, "--window 10s")  # fmt: skip


def replicated_duration(duration_s: float | None) -> None:
    """Raise InvalidInput for a time of replications in which nothing, or too much, is measured."""
    if duration_s is not None and not REPLICATED_MIN_S <= duration_s <= DURATION_MAX_S:
        raise _refused("duration-range", "replications this short measure nothing"
                       if duration_s < REPLICATED_MIN_S else "replications this long are not made",
                       "--duration", DURATION.format(duration_s), REPLICATED,
                       "--duration 60s")  # fmt: skip


# --- faults ---------------------------------------------------------------------------------------
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


def _refused(
    rule: str, message: str, option: str, seen: str, allowed: str, hint: str
) -> InvalidInput:  # fmt: skip
    return InvalidInput([Finding(rule, "error", message, Place(option), seen, allowed, hint)])
