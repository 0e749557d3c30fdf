"""Rosters: what is read, and what is said of each wrong cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.reports.view import clean
from autograder.roster.addresses import AddressError, resolve, short_name
from autograder.roster.people import RosterError, parse_roster, read_roster

HEADER = "id,name,repository,group\n"
ADA = "https://example.org/class/ada.git"


def problems(text: str, folder: Path = Path("/")) -> str:
    with pytest.raises(RosterError) as caught:
        parse_roster(text.encode(), "roster.csv", folder)
    return str(caught.value)


def test_a_roster_of_a_spreadsheet_is_read(tmp_path: Path):
    """A byte-order mark, semicolons, CRLF, blank lines, blanks around cells, columns in another order."""
    path = tmp_path / "roster.csv"
    text = f"Name;ID;Repository;email\r\n Ada ; 007 ;{ADA};a@example.org\r\n;;;\r\nBob;8;git@example.org:c/b.git;\r\n"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    ada, bob = read_roster(path)
    assert (ada.id, ada.name, ada.repository, ada.email) == ("007", "Ada", ADA, "a@example.org")
    assert (bob.id, bob.repository) == ("8", "git@example.org:c/b.git")


@pytest.mark.parametrize(
    ("first", "delimiter"),
    [("sep=;", ";"), ('"SEP=,"', ","), ("sep=\t", "\t"), ("sep=|", "|"), ("\ufeffsep=;\r", ";")],
)
def test_the_line_by_which_a_spreadsheet_names_its_separator_is_read(first: str, delimiter: str):
    rows = [["id", "name", "repository"], ["s1", "Ada; L, and more", ADA], ["", "Bob", ADA]]
    text = "\n".join([first, *(delimiter.join(f'"{cell}"' for cell in row) for row in rows)])
    [found] = problems(text).splitlines()[1:]
    assert found == "  roster.csv:4, column id: expected a value, got an empty cell", (
        "lines count as in the file"
    )
    [ada] = parse_roster("\n".join(text.split("\n")[:3]).encode(), "roster.csv", Path("/"))
    assert ada.name == "Ada; L, and more"


def test_an_email_names_one_person():
    header = "id,name,repository,email\n"
    rows = f"s1,A,{ADA},a@x.org\ns2,B,https://x.org/b.git,\ns3,C,https://x.org/c.git,\ns4,D,https://x.org/d.git,A@x.org\n"
    assert problems(header + rows) == (
        "1 mistake in roster.csv\n"
        "  roster.csv:5, column email: expected each email once, got 'A@x.org' again (line 2)"
    )


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("山田\u3000太郎", "山田 太郎"),  # an ideographic space
        ("Jean\u00a0Luc\u202fP.", "Jean Luc P."),  # firm spaces
        ("علی\u200cرضا", "علی\u200cرضا"),  # a joiner that is part of the spelling
        ("e\u0301lodie O\u2019Neil \U0001f600", "e\u0301lodie O\u2019Neil \U0001f600"),
        ("\U0002ebf0", "\U0002ebf0"),  # newer than Python 3.11
        ("X Æ A-12 <b>&", "X Æ A-12 <b>&"),
    ],
)
def test_a_name_may_be_any_text(name: str, kept: str):
    [person] = parse_roster(f"{HEADER}s1,{name},{ADA},\n".encode(), "roster.csv", Path("/"))
    assert person.name == kept
    assert clean(person.name) == kept, "and reports show it"


@pytest.mark.parametrize(
    "char", ["\u202e", "\u2066", "\u200f", "\x1b", "\u2028", "\x7f", "\ufdd0", "\uffff", "\ufeff"]
)
def test_what_is_no_text_is_refused(char: str):
    assert "column name: expected one line of text" in problems(f"{HEADER}s1,A{char}B,{ADA},\n")


def test_every_wrong_cell_is_named_at_once(tmp_path: Path):
    rows = [
        f"s1,Ada,{ADA},",
        "S1,Bob,https://example.org/b.git,",
        ",,https://example.org/c.git,",
        "../x,Eve,https://example.org/d.git,",
        '"s5","two\nlines",https://example.org/e.git,',
        "s6,Fay,nowhere/at/all,",
        "s7,Gus,https://example.org/g.git,con",
        "s8,Hal,https://example.org/h.git,,,,",
    ]
    told = problems(HEADER + "\n".join(rows) + "\n", tmp_path)
    for expected in (
        "roster.csv:3, column id: expected each id once, got 'S1' again (line 2)",
        "roster.csv:4, column id: expected a value, got an empty cell",
        "roster.csv:4, column name: expected a value, got an empty cell",
        "roster.csv:5, column id: expected letters",
        "roster.csv:6, column name: expected one line of text, got 'two\\nlines'",
        "roster.csv:8, column repository: expected an address",
        "roster.csv:9, column group: expected letters",
        "roster.csv:10: expected 4 cells, got 7",
    ):
        assert expected in told
    assert told.startswith("8 mistakes in roster.csv")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            f"s1,A,{ADA},t\ns2,B,https://x.org/b.git,t\n",
            "roster.csv:3, column repository: expected that of group t",
        ),
        (f"s1,A,{ADA},\ns2,B,{ADA},\n", "got the repository of line 2; or name a group"),
        (f"s1,A,{ADA},t\ns2,B,{ADA},u\n", "got the repository of line 2"),
    ],
)
def test_a_repository_belongs_to_one_person_or_one_group(rows: str, expected: str):
    assert expected in problems(HEADER + rows)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "expected the columns id, name, repository"),
        ("id,name\ns1,Ada\n", "got id, name"),
        (HEADER, "expected at least one person"),
        (HEADER + 's1,"Ada', "roster.csv:2: expected CSV"),
        ("id,name,repository,grade\n", "roster.csv:1, column grade: expected one of id"),
        ("id,id,name,repository\n", "column id: expected each column once"),
    ],
)
def test_a_file_that_is_no_roster(text: str, expected: str):
    assert expected in problems(text)


def test_a_file_that_is_no_text(tmp_path: Path):
    path = tmp_path / "roster.csv"
    path.write_bytes(HEADER.encode() + "s1,José\n".encode("latin-1"))
    with pytest.raises(RosterError, match=r"roster.csv:2: expected text in UTF-8"):
        read_roster(path)
    with pytest.raises(RosterError, match="No such file"):
        read_roster(tmp_path / "none.csv")


@pytest.mark.parametrize(
    "address",
    [
        "--upload-pack=touch /tmp/x",
        "-x",
        "ext::sh -c id",
        "fd::3",
        "persistent-https::x",
        "ssh://-oProxyCommand=id/x",
        "ssh://user@-oProxyCommand=id/x",
        "ssh://-x@host/y",
        "git@-oProxyCommand=id:x",
        "ftp://example.org/x.git",
        "javascript://x",
        "https://user:secret@example.org/x.git",
        "https://token@example.org/x.git",
        "https://exa mple.org/x",
        "https:///x.git",
        "https://example.org:port/x",
        "https://example.org/x\n--upload-pack=y",
    ],
)
def test_an_address_that_could_make_git_do_something_else_is_refused(address: str, tmp_path: Path):
    with pytest.raises(AddressError):
        resolve(address, tmp_path)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/class/ada.git",
        "http://[::1]:8080/x",
        "ssh://git@example.org:2222/ada",
        "git@example.org:class/ada.git",
        "git://127.0.0.1:9418/x.git",
    ],
)
def test_addresses_that_git_knows(address: str, tmp_path: Path):
    assert resolve(address, tmp_path) == address


def test_a_folder_is_relative_to_the_roster(tmp_path: Path):
    (tmp_path / "ada").mkdir()
    assert resolve("ada", tmp_path) == str((tmp_path / "ada").resolve())


def test_each_repository_has_a_folder_name_of_its_own():
    names = {
        short_name(address) for address in ("https://x/a.git", "https://x/a", "https://x/../a", "/" * 300)
    }
    assert len(names) == 4
    assert all(name.replace("-", "").isalnum() and len(name) < 80 for name in names)
