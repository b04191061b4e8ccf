"""What a run found about data on its way: messages, copies of stores, failovers; as text."""

from __future__ import annotations

from backend_lead.analysis.ages import behind
from backend_lead.analysis.copies_seen import copy_reads, lost_writes
from backend_lead.analysis.ran import Ran
from backend_lead.analysis.sessions import session_steps
from backend_lead.analysis.simulation import ages
from backend_lead.model.copies import CopyReads, LostWrites
from backend_lead.model.units import trim

FEW = 1e-4  # a smaller share is not told apart


def data_lines(ran: Ran) -> list[str]:
    """A block each for sessions, messages, stale reads and failovers, where there are any."""
    blocks = [_sessions(ran), _messages(ran), _reads(copy_reads(ran)), _failovers(lost_writes(ran))]
    return [line for block in blocks if block for line in ["", *block]]


def _sessions(ran: Ran) -> list[str]:
    out = [
        f"  {one.journey} of {one.client}, step {one.step}, {one.endpoint}: {one.requests:,} "
        f"asked, {one.per_session:.2f} a session; {one.answered:.1%} answered"
        for one in session_steps(ran)
    ]
    return ["Sessions", *out] if out else []


def _messages(ran: Ran) -> list[str]:
    out = []
    for one in ages(ran, ""):
        parts = [f"{one.messages:,} handled"]
        parts += [f"p99 of their age {_s(one.p99_s)}"] if one.messages else []
        late = behind(ran, one.handler)
        at = int(late.argmax()) * ran.result.window_s
        if late.max() > 1.0:
            parts.append(f"behind at most {_s(float(late.max()))} (at {at:g} s), at the end "
                         f"{_s(float(late[-1]))}")  # fmt: skip
        parts += [f"{one.put_aside:,} put aside"] if one.put_aside else []
        parts += [f"{one.waiting:,} wait"] if one.waiting else []
        out.append(f"  {one.handler}: {'; '.join(parts)}")
    return ["Messages", *out] if out else []


def _reads(found: list[CopyReads]) -> list[str]:
    out = []
    for one in found:
        share = one.stale / one.read if one.read else 0.0
        told = f"{share:.2%}" if share >= FEW or not one.stale else f"less than {FEW:.2%}"
        text = f"  {one.store}: {one.stale:,} of {one.read:,} reads from replicas were stale "
        text += f"({told}), at a lag of {_s(one.lag_s)}"
        if one.most_s > one.lag_s:
            text += f", {_s(one.most_s)} at its most"
        if one.to_primary:
            text += f"; {one.to_primary:,} after an own write went to the primary, of which "
            text += f"{one.avoided:,} or more would have been"
        out.append(text)
    return ["Reads from copies", *out] if out else []


def _failovers(found: list[LostWrites]) -> list[str]:
    out = []
    for one in found:
        lost = f"some {one.writes:,.0f} acknowledged writes are lost"
        if not one.writes:
            lost = "no acknowledged write is lost"
        out.append(f"  {one.store} at {one.at_s:g} s: its {one.by} serves {_s(one.after_s)} later; "
                   f"{lost} ({one.origin}: {one.why})")  # fmt: skip
    return ["Failovers", *out] if out else []


def _s(value: float) -> str:
    return f"{trim(value, 3)} s" if value >= 1 else f"{trim(value * 1e3, 3)} ms"
