"""Parts by which replicas are reached without calls: streams of messages, held connections."""

from __future__ import annotations

from typing import Any

from . import layout as lay
from .layout import NONE, NS_PER_S
from .rows import ns
from .shared_parts import SharedParts


class ReachedParts(SharedParts):
    """Names replicas of services, and adds streams and links to them. Times are in seconds."""

    def replica(self, service: int, group: int = 0, index: int = 0) -> int:
        """Give the row of a replica of the service, to be named by a fault."""
        home = self._rows["service"][service]
        return int(home["replica"] + group * home["per_group"] + index)

    def replicas_of(self, service: int) -> int:
        """Give the number of replicas of a service, those that are not visible too."""
        home = self._rows["service"][service]
        return int(home["groups"] * home["per_group"])

    def stream(
        self,
        endpoint: int,
        *,
        partitions: int = 1,
        batch: int = 1,
        slots: int = 1,
        spread: bool = False,
        backoff_s: float = 0.1,
        by_key: bool = False,
        tries: int = 0,
        pause_s: float = 0,
        all_pause: bool = False,
        fetch: int | None = None,
    ) -> int:
        """Add a stream whose batches are handled by an endpoint.

        Each partition has at most `slots` batches under way, at its owner or, with `spread`, where
        the balancer says. A batch that failed `tries` times is given up (0: never). When owners
        change, those partitions that get another one stand still for `pause_s`, or all of them.
        By the call `fetch`, made from where it is handled and holding no worker there, a batch is
        brought before it is handled.
        """
        service = self._rows["endpoint"][endpoint]["service"]
        first, replica = len(self._rows["partition"]), self.replica(service)
        live = max(1, sum(row["visible"] for row in self._first_group(service)))
        row = len(self._rows["stream"])
        for i in range(partitions):
            self._add("partition", stream=row, owner=replica + i % live)
        return self._add(
            "stream", first=first, partitions=partitions, endpoint=endpoint, batch=batch,
            slots=slots, spread=int(spread), backoff=ns(backoff_s), by_key=int(by_key),
            tries=tries, pause=ns(pause_s), all_pause=int(all_pause),
            fetch=NONE if fetch is None else fetch,
        )  # fmt: skip

    def link(
        self, service: int, root: int, users: int, *, spread_s: float, beat: int | None = None,
        interval_s: float = 0,
    ) -> int:  # fmt: skip
        """Let the visible replicas of a service hold connections, opened by requests for `root`.

        `beat` is the root endpoint of heartbeats, one per `interval_s` and connection.
        """
        source = self._source({root: 1.0}, None, closed=lay.OPEN, rate=0.0)
        beats = NONE
        users = users if any(row["visible"] for row in self._first_group(service)) else 0
        if beat is not None:
            beats = self._source({beat: 1.0}, None, closed=lay.BEATS, users=float(users),
                                 think=interval_s * NS_PER_S)  # fmt: skip
        home = self._rows["service"][service]
        seen = [row for row in self._first_group(service) if row["visible"]]
        for i, row in enumerate(seen):
            row["held"] = users // len(seen) + (i < users % len(seen))
        home["link"] = len(self._rows["link"])
        return self._add("link", service=service, root=root, source=source, beats=beats,
                         spread=ns(spread_s))  # fmt: skip

    def _first_group(self, service: int) -> list[dict[str, Any]]:
        home = self._rows["service"][service]
        return self._rows["replica"][home["replica"] : home["replica"] + home["per_group"]]
