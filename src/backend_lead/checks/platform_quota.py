"""The design fits what the provider gives an account by default, or says what to raise."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.checks.wording import amount
from backend_lead.model.finding import Finding
from backend_lead.views.quotas import Need, needs

GB = 2.0**30


class PlatformQuota(Rule):
    id = "platform-quota"
    title = "The provider's quotas are enough"
    why = (
        "A provider limits what an account may have. Most limits are raised on request, which "
        "takes days and is missed on launch day if nobody asked; some are not raised for anybody. "
        "Quotas that grow by themselves with use, such as vCPUs, stand in the report's load "
        "section only."
    )
    level = "warning"
    needs = ("model", "flow")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        assert evidence.flow is not None
        found = needs(evidence.flow)
        if found is None:
            provider = evidence.system.topology.provider
            yield self.finding(
                f"the quotas of `{provider}` are not known here; nothing was compared",
                evidence.place(("topology", "provider")), provider, "aws",
                "compare machines, databases and storage with your account's quotas", level="note",
            )  # fmt: skip
            return
        for need in found:
            if need.over and not need.quota.grows:
                yield self._over(evidence, need)

    def _over(self, evidence: Evidence, need: Need) -> Finding:
        fact, hard = need.quota.fact, not need.quota.adjustable
        value, limit, unit = need.value, fact.value, f" {fact.unit}"
        if fact.unit in ("B", "B/s"):
            value, limit, unit = value / GB, limit / GB, " GiB" + fact.unit[1:]
        if fact.unit == "1/s":
            unit = "/s"
        return self.finding(
            f"{fact.label}: {amount(value)}{unit} are needed, {amount(limit)} are given"
            + ("" if hard else " by default"), evidence.component_place(need.component),
            f"{need.terms} = {amount(value)}{unit}", f"up to {amount(limit)}{unit}",
            "this quota is not raised: shard, or take another kind of store" if hard
            else "ask the provider to raise it before launch", level="error" if hard else "warning",
        )  # fmt: skip


RULE = PlatformQuota()
