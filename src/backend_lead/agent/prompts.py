"""The three requests the product is judged by, as prompts an assistant offers."""

from __future__ import annotations

from dataclasses import dataclass

RULES = (
    "Work with the tools of backend-lead. Never state a number that did not come out of one of "
    "them: give its id, its origin (measured, simulated, computed, catalogue, stated, assumed) and "
    "its interval where it has one. `unknown` is an answer; do not turn it into a pass. Say what "
    "was assumed, and ask the user what would move the design most."
)


@dataclass(frozen=True)
class Prompt:
    """A prompt: its name, title, the sentence it begins with, and what to look at."""

    name: str
    title: str
    request: str
    steps: tuple[str, ...]

    def text(self, request: str = "") -> str:
        """What the assistant is asked to do; `request` replaces the sentence."""
        sentence = request.strip() or self.request
        steps = "\n".join(f"{i}. {step}" for i, step in enumerate(self.steps, 1))
        return f"{sentence}\n\n{RULES}\n\n{steps}"


_START = (
    "Call `ask` with the sentence; put the questions that move the bill most to the user.",
    "Call `design` with the sentence and the answers in `assume`.",
)
PROMPTS = {
    prompt.name: prompt
    for prompt in (
        Prompt(
            "design-backend", "Design a backend",
            "Design a backend system that can handle 1 million concurrent users",
            (*_START,
             "Call `capacity`: say what breaks first and at which load.",
             "Call `simulate` with load 2, and with the fault the user fears most.",
             "Explain each decision with `explain`; end with the open assumptions and the cost."),
        ),
        Prompt(
            "plan-api-strategy", "Plan an API strategy",
            "Plan our API strategy for mobile, web, and third-party integrations",
            (*_START,
             "Read design://files/out/api/strategy.md: style per audience with what was rejected.",
             "Preview a change of a field with `change` (write: false): say which clients break.",
             "Point the client teams at their hand-off packs below out/api/."),
        ),
        Prompt(
            "architect-data-layer", "Architect a data layer",
            "Architect our data layer for analytics and real-time processing",
            (*_START,
             "Read design://files/out/data/README.md: stores, streams, freshness, who owns what.",
             "Call `design` with quick: false where the user wants it proved on real parts.",
             "Call `simulate` with load 2 and say what becomes of freshness and cost."),
        ),
    )
}  # fmt: skip
