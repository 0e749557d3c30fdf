"""Downloads against a real server on the loopback interface: resumed, checked, never half written."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from reference.shared.data.downloads import DataError, RemoteFile, fetch
from reference.tests.shared.fileserver import FileServer, running_server

CONTENT = bytes(range(256)) * 40  # 10,240 bytes


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with running_server() as running:
        running.files["/good"] = CONTENT
        yield running


def remote(*urls: str) -> RemoteFile:
    return RemoteFile("file.bin", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), urls)


def only_the_file(folder: Path) -> bool:
    return [path.name for path in folder.iterdir() if not path.name.endswith(".lock")] == ["file.bin"]


def test_a_file_is_downloaded_once(server: FileServer, tmp_path: Path):
    file = remote(server.url("/good"))
    path = fetch(file, tmp_path / "new" / "folder")
    assert path.read_bytes() == CONTENT
    assert fetch(file, path.parent) == path
    assert len(server.asked) == 1
    assert only_the_file(path.parent)


def test_a_cut_download_is_continued_by_the_next_call(server: FileServer, tmp_path: Path):
    server.cut_after = [4000]
    with pytest.raises(DataError, match="the connection ended early"):
        fetch(remote(server.url("/good")), tmp_path)
    assert not (tmp_path / "file.bin").exists()
    assert fetch(remote(server.url("/good")), tmp_path).read_bytes() == CONTENT
    assert server.asked == [("/good", None), ("/good", "bytes=4000-")]
    assert only_the_file(tmp_path)


def test_a_cut_download_is_continued_from_the_next_source(server: FileServer, tmp_path: Path):
    server.cut_after = [4000]
    assert fetch(remote(server.url("/good"), server.url("/good")), tmp_path).read_bytes() == CONTENT
    assert server.asked[1] == ("/good", "bytes=4000-")


def test_a_server_without_ranges_sends_all_again(server: FileServer, tmp_path: Path):
    server.cut_after, server.ranges = [4000], False
    assert fetch(remote(server.url("/good"), server.url("/good")), tmp_path).read_bytes() == CONTENT


def test_corrupt_content_never_gets_the_name(server: FileServer, tmp_path: Path):
    server.files["/bad"] = CONTENT[:-1] + b"x"
    with pytest.raises(DataError, match="another file than the published one: its SHA-256 starts with"):
        fetch(remote(server.url("/bad")), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".file.bin.lock"]
    assert fetch(remote(server.url("/bad"), server.url("/good")), tmp_path).read_bytes() == CONTENT


def test_a_corrupt_remainder_is_thrown_away_and_fetched_afresh(server: FileServer, tmp_path: Path):
    (tmp_path / ".file.bin.part").write_bytes(b"z" * 5000)
    assert fetch(remote(server.url("/good")), tmp_path).read_bytes() == CONTENT
    assert server.asked == [("/good", "bytes=5000-"), ("/good", None)]


def test_a_remainder_that_is_too_long_is_thrown_away(server: FileServer, tmp_path: Path):
    (tmp_path / ".file.bin.part").write_bytes(CONTENT + b"more")
    assert fetch(remote(server.url("/good")), tmp_path).read_bytes() == CONTENT


def test_a_finished_remainder_needs_no_network(tmp_path: Path):
    (tmp_path / ".file.bin.part").write_bytes(CONTENT)
    assert fetch(remote("http://127.0.0.1:9/"), tmp_path).read_bytes() == CONTENT


def test_a_source_that_sends_without_end_is_left(server: FileServer, tmp_path: Path):
    server.files["/long"] = CONTENT * 2
    with pytest.raises(DataError, match=r"sends more than the published 10,240 bytes"):
        fetch(remote(server.url("/long")), tmp_path)


def test_a_missing_page_and_a_dead_server_are_both_named(server: FileServer, tmp_path: Path):
    with pytest.raises(DataError, match=r"HTTP 404; 127\.0\.0\.1:9: Connection refused"):
        fetch(remote(server.url("/nothing"), "http://127.0.0.1:9/"), tmp_path)


def test_a_damaged_file_is_replaced_when_possible_and_kept_and_named_when_not(
    server: FileServer, tmp_path: Path
):
    (tmp_path / "file.bin").write_bytes(b"mine")
    with pytest.raises(DataError, match=r"file\.bin is there but it has 4 bytes instead of 10,240"):
        fetch(remote("http://127.0.0.1:9/"), tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == b"mine"
    assert fetch(remote(server.url("/good")), tmp_path).read_bytes() == CONTENT


def test_several_at_once_download_once(server: FileServer, tmp_path: Path):
    paths: list[Path] = []
    file = remote(server.url("/good"))
    threads = [threading.Thread(target=lambda: paths.append(fetch(file, tmp_path))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(paths) == 6
    assert len(server.asked) == 1


def test_a_killed_download_leaves_no_half_file(tmp_path: Path):
    """The server sends half and waits; the process that downloads is killed; the next one goes on."""
    with running_server() as server:
        server.files["/good"] = CONTENT
        server.stall_after = 4096
        file = remote(server.url("/good"))
        child = multiprocessing.get_context("spawn").Process(target=fetch, args=(file, tmp_path))
        child.start()
        assert child.pid is not None
        assert server.stalled.wait(30)
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        server.stall_after = None
        server.go_on.set()
        assert not (tmp_path / "file.bin").exists()
        assert fetch(file, tmp_path).read_bytes() == CONTENT
        assert only_the_file(tmp_path)
