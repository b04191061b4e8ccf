"""Who is refused first and who gets most: words that need others beside them."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.app.model_told import idle
from backend_lead.catalog import kind_of, kinds
from backend_lead.catalog.equal_instances import EqualInstances
from backend_lead.model.finding import Finding
from backend_lead.model.system import Component, System
from backend_lead.views.document import Document, Loc, path_text

COMPARING = ("weighted", "least-outstanding", "power-of-two", "power-of-three")


def shed_findings(system: System, name: str, document: Document) -> Iterator[Finding]:
    """Shedding that refuses nobody: no endpoint is of low priority, or the queue ends before."""
    part = system.components[name]
    said = part.serving.sheds if part.serving is not None else None
    if said is None:
        return
    loc: Loc = ("components", name, "serving", "sheds")
    if all((end.priority or 0) < said.priority for end in part.endpoints.values()):
        yield idle(
            document, loc, f"no endpoint of `{name}` has priority {said.priority} or one after it",
            f"priority {said.priority}", "a priority that its endpoints have",
            f"say priority: {said.priority} of what is refused first",
        )  # fmt: skip
    elif part.queue is not None and part.queue <= said.waiting:
        yield idle(
            document, loc, f"its queue holds {part.queue:,}, and refuses everybody before",
            f"waiting: {said.waiting}", f"below {part.queue:,}, the queue",
            "fewer waiting, or a longer queue",
        )  # fmt: skip


def weight_findings(system: System, name: str, document: Document) -> Iterator[Finding]:
    """Weights without a balancer that looks at them, and such a balancer without weights."""
    part = system.components[name]
    said = part.serving.weights if part.serving is not None else None
    if said is None:
        if part.balance == "weighted":
            yield Finding(
                "model-serving", "error", f"`{name}` shares its load by weights, but has none",
                document.place(("components", name, "balance")), "balance: weighted",
                "serving: {weights: [..]} beside it", "serving: {weights: [3, 1]}",
            )  # fmt: skip
        return
    loc: Loc = ("components", name, "serving", "weights")
    by = _balance(part)
    if by not in COMPARING:
        yield Finding(
            "model-serving", "error",
            f"`{path_text(loc)}` are looked at by no balancer of `{name}`", document.place(loc),
            f"balance: {by}" if by else "no balance", ", ".join(COMPARING),
            "balance: weighted" if by else "only instances behind a balancer have weights",
        )  # fmt: skip
        return
    most = part.autoscale.most if part.autoscale else 0
    count = max(part.count or 1, most)
    if len(said) > count:
        yield Finding(
            "model-serving", "error", f"`{path_text(loc)}` are more than `{name}` has instances",
            document.place(loc), f"{len(said)} weights", f"1 to {count:,}, its instances",
            "one weight for each instance, or a pattern that repeats",
        )  # fmt: skip


def _balance(part: Component) -> str:
    """By what rule its instances are chosen; empty where there is no choice to be made."""
    if part.balance is not None or part.kind not in kinds():
        return part.balance or ""
    kind = kind_of(part.kind)
    return kind.balance if isinstance(kind, EqualInstances) else ""
