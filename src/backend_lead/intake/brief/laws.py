"""Laws and standards a brief may name, and what each asks for that no design here holds.

None of it is modelled. The list says where to look, it is no legal advice; each line is taken from
the text of the law or standard that it names.
"""

from __future__ import annotations

NOT_COVERED = "no control of it is modelled; ask whoever answers for compliance"


def _asks(*controls: str) -> str:
    return f"look, among others, for what it asks: {'; '.join(controls)}"


# Where to look -> the terms that stand for it.
LAWS: dict[str, tuple[str, ...]] = {
    # Regulation (EU) 2022/2554, chapters II to V.
    _asks("management of ICT risk", "reports of major incidents", "tests of resilience",
          "a register of suppliers and a way to leave each"): ("dora",),
    # Directive (EU) 2015/2366, articles 66, 67, 96 and 97.
    _asks("strong customer authentication", "interfaces for other payment providers",
          "reports of incidents"): ("psd2",),
    # PCI DSS 4.0, its twelve requirements.
    _asks("card data apart from everything else", "encryption and key management",
          "logs of every access", "regular scans and penetration tests"): ("pci", "pci dss"),
    # 45 CFR part 164, subparts C and D.
    _asks("access control", "audit controls", "integrity and transmission security",
          "contracts with everybody who handles the data",
          "notice of breaches"): ("hipaa", "hitrust"),
    # Sarbanes-Oxley Act 2002, sections 302 and 404.
    _asks("proof that changes and accesses to financial records are controlled"): ("sox",),
    # ISO/IEC 27001:2022 clauses 6 to 10; AICPA Trust Services Criteria.
    _asks("a management system for security with risks, policies and audits of its own; that is "
          "work of an organisation, not of a design"): ("iso 27001", "soc 2", "soc2"),
    # Directive (EU) 2022/2555, articles 21 and 23.
    _asks("measures against cyber risks, suppliers included",
          "an early warning within 24 hours of a significant incident"): ("nis2",),
    # California Civil Code 1798.100 and following.
    _asks("answers to people who ask for their data, its deletion or that it is not sold"): (
        "ccpa",),
    _asks("controls that an authority has to authorise before use"): ("fedramp",),
    _asks("consent before records of pupils are passed on"): ("ferpa",),
    ("name the laws; supervisors usually ask for records of access and change, reports of "
     "incidents, tests of recovery, and plans for the loss of a supplier or a region"): (
        "regulated", "regulator", "regulators", "supervised"),
}  # fmt: skip
