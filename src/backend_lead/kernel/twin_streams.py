"""The plain reading of Streams: partitions, their owners, and batches that fail."""

from __future__ import annotations

from collections import deque
from types import SimpleNamespace

from .layout import NONE, OK
from .program import Program
from .twin_chance import Stream, hash2
from .twin_state import Batch, Frame, Machine, Replica, records


class Partition:
    """Messages of one partition that no batch has taken yet, by the time they were published."""

    def __init__(self, row: SimpleNamespace, owner: Replica) -> None:
        self.stream: int = row.stream
        self.owner = owner
        self.times: deque[int] = deque()
        self.under_way = 0
        self.until = 0  # it stands still until then


class Streams(Machine):
    """Publishes messages, and lets consumers handle them in batches."""

    def set_streams(self, program: Program, seed: int) -> None:
        self.streams = records(program.stream)
        self.stream_seeds = [hash2(seed, k + 2001) for k in range(len(self.streams))]
        self.partitions = [
            Partition(row, self.replicas[row.owner]) for row in records(program.partition)
        ]

    def publish(self, frame: Frame, row: int) -> None:
        stream = self.streams[row]
        for _ in range(frame.count):
            if stream.by_key and frame.key != NONE:
                number = hash2(frame.key, 2) % stream.partitions
            else:
                number = 0 if stream.partitions == 1 else frame.stream.below(stream.partitions)
            self.result.messages.append((row, self.now))
            partition = self.partitions[stream.first + number]
            partition.times.append(self.now)
            self.wake(partition)

    def wake(self, partition: Partition) -> None:
        if self.now < partition.until:
            return
        row = partition.stream
        stream = self.streams[row]
        while partition.under_way < stream.slots and partition.times:
            taken = [
                partition.times.popleft() for _ in range(min(stream.batch, len(partition.times)))
            ]
            batch = Batch(
                endpoint=stream.endpoint,
                stream=Stream(hash2(self.stream_seeds[row], stream.serial)),
                partition=partition,
                oldest=taken[0],
                count=len(taken),
                rank=self.endpoints[stream.endpoint].rank or 1,
            )
            stream.serial += 1
            partition.under_way += 1
            self.when_ready(self.begin_batch, batch)

    def begin_batch(self, batch: Batch) -> None:
        stream = self.streams[batch.partition.stream]
        service = self.services[self.endpoints[batch.endpoint].service]
        group = self.replicas[service.replica].group
        if stream.spread and not group.live:
            self.end_unserved(batch)
            return
        chosen = self.choose(group, batch, None) if stream.spread else batch.partition.owner
        if stream.fetch == NONE:
            self.join(batch, chosen)
            return
        batch.replica, batch.epoch = chosen, chosen.epoch
        batch.fetching = True
        self.when_ready(self.begin, self.attempt(batch, self.calls[stream.fetch], 0))

    def batch_fetched(self, batch: Batch, outcome: int) -> None:
        """The attempt to fetch a batch is over."""
        batch.fetching = False
        if outcome == OK:
            self.when_ready(self.handle_batch, batch)
        else:
            self.begin_batch_later(batch)

    def handle_batch(self, batch: Batch) -> None:
        self.join(batch, batch.replica)

    def begin_batch_later(self, batch: Batch) -> None:
        batch.failure, batch.call_failed, batch.call_group = OK, False, NONE
        batch.key = NONE
        pause = self.streams[batch.partition.stream].backoff
        self.at(self.now + pause, self.when_ready, self.begin_batch, batch)

    def batch_ended(self, batch: Batch) -> None:
        row, result = batch.partition.stream, self.result
        stream = self.streams[row]
        batch.failures += batch.outcome != OK
        if batch.outcome == OK:
            result.ages.append((row, batch.oldest, self.now, batch.count))
        elif batch.failures == stream.tries:
            result.given_up.append((row, batch.oldest, self.now, batch.count))
            stream.dead += batch.count
        else:
            result.again.append((row, self.now, batch.count))
            self.begin_batch_later(batch)
            return
        batch.partition.under_way -= 1
        self.wake(batch.partition)

    def share_partitions(self, service: SimpleNamespace) -> None:
        """Give the partitions consumed by a service to its visible replicas, in turn."""
        live = self.replicas[service.replica].group.live
        for stream in self.streams:
            if not live or self.services[self.endpoints[stream.endpoint].service] is not service:
                continue
            partitions = self.partitions[stream.first : stream.first + stream.partitions]
            before = [partition.owner for partition in partitions]
            for i, partition in enumerate(partitions):
                partition.owner = live[i % len(live)]
            moved = [p for p, owner in zip(partitions, before, strict=True) if p.owner is not owner]
            if stream.pause > 0 and moved:
                for partition in partitions if stream.all_pause else moved:
                    self.stand_still(partition, stream.pause)

    def stand_still(self, partition: Partition, pause: int) -> None:
        partition.until = self.now + pause
        self.at(partition.until, self.wake, partition)
