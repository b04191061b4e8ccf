"""api/proto/: protobuf for calls between services, one package a service, as buf lints them."""

from __future__ import annotations

from backend_lead.emit.api.jobs import job_id
from backend_lead.emit.api.messages import Writer
from backend_lead.model.design import Design
from backend_lead.views.api.contract import contract
from backend_lead.views.api.names import pascal, snake
from backend_lead.views.api.owning import taken_from, wanted_roles
from backend_lead.views.api.parts import Contract, Operation
from backend_lead.views.api.schema import carried

ID = "proto"
GROUP = "api"
RUNS = False
FILES = ()
MORE = r"api/proto/(buf\.yaml|[a-z0-9_]+/[a-z0-9_]+/v[0-9]+/[a-z0-9_]+\.proto)"
ROOT = "api/proto/"
BUF = """\
version: v2
modules:
  - path: .
lint:
  use:
    - STANDARD
breaking:
  use:
    - FILE
"""
# Words that begin a statement of a message: a package of that name is written from the root.
_BEGINNERS = ("enum", "extend", "extensions", "group", "map", "message", "oneof", "option",
              "optional", "repeated", "required", "reserved")  # fmt: skip
_RULE = """\
// Field numbers are places in the model and stay for ever: new fields go last, a field that goes
// leaves its number reserved. `backend-lead compare` refuses a model that moves them.
"""
_JOB = """
// Why something failed; the same codes as in REST.
message Problem {
  string code = 1;
  string title = 2;
  optional string detail = 3;
}

// How work goes on that takes longer than a request may.
message Job {
  string id = 1;
  JobState state = 2;
  google.protobuf.Timestamp created_at = 3;
  optional Problem problem = 4;
  // What it gave, once it is done: the message that the operation names.
  optional google.protobuf.Any result = 5;
}

// What became of one of several items.
message BulkResult {
  int32 index = 1;
  int32 status = 2;
  optional Problem problem = 3;
  // The key of what it made or changed; of several parts, with / between.
  optional string id = 4;
}

// How far a job is.
enum JobState {
  JOB_STATE_UNSPECIFIED = 0;
  JOB_STATE_WAITING = 1;
  JOB_STATE_RUNNING = 2;
  JOB_STATE_DONE = 3;
  JOB_STATE_FAILED = 4;
}
"""


def emit(design: Design) -> dict[str, str]:
    """The files of every service that answers something."""
    found = contract(design.system)
    if found is None:
        return {}
    head = f"Generated from the model {design.digest}; change the model, not this file.\n"
    out = files(found)
    return {path: ("// " if path.endswith(".proto") else "# ") + head + text
            for path, text in out.items()}  # fmt: skip


def files(found: Contract) -> dict[str, str]:
    """Every file by its path; none where nothing can be asked for."""
    asked = [op for op in found.operations.values() if op.nature != "event"]
    if not asked:
        return {}
    by_service: dict[str, list[Operation]] = {}
    for op in asked:
        by_service.setdefault(snake(op.service or found.name), []).append(op)
    backend, version = snake(found.name), f"v{found.major}"
    shared = types_package(by_service)
    types = f"{backend}.{shared}.{version}"
    rooted = backend in {*by_service, shared, version, *_BEGINNERS} or "google" in {
        *by_service,
        backend,
    }
    out = {f"{ROOT}buf.yaml": BUF}
    for service, operations in sorted(by_service.items()):
        package = f"{backend}.{service}.{version}"
        writer = Writer(found, types, rooted)
        body = _service(found, service, operations, writer)
        out[f"{ROOT}{package.replace('.', '/')}/{service}.proto"] = _file(package, writer, body)
    writer = Writer(found, "", rooted)
    body = _types(found, asked, writer)
    if body:
        out[f"{ROOT}{types.replace('.', '/')}/types.proto"] = _file(types, writer, body)
    return out


def types_package(services: dict[str, list[Operation]]) -> str:
    """The package of what services share; a name that no service has."""
    name = "types"
    while name in services:
        name = f"shared_{name}"
    return name


def _file(package: str, writer: Writer, body: str) -> str:
    imports = "".join(f'import "{path}";\n' for path in sorted(writer.imports))
    gap = "\n" if imports else ""
    return f'{_RULE}syntax = "proto3";\n\npackage {package};\n{gap}{imports}{body}'


def _service(found: Contract, service: str, operations: list[Operation], writer: Writer) -> str:
    stem = pascal(service).removesuffix("Service") or "Service"
    calls, messages = "", ""
    for op in operations:
        messages += "".join(writer.request(op)) + writer.response(op)
        options = ""
        if op.nature == "query":
            options += "    option idempotency_level = NO_SIDE_EFFECTS;\n"
        elif not op.needs_key:
            options += "    option idempotency_level = IDEMPOTENT;\n"
        if op.said.deprecated is not None:
            options += "    option deprecated = true;\n"
        ends = f" {{\n{options}  }}" if options else ";"
        titled = f"{' '.join(op.title.split()).rstrip('.')}."
        told = " ".join([titled, *taken_from(found, op), *wanted_roles(op)])
        calls += f"  // {told}\n  rpc {op.type_name}({op.type_name}Request) " \
                 f"returns ({op.type_name}Response){ends}\n"  # fmt: skip
    if any(op.long for op in operations):
        name = pascal(job_id(found))
        calls += (
            "  // Tells how a job goes, to who began it.\n"
            f"  rpc {name}({name}Request) returns ({name}Response) {{\n"
            "    option idempotency_level = NO_SIDE_EFFECTS;\n  }\n"
        )
        asked = "  // The id of the job.\n  string id = 1;\n"
        messages += writer.message(f"{name}Request", f"What {name} takes", [asked])
        told = f"  {writer.shared('Job')} job = 1;\n"
        messages += writer.message(f"{name}Response", f"What {name} answers", [told])
    return f"\n// What {service} answers.\nservice {stem}Service {{\n{calls}}}\n{messages}"


def _types(found: Contract, asked: list[Operation], writer: Writer) -> str:
    body = ""
    for name in sorted(found.reached(carried(found, asked))):
        if name in found.shapes:
            body += writer.shape(found.shapes[name])
        else:
            body += writer.enum(found.enums[name])
    if any(op.answer in ("job", "results") for op in asked):
        writer.imports |= {"google/protobuf/timestamp.proto", "google/protobuf/any.proto"}
        body += _JOB if not writer.rooted else _JOB.replace(" google.", " .google.")
    return body
