"""The pages of laws: what they say of models, of tests and of numbers, read from their text.

A section holds what a model says and then a case, in YAML. Its table compares the case without and
with that, or, where the head begins with a path, the case with each of the values there. Where a
section has a command, the table's last column is of a run by it, of several values each one, and a
single piece of YAML is the case.

python tools/law_pages.py    write the numbers of their tables anew; the diff is the review
"""

from __future__ import annotations

import io
import math
import re
import shlex
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from backend_lead.analysis.ages import behind
from backend_lead.analysis.copies_seen import copy_reads, lost_writes
from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.faults.random_failures import drawn_failures
from backend_lead.analysis.lowering import lower
from backend_lead.analysis.ran import Ran
from backend_lead.app.model_file import read_checked_text
from backend_lead.app.recordings import Recording
from backend_lead.app.simulate import simulate as simulate_command
from backend_lead.kernel import stats
from backend_lead.kernel.layout import NS_PER_S
from backend_lead.kernel.run import COMPLETE, simulate
from backend_lead.model.copies import CopyReads
from backend_lead.model.quantity import Duration
from backend_lead.views.resolve import resolve

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "laws"
LENGTH_S, WARMUP_S = 60, 5
SAMPLED = 13  # one request in so many; in step with no balancer of fewer that takes turns
BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^```sh\nbackend-lead simulate (.+)\n```", re.MULTILINE)
RECORDED = re.compile(r"^```csv\n(.*?)^```", re.DOTALL | re.MULTILINE)
ROW = re.compile(r"^\|(.+)\|$", re.MULTILINE)
SPAN = r"(?: from (\d+) to (\d+) s)?"
TEST = re.compile(r"`(tests/[a-z_/]+\.py)::(test_\w+)`")


@dataclass(frozen=True)
class Law:
    """One section of a page: what a model says, the case where it matters, and its numbers."""

    page: str
    title: str
    says: str
    case: str
    tests: tuple[tuple[str, str], ...]
    head: tuple[str, ...]  # a path or nothing, then what each column is of
    numbers: tuple[tuple[str, ...], ...]  # what is told, then its value in each column
    command: str = ""  # options of `simulate`
    recorded: str = ""  # times in seconds, a line each, that the command replays

    def seen(self) -> list[Seen]:
        """The runs that the columns are of."""
        case = merged(small_model(), self.case)
        if self.head[0]:
            said = (merged(case, said_at(self.head[0], value)) for value in self.head[1:])
            return [Seen(text, self.command, self.recorded) for text in said]
        return [Seen(case), Seen(merged(case, self.says), self.command, self.recorded)]


def said_at(path: str, value: str) -> str:
    """A model's text that says a value at a path of names with dots between, in backticks."""
    *above, last = path.strip("`").split(".")
    return "".join(f"{'  ' * i}{name}:\n" for i, name in enumerate(above)) + (
        f"{'  ' * len(above)}{last}: {value}\n"
    )


