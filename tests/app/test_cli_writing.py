"""Where the files go: all of them or none, nothing of the user's lost, nothing left lying about."""

from __future__ import annotations

import ctypes
import json
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from tests.app.command_line import SHOP, Done, Place, tree

READ_ONLY, ROOT_ONLY = 1, "mounting takes root: skipped by design"
GENERATE = ("generate", "backend.yaml", "-q", "-o")


def assert_untouched(done: Done, code: int, place: Place, before: dict[str, bytes]) -> None:
    """The code is as said, the answer is short, and every byte is as it was."""
    assert done.code == code, done.said
    assert done.err.startswith("error: ") and len(done.err.splitlines()) < 8
    assert tree(place.here) == before
    assert list(place.temporary.iterdir()) == []


@contextmanager
def mounted(folder: Path, flags: int, options: str) -> Iterator[None]:
    """A small file system in memory at a folder."""
    libc = ctypes.CDLL(None, use_errno=True)
    made = libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", flags, options.encode())
    if made:
        pytest.skip(ROOT_ONLY)
    try:
        yield
    finally:
        libc.umount2(os.fsencode(folder), 2)


def test_a_design_is_written_whole(shop: Place) -> None:
    """The manifest names every file; no hidden or temporary one is left."""
    files = tree(shop.here)
    assert {"README.md", "report.html", "backend.yaml", "backend.schema.json"} <= set(files)
    assert not [n for n in shop.names() if "/." in n or n.endswith((".tmp", "~"))]
    assert list(shop.temporary.iterdir()) == []
    assert not [n for n in shop.home.rglob("*") if n.is_file()]


@pytest.mark.parametrize("target", ["file", "file/below", "backend.yaml"])
def test_a_file_is_no_place_for_files(target: str, shop: Place) -> None:
    """A target that is a file, or below one, is refused before any work."""
    shop.write("file", "mine")
    before = tree(shop.here)
    for words in (("design", SHOP, "-o"), GENERATE):
        done = shop.run(*words, target)
        assert_untouched(done, 2, shop, before)
        assert "is a file" in done.err and "simulating" not in done.err


def test_files_of_the_user_stay(shop: Place) -> None:
    """Beside a design anything may lie; a second run changes only what is its own."""
    own = {"notes.txt": b"mine", "decisions/0099-ours.md": b"ours", "src/app.py": b"print()",
           "evidence/measured.csv": b"1"}  # fmt: skip
    for name, text in own.items():
        shop.write(name, text)
    before = tree(shop.here)
    assert shop.run(*GENERATE, ".").code == 0
    after = tree(shop.here)
    assert set(after) == set(before)
    assert all(after[name] == text for name, text in own.items())


@pytest.mark.parametrize("name", ["README.md", "report.html", "backend.schema.json"])
def test_a_file_of_the_user_is_not_written_over(name: str, shop: Place) -> None:
    """A file of the same name that we did not write is refused before any work."""
    shop.write(f"project/{name}", "mine")
    before = tree(shop.here)
    for words in (("design", SHOP, "-o"), GENERATE):
        done = shop.run(*words, "project")
        assert_untouched(done, 2, shop, before)
        assert name in done.err and "try: " in done.err and "simulating" not in done.err


@pytest.mark.parametrize("name", ["decisions", "evidence", "README.md/", "report.html/x"])
def test_something_in_the_way_leaves_nothing_half_written(name: str, shop: Place) -> None:
    """A file where a folder is needed, or the reverse, is told; no file is replaced."""
    if name.endswith("/"):
        (shop.here / "project" / name).mkdir(parents=True)
    else:
        shop.write(f"project/{name}", "mine")
    before = tree(shop.here)
    assert_untouched(shop.run(*GENERATE, "project"), 2, shop, before)


def test_a_model_written_by_hand_may_be_written_back(shop: Place) -> None:
    """The model that was read is the one file that may be replaced without being ours."""
    text = (shop.here / "backend.yaml").read_text(encoding="utf-8")
    shop.write("hand/backend.yaml", "# my own words\n" + text)
    done = shop.run("generate", "hand/backend.yaml", "-q", "-o", "hand")
    assert done.code == 0, done.said
    assert (shop.here / "hand" / "backend.yaml").read_text().startswith("# my own words\n")
    shop.write("other/backend.yaml", "# another\n")
    before = tree(shop.here)
    assert_untouched(shop.run(*GENERATE, "other"), 2, shop, before)


def test_one_group_leaves_the_others(shop: Place) -> None:
    """--only writes its files and removes none; the next whole run still knows them all."""
    before = tree(shop.here)
    done = shop.run(*GENERATE, ".", "--only", "report")
    assert done.code == 0 and "Wrote 2 files" in done.out
    assert set(tree(shop.here)) == set(before)
    listed = [json.loads(t["evidence/files.json"])["files"] for t in (tree(shop.here), before)]
    assert set(listed[0]) == set(listed[1])


def test_what_is_no_longer_made_is_removed(shop: Place) -> None:
    """Files of an earlier run that a changed model no longer makes are gone; others are not."""
    text = (shop.here / "backend.yaml").read_text(encoding="utf-8")
    shop.write("backend.yaml", text.replace("users: {value: 500,", "users: {value: 600,"))
    shop.write("decisions/mine.md", "mine")
    assert shop.run(*GENERATE, ".").code == 0
    names = [path.name for path in (shop.here / "decisions").iterdir()]
    assert sorted(names) == ["README.md", "mine.md"]


