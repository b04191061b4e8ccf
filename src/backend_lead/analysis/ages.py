"""How old messages are when they have been handled, and who has no connection: read from a run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from backend_lead.kernel import layout as L
from backend_lead.kernel import stats
from backend_lead.model.design import Verdict
from backend_lead.model.messages import MessageAge, PutAside

if TYPE_CHECKING:
    from backend_lead.analysis.ran import Ran
    from backend_lead.kernel.run import RunResult


def message_ages(ran: Ran, run_id: str, seen: slice) -> list[MessageAge]:
    """Ages per handler, of messages published in the windows `seen`."""
    out = []
    for consumer in ran.flow.consumers:
        row = ran.lowered.streams[consumer.handler]
        windows = ran.result.stream_windows[seen, row]
        hist = ran.result.hist_streams[seen, row].sum(axis=0)
        done, published = int(hist.sum()), int(windows["published"].sum())
        aside = int(windows["dead"].sum())
        if not published:
            continue
        p50, p99 = (stats.quantile(hist, q) if done else math.inf for q in (0.5, 0.99))
        verdict: Verdict | None = None
        if consumer.fresh_s is not None:
            verdict = "pass" if p99 <= consumer.fresh_s else "fail"
        out.append(
            MessageAge(consumer.topic, consumer.handler, done, max(0, published - done - aside),
                       int(windows["again"].sum()), p50, p99, consumer.fresh_s, verdict,
                       run_id, aside, float(behind(ran, consumer.handler)[seen].max(initial=0.0)))
        )  # fmt: skip
    return out


def behind(ran: Ran, handler: str) -> NDArray[np.float64]:
    """Per window, how far a handler is behind in event time (s), at least."""
    known = behind_per_window(ran.result) if ran.behind is None else ran.behind
    out: NDArray[np.float64] = known[:, ran.lowered.streams[handler]]
    return out


def behind_per_window(result: RunResult) -> NDArray[np.float64]:
    """Per window of one run and stream, how far whoever handles it is behind (s), at least.

    The oldest message that it was done with in the window was so old; and so old is, at its end,
    the oldest that it cannot have been done with, as fewer were done than had been published.
    """
    upto = max(1, int(result.reached_s / result.window_s))
    rows = result.stream_windows[:upto]
    out = np.array(rows["behind"] / L.NS_PER_S, np.float64)
    end = np.arange(1, upto + 1) * result.window_s
    for k in range(rows.shape[1]):
        came = np.cumsum(rows["published"][:, k])
        over = np.cumsum((rows["done"] + rows["dead"])[:, k])
        oldest = np.searchsorted(came, over, side="right")  # the window of the first not done
        left = np.where(over < came, np.maximum(0.0, end - (oldest + 1) * result.window_s), 0.0)
        out[:, k] = np.maximum(out[:, k], left)
    return out


def stale_seconds(ran: Ran, upto: int) -> list[bool]:
    """Per second, whether the messages of some topic published in it were handled too late, or
    others waited at its end for longer than they may, or were put aside in it.

    Topics without an objective are not judged. Messages that are younger than their objective at
    the end of the run are not late yet. What was put aside waits no longer.
    """
    result = ran.result
    out = [False] * upto
    for consumer in ran.flow.consumers:
        if consumer.fresh_s is None:
            continue
        row = ran.lowered.streams[consumer.handler]
        # a batch counts in the second of its oldest message: only sums up to a second compare
        rows = result.stream_windows[:upto, row]
        came, aside = rows["published"].cumsum(), rows["dead"].cumsum()
        left = came - aside - result.hist_streams[:upto, row].sum(axis=1).cumsum()
        over = rows["done"].cumsum() + aside
        # the second of the first message that is not over, as fewer are than came before it
        oldest = np.searchsorted(came, over, side="right")
        for w in range(upto):
            waited_s = (w - int(oldest[w])) * result.window_s
            out[w] = out[w] or (over[w] < came[w] and waited_s > consumer.fresh_s)
            published = int(rows[w]["published"])
            hist = result.hist_streams[w, row]
            if not published:
                continue
            overdue = result.reached_s - (w + 1) * result.window_s > consumer.fresh_s
            missing = min(published, max(0, int(left[w]))) if overdue else 0
            missing += int(rows[w]["dead"])
            late = stats.quantile(hist, 0.99, missing) if hist.any() or missing else 0.0
            out[w] = out[w] or late > consumer.fresh_s
    return out


def oldest_words(ran: Ran, first: int, upto: int) -> str:
    """How old messages became while the system was not healthy; empty where none were published."""
    parts = []
    for consumer in ran.flow.consumers:
        row = ran.lowered.streams[consumer.handler]
        ages = [
            stats.quantile(hist, 0.99)
            for hist in ran.result.hist_streams[first:upto, row]
            if hist.any()
        ]
        if ages:
            parts.append(f"{consumer.handler} {max(ages):.0f} s")
    return f"messages were handled up to so late: {', '.join(parts)}" if parts else ""


def put_aside(ran: Ran, run_id: str) -> list[PutAside]:
    """Messages that handlers gave up in the whole run, of those that gave up any."""
    out = []
    for consumer in ran.flow.consumers:
        row = ran.lowered.streams[consumer.handler]
        aside = int(ran.result.stream_windows[:, row]["dead"].sum())
        if aside:
            handled = int(ran.result.hist_streams[:, row].sum())
            out.append(PutAside(consumer.topic, consumer.handler, aside, handled, run_id))
    return out


def aside_words(ran: Ran) -> str:
    """How many messages each handler gave up in the run; empty where none were."""
    parts = [f"{one.handler} {one.put_aside:,}" for one in put_aside(ran, "")]
    return f"messages were put aside: {', '.join(parts)}" if parts else ""


def clients_away(ran: Ran, at: int, upto: int) -> list[float]:
    """Per second from `at` on, clients that lost their connection and open it again later."""
    out = [0.0] * upto
    for link in ran.flow.links:
        slot = ran.result.roots.index(ran.lowered.roots[link.root])
        opened = ran.result.windows["ok"][:, slot].astype(float)
        left = opened[at:].sum()
        for w in range(at, upto):
            left -= opened[w]
            out[w] += float(left)
    return out
