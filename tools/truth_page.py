"""The page of known answers: every case of the truth suite, what is asked, what is off or left out.

python tools/truth_page.py    write docs/truth.md anew
"""

from __future__ import annotations

import sys
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "truth.md"
if __name__ == "__main__":  # run by its path, the folder above is not looked into
    sys.path.insert(0, str(ROOT))

HEAD = """\
<!-- made by tools/truth_page.py from tests/truth; edit that, not this -->

# Known answers

Values that nobody here made: closed forms, exact solvers, other people's simulators, and published
measurements. Each case is a file in [tests/truth/cases](../tests/truth/cases) with its source, its
values and how far an answer may be off; [tests/truth](../tests/truth) puts it to the product, and
fails where a value is outside. A value that is known to be off must stay so, or leave this page.
What leaves nothing to chance is judged as a formula is, also where the kernel gives it.

```text
python -m pytest -m "full or not full" tests/truth
```

"""


def truth_page() -> str:
    """The page, from the cases and the answers registered for them."""
    from tests.truth import test_truth  # registers all answers
    from tests.truth.case import CASES, read

    yaml = YAML(typ="safe", pure=True)
    lines = ["| case | judged as | values held | off, or left out |", "|---|---|---|---|"]
    off, held_all, cases = 0, 0, sorted(path.stem for path in CASES.glob("*.yaml"))
    missing = test_truth.listed()[1]
    for id in cases:
        answers = [a for a in test_truth.ANSWERS if a.id == id]
        title = yaml.load((CASES / f"{id}.yaml").read_text(encoding="utf-8"))["title"]
        wrong = {m: reason for a in answers for m, reason in a.wrong.items()}
        without = set().union(*(a.without for a in answers))
        expected = read(id).expected.items()
        judged = {m for m, e in expected if e.tolerance or isinstance(e.value, bool)}
        held = len(judged - wrong.keys() - without)
        said = [f"`{m}`: {reason}" for m, reason in sorted(wrong.items())]
        if without:
            said.append(f"{len(without)} left out: {'; '.join(sorted(missing[id]))}")
        if not held:
            said.append("no value has a tolerance; its shape is held")
        by = " and ".join(sorted({a.how.replace("analytic", "formula") for a in answers}))
        lines.append(f"| {title} (`{id}`) | {by} | {held} | {' · '.join(said)} |")
        off, held_all = off + len(wrong), held_all + held
    counts = f"{len(cases)} cases, {held_all} values held, {off} known to be off.\n\n"
    whole = test_truth.listed()[0]
    rest = "".join(f"- `{id}`: {'; '.join(sorted(why))}.\n" for id, why in whole.items())
    return (
        HEAD + counts + "\n".join(lines) + "\n\n## Not asked yet\n\n"
        "Cases of the same collection that the product has no answer to.\n\n" + rest
    )


if __name__ == "__main__":
    PAGE.write_text(truth_page(), encoding="utf-8")
