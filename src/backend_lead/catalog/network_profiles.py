"""Networks that clients are on: round trip, bandwidth and loss of each, as facts.

A profile is a stand-in for many places and hours. WebPageTest's are the ones that teams test pages
with; each is taken as it stands, and its range spans what neighbouring profiles say.
"""

from __future__ import annotations

from dataclasses import dataclass

from backend_lead.catalog.fact import Fact
from backend_lead.model.quantity import Origin

_WPT = (
    "WebPageTest, www/settings/connectivity.ini.sample (WPO-Foundation/webpagetest, commit "
    "a7cf6a7742c9): "
)
_FIREFOX = "Firefox source documentation, network monitor, 'Throttling': "
_LIGHTHOUSE = "Lighthouse, docs/throttling.md: "


@dataclass(frozen=True)
class Profile:
    """A network: round trip (s), bandwidth down and up (B/s), share of packets lost, and how far
    the round trip differs from view to view and from request to request (standard deviation over
    mean)."""

    id: str
    title: str
    rtt: Fact
    down: Fact
    up: Fact
    loss: Fact
    between: Fact
    within: Fact

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All its numbers."""
        return (self.rtt, self.down, self.up, self.loss, self.between, self.within)


def _origin(source: str) -> Origin:
    return "assumed" if source.startswith("no ") else "catalogue"


def _rtt(id: str, value: float, low: float, high: float, source: str) -> Fact:
    return Fact(f"{id}-rtt", "round trip", value, low, high, "s", _origin(source), source)


def _bits(id: str, way: str, mbit: float, low: float, high: float, source: str) -> Fact:
    """Bandwidth, told in Mbit/s and kept in B/s."""
    value, least, most = (1e6 / 8 * x for x in (mbit, low, high))
    return Fact(
        f"{id}-{way}", f"bandwidth {way}", value, least, most, "B/s", _origin(source), source
    )


def _loss(id: str, value: float, high: float, source: str) -> Fact:
    return Fact(f"{id}-loss", "packets lost", value, 0.0, high, "ratio", "assumed", source)


def _spread(id: str, between: float, within: float) -> tuple[Fact, Fact]:
    why = (
        "no single source; radio networks differ by place and signal far more than fixed lines; "
        "the profiles that are cited name one round trip each"
    )
    return (
        Fact(f"{id}-between", "round trips from view to view, deviation over mean", between,
             between / 3, between * 2, "ratio", "assumed", why),
        Fact(f"{id}-within", "round trips within a view, deviation over mean", within, within / 3,
             within * 2, "ratio", "assumed", why),
    )  # fmt: skip


_RADIO_LOSS = (
    "no carrier publishes it, and below TCP radio links repeat what is lost; BrowserStack's "
    "profiles use 0% for good 3G and 1% for lossy 3G, WebPageTest's use none"
)
_FIXED_LOSS = "no single source; WebPageTest's profiles of fixed lines use none"

PROFILES = {
    p.id: p
    for p in (
        Profile(
            "3g-slow", "slow 3G",
            _rtt("3g-slow", 0.400, 0.300, 0.800, _WPT + "3G Slow, 400 ms"),
            _bits("3g-slow", "down", 0.4, 0.28, 0.78, _WPT + "3G Slow, 400 kbit/s"),
            _bits("3g-slow", "up", 0.4, 0.256, 0.4, _WPT + "3G Slow, 400 kbit/s"),
            _loss("3g-slow", 0.01, 0.02, _RADIO_LOSS), *_spread("3g-slow", 0.3, 0.2),
        ),
        Profile(
            "3g", "3G",
            _rtt("3g", 0.300, 0.150, 0.400, _WPT + "3G, 300 ms; 3G Fast 150 ms, 3G Slow 400 ms"),
            _bits("3g", "down", 1.6, 0.4, 1.6, _WPT + "3G, 1.6 Mbit/s"),
            _bits("3g", "up", 0.768, 0.4, 0.768, _WPT + "3G, 768 kbit/s"),
            _loss("3g", 0.005, 0.01, _RADIO_LOSS), *_spread("3g", 0.3, 0.2),
        ),
        Profile(
            "4g-slow", "slow 4G",
            _rtt("4g-slow", 0.150, 0.100, 0.200, _LIGHTHOUSE + "150 ms, the bottom 25% of 4G"),
            _bits("4g-slow", "down", 1.6, 1.6, 9.0, _LIGHTHOUSE + "1.6 Mbit/s"),
            _bits("4g-slow", "up", 0.75, 0.75, 3.0, _LIGHTHOUSE + "750 kbit/s"),
            _loss("4g-slow", 0.005, 0.01, _RADIO_LOSS), *_spread("4g-slow", 0.3, 0.2),
        ),
        Profile(
            "4g", "4G",
            _rtt("4g", 0.170, 0.070, 0.170, _WPT + "4G, 170 ms; LTE, 70 ms"),
            _bits("4g", "down", 9.0, 1.6, 12.0, _WPT + "4G, 9 Mbit/s; LTE, 12 Mbit/s"),
            _bits("4g", "up", 9.0, 0.75, 12.0, _WPT + "4G, 9 Mbit/s; LTE, 12 Mbit/s"),
            _loss("4g", 0.002, 0.01, _RADIO_LOSS), *_spread("4g", 0.3, 0.2),
        ),
        Profile(
            "lte", "LTE",
            _rtt("lte", 0.070, 0.040, 0.170, _WPT + "LTE, 70 ms"),
            _bits("lte", "down", 12.0, 9.0, 40.0, _WPT + "LTE, 12 Mbit/s"),
            _bits("lte", "up", 12.0, 3.0, 12.0, _WPT + "LTE, 12 Mbit/s"),
            _loss("lte", 0.001, 0.01, _RADIO_LOSS), *_spread("lte", 0.3, 0.2),
        ),
        Profile(
            "wifi", "Wi-Fi",
            _rtt("wifi", 0.030, 0.006, 0.060, _WPT + "the line behind it: Cable 28 ms, FIOS 4 ms; "
                 + _FIREFOX + "Wi-Fi adds 2 ms"),
            _bits("wifi", "down", 30.0, 5.0, 100.0, _FIREFOX + "Wi-Fi, 30 Mbit/s"),
            _bits("wifi", "up", 15.0, 1.0, 50.0, _FIREFOX + "Wi-Fi, 15 Mbit/s"),
            _loss("wifi", 0.001, 0.01, _FIXED_LOSS), *_spread("wifi", 0.2, 0.1),
        ),
        Profile(
            "fixed", "fixed line",
            _rtt("fixed", 0.028, 0.004, 0.050, _WPT + "Cable, 28 ms; FIOS 4 ms, DSL 50 ms"),
            _bits("fixed", "down", 20.0, 5.0, 100.0, _WPT + "FIOS, 20 Mbit/s; Cable 5 Mbit/s"),
            _bits("fixed", "up", 5.0, 1.0, 50.0, _WPT + "FIOS, 5 Mbit/s; Cable 1 Mbit/s"),
            _loss("fixed", 0.0005, 0.005, _FIXED_LOSS), *_spread("fixed", 0.1, 0.05),
        ),
        Profile(
            "datacentre", "a data centre elsewhere",
            _rtt("datacentre", 0.020, 0.001, 0.100, "no single source; 1 ms within a city, 20 ms "
                 "some 2,000 km of fibre away, 70 to 100 ms across an ocean"),
            _bits("datacentre", "down", 1000.0, 100.0, 10_000.0, "no single source; a machine's "
                  "share of its network card"),
            _bits("datacentre", "up", 1000.0, 100.0, 10_000.0, "no single source; a machine's "
                  "share of its network card"),
            _loss("datacentre", 0.0001, 0.001, _FIXED_LOSS), *_spread("datacentre", 0.1, 0.05),
        ),
    )
}  # fmt: skip
SIDE_BY_SIDE = ("4g", "3g", "wifi")  # shown for every screen beside the client's own network
FALLBACK = "4g"

# --- what every connection does -------------------------------------------------------------------
FIRST_WINDOW = Fact(
    "first-window", "packets sent before the first acknowledgement", 10.0, 10.0, 10.0, "packets",
    "catalogue", "RFC 6928, Increasing TCP's Initial Window (2013): ten segments",
)  # fmt: skip
PACKET = Fact(
    "packet", "content of a packet", 1460.0, 1200.0, 1460.0, "B", "catalogue",
    "RFC 6928, section 2: 1,460 B, an Ethernet frame without the headers of IPv4 and TCP; QUIC "
    "starts with 1,200 B (RFC 9000, section 14)",
)  # fmt: skip
OPENING = Fact(
    "opening", "round trips to open a connection", 2.0, 1.0, 3.0, "round trips", "catalogue",
    "one for TCP (RFC 9293), one for TLS 1.3 (RFC 8446, figure 1); QUIC takes one (RFC 9000); the "
    "look-up of the name, one more where it is not known, is left out",
)  # fmt: skip
TAIL_PROBE = Fact(
    "tail-probe", "round trips until a lost last packet is sent again", 2.0, 2.0, 4.0,
    "round trips", "catalogue", "RFC 8985, section 7.2: probe timeout of twice the round trip",
)  # fmt: skip
CONNECTING = (FIRST_WINDOW, PACKET, OPENING, TAIL_PROBE)
