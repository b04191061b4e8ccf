"""The tools, resources and prompts as an MCP server; what the SDK speaks is met here only.

Work runs in threads, so that the server answers meanwhile; of heavy work one at a time. A request
that is cancelled, or whose client is gone, ends at its next step and writes nothing.
"""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any
from urllib.parse import unquote

import anyio
import anyio.from_thread
import anyio.to_thread
import mcp_types as types
from mcp.server.lowlevel.server import Server
from mcp.shared.exceptions import MCPError

from backend_lead import __version__
from backend_lead.agent import resources
from backend_lead.agent.envelope import OUTPUT_SCHEMA, Answer, Next, blocked, spelled
from backend_lead.agent.prompts import PROMPTS, RULES
from backend_lead.agent.tool import Arguments, Call, Tool, tools
from backend_lead.agent.workspace import Workspace
from backend_lead.app.progress import Interrupted, Progress
from backend_lead.app.write import CannotWrite
from backend_lead.changes.change import CannotJudge
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.trial.drivers import CannotRun

NAME = "backend-lead"
AT_ONCE = 8  # calls worked on; more wait for one of them to end
SHARE_EVERY_S = 0.5  # how often the share of long work that is done is told
ARGUMENTS_MAX = 400_000  # characters of the arguments of one call

Context = Any  # ServerRequestContext of the SDK, whose parameters do not matter here
logger = logging.getLogger(__name__)


@dataclass
class Told(Progress):
    """Progress as notifications: each stage counts one, its share the part of the next."""

    context: Context = None
    done: float = 0.0
    last: float = field(default=0.0)

    def stage(self, text: str) -> None:
        self.done = float(int(self.done) + 1)
        self._tell(text)

    def share(self, name: str, done: float) -> None:
        now = time.monotonic()
        if now - self.last < SHARE_EVERY_S:
            return
        self.last = now
        self.done = max(self.done, int(self.done) + min(0.99, max(0.0, done)))
        self._tell(f"{name} {done:.0%}")

    def _tell(self, text: str) -> None:
        self.check()
        try:
            anyio.from_thread.run(self.context.session.report_progress, self.done, None, text)
        except Exception:  # told to nobody: the client is gone, which a cancellation will say
            logger.debug("progress was not told", exc_info=True)


