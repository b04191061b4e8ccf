"""How many calls find their gate full, found round by round: fewer calls make shorter answers, and
these make room for more."""

from __future__ import annotations

from backend_lead.analysis.visit_rates import Refused
from backend_lead.views.flow import Flow, gates

NEAR = 1e-3  # shares that are so near are the same
LEAST = 1e-3  # of calls let in: if all is full with fewer, it is not they that fill it


class Refusals:
    """Shares of calls that each gate refuses, and the steps in which they are sought."""

    def __init__(self, flow: Flow) -> None:
        self.sheds = gates(flow)
        self.let_in = dict.fromkeys(self.sheds, 1.0)
        self._carried = dict.fromkeys(self.sheds, 0.0)  # with which all parts were stable
        self._step = dict.fromkeys(self.sheds, 1.0)
        self._up = dict.fromkeys(self.sheds, False)

    @property
    def shares(self) -> Refused:
        return {key: 1 - share for key, share in self.let_in.items()}

    def follow(self, found: Refused) -> bool:
        """Go towards what was found at the shares of now; whether these were near it."""
        near = True
        self._carried = dict(self.let_in)
        for key, share in self.let_in.items():
            off = 1 - found.get(key, 0.0) - share
            near = near and abs(off) < NEAR
            if (off > 0) != self._up[key]:
                self._step[key] /= 2
            self._up[key] = off > 0
            self.let_in[key] = share + off * self._step[key]
        return near

    def refuse_more(self) -> bool:
        """Let fewer of the optional calls in, as some part has more than it can do; False where it
        has that without them."""
        shed = [key for key, optional in self.sheds.items() if optional]
        if all(self.let_in[key] < LEAST for key in shed):
            return False
        for key in shed:
            self.let_in[key] = (self._carried[key] + self.let_in[key]) / 2
            self._step[key] /= 2
        return True