def limit_files(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("target", [pytest.param(".", marks=pytest.mark.full), "new/below"])
def test_a_file_that_cannot_be_written_whole_leaves_what_was(target: str, shop: Place) -> None:
    """Where the system stops a file halfway, nothing is changed and nothing is left."""
    before = tree(shop.here)
    done = shop.run(*GENERATE, target, preexec_fn=lambda: limit_files(50_000))
    assert_untouched(done, 3, shop, before)
    assert "cannot write" in done.err and "nothing was changed" in done.err
    assert not (shop.here / "new").exists()


def test_a_full_disk_leaves_what_was(shop: Place) -> None:
    """On a disk without room for a report the old design stays as it was."""
    small = shop.here / "small"
    small.mkdir()
    with mounted(small, 0, "size=200k"):
        (small / "README.md").write_text("of an earlier run")
        (small / "evidence").mkdir()
        claimed = {"files": {"README.md": sha256(b"of an earlier run").hexdigest()}}
        (small / "evidence" / "files.json").write_text(json.dumps(claimed))
        before = tree(shop.here)
        done = shop.run(*GENERATE, "small")
        assert_untouched(done, 3, shop, before)
        assert "the disk is full" in done.err
        assert sorted(path.name for path in small.iterdir()) == ["README.md", "evidence"]


def test_a_mount_takes_a_design(shop: Place) -> None:
    """A folder that is a file system of its own, as in a container, is written as any other."""
    volume = shop.here / "volume"
    volume.mkdir()
    with mounted(volume, 0, "size=20m"):
        assert shop.run(*GENERATE, "volume", "--only", "decisions").code == 0
        assert "decisions/README.md" in tree(volume)


def test_a_folder_that_cannot_be_written_is_told_before_any_work(shop: Place) -> None:
    """Read-only file systems, folders without permission and what is no disk are refused."""
    before = tree(shop.here)
    done = shop.run("design", SHOP, "-o", "/proc/absent")
    assert_untouched(done, 2, shop, before)
    assert "cannot be written" in done.err and "searching" not in done.err
    locked = shop.here / "locked"
    locked.mkdir()
    if os.geteuid():
        locked.chmod(0o555)
        done = shop.run("design", SHOP, "-o", "locked/out")
        assert_untouched(done, 2, shop, before)
        return
    with mounted(locked, READ_ONLY, "size=1m"):
        for target in ("locked", "locked/out"):
            done = shop.run("design", SHOP, "-o", target)
            assert_untouched(done, 2, shop, before)
            assert "Read-only file system" in done.err and "searching" not in done.err


def test_a_name_that_is_too_long_is_told(shop: Place) -> None:
    """A target that no file system takes is refused in a line."""
    before = tree(shop.here)
    done = shop.run("design", SHOP, "-o", "x" * 300)
    assert_untouched(done, 2, shop, before)


def test_names_with_spaces_and_signs_are_names(shop: Place) -> None:
    """Folders may be called as people call them."""
    target = "my designs/Größe & 'more' #1"
    assert shop.run(*GENERATE, target, "--only", "decisions").code == 0
    assert "decisions/README.md" in tree(shop.here / target)


def test_simulate_says_where_it_cannot_keep_its_run(shop: Place) -> None:
    """Where evidence/ cannot take the run, the answer is told and the exit code is 3."""
    shop.write("alone/evidence", "a file")
    text = (shop.here / "backend.yaml").read_bytes()
    shop.write("alone/backend.yaml", text)
    before = tree(shop.here)
    done = shop.run("simulate", "alone/backend.yaml", "--duration", "10s", "-q")
    assert_untouched(done, 3, shop, before)
    assert "Peak load" in done.out and "evidence" in done.err


@pytest.mark.parametrize("listed", [
    {"files": ["src/main.py", "notes.md"]},
    {"files": {"src/main.py": "DIGEST", "notes.md": "DIGEST"}},
    {"files": {"decisions/0009-mine.md": "of another text"}},
])  # fmt: skip
def test_a_list_that_names_files_of_the_user_deletes_nothing(
    listed: dict[str, object], shop: Place
) -> None:
    """A folder from elsewhere may claim anything: only our names with our bytes are removed."""
    digest = sha256(b"mine").hexdigest()
    for name in ("src/main.py", "notes.md", "decisions/0009-mine.md"):
        shop.write(f"other/{name}", "mine")
    text = json.dumps(listed).replace("DIGEST", digest)
    shop.write("other/evidence/files.json", text)
    assert shop.run(*GENERATE, "other").code == 0
    for name in ("src/main.py", "notes.md", "decisions/0009-mine.md"):
        assert (shop.here / "other" / name).read_text(encoding="utf-8") == "mine"


def test_a_file_changed_by_hand_is_not_written_over(shop: Place) -> None:
    """What was edited since it was written is told, and stays."""
    edited = (shop.here / "backend.yaml").read_text(encoding="utf-8") + "# my line\n"
    shop.write("backend.yaml", edited)
    before = tree(shop.here)
    done = shop.run("design", "a shop backend for 2k concurrent users", "-q", "-o", ".")
    assert_untouched(done, 2, shop, before)
    assert "changed since it was written" in done.err
