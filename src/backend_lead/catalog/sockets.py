"""Facts about connections: what a system's network stack and what stands on the way allow."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact

PORTS = Fact(
    "ephemeral-ports", "connections from one address to one address and port", 28_232.0, 28_232.0,
    64_511.0, "connections", "catalogue",
    "Linux net.ipv4.ip_local_port_range is 32768 to 60999 by default (kernel documentation, "
    "ip-sysctl); at most 1025 to 65535",
)  # fmt: skip
TRACKED = Fact(
    "tracked-connections", "connections that a machine's packet filter keeps track of", 262_144.0,
    65_536.0, 1_048_576.0, "connections", "catalogue",
    "Linux nf_conntrack_max is nf_conntrack_buckets by default, at most 262,144 (kernel "
    "documentation, nf_conntrack-sysctl; commit d532bcd0b269); counts only where packets are "
    "filtered by state or translated",
)  # fmt: skip
BALANCER_IDLE = Fact(
    "balancer-idle", "time after which the load balancer closes a silent connection", 60.0, 60.0,
    4_000.0, "s", "catalogue",
    "Elastic Load Balancing user guide: idle timeout of an Application Load Balancer 60 s by "
    "default, 1 to 4,000 s",
)  # fmt: skip
MIDDLE_IDLE = Fact(
    "middle-idle", "time after which something on the client's way forgets a silent connection",
    300.0, 30.0, 7_200.0, "s", "assumed",
    "AWS NAT gateways 350 s and Network Load Balancers 350 s by default (user guides); mobile "
    "carriers and home routers publish none",
)  # fmt: skip
HANDSHAKE_CPU = Fact(
    "handshake-cpu", "server time of one TLS handshake", 0.7e-3, 0.2e-3, 3.5e-3, "s", "assumed",
    "J. Birr-Pixton, 'Rustls vs OpenSSL: resumption performance' (2019): 4,861 resumed TLS 1.3 "
    "handshakes/s on a core, 0.2 ms each; golang/go issue 20058: 3.5 ms of a core for both sides "
    "of a full one with an RSA certificate; between them is assumed",
)  # fmt: skip
BEAT_BYTES = Fact(
    "beat-bytes", "a heartbeat on the wire, each way", 120.0, 70.0, 300.0, "B", "assumed",
    "TCP and IP headers take 40 to 60 B, a TLS record 22 B or more, a WebSocket frame 2 to 14 B",
)  # fmt: skip
NO_JITTER = Fact(
    "no-jitter", "time in which clients come back that do not wait a random moment", 1.0, 0.2, 5.0,
    "s", "assumed",
    "all notice a reset at once and try at once; the spread of their networks is all that is left",
)  # fmt: skip
FACTS = (PORTS, TRACKED, BALANCER_IDLE, MIDDLE_IDLE, HANDSHAKE_CPU, BEAT_BYTES, NO_JITTER)