def sections(page: Path) -> list[tuple[str, str]]:
    """Titles and texts of the sections of a page."""
    parts = re.split(r"^## (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


@cache
def laws() -> dict[str, Law]:
    """All sections that say something in a model, by page and title."""
    found = {}
    for page in sorted(PAGES.glob("*.md")):
        if page.name == "README.md":
            continue
        for title, text in sections(page):
            blocks, command = BLOCK.findall(text), COMMAND.findall(text)
            if not blocks:
                continue
            says, case = blocks[:2] if len(blocks) > 1 else (blocks[0], "")
            if command and len(blocks) == 1:
                says, case = "", blocks[0]
            rows = [tuple(part.strip() for part in row.split("|")) for row in ROW.findall(text)]
            head, *numbers = [row for row in rows if not row[0].startswith("---")] or [()]
            found[f"{page.stem}: {title}"] = Law(
                page.stem, title, says, case, tuple(TEST.findall(text)), head, tuple(numbers),
                "".join(command), "".join(RECORDED.findall(text)),
            )  # fmt: skip
    return found


@cache
def small_model() -> str:
    """The model of the index page, to which the cases are changes."""
    (block,) = BLOCK.findall((PAGES / "README.md").read_text(encoding="utf-8"))
    return str(block)


def merged(*texts: str) -> str:
    """A model with changes laid over it: mappings into each other, all else in its place."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    whole: Any = {}
    for text in texts:
        whole = _laid_over(whole, yaml.load(text) or {})
    out = io.StringIO()
    yaml.dump(whole, out)
    return out.getvalue()


def _laid_over(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        kept = {key: value for key, value in below.items() if above.get(key, value) is not None}
        return kept | {
            key: _laid_over(below.get(key), value)
            for key, value in above.items()
            if value is not None
        }
    return above


class Seen:
    """A run of a model, asked in the words of the pages."""

    def __init__(self, text: str, command: str = "", recorded: str = "") -> None:
        system = read_checked_text(text).system
        if command:
            ran = simulate_command(system, **_options(command, recorded)).ran
            self.flow, self.lowered, self.run = ran.flow, ran.lowered, ran.result
        else:
            self.flow = resolve(system)
            stated = FAULTS["stated"]
            events = stated.events(self.flow, 0.0) if stated.applies(self.flow) else []
            events += drawn_failures(self.flow, 1, LENGTH_S)
            events.sort(key=lambda event: event.at_s)
            self.lowered = lower(self.flow, events)
            self.run = simulate(
                self.lowered.program, seed=1, until_s=LENGTH_S + 10, warmup_s=WARMUP_S
            )
        assert self.run.status == COMPLETE and self.run.conserved and self.run.window_s == 1

    def tell(self, what: str) -> str:
        """The value of a row of a table."""
        if found := re.fullmatch(rf"p([\d.]+)(?: of (\S+))?{SPAN}", what):
            hist = self._hist(found[2], *_span(found[3], found[4]))
            return _ms(stats.quantile(hist, float(found[1]) / 100))
        if found := re.fullmatch(r"p([\d.]+) age at (\S+)", what):
            hist = self.run.hist_streams[WARMUP_S:LENGTH_S, self.lowered.streams[found[2]]]
            return _ms(stats.quantile(hist.sum(axis=0), float(found[1]) / 100))
        if found := re.fullmatch(rf"answered(?: of (\S+))?{SPAN}", what):
            return _share(*self._counts(found[1], *_span(found[2], found[3])))
        if found := re.fullmatch(rf"requests(?: of (\S+))?( a second)?{SPAN}", what):
            since, until = _span(found[3], found[4])
            begun = self._counts(found[1], since, until)[1]
            return f"{begun / (until - since) if found[2] else begun:,.0f}"
        if found := re.fullmatch(r"tries of (\S+) per request", what):
            tries = int(self.run.stats["n"][self.lowered.endpoints[found[1]]])
            return f"{tries / int(self.run.windows['started'][WARMUP_S:].sum()):.2f}"
        if found := re.fullmatch(r"instances of (\S+) from (\d+) to (\d+) s", what):
            return str(self._instances(found[1], int(found[2]), int(found[3])))
        if found := re.fullmatch(r"messages for (\S+) that wait at (\d+) s", what):
            return f"{self._waiting(found[1], int(found[2])):,}"
        if found := re.fullmatch(r"put aside of (\S+)", what):
            return _share(*self._aside(found[1]))
        if found := re.fullmatch(r"(\S+) behind at most", what):
            return _ms(float(self._late(found[1]).max()))
        if found := re.fullmatch(r"(\S+) behind from (\d+) to (\d+) s", what):
            return _ms(float(self._late(found[1])[int(found[2]) : int(found[3])].max()))
        if found := re.fullmatch(r"stale reads of (\S+)", what):
            reads = self._copies(found[1])
            return _share(reads.stale, reads.read + reads.to_primary)
        if found := re.fullmatch(r"reads of (\S+) at the primary", what):
            reads = self._copies(found[1])
            return _share(reads.to_primary, reads.read + reads.to_primary)
        if found := re.fullmatch(r"writes of (\S+) lost", what):
            lost = (one.writes for one in lost_writes(self._ran) if one.store == found[1])
            return f"{sum(lost):,.0f}"
        raise AssertionError(f"nobody knows how to tell {what!r}")

    @property
    def _ran(self) -> Ran:
        return Ran("stated", self.flow, self.lowered, self.run)

    def _instances(self, component: str, since: int, until: int) -> int:
        """Instances that were asked in a time, by some of the requests of the same run."""
        again = simulate(self.lowered.program, seed=1, until_s=until, warmup_s=WARMUP_S,
                         sample_every=SAMPLED)  # fmt: skip
        assert again.spans is not None and not again.spans_full
        keys = self.flow.keys_of(component)
        own = np.isin(again.spans["endpoint"], [self.lowered.endpoints[key] for key in keys])
        begun = again.spans["begun"] / NS_PER_S
        asked = again.spans["replica"][own & (since <= begun) & (begun < until)]
        return len(np.unique(asked[asked >= 0]))

    def _late(self, handler: str) -> Any:
        return behind(self._ran, handler)[:LENGTH_S]

    def _waiting(self, handler: str, at: int) -> int:
        rows = self.run.stream_windows[:at, self.lowered.streams[handler]]
        return int(rows["published"].sum() - rows["done"].sum() - rows["dead"].sum())

    def _aside(self, handler: str) -> tuple[int, int]:
        rows = self.run.stream_windows[:, self.lowered.streams[handler]]
        dead = int(rows["dead"].sum())
        return dead, dead + int(rows["done"].sum())

    def _copies(self, store: str) -> CopyReads:
        (found,) = (one for one in copy_reads(self._ran) if one.store == store)
        return found

    def _slots(self, ref: str | None) -> list[int]:
        return [
            self.run.roots.index(row)
            for key, row in self.lowered.roots.items()
            if row in self.run.roots and ref in (None, self.flow.roots[key].target)
        ]

    def _hist(self, ref: str | None, since: int, until: int) -> Any:
        return self.run.hist_windows[since:until][:, self._slots(ref)].sum(axis=(0, 1))

    def _counts(self, ref: str | None, since: int, until: int) -> tuple[int, int]:
        windows = self.run.windows[since:until][:, self._slots(ref)]
        return int(windows["ok"].sum()), int(windows["started"].sum())


def _span(since: str | None, until: str | None) -> tuple[int, int]:
    return (int(since), int(until)) if since and until else (WARMUP_S, LENGTH_S)


def _options(command: str, recorded: str) -> dict[str, Any]:
    """What the options of a command are to the use case behind it."""
    words = shlex.split(command)
    said: dict[str, Any] = {}
    for option, value in zip(words[::2], words[1::2], strict=True):
        if option in ("--duration", "--day"):
            said[option[2:] + "_s"] = Duration.model_validate(value).value
        elif option == "--fault":
            said["fault"] = value
        elif option == "--replay":
            client, _, file = value.partition("=")
            times = tuple(float(line) for line in recorded.split())
            said["replay"] = [Recording(client, file, times)]
        else:
            raise AssertionError(f"nobody knows what {option} is")
    return said


def _ms(time_s: float) -> str:
    if math.isnan(time_s):
        return "none"
    return f"{time_s * 1_000:,.3g} ms" if time_s < 1 else f"{time_s:.3g} s"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}".replace("%", " %")


def _row(*parts: str) -> str:
    return f"| {' | '.join(parts)} |"


def told_anew(page: Path) -> str:
    """A page with the numbers that its cases have now."""
    text = page.read_text(encoding="utf-8")
    for law in laws().values():
        if law.page != page.stem:
            continue
        seen = law.seen()
        at = text.index(f"## {law.title}\n")
        before, section = text[:at], text[at:]
        for what, *old in law.numbers:
            new = [one.tell(what) for one in seen]
            section = section.replace(_row(what, *old), _row(what, *new), 1)
        text = before + section
    return text


if __name__ == "__main__":
    for path in sorted(PAGES.glob("*.md")):
        path.write_text(told_anew(path), encoding="utf-8")
