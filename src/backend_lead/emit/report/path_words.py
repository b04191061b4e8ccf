"""Sentences about alternatives, stages and flips that the page and the README share."""

from __future__ import annotations

from backend_lead.emit.report import side_by_side, wording
from backend_lead.emit.report.path_readings import PathReadings
from backend_lead.model.design import Design
from backend_lead.model.paths import Alternative, Flip, Stage

LARGER = (
    1.01  # times the load of the machines as they are, from where larger sizes are worth a word
)

NEAR_ALERT = 0.9  # of an alert: a stage that begins there has no time left when it fires

NOT_SEARCHED = "Not looked for: that takes a search, which the command design makes."

ROADMAP = ("Each load has the design it needs by itself: no stage pays for the next. A stage ends "
           "where its machines no longer hold with one zone lost; its trigger is the value the "
           "metric then has on a normal day, with every zone up.")  # fmt: skip
STEPS = (" Of so many parts the cheapest, the fastest and the most resilient were looked for by "
         "single steps from the chosen design, not by searches of their own: better ones may "
         "exist.")  # fmt: skip
NO_FLIP = ("None was found: as far as was looked, no assumed number changes which steps are "
           "chosen.")  # fmt: skip


def searched(design: Design) -> bool:
    """Whether a search looked for what else could have been built."""
    return bool(design.alternatives or design.stages or design.refusal)


def absent(design: Design, none: str) -> str:
    """What stands where a part is empty: it was not looked for, or none was found."""
    return none if searched(design) else NOT_SEARCHED


def alternatives(design: Design) -> str:
    """What was compared with what."""
    n = len(design.alternatives) + sum(len(row.same_as) for row in design.alternatives)
    if n == 1:
        return "Only one design was found."
    steps = STEPS if any(row.by_steps for row in design.alternatives) else ""
    if len(design.alternatives) == 1:
        return f"{n} aims were searched for, and all came out as this one design.{steps}"
    return (
        f"{n} designs for the same objectives, each searched with an aim of its own"
        + (f"; {len(design.alternatives)} differ." if n > len(design.alternatives) else ".") + steps
    )  # fmt: skip


def how_compared(design: Design) -> str:
    """What the comparison rests on."""
    team = "" if side_by_side.team_stated(design) else (
        " No team is stated, so what part of its hours each takes is not known."
    )  # fmt: skip
    return ("By the analytic solver, with one zone lost and the margins of planning, not by a run. "
            "p99 is at the stated load, or at the most that is carried where that is less. Bold: "
            "the best of its line, by however little; time and money of those that carry the load. "
            "The search for an aim counts clear gains only, and designs that keep what it must."
            f"{team}")  # fmt: skip


def also(row: Alternative) -> str:
    """The aims whose searches ended in this design too; empty where none did."""
    if not row.same_as:
        return ""
    *most, last = row.same_as
    aims = f"{', '.join(most)} and {last}" if most else last
    return f"the search{'es' if most else ''} for {aims} end{'' if most else 's'} here too"


def why_chosen(design: Design) -> str:
    """What the numbers say for the chosen one; empty where another keeps as much for less."""
    row = side_by_side.chosen(design)
    if row is None or len(design.alternatives) < 2:
        return ""
    equal = [x for x in design.alternatives if len(x.kept) == len(row.kept)]
    most = all(len(x.kept) <= len(row.kept) for x in design.alternatives)
    total = row.usd_month + row.complexity_usd
    if not most or any(x.usd_month + x.complexity_usd < total for x in equal):
        return ""
    whose = "keeps every objective" if not row.missed else "keeps the most objectives"
    money = f"bill and work together, {wording.money(total)} a month"
    least = f"; of the {len(equal)} that do, it takes the least: {money}"
    return f"It {whose}{least if len(equal) > 1 else f', and no other does; {money}'}."


def metric(stage: Stage) -> str:
    """What to watch, as the subject of *reaches 58%*."""
    return stage.metric if stage.alert_unit == "s" else f"the use of {stage.metric}"


def at_once(stage: Stage) -> str:
    """What to do where a trigger all but fires on the first day at the load of its stage."""
    if not stage.alert_now or stage.alert_now < NEAR_ALERT * stage.alert_at:
        return ""
    value = (wording.seconds if stage.alert_unit == "s" else wording.share)(stage.alert_now)
    return (f"it is {value} at the load of this stage already: alert at "
            f"{_early(stage)}, on the way there, and have the next size ready with it")  # fmt: skip


def _early(stage: Stage) -> str:
    early = stage.alert_now * NEAR_ALERT
    return (wording.seconds if stage.alert_unit == "s" else wording.share)(early)


def has_larger(read: PathReadings, stage: Stage) -> bool:
    """Whether larger sizes of the same parts carry more than the machines as they are."""
    return read.load(stage, "knobs_until").value > LARGER * read.load(stage, "until").value


def then(design: Design, stage: Stage) -> str:
    """What to do when the trigger of a stage is reached."""
    read = PathReadings(design)
    most = read.load(stage, "knobs_until")
    after = f"build stage {stage.number + 1}" if stage.number < len(design.stages) else ""
    if has_larger(read, stage):
        size = f"larger sizes of the same parts hold up to {most.text}"
        return f"{size}, then {after}" if after else f"{size}; beyond that nothing was designed"
    return after or "nothing beyond was designed"


def flips(design: Design) -> str:
    """How many assumed numbers turn the choice, and how many within their range."""
    n, within = len(design.flips), sum(flip.within for flip in design.flips)
    one = n == 1
    first = (
        f"{'One assumed number' if one else f'{n} assumed numbers'} would change which steps are "
        "chosen, not only their sizes"
    )
    if within == n:
        rest = "within its range" if one else "all within their ranges"
    elif within:
        rest = f"{within} of them within the assumed range"
    else:
        rest = "only outside its range" if one else "all of them only outside their ranges"
    how = "the design searched anew"
    if any(flip.by_steps for flip in design.flips):
        how = "single steps were turned from this design; so many parts were not searched anew"
    return f"{first}: {rest}. Each was moved alone, and {how}."


def where(flip: Flip) -> str:
    """Whether the value that turns the choice is one that was thought possible."""
    return "within the range" if flip.within else "outside the range"
