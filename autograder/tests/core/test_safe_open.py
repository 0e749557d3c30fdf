"""Reading files from a folder that somebody else controls."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from autograder.core.safe_open import (
    FileTooLargeError,
    LinkError,
    NotRegularError,
    open_folder,
    read_regular,
)


def test_reads_a_file_of_the_largest_size_and_none_above(tmp_path: Path):
    file = tmp_path / "a"
    file.write_bytes(b"12345")
    assert read_regular(file, 5) == b"12345"
    with pytest.raises(FileTooLargeError) as caught:
        read_regular(file, 4)
    assert (caught.value.size, caught.value.grew) == (5, False)


def test_a_file_that_grows_while_it_is_read_is_too_large():
    with pytest.raises(FileTooLargeError) as caught:
        read_regular("/proc/self/status", 10)  # its size is given as 0
    assert caught.value.grew


@pytest.mark.parametrize("target", ["there", "nowhere"])
def test_no_link_is_followed(tmp_path: Path, target: str):
    (tmp_path / "there").write_text("secret")
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(LinkError):
        read_regular(tmp_path / "link", 100)


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "socket"])
def test_nothing_but_files_is_opened(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch):
    place = tmp_path / "x"
    monkeypatch.chdir(tmp_path)  # the name of a socket has to be short
    if kind == "folder":
        place.mkdir()
    elif kind == "pipe":
        os.mkfifo(place)  # to open it would wait for a writer
    elif kind == "socket":
        socket.socket(socket.AF_UNIX).bind("x")
    else:
        place = Path("/dev/zero")  # to read it would never end
    with pytest.raises(NotRegularError) as caught:
        read_regular(place, 100)
    assert not isinstance(caught.value, LinkError)


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_what_takes_the_files_place_at_the_last_moment_is_not_read(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
):
    place, real = tmp_path / "x", os.stat
    place.write_text("mine")
    (tmp_path / "secret").write_text("secret")

    def stat_and_replace(*arguments, **options):
        status = real(*arguments, **options)
        place.unlink()
        place.symlink_to("secret") if kind == "link" else os.mkfifo(place)
        return status

    monkeypatch.setattr(os, "stat", stat_and_replace)
    with pytest.raises(LinkError if kind == "link" else NotRegularError):
        read_regular(place, 100)


def test_a_path_starts_in_the_open_folder(tmp_path: Path):
    (tmp_path / "a").write_text("x")
    top = open_folder(tmp_path)
    try:
        assert read_regular("a", 10, dir_fd=top) == b"x"
        with pytest.raises(FileNotFoundError):
            read_regular("b", 10, dir_fd=top)
    finally:
        os.close(top)


def test_a_link_to_a_folder_is_opened_only_where_that_is_asked_for(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    os.close(open_folder(tmp_path / "link"))
    with pytest.raises(OSError, match="link"):
        open_folder(tmp_path / "link", follow=False)