@dataclass
class Door:
    """One workspace behind a server."""

    workspace: Workspace
    heavy: Lock = field(default_factory=Lock)

    async def list_tools(self, _: Context, __: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_tool(tool) for tool in tools().values()])

    async def call_tool(
        self, context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        tool = tools().get(params.name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, f"there is no tool {params.name!r}; there are: "
                           f"{', '.join(tools())}")  # fmt: skip
        progress = Told(context=context)
        try:
            answer = await anyio.to_thread.run_sync(
                self._answer, tool, params.arguments or {}, progress,
                abandon_on_cancel=True, limiter=_limiter(),
            )  # fmt: skip
        finally:  # the thread of an abandoned call ends at its next step
            progress.stop.set()
        content = answer.as_dict()
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=spelled(content))],
            structured_content=content,
            is_error=answer.status == "blocked",
        )

    def _answer(self, tool: Tool, arguments: dict[str, Any], progress: Progress) -> Answer:
        """The tool's answer; what cannot be used or done is an answer too."""
        try:
            if len(repr(arguments)) > ARGUMENTS_MAX:
                raise InvalidInput([Finding(
                    "arguments-too-large", "error", "the arguments are too large", Place(tool.name),
                    f"more than {ARGUMENTS_MAX:,} characters", f"up to {ARGUMENTS_MAX:,}",
                    "put it into a file of the workspace and give its path",
                )])  # fmt: skip
            answer = self._run(tool, tool.read(arguments), Call(self.workspace, progress))
            answer.findings = [self._told(finding) for finding in answer.findings]
            return answer
        except InvalidInput as err:
            return _again(blocked([self._told(f) for f in err.findings]), tool, arguments)
        except Interrupted:
            return Answer("Stopped; nothing was written.", "unknown", "partial")
        except (CannotWrite, CannotJudge, CannotRun) as err:
            return _cannot(str(err))
        except MemoryError:
            return _cannot("not enough memory; try a shorter duration or a smaller load")
        except OSError as err:
            return _cannot(f"{err.strerror or err}: {err.filename or ''}".rstrip(": "))
        except Exception as err:  # the last door: a mistake of ours, told without a traceback
            logger.exception("%s failed", tool.name)
            return _cannot(f"internal error: {type(err).__name__}. This is a mistake in "
                           "backend-lead, not in your input; its log says where")  # fmt: skip

    def _run(self, tool: Tool, given: Arguments, call: Call) -> Answer:
        if not tool.heavy:
            return tool.run(given, call)
        while not self.heavy.acquire(timeout=SHARE_EVERY_S):
            call.progress.check()
        try:
            return tool.run(given, call)
        finally:
            self.heavy.release()

    def _told(self, finding: Finding) -> Finding:
        """A finding with paths as the agent gave them: relative to the folder."""
        place = replace(finding.place, file=self._short(finding.place.file))
        place = replace(place, file=_named(place.file))
        return replace(finding, place=place, message=_named(self._short(finding.message)),
                       seen=self._short(finding.seen), hint=_named(self._short(finding.hint)),
                       allowed=_named(finding.allowed))  # fmt: skip

    def _short(self, text: str) -> str:
        return text.replace(f"{self.workspace.root}/", "")

    async def list_resources(
        self, _: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        found = await anyio.to_thread.run_sync(resources.listed, self.workspace)
        cursor = params.cursor if params is not None and params.cursor else "0"
        if not cursor.isdecimal() or int(cursor[:9]) > len(found):
            raise MCPError(types.INVALID_PARAMS, f"{cursor!r} is no cursor of this list")
        start = int(cursor)
        end = start + resources.LISTED
        return types.ListResourcesResult(
            resources=[
                types.Resource(uri=i.uri, name=i.name, description=i.about or None,
                               mime_type=i.kind, size=i.size or None)
                for i in found[start:end]
            ],
            next_cursor=str(end) if end < len(found) else None,
        )  # fmt: skip

    async def list_templates(self, _: Context, __: Any) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(
            resource_templates=[
                types.ResourceTemplate(uri_template=uri, name=name, description=about)
                for uri, (name, about) in resources.TEMPLATES.items()
            ]
        )

    async def read_resource(
        self, _: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        uri = str(params.uri)
        try:
            page = await anyio.to_thread.run_sync(
                resources.read, uri, self.workspace, abandon_on_cancel=True
            )
        except InvalidInput as err:
            first = self._told(err.findings[0])
            told = ". ".join(t for t in (first.message, first.hint and f"Try: {first.hint}") if t)
            raise MCPError(types.INVALID_PARAMS, f"{told} ({unquote(uri)[:200]})") from None
        meta = {"offset": page.offset, "total": page.total, "sha256": page.sha256}
        if page.after is not None:
            meta["next"] = f"{uri.partition('?')[0]}?offset={page.after}"
        return types.ReadResourceResult(
            contents=[types.TextResourceContents(uri=uri, text=page.text, mime_type=page.kind,
                                                 _meta=meta)]
        )  # fmt: skip

    async def list_prompts(self, _: Context, __: Any) -> types.ListPromptsResult:
        argument = types.PromptArgument(name="request", description="the sentence, if not this one")
        return types.ListPromptsResult(
            prompts=[
                types.Prompt(name=p.name, title=p.title, description=p.request,
                             arguments=[argument])
                for p in PROMPTS.values()
            ]
        )  # fmt: skip

    async def get_prompt(
        self, _: Context, params: types.GetPromptRequestParams
    ) -> types.GetPromptResult:
        prompt = PROMPTS.get(params.name)
        if prompt is None:
            raise MCPError(types.INVALID_PARAMS, f"there is no prompt {params.name!r}; there are: "
                           f"{', '.join(PROMPTS)}")  # fmt: skip
        text = prompt.text((params.arguments or {}).get("request", ""))
        return types.GetPromptResult(
            description=prompt.title,
            messages=[
                types.PromptMessage(role="user", content=types.TextContent(type="text", text=text))
            ],
        )


def server(workspace: Workspace) -> Server[Any]:
    """An MCP server over one folder."""
    door = Door(workspace)
    return Server(
        NAME, version=__version__, title="backend-lead",
        instructions=f"Designs backends and proves them by simulation. {RULES}",
        on_list_tools=door.list_tools, on_call_tool=door.call_tool,
        on_list_resources=door.list_resources, on_list_resource_templates=door.list_templates,
        on_read_resource=door.read_resource,
        on_list_prompts=door.list_prompts, on_get_prompt=door.get_prompt,
    )  # fmt: skip


def _tool(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name, title=tool.title, description=tool.does,
        input_schema=tool.arguments.schema_short(), output_schema=OUTPUT_SCHEMA,
        annotations=types.ToolAnnotations(
            read_only_hint=not tool.writes, destructive_hint=tool.destructive,
            idempotent_hint=not tool.destructive, open_world_hint=False,
        ),
    )  # fmt: skip


OPTION = re.compile(r"(?<![\w-])(?:-o (?P<out>\S+)|--(?P<name>[a-z]+)[ =](?P<value>\S+))")


def _named(text: str) -> str:
    """Words for a command line as words for a tool: `--load 2` is `load: 2`."""
    found = OPTION.sub(lambda m: f"out: {m['out']}" if m["out"] else f"{m['name']}: {m['value']}",
                       text)  # fmt: skip
    return found.removeprefix("--")


def _again(answer: Answer, tool: Tool, arguments: dict[str, Any]) -> Answer:
    """What to do about what is blocked, where the tool has nothing better to say."""
    first = answer.findings[0] if answer.findings else None
    if first is None or answer.next_actions:
        return answer
    if first.rule == "model-unnamed":
        answer.next_actions = [Next("design", {"request": "..."}, "makes a model from a sentence")]
    else:
        why = first.hint or (f"allowed: {first.allowed}" if first.allowed else first.message)
        answer.next_actions = [Next(tool.name, arguments, f"again, mended: {why[:200]}")]
    return answer


def _cannot(text: str) -> Answer:
    told = Finding("cannot-run", "error", text)
    return Answer(text, "unknown", "blocked", findings=[told])


_limiters: dict[str, anyio.CapacityLimiter] = {}


def _limiter() -> anyio.CapacityLimiter:
    """How many calls are worked on at once; made where the loop runs."""
    if "calls" not in _limiters:
        _limiters["calls"] = anyio.CapacityLimiter(AT_ONCE)
    return _limiters["calls"]
