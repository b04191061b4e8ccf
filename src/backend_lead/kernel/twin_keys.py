"""The plain reading of Keys and Locks: what groups keep by key, who fetches it, who waits."""

from __future__ import annotations

from collections import deque
from types import SimpleNamespace

from . import layout as lay
from .layout import NONE
from .program import Program
from .twin_chance import hash2
from .twin_state import Frame, Group, Machine, records


class Lock:
    def __init__(self) -> None:
        self.holder: Frame | None = None
        self.waiting: deque[Frame] = deque()


class Item:
    def __init__(self, row: SimpleNamespace) -> None:
        self.at: int = row.at
        self.uses: int = row.uses
        self.fetcher: Frame | None = None
        self.waiting: deque[Frame] = deque()


class Drawer:
    """What one group keeps; `order` is from the item used last to the one used longest ago."""

    def __init__(self, row: SimpleNamespace, items: list[SimpleNamespace], first: int, n: int,
                 group: Group) -> None:  # fmt: skip
        self.items = [Item(item) for item in items[first : first + n]]
        self.group = group
        self.flushed_at: int = row.flushed_at
        self.order: list[Item] = []
        i = row.head
        while i != NONE:
            self.order.append(self.items[i - first])
            i = items[i].next

    def refresh(self) -> None:
        if self.flushed_at != self.group.flushed_at:
            for item in self.items:
                item.at, item.uses = NONE, 0
            self.order.clear()
            self.flushed_at = self.group.flushed_at

    def to_head(self, item: Item) -> None:
        self.order.remove(item)
        self.order.insert(0, item)

    def put(self, item: Item, shelf: SimpleNamespace, now: int) -> None:
        self.refresh()
        if item.at != NONE:
            item.at = now
            self.to_head(item)
            return
        if len(self.order) >= shelf.capacity:
            given_up = self.order[-1]
            if shelf.policy == lay.LFU:
                given_up = min(reversed(self.order), key=lambda item: item.uses)
            given_up.at, given_up.uses = NONE, 0
            self.order.remove(given_up)
        item.at, item.uses = now, 1
        self.order.insert(0, item)


class Keys(Machine):
    """Lets frames draw keys, look them up, keep them, and hold locks."""

    def set_keys(self, program: Program) -> None:
        self.keys, self.popularity = records(program.keys), program.popularity.tolist()
        self.locks = [Lock() for _ in program.lock]
        self.shelves = records(program.shelf)
        items, drawers = records(program.item), records(program.drawer)
        self.drawers: dict[int, list[Drawer]] = {}
        for number, shelf in enumerate(self.shelves):
            service = self.services[shelf.service]
            self.drawers[number] = [
                Drawer(
                    drawers[shelf.drawer + g],
                    items,
                    shelf.first + g * shelf.keys,
                    shelf.keys,
                    self.replicas[service.replica + g * service.per_group].group,
                )
                for g in range(service.groups)
            ]

    def draw_key(self, frame: Frame, row: int) -> None:
        u, keys = frame.stream.u(), self.keys[row]
        upto = self.popularity[keys.first : keys.first + keys.n]
        frame.key = next((i for i, share in enumerate(upto) if u < share), keys.n - 1)

    def look_up(self, frame: Frame, op: SimpleNamespace) -> bool:
        """Take a GET; true when the frame now waits for another one's."""
        shelf, frame.drawer = self.shelves[op.a], None
        if frame.call_failed:
            frame.call_failed = False
            return False
        if frame.key == NONE:
            return False
        drawer = self.drawers[op.a][frame.call_group]
        frame.drawer = drawer
        drawer.refresh()
        item = drawer.items[frame.key]
        if item.at != NONE and (shelf.ttl == 0 or self.now - item.at < shelf.ttl):
            item.uses += 1
            drawer.to_head(item)
            if shelf.renew:
                item.at = self.now
            frame.next_op = op.b
        elif shelf.coalesce and item.fetcher is None:
            if frame.fetches is None:
                item.fetcher, frame.fetches = frame, item
        elif shelf.coalesce and item.fetcher is not frame:
            frame.next_op -= 1
            item.waiting.append(frame)
            return True
        return False

    def keep(self, frame: Frame, op: SimpleNamespace) -> None:
        if frame.key == NONE or frame.drawer is None:
            return
        drawers, drawer = self.drawers[op.a], frame.drawer
        if drawer not in drawers:
            drawer = drawers[hash2(frame.key, 1) % len(drawers)]
        item = drawer.items[frame.key]
        drawer.put(item, self.shelves[op.a], self.now)
        if frame.fetches is item:
            self.stop_fetching(frame)

    def drop(self, frame: Frame, row: int) -> None:
        """Take a DROP: what was told to the group of the last call is no longer there."""
        failed, frame.call_failed = frame.call_failed, False
        if failed or frame.key == NONE:
            return
        drawer = self.drawers[row][frame.call_group]
        drawer.refresh()
        item = drawer.items[frame.key]
        if item.at != NONE:
            item.at, item.uses = NONE, 0
            drawer.order.remove(item)

    def stop_fetching(self, frame: Frame) -> None:
        item, frame.fetches = frame.fetches, None
        if item is not None:
            item.fetcher = None
            while item.waiting:
                self.when_ready(self.resume, item.waiting.popleft())

    # Locks.

    def take_lock(self, frame: Frame, op: SimpleNamespace) -> bool:
        """Take a LOCK; true when the frame now waits for it."""
        i = 0
        if op.b > 1 and frame.key != NONE:
            i = hash2(frame.key, 3) % op.b
        elif op.b > 1:
            i = frame.stream.below(op.b)
        lock = self.locks[op.a + i]
        if lock.holder is not None:
            lock.waiting.append(frame)
            return True
        lock.holder, frame.lock = frame, lock
        return False

    def unlock(self, frame: Frame) -> None:
        lock, frame.lock = frame.lock, None
        if lock is None:
            return
        lock.holder = lock.waiting.popleft() if lock.waiting else None
        if lock.holder is not None:
            lock.holder.lock = lock
            self.when_ready(self.resume, lock.holder)

    def let_loose(self, frame: Frame) -> None:
        """Give back what a frame holds of these when it ends or vanishes."""
        self.unlock(frame)
        self.stop_fetching(frame)
