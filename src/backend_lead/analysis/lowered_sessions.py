"""Sessions as the kernel is told of them: what follows, and who is in one from the start."""

from __future__ import annotations

from backend_lead.kernel.builder import Builder
from backend_lead.views.flow import Flow, Source
from backend_lead.views.sessions import Visit


def follow_up(b: Builder, flow: Flow, roots: dict[str, int]) -> None:
    """Tell what users in sessions ask next; who is recorded does not: all requests are there."""
    recorded = {source.client for source in flow.sources if source.recorded}
    for visit in flow.sessions:
        if visit.client in recorded:
            continue
        think = b.dist_exp(visit.think_s)
        for i, (on, share) in enumerate(zip(visit.after, visit.goes_on)):
            if on is None or share <= 0:
                continue
            for key in visit.asked(i):
                b.follow_up(roots[key], [(share, roots[on], think)], visit.leaves)


def begin_thinking(
    b: Builder, roots: dict[str, int], source: int, thinking: dict[str, int]
) -> None:
    """Tell how many users of a source think after each request, in the middle of a session."""
    for key, users in thinking.items():
        if users:
            b.start(source, roots[key], 0, users)


def thinkers(
    flow: Flow, source: Source, load: float, crowd: list[tuple[float, float]]
) -> dict[str, int]:
    """Users of a source who think after each request, by its root, when a run begins.

    As many as ever, by Little's law: sessions begun a second, times how often each comes to think
    there, times how long. How long answers take is left out, and that requests may fail.
    """
    if source.recorded or source.beats:
        return {}
    begun_per_s = source.offered_per_s() / source.per_start * load
    if crowd and crowd[0][0] == 0 and not source.every_s:
        begun_per_s *= crowd[0][1]
    mean = {
        key: begun_per_s * source.starts[visit.steps[0]] * times * visit.think_s
        for visit in flow.sessions
        if visit.client == source.client
        for key, times in _thoughts(visit).items()
    }
    return _whole(mean)


def _thoughts(visit: Visit) -> dict[str, float]:
    """How often one who begins a session thinks after each request of it, by its root."""
    out: dict[str, float] = {}
    for i, (times, share, on) in enumerate(zip(visit.times, visit.goes_on, visit.after)):
        if on is None or share <= 0:
            continue
        first, *again = visit.asked(i)
        out[first] = share * (1.0 if again else times)
        if again:
            out[again[0]] = share * (times - 1.0)
    return out


def _whole(mean: dict[str, float]) -> dict[str, int]:
    """Whole numbers of the same sum, as close to these as can be: the largest rests go up."""
    out = {key: int(value) for key, value in mean.items()}
    left = round(sum(mean.values())) - sum(out.values())
    for key in sorted(mean, key=lambda key: out[key] - mean[key])[:left]:
        out[key] += 1
    return out
