"""docs/changes.md: the changes `compare` knows of, and its real output on one edit per protocol."""

from __future__ import annotations

import os
from contextlib import chdir
from difflib import unified_diff
from pathlib import Path

from backend_lead.app.contract_changes import compare_contracts
from backend_lead.app.render_contracts import TITLES, render_text
from backend_lead.changes import protocols
from backend_lead.changes.change import Protocol, Rule
from backend_lead.changes.schemas import LAWS

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = "docs/changes"
# Ids that oasdiff 1.x does not have: what its rules leave out, by the same laws.
OWN_OPERATION_IDS = (
    "api-security-became-required", "api-security-no-longer-accepted",
    "api-security-scope-became-required", "request-parameter-style-changed",
    "response-header-became-required",
)  # fmt: skip
LEFT_OUT = (
    "api-deprecated-sunset-missing", "request-parameter-deprecated-sunset-missing",
    "request-property-deprecated-sunset-missing", "response-property-deprecated-sunset-missing",
)  # fmt: skip
INTRO = """# Changes of contracts

`backend-lead compare OLD NEW` takes two contracts of one protocol and tells what changed, where,
whether callers break, and what to do instead. The protocol is told by the content. The exit code
is 1 where something breaks, 0 where nothing does, 2 where a file cannot be read, 3 where a program
that reading needs is not installed.

| level | means |
|---|---|
| breaking | a call, message or query that was right under the old contract goes wrong |
| maybe | it depends on what callers do, or only code that is generated anew is affected |
| compatible | nobody need do anything |

Packages that only contracts need are in the extra `api`: `pip install 'backend-lead[api]'`.
A contract is one file: references to other files or to the network are refused, never followed.
Imports of protobuf are looked for in the folder of the file and in those above it.
"""


def changes_page(made: str) -> str:
    """The page, with its outputs made anew."""
    parts = [made + INTRO]
    for protocol in protocols().values():
        parts.append(_part(protocol))
    parts.append(_laws())
    return "\n".join(parts)


def example(protocol: Protocol) -> tuple[str, str]:
    """The two files of a protocol's example, as paths from the repository."""
    folder = ROOT / EXAMPLES / protocol.id
    names = sorted(path.name for path in folder.iterdir())
    return f"{EXAMPLES}/{protocol.id}/{names[1]}", f"{EXAMPLES}/{protocol.id}/{names[0]}"


def output(protocol: Protocol) -> str:
    """What the gate prints of the example; run where its files are named from."""
    with chdir(ROOT):
        found = compare_contracts(*example(protocol))
    assert found is not None and found.exit_code == 1, protocol.id
    return render_text(found)


def _part(protocol: Protocol) -> str:
    before, after = example(protocol)
    texts = [(ROOT / path).read_text(encoding="utf-8").splitlines() for path in (before, after)]
    diff = list(unified_diff(*texts, n=1, lineterm=""))[2:]
    rules = _rules(protocol)
    lines = [
        f"## {protocol.title} (`{protocol.id}`)\n", f"Reads {protocol.reads}.\n",
        "```diff", *diff, "```\n",
        "```console", f"$ backend-lead compare {before} {after}", *output(protocol).splitlines(),
        "$ echo $?", "1", "```\n",
    ]  # fmt: skip
    if protocol.id == "openapi":
        lines += [_openapi_note(protocol), ""]
    lines += ["| id | level | what changed | what to do instead |", "|---|---|---|---|"]
    lines += [f"| `{r.id}` | {r.level} | {r.says} | {_safe(r)} |" for r in rules]
    return "\n".join(lines) + "\n"


def _rules(protocol: Protocol) -> list[Rule]:
    """The rules that no law of schemas stands behind; those are one table for all protocols."""
    says = {law.says for law in LAWS.values()}
    order = list(TITLES)
    found = [rule for rule in protocol.rules() if rule.says not in says]
    return sorted(found, key=lambda rule: (order.index(rule.level), rule.id))


def _openapi_note(protocol: Protocol) -> str:
    listed = ", ".join(f"`{id}`" for id in OWN_OPERATION_IDS)
    left = ", ".join(f"`{id}`" for id in LEFT_OUT)
    return (
        "Ids and levels are those of oasdiff 1.x, so that lists of accepted changes carry over. "
        f"Beyond its list are {listed}, and ids made of the laws below where it has no rule "
        "(such as `response-property-became-enum`); those of webhooks begin with `webhook-`, since "
        f"a webhook's body is read by the caller. Not covered are {left}: they need a policy of "
        "days, which is not taken. Sunsets are judged by the day on which `compare` runs."
    )


def _laws() -> str:
    lines = [
        "## Schemas, in OpenAPI and AsyncAPI\n",
        "One edit means one thing to those who send what the schema describes and another to those"
        "\nwho read it. An id is put together from where the schema stands and the word:"
        "\n`request-body-`, `request-property-`, `request-parameter-`, `response-body-`,"
        " `response-property-`,\n`response-header-`; in AsyncAPI `received-payload-`,"
        " `received-property-`, `sent-payload-`,\n`sent-property-`.\n",
        "| word | what changed | sent (request) | read (response) | what to do instead |",
        "|---|---|---|---|---|",
    ]
    for law in sorted(LAWS.values(), key=lambda law: law.word):
        safe = " ".join(dict.fromkeys(
            law.safe(way) for way in ("request", "response") if law.level(way) != "compatible"
        )) or "-"  # fmt: skip
        lines.append(f"| `{law.word.replace(' ', '-')}` | {law.says} | {law.request} "
                     f"| {law.response} | {safe} |")  # fmt: skip
    return "\n".join(lines) + "\n"


def _safe(rule: Rule) -> str:
    return "-" if rule.level == "compatible" else rule.safe


if __name__ == "__main__":
    os.write(1, changes_page("").encode())
