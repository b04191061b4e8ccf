"""The files for assistants: put in beside what others wrote, judged by agnix, taken out again."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from backend_lead.agent.kit.content import own_files
from tests.app.command_line import SOURCE, Place

AGNIX = Path(sys.executable).parent / "agnix"
AGENT = ".claude/agents/backend-lead.md"
MINE = {
    ".mcp.json": '{\n    "mcpServers": {\n        "other": {"command": "other"}\n    }\n}\n',
    "AGENTS.md": "# Ours\n\nRead this first.",
    ".claude/settings.json": "{}\n",
}


def kit(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`backend-lead agent WORDS` in a project."""
    return subprocess.run(
        [sys.executable, "-m", "backend_lead.cli", "agent", *words], cwd=project,
        capture_output=True, text=True, timeout=60, check=False,
        env={"PYTHONPATH": SOURCE, "PATH": ""},
    )  # fmt: skip


def content(project: Path) -> dict[str, bytes]:
    """Every file of a project, and every folder, which a trace may be too."""
    return {p.relative_to(project).as_posix(): p.read_bytes() if p.is_file() else b""
            for p in project.rglob("*")}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in which others wrote what we share."""
    for name, text in MINE.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "project"


def test_installed_twice_and_taken_out_the_project_is_as_it_was(project: Path) -> None:
    """The second time nothing changes; uninstalled, every byte and folder is as before."""
    before = content(project)
    assert kit(project, "install", "--dry-run").returncode == 0
    assert content(project) == before
    done = kit(project, "install")
    assert done.returncode == 0, done.stderr
    first = content(project)
    servers = json.loads(first[".mcp.json"])["mcpServers"]
    assert servers["other"] == {"command": "other"}
    assert servers["backend-lead"] == {"command": "backend-lead", "args": ["mcp"]}
    assert first["AGENTS.md"].startswith(b"# Ours\n\nRead this first.\n\n")
    again = kit(project, "install")
    assert content(project) == first and "0 files changed" in again.stdout
    assert kit(project, "uninstall").returncode == 0
    assert content(project) == before


def test_what_somebody_edited_is_left_and_told(project: Path) -> None:
    """An edited agent stays through install and uninstall, with exit code 1; our part of shared
    files goes even where others wrote on around it."""
    kit(project, "install")
    path = project / AGENT
    path.write_text(path.read_text() + "\nAlso: be brief.\n")
    shared = project / "AGENTS.md"
    shared.write_text(shared.read_text() + "\n## More\n\nLater words.\n")
    mcp = project / ".mcp.json"
    changed = json.loads(mcp.read_text())
    changed["mcpServers"]["third"] = {"command": "third"}
    mcp.write_text(json.dumps(changed))
    for word in ("install", "uninstall"):
        done = kit(project, word)
        assert done.returncode == 1 and f"leave   {AGENT}: edited" in done.stdout
    assert "be brief" in path.read_text()
    assert "Later words." in shared.read_text() and "backend-lead" not in shared.read_text()
    assert set(json.loads(mcp.read_text())["mcpServers"]) == {"other", "third"}


def test_an_older_version_of_ours_is_renewed(project: Path) -> None:
    """A file that is as an earlier version wrote it is no edit."""
    kit(project, "install")
    path, state = project / AGENT, project / ".claude/backend-lead.json"
    newest = path.read_text()
    path.write_text("older")
    kept = json.loads(state.read_text())
    kept["files"][AGENT]["sha256"] = sha256(b"older").hexdigest()
    state.write_text(json.dumps(kept))
    assert kit(project, "install").returncode == 0
    assert path.read_text() == newest


@pytest.mark.parametrize(
    ("text", "told"),
    [("{", "no JSON"), ("[]", "no object"), ('{"mcpServers": 3}', "mcpServers holds no object")],
)
def test_a_file_that_cannot_be_shared_stops_everything(project: Path, text: str, told: str) -> None:
    """Exit code 2, the file named, and not one file written."""
    (project / ".mcp.json").write_text(text)
    before = content(project)
    done = kit(project, "install")
    assert done.returncode == 2 and told in done.stderr and ".mcp.json" in done.stderr
    assert content(project) == before


@pytest.mark.parametrize(
    "text",
    [
        '{"mcpServers":{"a":{"command":"a","env":{"T":"s3cret"}}},"n":1e400,"n":2}',
        "{ }\n",
        '{\r\n\t"mcpServers": {}\r\n}\r\n',
        '\ufeff{"x": {"mcpServers": 1}}',
        "",
    ],
)
def test_what_others_wrote_stays_byte_for_byte(project: Path, text: str) -> None:
    """Compact, with tabs, line ends of Windows, marks and doubled keys; with its mode; nothing of
    it is copied elsewhere."""
    path = project / ".mcp.json"
    path.write_bytes(text.encode())
    path.chmod(0o600)
    assert kit(project, "install").returncode == 0
    told = json.loads(path.read_text(encoding="utf-8-sig"))
    assert told["mcpServers"]["backend-lead"]["args"] == ["mcp"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert "s3cret" not in (project / ".claude/backend-lead.json").read_text()
    assert kit(project, "uninstall").returncode == 0
    assert path.read_bytes() == text.encode()


def test_somebodys_own_server_is_left(project: Path) -> None:
    """A server of our name that others wrote stays through install and uninstall."""
    path = project / ".mcp.json"
    text = '{"mcpServers": {"backend-lead": {"command": "uvx", "args": ["backend-lead", "mcp"]}}}'
    path.write_text(text)
    done = kit(project, "install")
    assert done.returncode == 1 and "somebody's server" in done.stdout
    assert kit(project, "uninstall").returncode == 0
    assert path.read_text() == text


def test_a_link_inside_the_project_stays_one(project: Path) -> None:
    """AGENTS.md that leads to another file of the project is written through."""
    (project / "AGENTS.md").rename(project / "CLAUDE.md")
    (project / "AGENTS.md").symlink_to("CLAUDE.md")
    before = content(project)
    assert kit(project, "install").returncode == 0
    assert (project / "AGENTS.md").is_symlink() and "backend-lead" in (
        project / "CLAUDE.md"
    ).read_text()
    assert kit(project, "uninstall").returncode == 0
    assert content(project) == before and (project / "AGENTS.md").is_symlink()


def test_a_link_out_of_the_project_is_not_followed(project: Path, tmp_path: Path) -> None:
    """Exit code 2; nothing is written where it leads."""
    away = tmp_path / "away"
    away.mkdir()
    (project / ".claude" / "agents").symlink_to(away)
    assert kit(project, "install").returncode == 2
    assert not any(away.iterdir())


def test_agnix_has_nothing_to_say(tmp_path: Path) -> None:
    """Its users' linter finds no error and no warning, strictly; a misspelt field it does find."""
    if not AGNIX.is_file():
        pytest.skip("needs `pip install agnix`")
    kit(tmp_path, "install")
    done = _judged(tmp_path)
    assert done.returncode == 0 and "Found 0 errors, 0 warnings" in done.stdout, done.stdout
    path = tmp_path / AGENT
    path.write_text(path.read_text().replace("model: inherit", "model: gpt"))
    assert _judged(tmp_path).returncode != 0


