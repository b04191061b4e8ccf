"""Running a program: memory, time slices, progress, and what comes out, as plain arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from backend_lead.kernel import layout as L
from backend_lead.kernel import state as private
from backend_lead.kernel.load import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from backend_lead.kernel.program import Program

# Address space for frames, not memory: pages are only taken when used. The kernel stops, and says
# so, when half of them are alive at once.
FRAMES_MAX = 8_000_000
RING_ENTRIES = 64_000_000  # publish times of messages that wait; likewise only address space
SPANS_MAX = 200_000  # attempts of sampled requests that a run keeps
SLICE_S = 0.5  # simulated time between looks at progress and cancellation
EVENTS_LOOK = (
    2_000_000  # events after which cancellation is looked at within it; some 0.3 s of work
)

COMPLETE, OVERFULL, CANCELLED = "complete", "overfull", "cancelled"


@dataclass
class RunResult:
    """What a run found. Arrays are indexed by root slot (order of `roots`) and endpoint row.

    `windows` (n_windows, n_roots) and `hist_windows` (n_windows, n_roots, HIST_BUCKETS) count
    requests by the window they started in; `stats` and `hist` (n_endpoints, ...) count attempts
    that ended after the warm-up. `stream_windows` (n_windows, n_streams) count messages when they
    are published, done and given up, with the longest age; `hist_streams` their ages by the window
    they were published in. `held` are the connections each replica holds at the end; `limiters` the
    table of these, with what each passed and refused after the warm-up; `logs` likewise, with what
    was written, read and read stale; `streams` with the messages given up. `spans` (state.span_t,
    by row number) are the attempts of sampled requests; `spans_full`: there were more than fit, the
    later ones are not sampled.
    `live` (n_groups, 2), of a program with controllers, are the mean and the most of the replicas
    that the balancer saw, looked at after each SLICE_S that ended after the warm-up.
    `status` is COMPLETE (a rule that found enough has ended it at `reached_s` then, if there was
    one), OVERFULL (more requests under way, or messages waiting, than fit: the numbers end at
    `reached_s`) or CANCELLED.
    """

    status: str
    seed: int
    until_s: float
    warmup_s: float
    window_s: float
    reached_s: float
    roots: list[int]
    windows: NDArray[Any]
    hist_windows: NDArray[np.int32]
    stats: NDArray[Any]
    hist: NDArray[np.int64]
    started: int
    ok: int
    failed: int
    timed_out: int
    in_flight: int
    frames_max: int
    events: int
    held: NDArray[np.int64] = field(repr=False)
    limiters: NDArray[Any] = field(repr=False)
    streams: NDArray[Any] = field(repr=False)
    logs: NDArray[Any] = field(repr=False)
    stream_windows: NDArray[Any] = field(repr=False)
    hist_streams: NDArray[np.int32] = field(repr=False)
    trace: NDArray[Any] | None = field(default=None, repr=False)
    live: NDArray[np.float64] | None = field(default=None, repr=False)
    spans: NDArray[Any] | None = field(default=None, repr=False)
    spans_full: bool = False
    refused_before: int = 0  # at the door, in windows that were left out

    @property
    def refused(self) -> int:
        """Requests that a limit at the door refused; they are among the failed ones."""
        return int(self.windows["refused"].sum()) + self.refused_before

    @property
    def conserved(self) -> bool:
        """Every request that started has ended or is still under way."""
        return self.started == self.ok + self.failed + self.timed_out + self.in_flight


def is_rich(program: Program) -> bool:
    """Whether a program has parts that ask more of each frame than the plain ones do."""
    tables = ("watch", "host", "hop", "lock", "keys", "shelf", "line", "log", "follow")
    columns = (
        ("call", "cancel"), ("call", "hedge"), ("call", "shape"), ("op", "need"),
        ("service", "stretched"), ("replica", "errors"), ("budget", "spend"),
    )  # fmt: skip
    faults = np.isin(program.fault["action"], (L.FAULT_ERRORS, L.FAULT_FREEZE))
    return (
        any(len(getattr(program, name)) for name in tables)
        or any(getattr(program, table)[column].any() for table, column in columns)
        or bool(faults.any() or (program.call["group"] == L.SAME).any())
        or bool((program.stream["fetch"] != L.NONE).any())
        or bool((program.service["before"] != L.NONE).any())
    )


def _mark(running: Program) -> None:
    """Say in the rows that are read anyway what the kernel must look at more closely.

    Where there are no keys, nothing goes by them.
    """
    keyed = len(running.keys) > 0
    service, source = running.service, running.source
    if not keyed:
        service["balance"][service["balance"] == L.LB_HASH] = L.LB_RANDOM
        running.stream["by_key"] = 0
    fine = (service["near"] != 0) | (service["weigh"] != 0) | (service["balance"] > L.LB_P2C)
    fine |= (service["balance"] == L.LB_P2C) & (service["choices"] > 2)
    service["balance"][fine] += private.FINE
    running.call["group"][(running.call["by_key"] != 0) & keyed] = private.BY_KEY
    source["closed"][(source["closed"] == L.OPEN) & (source["phases"] > 0)] = private.PHASED


def _spans(tables: dict[str, Any], state: NDArray[Any]) -> NDArray[Any]:
    """The spans of a run that is over, with what is known of the attempts still under way."""
    spans: NDArray[Any] = tables["span"][: int(state["n_spans"][0])].copy()
    frames = tables["frame"][: int(state["n_frames"][0])]
    frames = frames[(frames["state"] != 0) & (frames["span"] != L.NONE)]
    rows = frames["span"]
    for column, known in (("begun", "t0"), ("started", "ts"), ("replica", "replica")):
        spans[column][rows] = frames[known]
    spans["flags"][rows] |= np.where(frames["orphan"] != 0, private.SPAN_ORPHAN, 0)
    spans["flags"][rows] |= np.where(frames["hedge"] != 0, private.SPAN_HEDGE, 0)
    return spans


def _source_streams(program: Program, seed: int) -> None:
    for k, source in enumerate(program.source):
        source["rng"] = _hash2(seed, k + 1)
        source["stream"] = _hash2(seed, k + 1001)
    for k, stream in enumerate(program.stream):
        stream["rng"] = _hash2(seed, k + 2001)


def _hash2(a: int, b: int) -> int:
    mask = (1 << 64) - 1
    z = ((a ^ (b * L.GOLDEN & mask)) + L.GOLDEN) & mask
    z = ((z ^ (z >> 30)) * L.MIX1) & mask
    z = ((z ^ (z >> 27)) * L.MIX2) & mask
    return z ^ (z >> 31)


def simulate(
    program: Program,
    *,
    seed: int,
    until_s: float,
    warmup_s: float = 0.0,
    window_s: float = 1.0,
    trace: int = 0,
    sample_every: int = 0,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    enough: Callable[[RunResult], bool] | None = None,
    windows_max: int | None = None,
) -> RunResult:
    """Run a program for `until_s` simulated seconds. The program itself is not changed.

    `trace` > 0 keeps every request's outcome (room for that many). `sample_every` > 0 keeps spans
    of every so many-th request of each source. `progress` is called with the simulated time
    reached; `cancelled` is asked between slices, and so is `enough`, with what was found so far, to
    be read at once: the run goes on in it. With `windows_max`, even, there are no more windows:
    where the run lasts longer, two become one. Releases the GIL while it runs.
    """
    kernel = compiled()
    running = program.copy()
    _source_streams(running, seed)
    _mark(running)
    roots = running.roots
    slot = np.full(len(running.endpoint), -1, np.int32)
    slot[roots] = np.arange(len(roots))
    n_windows = max(1, int(np.ceil(until_s / window_s - 1e-9)))
    if windows_max is not None and n_windows > windows_max:
        assert windows_max % 2 == 0
        n_windows = windows_max

    state = np.zeros(1, private.state_t)
    tables = {
        name: getattr(running, name)
        for name in (
            "op", "dist", "endpoint", "call", "service", "replica", "group", "live", "pool",
            "cache", "hit", "lane", "budget", "savings", "breaker", "circuit", "limiter",
            "stream", "partition", "link", "controller", "source", "segment", "mix", "fault",
            "past", "watch", "host", "speed", "line", "hop", "lock", "keys", "popularity", "shelf",
            "drawer", "item", "log", "noted", "follow", "start", "phase", "arrival",
        )
    }  # fmt: skip
    n_streams, n_partitions = len(running.stream), len(running.partition)
    room = RING_ENTRIES // max(1, n_partitions)
    running.partition["room"] = room
    running.partition["ring"] = np.arange(n_partitions) * room
    tables |= {
        "slot": slot,
        "frame": np.zeros(FRAMES_MAX, private.frame_t),
        "heap": np.empty(FRAMES_MAX + 100_000, private.event_t),
        "stat": np.zeros(len(running.endpoint), private.stat_t),
        "hist": np.zeros((len(running.endpoint), L.HIST_BUCKETS), np.int64),
        "window": np.zeros((n_windows, len(roots)), private.window_t),
        "whist": np.zeros((n_windows, len(roots), L.HIST_BUCKETS), np.int32),
        "ring": np.empty(RING_ENTRIES if n_partitions else 1, np.int64),
        "swindow": np.zeros((n_windows, n_streams), private.stream_window_t),
        "shist": np.zeros((n_windows, n_streams, L.HIST_BUCKETS), np.int32),
        "trace": np.zeros(2 * trace + 1_000 if trace else 1, L.trace_t),
        "span": np.zeros(2 * SPANS_MAX if sample_every else 1, private.span_t),
    }
    for name, table in tables.items():
        assert table.flags.c_contiguous
        state[name] = table.ctypes.data
    ns = L.NS_PER_S
    base = len(running.source) + len(running.lane) + len(running.fault)
    base += len(running.controller) + 2 * len(running.replica)  # ordered; back from ejection
    base += len(running.watch) + len(running.host)
    state["n_source"], state["n_lane"] = len(running.source), len(running.lane)
    state["n_fault"], state["base"] = len(running.fault), base
    state["n_controller"], state["n_replica"] = len(running.controller), len(running.replica)
    state["n_stream"] = n_streams
    state["n_watch"], state["n_host"] = len(running.watch), len(running.host)
    state["n_start"] = len(running.start)
    state["rich"] = is_rich(running) or sample_every > 0
    state["sample"], state["cap_spans"] = sample_every, len(tables["span"])
    state["cap_frames"] = min(FRAMES_MAX, (1 << private.ID_BITS) - base)
    state["free"] = state["ready_head"] = state["ready_tail"] = L.NONE
    state["warmup"], state["window_ns"] = int(warmup_s * ns), int(window_s * ns)
    state["n_windows"], state["n_roots"] = n_windows, len(roots)
    state["cap_trace"] = len(tables["trace"]) if trace else 0

    address = state.ctypes.data
    kernel.prime(address)
    status, reached = COMPLETE, 0.0
    live, looks = np.zeros((len(running.group), 2)), 0

    def reading() -> RunResult:
        n_trace = int(state["n_trace"][0])
        return RunResult(
            status=status, seed=seed, until_s=until_s, warmup_s=warmup_s, window_s=window_s,
            reached_s=reached, roots=roots, windows=tables["window"],
            hist_windows=tables["whist"], stats=tables["stat"], hist=tables["hist"],
            started=int(state["started"][0]), ok=int(state["ok"][0]),
            failed=int(state["failed"][0]), timed_out=int(state["timed_out"][0]),
            in_flight=int(state["in_flight"][0]), frames_max=int(state["max_live"][0]),
            events=int(state["events"][0]),
            held=running.replica["held"].copy(), limiters=running.limiter.copy(),
            streams=running.stream.copy(), logs=running.log.copy(),
            stream_windows=tables["swindow"],
            hist_streams=tables["shist"], trace=tables["trace"][:n_trace].copy() if trace else None,
            spans=_spans(tables, state) if sample_every else None,
            spans_full=bool(state["spans_full"][0]),
            live=live / (looks, 1) if looks else None,
        )  # fmt: skip

    part = SLICE_S / 1024  # what is simulated between two looks whether to stop
    while reached < until_s:
        end = min(until_s, reached + SLICE_S)
        code = private.DONE
        while reached < end and code == private.DONE:
            reached, before = min(end, reached + part), int(state["events"][0])
            state["stop"] = round(reached * ns)
            code = kernel.run(address)
            events = int(state["events"][0]) - before
            long = events > EVENTS_LOOK / 4
            if long and reached < end and cancelled is not None and cancelled():
                break
            part = part / 2 if events > EVENTS_LOOK else part if long else min(SLICE_S, 2 * part)
        if code != private.DONE:
            status = OVERFULL
            reached = float(state["now"][0]) / ns
            break
        if reached < end:
            status = CANCELLED
            break
        if len(running.controller) and reached > warmup_s:
            live[:, 0] += running.group["n_live"]
            live[:, 1] = np.maximum(live[:, 1], running.group["n_live"])
            looks += 1
        if progress is not None:
            progress(reached)
        if cancelled is not None and cancelled():
            status = CANCELLED
            break
        if n_windows == windows_max and n_windows * window_s <= reached < until_s:
            _fold(state, tables)
            window_s *= 2
        if enough is not None and enough(reading()):
            until_s = reached
    return reading()


def _fold(state: NDArray[Any], tables: dict[str, Any]) -> None:
    """Two windows become one, and the later half of them is free again."""
    n_roots, half = int(state["n_roots"][0]), int(state["n_windows"][0]) // 2
    for name in ("window", "swindow"):
        for column in tables[name].dtype.names:
            values = tables[name][column]
            join = np.maximum if column in private.LONGEST else np.add
            values[:half] = join(values[0::2], values[1::2])
            values[half:] = 0
    for name in ("whist", "shist"):
        table = tables[name]
        for k in range(half):
            table[k] = table[2 * k] + table[2 * k + 1]
        table[half:] = 0
    frames = tables["frame"][: int(state["n_frames"][0])]
    requests = frames["parent"] == L.NONE  # an attempt keeps the zone of its caller there
    rows = frames["window"][requests]
    frames["window"][requests] = rows // n_roots // 2 * n_roots + rows % n_roots
    state["window_ns"] *= 2
    state["window_end"] = 0  # the present window is looked for anew
