"""What a replica's disk and network do for its requests, as the kernel is told of it."""

from __future__ import annotations

from typing import Any

from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import Station
from backend_lead.kernel.builder import Builder
from backend_lead.model.workload import Workload
from backend_lead.views.flow import DiskRead, Send

READ_CV = 1.0
SHARING = Fact(
    "link-sharing", "messages that share the way between two regions at once; others wait for one "
    "of these to be through", 64, 16, 1024, "messages", "assumed",
    "no general figure; the connections that all senders hold to the other region. Below nine "
    "tenths of the bandwidth in use hardly any waits: more than n are there with chance use^n",
)  # fmt: skip


class Devices:
    """Disks with so many reads at once; what sends one message after the other; links that all
    share evenly. `outside` is the service that delays without limits."""

    def __init__(self, b: Builder, outside: int, workload: Workload, longest_s: float) -> None:
        self.b, self.outside = b, outside
        self.manners: dict[str, Any] = {"deadline": workload.deadlines, "cancel": workload.cancels}
        self.longest_s = longest_s  # what takes longer never ends in a run, and is not counted
        self.disks: dict[int, int] = {}  # by service: the call that reads
        self.sending: dict[int, int] = {}  # by service: the call that has its replicas' networks
        self.links: dict[str, int] = {}  # by name: the service that stands for it
        self.told: dict[int, tuple[str, str]] = {}  # by endpoint: what it stands for

    def disk_read(self, step: DiskRead, station: Station, service: int) -> tuple[object, ...]:
        """A read from the replica's own disk: a delay behind a limit on reads at once."""
        b = self.b
        if station.disk_iops <= 0:
            return ("delay", b.dist_lognormal(step.mean_s, READ_CV))
        if service not in self.disks:
            servers, read_s = station.disk_queue(step.mean_s)
            read = b.endpoint(self.outside, [("delay", b.dist_lognormal(read_s, READ_CV))])
            self.disks[service] = b.call(read, pool_per_group=(service, servers))
        return ("call", self.disks[service])

    def over(self, send: Send) -> tuple[object, ...]:
        """The step by which something is sent to another region."""
        b = self.b
        if send.link not in self.links:
            row = self.links[send.link] = b.service(1, 1, workers=int(SHARING.value), cores=1)
            b.host(1, [b.replica(row)])
        time = b.dist_const(min(send.mean_s, self.longest_s))
        there = b.endpoint(self.links[send.link], [("cpu", time)])
        self.told[there] = ("network", send.link)
        return ("call", b.call(there, **self.manners))

    def sent(self, step: Send, service: int) -> tuple[object, ...]:
        """The step by which a replica sends for a while."""
        b = self.b
        time = b.dist_const(min(step.mean_s, self.longest_s))
        there = b.endpoint(self.outside, [("delay", time)])
        if service in self.sending:
            return ("call", b.call(there, pool_of=self.sending[service], **self.manners))
        row = self.sending[service] = b.call(there, pool_per_group=(service, 1), **self.manners)
        return ("call", row)
