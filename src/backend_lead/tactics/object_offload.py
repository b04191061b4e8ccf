"""Object offload: files go between clients and an object store; the service signs addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend_lead.catalog import first_of, kind_of
from backend_lead.model.manners import Limit
from backend_lead.model.quantity import Duration, Rate
from backend_lead.model.system import Component, Endpoint, Operation, Step, System
from backend_lead.model.units import DURATION
from backend_lead.tactics.tactic import Applied, Knob, Tactic, copy, fresh_name, steps_up

FILE_ROW_B = 100e3  # rows of this size in a database are files
SMALL_B = 512e3  # up to here the time of a small object holds, as its source says
PER_CONNECTION_B_S = 85e6  # one request, Amazon S3 user guide, 'Performance design patterns'
PREFIXES_MAX = 1000  # keys that begin with a hash spread over as many as are wanted
SIGN = Duration.model_validate({
    "value": "0.3 ms", "range": ["0.1 ms", "1 ms"], "origin": "assumed",
    "why": "token check, the right to the file, and one keyed hash over its address",
})  # fmt: skip
TIMEOUT = Duration.model_validate({
    "value": "5 s", "range": ["1 s", "30 s"], "origin": "assumed",
    "why": "a file is long; who waits longer asks again",
})  # fmt: skip


class ObjectOffload(Tactic):
    id = "object-offload"
    title = "Keep files in an object store"
    does = (
        "Files move to an object store. The service checks the right to one and signs an address "
        "that is valid for minutes; the client, or the CDN, gets or puts the bytes there. The "
        "transfer is counted as a part of the request."
    )
    helps = (
        "When instances or a database spend their cores, disk and memory on passing bytes on: the "
        "object store needs no machines, and grows by itself."
    )
    costs = (
        "Each read and write is charged; the file and the row that tells of it are no longer "
        "written together, so leftovers must be swept; whoever has a signed address may pass it "
        "on until it ends."
    )
    hurts = (
        "The first byte of a small file comes later than from memory or a local disk: tens of "
        "milliseconds. Many small files cost more in requests than in bytes."
    )
    sources = (
        "Microsoft, Cloud Design Patterns, 'Valet Key pattern' (2024)",
        "Beaver, Kumar, Li, Sobel, Vajgel, Finding a needle in Haystack: Facebook's photo storage, "
        "OSDI 2010",
    )

    def sites(self, system: System) -> list[str]:
        return [
            name
            for name, part in system.components.items()
            if kind_of(part.kind).role == "service"
            and any(_passes_on(system, end) for end in part.endpoints.values())
        ]

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        part, kind = out.components[site], first_of("object store")
        store = fresh_name(out, f"{site}-files")
        files = Component(kind=kind.id, title=f"Files of {site}")
        for name, endpoint in part.endpoints.items():
            if not _passes_on(out, endpoint):
                continue
            operation = Operation(title=f"A file, {'put' if endpoint.writes else 'got'} by {name}",
                                  type="write" if endpoint.writes else "read")  # fmt: skip
            small_s = kind.work_s(files, operation)[1]
            size = endpoint.request if endpoint.writes else endpoint.response
            bytes_ = size.value if size else 0.0
            if bytes_ > SMALL_B:
                operation.wait = _transfer(small_s + bytes_ / PER_CONNECTION_B_S)
            for step in endpoint.does:
                _move(out, step, store)
            files.operations[name] = operation
            endpoint.does = [*_signed(out, endpoint),
                             Step(query=f"{store}.{name}", timeout=TIMEOUT)]  # fmt: skip
        out.components[store] = files
        allowed = kind.allows(files, next(iter(files.operations.values())))
        knobs = () if allowed is None else (_Prefixes(
            store, "limit", steps_up(1, PREFIXES_MAX), frozenset({"limit"}), allowed[1]
        ),)  # fmt: skip
        return Applied(_swept(out), knobs)

    def heading(self, site: str) -> str:
        return f"Keep the files of {site} in an object store"


@dataclass(frozen=True)
class _Prefixes(Knob):
    """Over how many prefixes the keys are spread; each sustains `each` requests a second.

    One needs no words in the model: it is what the kind takes.
    """

    each: float

    @property
    def free(self) -> bool:
        return True

    def get(self, system: System) -> Any:
        limit = system.components[self.component].limit
        return 1 if limit is None else round(limit.rate.value / self.each)

    def set(self, system: System, value: Any) -> None:
        rate = Rate.model_validate({
            "value": value * self.each, "origin": "computed",
            "why": f"keys spread over {value} prefixes of {self.each:g} requests/s each",
        })  # fmt: skip
        system.components[self.component].limit = Limit(rate=rate) if value > 1 else None


def _operation(system: System, step: Step) -> Operation | None:
    if step.query is None:
        return None
    store, name = step.query.split(".", 1)
    return system.components[store].operations.get(name)


def _passes_on(system: System, endpoint: Endpoint) -> bool:
    """Whether an endpoint answers or takes a file that does not lie in an object store yet."""
    stores = [str(step.query).split(".", 1)[0] for step in endpoint.does if step.query]
    return endpoint.file and not any(
        kind_of(system.components[store].kind).role == "object store" for store in stores
    )


def _is_row(system: System, step: Step) -> bool:
    """Whether a step reads or writes a row that is a file."""
    operation = _operation(system, step)
    entity = system.entities.get(operation.entity) if operation and operation.entity else None
    return entity is not None and entity.row.value >= FILE_ROW_B


def _move(system: System, step: Step, store: str) -> None:
    """Let rows that are files lie in the object store."""
    operation = _operation(system, step)
    if operation is not None and operation.entity is not None and _is_row(system, step):
        system.entities[operation.entity].store = store


def _signed(system: System, endpoint: Endpoint) -> list[Step]:
    """What is left to the service: what it asks others for, and a signature in place of copying."""
    asked = [step for step in endpoint.does
             if step.cpu is None and step.wait is None and not _is_row(system, step)]  # fmt: skip
    computed = [step.cpu for step in endpoint.does if step.cpu is not None]
    least = sum(cpu.value for cpu in computed)
    cpu = SIGN if not computed or least > SIGN.value else computed[0]
    return [Step(cpu=cpu), *asked]


def _transfer(seconds: float) -> Duration:
    return Duration.model_validate({
        "value": DURATION.format(round(seconds, 3)), "origin": "computed",
        "source": "Amazon S3 user guide, 'Performance design patterns': one request for each 85 to "
        "90 MB/s",
        "why": "the time of a small object, and the bytes at 85 MB/s",
    })  # fmt: skip


def _swept(system: System) -> System:
    """Without operations on rows that have moved away."""
    for name, part in system.components.items():
        gone = [
            word
            for word, operation in part.operations.items()
            if operation.entity is not None
            and system.entities[operation.entity].row.value >= FILE_ROW_B
            and system.entities[operation.entity].store != name
            and not _asked(system, f"{name}.{word}")
        ]
        for word in gone:
            del part.operations[word]
    return system


def _asked(system: System, ref: str) -> bool:
    steps = [
        step
        for part in system.components.values()
        for endpoint in part.endpoints.values()
        for step in endpoint.does
    ]
    inner = [s for step in steps for s in (step.parallel or []) + (step.miss or [])]
    return any(step.query == ref for step in [*steps, *inner])


TACTIC = ObjectOffload()
