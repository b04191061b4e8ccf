"""The plain reading of Sources and Follow-ups: where requests come from."""

from __future__ import annotations

from types import SimpleNamespace

from . import layout as lay
from .layout import OK
from .program import Program
from .twin_chance import Stream, hash2, sample
from .twin_state import Machine, Root, Source, records


class Sources(Machine):
    """Makes the root frames of requests."""

    def set_sources(self, program: Program, seed: int) -> None:
        segments, phases = records(program.segment), records(program.phase)
        self.sources = [
            Source(k, row, segments, phases, seed) for k, row in enumerate(records(program.source))
        ]
        self.mix, self.follows = records(program.mix), records(program.follow)
        self.starts = records(program.start)
        self.arrivals = program.arrival.tolist()

    def schedule_arrival(self, source: Source) -> None:
        if source.row.closed in (lay.REPLAY, lay.EVERY):
            self.schedule_next(source)
            return
        rate, turn_at = source.rate(), min(source.turns(), default=None)
        source.idle = rate <= 0 and turn_at is None
        if rate > 0:
            time = self.now + int(source.arrivals.e() / rate)
            if turn_at is None or time < turn_at:
                self.at(time, self.candidate, source)
                return
        if turn_at is not None:
            self.at(turn_at, self.turn, source)

    def schedule_next(self, source: Source) -> None:
        row = source.row
        if row.closed == lay.EVERY:
            self.at(self.now + int(row.think), self.candidate, source)
        elif source.replayed < row.n:
            self.at(self.arrivals[row.first + source.replayed], self.candidate, source)
            source.replayed += 1

    def turn(self, source: Source) -> None:
        later = source.segments[source.current + 1 :]
        if later and self.now == later[0].start:
            source.current += 1
        if source.phases and self.now >= source.phase_ends:
            source.begin_phase(self.now, (source.in_phase + 1) % len(source.phases))
            source.phase_ends = max(source.phase_ends, self.now + 1)
        self.schedule_arrival(source)

    def candidate(self, source: Source) -> None:
        users = source.users()
        thinks = source.row.closed == lay.CLOSED
        if not thinks or source.arrivals.u() * users < users - source.in_flight:
            u = source.arrivals.u()
            mix = self.mix[source.row.mix : source.row.mix + source.row.n_mix]
            source.in_flight += 1
            self.begin_request(
                self.request(source, next((m.root for m in mix if u < m.upto), mix[-1].root))
            )
        self.schedule_arrival(source)

    def request(self, source: Source, root: int, link: SimpleNamespace | None = None) -> Root:
        """Make the root frame of a source's next request."""
        frame = Root(
            endpoint=root,
            stream=Stream(hash2(source.requests, source.serial)),
            source=source,
            serial=source.serial,
            start=0,
            link=link,
            rank=self.endpoints[root].rank or 1,
        )
        source.serial += 1
        return frame

    def begin_request(self, frame: Root) -> None:
        frame.start = self.now
        self.result.started += 1
        self.when_ready(self.begin_root, frame)

    # Follow-ups.

    def move_on(self, frame: Root) -> None:
        """Let the user of a request that is over ask again, or go."""
        row = self.what_follows(frame)
        if row is None:
            frame.source.in_flight -= 1
            return
        self.think(frame.source, row)

    def think(self, source: Source, row: SimpleNamespace) -> None:
        after = self.request(source, row.root)
        time = int(sample(self.dists[row.think], after.stream))
        self.at(self.now + time, self.begin_request, after)

    def begin_thinking(self) -> None:
        """Put users into the middle of their sessions, as they are at the start."""
        for start in self.starts:
            for _ in range(start.n):
                self.sources[start.source].in_flight += 1
                self.think(self.sources[start.source], self.follows[start.follow])

    def what_follows(self, frame: Root) -> SimpleNamespace | None:
        root, u = self.endpoints[frame.endpoint], frame.stream.u
        if root.follows == 0 or frame.link is not None:
            return None
        if frame.outcome != OK and u() < root.leaves:
            return None
        drawn = u()
        rows = self.follows[root.follow : root.follow + root.follows]
        return next((row for row in rows if drawn < row.upto), None)
