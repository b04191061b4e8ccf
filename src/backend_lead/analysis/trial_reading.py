"""Reading a run with a fault: how long until all was well again, who was hurt, what degraded."""

from __future__ import annotations

import math

import numpy as np

from backend_lead.analysis.ages import aside_words, clients_away, oldest_words, stale_seconds
from backend_lead.analysis.chance_reading import chance_trial
from backend_lead.analysis.faults import FAULTS, Fault
from backend_lead.analysis.health import Kept, healthy_from
from backend_lead.analysis.ran import Ran, asked_roots, lost_requests, seen_windows, slots_of
from backend_lead.kernel import stats
from backend_lead.kernel.run import COMPLETE, RunResult
from backend_lead.model.design import Trial, TrialSecond, Verdict
from backend_lead.views.flow import Flow

CALM_S = 3.0  # healthy for so long before it is called recovered, and before "after" is measured
TAIL_S = 3.0  # requests that started in the last seconds may still be under way
FAIL_SHARE_OK = 0.001  # a second is healthy when at most this share of its requests failed,
LATE_SHARE = 0.01  # and at most this share of its answers came later than the p99 objective
DOWN_SHARE = 0.5  # of a second's requests: where more failed, the system was as good as down
SETTLED_S = 2  # of the seconds before a fault, these are not looked at
CALLS_TOLD = 4  # calls of which most attempts failed
OWN_MORE = 1.25  # times its own p99 before the fault that is allowed where the objective was missed


def over_s(flow: Flow, fault: Fault) -> float:
    """Time until a fault is over and clients that lost their connections may all be back."""
    back_s = max((link.back_s for link in flow.links), default=0.0)
    return fault.lasts_s(flow) + back_s


def trial(ran: Ran, run_id: str) -> Trial:
    """The verdict on a fault run: how long until healthy again, who was hurt, what degraded.

    A second is healthy when hardly any request failed, every kind of request that was answered in
    it kept the p99 objective of its journeys, as far as its number tells, its messages were handled
    in time, and hardly any client was without its connection. What misses its objective with
    nothing broken is judged by its own p99 of then, as nothing could be healthy otherwise.
    """
    fault, flow, r = ran.fault or FAULTS[ran.kind], ran.flow, ran.result
    if fault.by_chance:
        return chance_trial(ran, fault, run_id)
    limit = flow.system.recover_limit_s
    ok = r.windows["ok"].sum(axis=1)
    lost = lost_requests(r.windows, list(range(len(r.roots))))
    upto = int(r.reached_s / r.window_s) - int(TAIL_S)
    strikes = [int(ran.fault_at_s + begin) for begin in fault.begins_s(flow)]
    at = strikes[0]
    share = [lost[w] / max(1, ok[w] + lost[w]) for w in range(upto)]
    stale = stale_seconds(ran, upto)
    away = clients_away(ran, at, upto)
    connected = sum(link.users for link in flow.links)
    answered = Kept(lost[:upto], (ok + lost)[:upto], FAIL_SHARE_OK)
    in_time, own = _in_time(ran, upto)
    other = [stale[w] or away[w] > FAIL_SHARE_OK * connected for w in range(upto)]
    episodes = _episodes([answered, *in_time], other, strikes, upto)
    start, again = episodes[-1] if episodes else (at, at)
    seen = upto >= ran.fault_at_s + over_s(flow, fault) + CALM_S
    recovered = r.status == COMPLETE and seen and (again == start or again - 1 < upto - CALM_S)
    lasted = int(fault.ends_s(flow))
    recover_s = max(
        (float(max(0, end - begin - lasted)) for begin, end in episodes), default=0.0
    ) if recovered else None  # fmt: skip
    hurt = [w for begin, end in episodes for w in range(begin, end)]
    over = int(ran.fault_at_s + fault.over_s(flow))
    calm = min(max(again + int(CALM_S) if hurt else at, over), upto)
    failed = int(sum(lost[w] for w in hurt))
    asked = int(sum(lost[w] + ok[w] for w in hurt))
    p99 = [stats.quantile(r.hist_windows[w].sum(axis=0), 0.99) for w in range(upto)]
    down = sum(share[w] > DOWN_SHARE for w in hurt)
    down = down if down >= CALM_S else 0
    crowd = _crowd(ran, upto)
    verdict: Verdict = "pass" if recover_s is not None and recover_s <= limit else "fail"
    why = f"not healthy again within the {upto - at} s that were simulated"
    if verdict == "fail" and recover_s is None and upto - strikes[-1] - lasted <= limit:
        verdict = "unknown"
        why += f"; the objective allows {limit:.0f} s"
    if r.status != COMPLETE or not seen:
        verdict = "unknown"
        needs_s = math.ceil(ran.fault_at_s + over_s(flow, fault) + CALM_S + TAIL_S)
        why = (f"the run ends {r.reached_s - at:.0f} s after the fault begins, too early to tell; "
               f"{needs_s} s and more tell")  # fmt: skip
        if upto <= at:
            why = f"the run ends after {upto} s, before anything breaks at {at} s"
    elif recover_s is not None:
        how = f"after {max((end - begin for begin, end in episodes), default=0)} s"
        if len([1 for begin, end in episodes if end > begin]) > 1:
            how += f" at most, {len(hurt)} s in all"
        if fault.trigger:
            how += f", {recover_s:.0f} s of them after the end of {fault.trigger}"
        back = f"healthy again {how}" if hurt else "healthy throughout"
        why = f"{back}; the objective allows {limit:.0f} s"
    if down:
        why += f"; down meanwhile: more than half of all requests failed for {down} s"
    if own and verdict != "unknown":
        why += f"; judged by its own p99 with nothing broken, {own}"
    return Trial(
        id=fault.id, title=fault.title, fault=fault.words(flow), verdict=verdict, why=why,
        recover_s=recover_s, recover_limit_s=limit, failed_share=failed / asked if asked else 0.0,
        users_affected=max(
            sum(s.users for s in flow.sources)
            * max((float(share[w]) * crowd[w] for w in hurt), default=0.0),
            max(away, default=0.0),
        ),
        p99_before_s=_p99(r, range(min(SETTLED_S, at), at)), p99_worst_s=max(
            (p for p in (p99[w] for w in range(at, upto)) if not math.isnan(p)), default=math.nan),
        p99_after_s=_p99(r, range(calm, upto)), degrades=_degrades(ran, hurt),
        fault_at_s=float(at),
        series=tuple(
            TrialSecond(w * r.window_s, int(ok[w]), int(lost[w]),
                        0.0 if math.isnan(p99[w]) else p99[w]) for w in range(upto)
        ),
        run=run_id, refused=sum(told for told, _ in refused(ran).values()),
        hurt_s=float(len(hurt)), down_s=float(down), trigger=fault.trigger,
    )  # fmt: skip