def _judged(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(AGNIX), "--strict", "."], cwd=project, capture_output=True,
                          text=True, timeout=60, check=False)  # fmt: skip


def test_the_agent_is_who_it_should_be() -> None:
    """Its name, colour, model and three requests, and the rule about numbers."""
    text = own_files()[AGENT]
    head = text.split("---")[1]
    assert "name: backend-lead\n" in head and "color: green\n" in head and "model: inherit" in head
    assert head.count("<example>") == head.count("<commentary>") == 3
    for request in ("1 million concurrent users", "third-party integrations",
                    "analytics and real-time processing"):  # fmt: skip
        assert request in head
    assert "No number without evidence" in text


def test_the_commands_it_teaches_run(tmp_path: Path) -> None:
    """Each line of the skill's command reference, at a small size."""
    text = own_files()[".claude/skills/backend-lead/references/commands.md"]
    lines = re.findall(r"^backend-lead (.+)$", text, re.M)
    assert len(lines) == 7
    place = Place(tmp_path)
    for line in lines:
        words = [w.strip('"') for w in re.findall(r'"[^"]*"|\S+', line)]
        words = ["Design a shop backend for 200 concurrent users" if " users" in w or w == "..."
                 else w for w in words]  # fmt: skip
        if words[0] == "compare":
            for name in words[1:3]:
                shutil.copy(place.here / "out/backend.yaml", place.here / name)
        done = place.run(*words)
        assert done.code in (0, 1), (line, done.err)
