"""What a run says of sessions, step by step."""

from __future__ import annotations

from backend_lead.analysis.ran import Ran, asked_roots, seen_windows
from backend_lead.model.sessions import SessionStep


def session_steps(ran: Ran, run_id: str = "") -> list[SessionStep]:
    """Each step of each session that was made, in the order of the model; what was recorded of a
    client has none."""
    slots = dict(asked_roots(ran))
    windows = ran.result.windows[seen_windows(ran)]

    def count(column: str, keys: list[str]) -> int:
        return sum(int(windows[column][:, slots[key]].sum()) for key in keys if key in slots)

    out = []
    recorded = {source.client for source in ran.flow.sources if source.recorded}
    for visit in ran.flow.sessions:
        if visit.client in recorded:
            continue
        begun = count("started", [visit.steps[0]])
        for i, key in enumerate(visit.steps):
            keys = [key] if i or visit.first_again is None else [key, visit.first_again]
            started = count("started", keys)
            if started:
                out.append(SessionStep(
                    visit.client, visit.journey, i + 1, ran.flow.roots[key].target, started,
                    started / max(1, begun), count("ok", keys) / started, run_id,
                ))  # fmt: skip
    return out