def _episodes(
    promises: list[Kept], other: list[bool], strikes: list[int], upto: int
) -> list[tuple[int, int]]:
    """(begin, first second that is healthy again) from each strike on that comes while all is well.

    What strikes before it is well again belongs to the one before. The last may end at `upto`: not.
    """
    out: list[tuple[int, int]] = []
    left = [begin for begin in strikes if begin < upto]
    while left:
        begin, again = left[0], upto
        for end in [*left[1:], upto]:
            seen = [Kept(one.broke[:end], one.of[:end], one.most) for one in promises]
            again = healthy_from(seen, other[:end], begin)
            if again <= end - CALM_S:
                break
        out.append((begin, again))
        left = [later for later in left[1:] if later >= again]
    return out


def _crowd(ran: Ran, upto: int) -> list[float]:
    """Per second, how many times the stated users are there."""
    steps = FAULTS[ran.kind].crowd(ran.flow, ran.fault_at_s) or [(0.0, 1.0)]
    return [next(f for at, f in reversed(steps) if at <= w) for w in range(upto)]


def _in_time(ran: Ran, upto: int) -> tuple[list[Kept], str]:
    """Per kind of request its p99 as a promise: of those answered, one in a hundred may be late;
    and all kinds together against the loosest objective, as some are rarely asked for. What misses
    it with nothing broken is held to its own p99; then the slowest of these is told in words."""
    hist, system = ran.result.hist_windows[:upto], ran.flow.system
    slots = slots_of(ran)
    judged = [(system.p99_of(ref), own) for ref, own in slots.items()]
    judged.append((max(p99 for p99, _ in judged), [slot for own in slots.values() for slot in own]))
    out, missed = [], [(0.0, 0.0)]
    fault = ran.fault or FAULTS[ran.kind]
    before = int(ran.fault_at_s + fault.begins_s(ran.flow)[0])
    for allowed, own in judged:
        answers = hist[:, own].sum(axis=1)
        calm = answers[min(SETTLED_S, before) : before].sum(axis=0)
        late = np.array(float(calm.sum()) * LATE_SHARE)
        if stats.beyond(calm, allowed) > stats.by_chance(late):
            usual = stats.quantile(calm, 1 - LATE_SHARE)
            missed.append((usual, allowed))
            allowed = usual * OWN_MORE
        out.append(Kept(stats.beyond(answers, allowed), answers.sum(axis=1), LATE_SHARE))
    usual, allowed = max(missed)
    told = f"{usual * 1e3:.3g} ms, not by the {allowed * 1e3:.3g} ms asked for"
    return out, told if usual else ""


