"""Numbers in names, versions, dates and laws are no quantities: the grammar must not see them."""

from __future__ import annotations

import re

_VERSION = r"v?\d{1,3}(?:\.\d+)*"
# What may follow a version and would make it a quantity: "Redis 16 GB", "Postgres 3 replicas".
_NO_UNIT = (
    r"(?![\w%]|\s?(?:[kKMGT]i?B|[kKM]\b|%|x\b|GHz)|\s(?:instances?|nodes?|replicas?|servers?|shards?"
    r"|users?|requests?|thousand|million|billion|clusters?|concurrent)\b)"
)
_NAMES = re.compile(
    "|".join(
        [
            r"\bHTTPS?/\d(?:\.\d)?",
            rf"\b(?:web|tls|ssl|oauth|openid|openapi|http|usb|wi-?fi|industry|html|css|ipv|utf-|sha-)"
            rf"\s?{_VERSION}{_NO_UNIT}",
            rf"\b(?:python|java|node(?:\.?js)?|postgres(?:ql)?|mysql|redis|kafka|mongo(?:db)?|php|ruby"
            rf"|rails|django|spring(?: boot)?|\.net|go|rust|ubuntu|debian|windows|android|ios|k8s"
            rf"|kubernetes|elasticsearch|react|angular|vue)\s{_VERSION}{_NO_UNIT}",
            r"\b(?:iphone|ipad|galaxy|pixel|playstation|xbox|windows|channel|radio|studio)"
            rf"\s\d{{1,4}}{_NO_UNIT}",
            rf"\b(?:version|release|phase|stage|step|article|section|chapter|paragraph|level|layer|"
            rf"part|sprint|milestone|option|appendix|rfc|iso|iec|din|soc|nis|psd|fortune|covid|top|"
            rf"tier)[\s-]?(?:\d{{1,5}})(?:\.\d+)*{_NO_UNIT}",
            r"\b(?:2|two|3|12)[- ]?factors?\b",
            r"\b\d[- ]tier\b",
            r"\bx86[-_]64\b",
            r"\b24\s?[/x×]\s?7\b",
            r"\b[45]0[0-9] (?:pages?|errors?|responses?|status)\b",
            r"\b(?:240|360|480|720|1080|1440|2160)p\b",
            r"\b[48]K\b(?=\s(?:video|resolution|streams?|streaming|tv|uhd|quality|content|movies?))",
            r"(?<=in )[48]K\b",
            r"\b(?:[01]?\d|2[0-4]):[0-5]\d(?:\s?[ap]m)?\b",
            r"\b\d{4}-\d\d-\d\d\b",
            r"\b\d{1,2}(?:\sand\s\d{1,2})?\s?[ap]\.?m\b",
        ]
    ),
    re.IGNORECASE,
)
_HIDDEN = "q"  # a letter that stands in no unit


def hide(text: str, *spans: tuple[int, int]) -> str:
    """The text, equally long, with letters for the digits in names and in the given places."""
    letters = list(text)
    for first, last in [*spans, *(m.span() for m in _NAMES.finditer(text))]:
        for at in range(first, last):
            if letters[at].isdigit() or letters[at] == ".":
                letters[at] = _HIDDEN
    return "".join(letters)
