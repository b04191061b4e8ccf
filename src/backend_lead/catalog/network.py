"""Facts about the network inside a region, about connections that machines accept and hold, and
about zones and regions as things that fail."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact

RTT_SAME_ZONE = Fact(
    "rtt-same-zone", "round trip within a zone", 0.15e-3, 0.05e-3, 0.5e-3, "s", "assumed",
    "no single source; cloud providers promise none; 0.05-0.5 ms is what is commonly measured",
)  # fmt: skip
RTT_CROSS_ZONE = Fact(
    "rtt-cross-zone", "round trip between zones", 0.8e-3, 0.3e-3, 2e-3, "s", "assumed",
    "AWS, 'Availability Zones' whitepaper text: single-digit millisecond latency; 0.3-2 ms is what "
    "is commonly measured",
)  # fmt: skip
ZONE_AVAILABILITY = Fact(
    "zone-availability", "a zone is up", 0.9995, 0.999, 0.9999, "ratio", "assumed",
    "no provider states it; one to nine hours a year, the order of published zone incidents",
)  # fmt: skip
ZONE_REPAIR = Fact(
    "zone-repair", "time until a lost zone is up again", 7200.0, 1800.0, 28_800.0, "s", "assumed",
    "no provider states it; published summaries of zone incidents tell of one to several hours",
)  # fmt: skip
REGION_AVAILABILITY = Fact(
    "region-availability", "a region is up", 0.9999, 0.9995, 0.99999, "ratio", "catalogue",
    "Amazon Compute Service Level Agreement, region-level commitment 99.99 % (a promise with "
    "credits, used as a proxy)",
)  # fmt: skip
CONNECTION_LIFE = Fact(
    "connection-life", "time a client keeps a connection; it has one at a time", 60.0, 10.0, 300.0,
    "s", "assumed",
    "browsers and servers close idle ones after about a minute: nginx keepalive_timeout 75 s, AWS "
    "Application Load Balancer idle timeout 60 s by default",
)  # fmt: skip
LIGHT_IN_FIBRE = Fact(
    "light-in-fibre", "speed of light in optical fibre", 200_000.0, 200_000.0, 204_200.0, "km/s",
    "catalogue", "I. Grigorik, High Performance Browser Networking (2013), chapter 1: refractive "
    "index about 1.5, so about 200,000,000 m/s; 204,190 km/s at index 1.468",
)  # fmt: skip
FAR_SIDE = Fact(
    "far-side", "half the way round the Earth", 20_000.0, 20_000.0, 20_040.0, "km", "catalogue",
    "the metre was defined in 1795 so that a quarter of a meridian is 10,000 km; the equator is "
    "40,075 km",
)  # fmt: skip


def reach_km(round_trip_s: float) -> float:
    """How far light in fibre goes and comes back from in a time; no network is faster."""
    return round_trip_s * LIGHT_IN_FIBRE.value / 2


BACKLOG = Fact(
    "backlog", "requests an instance lets wait before it refuses", 511.0, 128.0, 4096.0, "requests",
    "catalogue", "nginx 'listen' directive: backlog 511 by default; Linux net.core.somaxconn 4096",
)  # fmt: skip
DETECT = Fact(
    "detect", "time until the balancer stops choosing a dead instance", 10.0, 4.0, 60.0, "s",
    "assumed",
    "two failed health checks five seconds apart; AWS Application Load Balancer allows "
    "intervals of 5 to 300 s and 2 to 10 failures (Elastic Load Balancing user guide, "
    "'Health checks')",
)  # fmt: skip
CONNECTION_B = Fact(
    "connection-memory", "memory of one connection that a client holds", 40e3, 10e3, 330e3, "B",
    "catalogue",
    "websockets 10.x documentation, 'Compression', of one connection: 19 KiB without, 70 KiB with "
    "its own setting, 322 KiB with zlib's; R. Borade, 'Running 100K concurrent connections' "
    "(2021): 100,000 on Phoenix in some 3 GB; two million fitted 128 GB (Phoenix, 'The Road to 2 "
    "Million Websocket Connections', 2015); TLS and the application's own state add to it",
)  # fmt: skip
MEMORY_HELD = Fact(
    "memory-usable", "share of a machine's memory for held connections", 0.6, 0.4, 0.8, "ratio",
    "assumed", "the rest for the system, code, and buffers while messages are sent",
)  # fmt: skip
DESCRIPTORS = Fact(
    "descriptors", "open files of a process", 500e3, 65_535.0, 1_048_576.0, "files", "assumed",
    "Linux fs.nr_open is 1,048,576 by default and bounds what a process may be given; services are "
    "often given 65,535",
)  # fmt: skip
HOLDING = (CONNECTION_B, MEMORY_HELD, DESCRIPTORS)


def held_max(memory_bytes: float) -> int:
    """Connections that a machine of so much memory can hold; each takes an open file."""
    return int(min(memory_bytes * MEMORY_HELD.value / CONNECTION_B.value, DESCRIPTORS.value))


def rtt_s(zones: int) -> float:
    """Mean round trip between two parts spread evenly over `zones` zones."""
    same = 1 / zones
    return same * RTT_SAME_ZONE.value + (1 - same) * RTT_CROSS_ZONE.value