def _p99(r: RunResult, windows: range) -> float:
    if len(windows) == 0:
        return math.nan
    return stats.quantile(r.hist_windows[windows.start : windows.stop].sum(axis=(0, 1)), 0.99)


def refused(ran: Ran) -> dict[str, tuple[int, int]]:
    """By class of callers with a limit: requests refused at the door, and those that came in the
    seconds in which some were."""
    out: dict[str, tuple[int, int]] = {}
    w = ran.result.windows[seen_windows(ran)]
    for key, slot in asked_roots(ran):
        limit = ran.flow.roots[key].limit
        if limit is not None:
            told, came = out.get(limit.key, (0, 0))
            some = w["refused"][:, slot] > 0
            out[limit.key] = (told + int(w["refused"][some, slot].sum()),
                              came + int(w["started"][some, slot].sum()))  # fmt: skip
    return out


def _refused_words(ran: Ran) -> str:
    parts = [f"{name} {told / came:.0%}" for name, (told, came) in refused(ran).items() if told]
    return f"refused at the door by their limit: {', '.join(parts)}" if parts else ""


def _degrades(ran: Ran, hurt: list[int]) -> str:
    """Which requests failed, how many of them, and how late messages were, while not healthy; whom
    a limit refused, what handlers gave up, and which calls failed in the whole run."""
    told = _hurt_words(ran, hurt) if len(hurt) else "nothing a user would notice"
    more = (_refused_words(ran), aside_words(ran), _calls_words(ran))
    return "; ".join(text for text in (told, *more) if text)


def _calls_words(ran: Ran) -> str:
    """Calls between parts of which more than hardly any failed, those with most first: users may
    not have noticed, where they were tried again or could be done without."""
    targets = {root.target for root in ran.flow.roots.values()}
    parts = []
    for key, row in ran.lowered.endpoints.items():
        node, stat = ran.flow.nodes[key], ran.result.stats[row]
        failed, n = int(stat["failed"] + stat["timed_out"]), int(stat["n"])
        if key not in targets and n and failed > FAIL_SHARE_OK * n:
            parts.append((failed, f"{node.component}.{node.name} {failed:,} ({failed / n:.1%})"))
    told = ", ".join(text for _, text in sorted(parts, reverse=True)[:CALLS_TOLD])
    return f"attempts of calls that failed: {told}" if told else ""


def _hurt_words(ran: Ran, hurt: list[int]) -> str:
    parts = []
    w = ran.result.windows[hurt]
    for ref, slots in slots_of(ran).items():
        ok = int(w["ok"][:, slots].sum())
        lost = int(lost_requests(w, slots).sum())
        if lost > FAIL_SHARE_OK * (ok + lost):
            parts.append((lost / (ok + lost), ref))
    parts.sort(reverse=True)
    gone = max(clients_away(ran, hurt[0], hurt[-1] + 1)[hurt[0] :], default=0.0)
    aged = "; ".join(
        text
        for text in (
            f"{gone:,.0f} clients were without their connection" if gone else "",
            oldest_words(ran, hurt[0], hurt[-1] + 1),
        )
        if text
    )
    if not parts:
        slow = any(kept.sick()[hurt[0] :].any() for kept in _in_time(ran, hurt[-1] + 1)[0])
        told = "answers were slow; hardly any failed" if slow else "requests were answered as ever"
        return "; ".join(text for text in (told, aged) if text)
    text = ", ".join(f"{ref} {share:.0%}" for share, ref in parts[:6])
    more = f" and {len(parts) - 6} more" if len(parts) > 6 else ""
    failed = f"requests that failed in that time: {text}{more}"
    return "; ".join(part for part in (failed, aged) if part)
