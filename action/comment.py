"""Keeps one comment on a pull request up to date with the answer of the gate; never fails for it.

Needs Python alone. A comment of its own is found again by a mark that nobody sees; where the token
may not write, as in the pull request of a fork, the job's summary has the same text.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from judge import event, told

CHARACTERS_MAX = 65_536  # of a comment, in units of UTF-16
PER_PAGE, PAGES_MAX = 100, 50
WAIT_S = 30.0
CUT = "\n\nThe rest is left out: a comment has no room for it.\n"


class Refused(Exception):
    """What the host answered instead."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(f"{status} {why}".strip())
        self.status = status


def ask(method: str, path: str, content: object = None) -> Any:
    """One request to the host's interface. Raises Refused."""
    url = os.environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/") + path
    headers = {
        "Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28",
        "Authorization": f"Bearer {os.environ.get('BACKEND_LEAD_TOKEN', '')}",
        "Content-Type": "application/json", "User-Agent": "backend-lead",
    }  # fmt: skip
    data = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as err:
        raise Refused(err.code, err.reason) from None
    except (OSError, ValueError) as err:
        raise Refused(0, str(err)) from None


def mark_of(model: str) -> str:
    """The mark of the comment about one model."""
    return f"<!-- backend-lead-gate {hashlib.sha256(model.encode()).hexdigest()[:16]} -->"


def body_of(mark: str) -> str:
    """The comment: the table, or that there is none because it could not be checked."""
    path = os.environ.get("BACKEND_LEAD_MARKDOWN", "")
    try:
        text = Path(path).read_text(encoding="utf-8") if path else ""
    except OSError:
        text = ""
    text = f"{mark}\n{text or told('a step before ended early; see the log of the job')}"
    if length(text) <= CHARACTERS_MAX:
        return text
    room = (CHARACTERS_MAX - length(CUT)) * 2
    return text.encode("utf-16-le")[:room].decode("utf-16-le", "ignore") + CUT


def length(text: str) -> int:
    """Characters as the host counts them at most."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_mine(comment: dict[str, Any], me: str, mark: str) -> bool:
    """Whether we wrote a comment: anybody can write the mark."""
    user = comment.get("user") or {}
    ours = user.get("login") == me if me else user.get("type") == "Bot"
    return ours and str(comment.get("body", "")).startswith(mark)


def earlier(issue: str, mark: str) -> int | None:
    """The comment of an earlier run."""
    try:
        me = str(ask("GET", "/user")["login"])
    except (Refused, KeyError, TypeError):
        me = ""  # the token of a job is nobody's; its comments are those of a bot
    for page in range(1, PAGES_MAX + 1):
        found = ask("GET", f"{issue}/comments?per_page={PER_PAGE}&page={page}")
        for comment in found:
            if is_mine(comment, me, mark):
                return int(comment["id"])
        if len(found) < PER_PAGE:
            break
    return None


def main() -> int:
    """Write the comment, or say why not."""
    repository = os.environ.get("GITHUB_REPOSITORY", "")
    pull = event().get("pull_request")
    number = pull.get("number") if isinstance(pull, dict) else None
    if not isinstance(number, int) or not repository:
        print("no comment: this is no pull request")
        return 0
    mark = mark_of(os.environ.get("BACKEND_LEAD_MODEL", ""))
    content = {"body": body_of(mark)}
    issue = f"/repos/{repository}/issues/{number}"
    try:
        known = earlier(issue, mark)
        if known is None:
            ask("POST", f"{issue}/comments", content)
        else:
            ask("PATCH", f"/repos/{repository}/issues/comments/{known}", content)
    except Refused as err:
        why = "the token may not write here" if err.status in (401, 403, 404) else str(err)
        line = why.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        print(f"::notice title=backend-lead::no comment: {line}; the summary of the job has it all")
        return 0
    print("the comment was changed" if known is not None else "the comment was written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
