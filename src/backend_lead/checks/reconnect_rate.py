"""Clients that lost their connections can come back: the instances left have the cores for it."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.checks.wording import amount, seconds
from backend_lead.model.finding import Finding
from backend_lead.views.held import Holding, Loss, holdings, losses


class ReconnectRate(Rule):
    id = "reconnect-rate"
    title = "Clients can come back after a loss"
    why = (
        "A lost zone, a deploy or a broken network closes connections by the hundred thousand at "
        "once, and each costs core time to open again. If those who come back ask for more than "
        "is left, handshakes time out, are tried again and keep the rest away. They must spread "
        "over a time that the instances can bear, each waiting a random moment."
    )
    level = "warning"
    needs = ("model", "flow")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        flow = evidence.flow
        assert flow is not None
        for holding in holdings(flow):
            for loss in losses(flow, holding):
                if loss.cores > loss.cores_left:
                    yield self._too_fast(evidence, holding, loss)
                    break  # a larger loss says the same again

    def _too_fast(self, evidence: Evidence, holding: Holding, loss: Loss) -> Finding:
        link = min(holding.links, key=lambda one: one.back_s)
        longer = link.back_s * loss.cores / loss.cores_left
        return self.finding(
            f"with {loss.what} of `{holding.station.id}` lost, {amount(loss.per_s)} connections a"
            f" second need {amount(loss.cores)} cores; {loss.cores_left:,} are left",
            evidence.place(("workload", "clients", link.client, "connection", "back_within")),
            f"{amount(loss.connections)} within {seconds(link.back_s)}",
            f"up to {loss.cores_left:,} cores",
            f"back_within: {seconds(longer)} or more, or more instances",
        )


RULE = ReconnectRate()
