"""Check the repository addresses of a roster: git can run programs that an address names."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

SCHEMES = ("https", "http", "ssh", "git", "file")
SCP = re.compile(r"[\w.-]+@[A-Za-z0-9][\w.-]*:(?!:)[^\s:].*")  # git@github.com:class/ada.git
QUOTED = "//bytes/"  # starts the address of a folder whose name is not UTF-8
HELPER = re.compile(r"[\w+.-]*::")  # "ext::...": git would run a program
HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\]")
EXPECTED = "an address like https://host/class/ada.git or git@host:class/ada.git, or a folder"


class AddressError(ValueError):
    """An address that git must not get; the message says what was expected."""


def resolve(text: str, folder: Path) -> str:
    """The address for git: a URL of a known kind, or the absolute path of a folder.

    Raises AddressError for options, remote helpers ("ext::..."), other schemes, and passwords.
    """
    if text.startswith("-") or HELPER.match(text) or not text.isprintable():
        raise AddressError(f"expected {EXPECTED}; got {text[:80]!r}")
    if "://" in text:
        return checked(text)
    if SCP.fullmatch(text):
        return text
    path = (folder / Path(text).expanduser()).resolve()
    if not path.is_dir():
        raise AddressError(f"expected {EXPECTED}; there is no folder {text[:80]!r}")
    return str(path)


def checked(url: str) -> str:
    """The URL, if all its parts are harmless. Raises AddressError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressError(f"expected {EXPECTED}; got {url[:80]!r} ({error})") from None
    del port
    scheme = parts.scheme.lower()
    if scheme not in SCHEMES:
        raise AddressError(f"expected one of {', '.join(SCHEMES)}; got {scheme!r}")
    if parts.password is not None or (parts.username is not None and scheme in ("http", "https")):
        raise AddressError(
            "expected an address without a password or token: store them in git's credential helper"
        )
    if scheme != "file":
        host = parts.netloc.rpartition("@")[2].removesuffix(f":{parts.port}" if parts.port else "")
        if not HOST.fullmatch(host) or (parts.username or "").startswith("-"):
            raise AddressError(f"expected a host's name, got {host[:80]!r}")
    if parts.path.startswith("/-"):
        raise AddressError(f"expected {EXPECTED}; got {url[:80]!r}")
    return url


def is_folder(address: str) -> bool:
    """True if the repository is a folder on this machine."""
    return address.startswith("/")


def folder_address(folder: Path) -> str:
    """The address of a folder as text: its path, or a quoted form if its name is not UTF-8 ("caf\\xe9")."""
    path = os.fspath(folder)
    if path.encode(errors="replace").decode() == path:
        return path
    return QUOTED + quote_from_bytes(os.fsencode(path))


def folder_of(address: str) -> Path:
    """The folder of an address for which `is_folder` is true."""
    if address.startswith(QUOTED):
        return Path(os.fsdecode(unquote_to_bytes(address.removeprefix(QUOTED))))
    return Path(address)


def is_git(folder: Path) -> bool:
    """True if a folder is a git repository, with or without a worktree."""
    return os.path.lexists(folder / ".git") or ((folder / "HEAD").is_file() and (folder / "objects").is_dir())


def leads_elsewhere(folder: Path) -> str:
    """The reason why a folder shows work that lies in another one, such as another student's; "" if it does not.

    Git follows a `.git` file, alternates, a common folder, and links; all of them can name another repository.
    """
    fix = "hand in a clone (git clone --no-hardlinks), or the files without .git"
    if folder.is_symlink():
        return f"it is a link to {os.readlink(folder)}: name the folder itself"  # noqa: PTH115 -- as it is
    place = folder / ".git"
    if place.is_symlink() or (os.path.lexists(place) and not place.is_dir()):
        return f"its .git is a {'link' if place.is_symlink() else 'file'} that names another folder: {fix}"
    home = place if place.is_dir() else folder
    if home == folder and not is_git(folder):
        return ""
    for name in ("commondir", "objects/info/alternates", "objects/info/http-alternates"):
        if os.path.lexists(home / name):
            return f"its git repository takes files from another one ({name}): {fix}"
    for parent, folders, names in os.walk(home):
        for name in (*folders, *names):
            if Path(parent, name).is_symlink():
                within = Path(parent, name).relative_to(home).as_posix()
                return f"its git repository has a link ({within}): {fix}"
    return ""


def short_name(address: str) -> str:
    """A readable and unique file name for the copy of the repository."""
    tail = re.sub(r"[^A-Za-z0-9-]+", "-", "-".join(address.removesuffix(".git").split("/")[-2:])).strip("-")
    return f"{tail[-40:] or 'repository'}-{hashlib.sha256(address.encode()).hexdigest()[:16]}"
