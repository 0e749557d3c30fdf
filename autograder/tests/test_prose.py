"""Plain English in everything that people read: each phrase below has a simpler one. CONTRIBUTING.md has the rules."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from autograder.core.units import course_root

ROOT = course_root()
PAGES = {".md", ".j2", ".html", ".ipynb"}
CODE = ("autograder/", "reference/")
UNREAD = re.compile(r"(^|/)(tests|wrong)/")  # nobody reads these to use or to teach the course
SENTENCE = 3  # words; shorter strings are names and marks
EXAMPLES = re.compile(
    r"^\| .*before.*?^\|[^\n]*\n\n", re.MULTILINE | re.DOTALL
)  # the pairs of CONTRIBUTING.md


@dataclass(frozen=True)
class Rule:
    """A phrase to avoid, the words to write instead, and a real sentence that had it."""

    phrase: str
    instead: str
    before: str
    docstrings: bool = False  # looks only at how a docstring starts

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.phrase)


RULES = [
    Rule(r"\b[Mm]end(?:s|ed|ing)?\b", '"fix"', "it says what to type to mend it"),
    Rule(r"\b(?:to|can|could) be had\b", '"available", or "there is"', "no GPU was to be had"),
    Rule(r"(?<!\{% )\b(?:for|by) who\b", '"if you", or a noun', "for who asks, a checked view"),
    Rule(r"\bWho (?![^?]*\?)", '"Code that", "A student who"', "Who satisfies the section above passes."),
    Rule(r"\b[Ww]hoever\b", '"everybody who", or a noun', "Whoever comes next throws it away."),
    Rule(r"\bwhere there (?:is|are)\b", '"if there is"', "goes faster where there is more"),
    Rule(r"\bpoints come\b", '"points are awarded"', "How points come"),
    Rule(r"\bwings?\b", '"part"', "the reference wing"),
    Rule(r"\b(?:a|an|one|every|each|its|all|seven) rooms?\b", '"part"', "one room in every wing"),
    Rule(r"\bbites?\b(?!:)", '"catches a mistake"', "a check that bites"),
    Rule(r"\b[Ww]atchm[ae]n\b", '"checker"', "a watchman that checks every pointer"),
    Rule(r"\b(?:anew|afresh)\b(?!:)", '"again"', "starts one task afresh"),
    Rule(r"\b(?:be|is|are) believed\b", '"trust"', "what a clock can be believed"),
    Rule(r"\bnobody's promise\b", '"is not guaranteed"', "Order is nobody's promise."),
    Rule(r"\b[Ll]ook whether\b", '"check that"', "Look whether this machine can run"),
    Rule(r"\bA start is made\b", '"Good start"', "A start is made."),
    Rule(r"\bon some days\b", '"sometimes"', "who reads may be faster, on some days"),
    Rule(r"\bas good as\b", '"like", "the same as"', "a part without a test is as good as none"),
    Rule(
        r"(?<![.`])(?<![Rr]un )(?<![Rr]uns )(?<!stands )(?<!mark )(?<!part )\balone\b(?!`|:|  )",
        '"only", before the word that it limits',
        "uses the standard library alone",
    ),
    Rule(
        r"^\s*(?:What|Whatever|Whether|Which|Who|Where|When|How)\b",
        "a verb or a noun phrase",
        "What a check imports: comparisons, failures, and timing.",
        docstrings=True,
    ),
]


@dataclass(frozen=True)
class Text:
    """A piece of text, and its place: a path, and the number of its first line (of a cell, in a notebook)."""

    path: str
    line: int
    text: str
    docstring: bool = False


def findings(text: Text) -> list[str]:
    """One message for each phrase to avoid."""
    found = []
    for rule in RULES:
        if rule.docstrings and not text.docstring:
            continue
        for match in rule.pattern.finditer(text.text):
            line = text.line + text.text.count("\n", 0, match.start())
            around = " ".join(text.text[max(0, match.start() - 40) : match.end() + 30].split())
            found.append(
                f'{text.path}:{line}: "{around}": instead of "{match[0].strip()}", write {rule.instead}'
            )
    return found


def texts() -> Iterator[Text]:
    """Everything that students, instructors and authors read."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git checkout")
    for name in done.stdout.split("\0"):
        path = ROOT / name
        if not path.is_file() or UNREAD.search(name):
            continue
        if path.suffix == ".py" and name.startswith(CODE):
            yield from strings(name, path.read_text(encoding="utf-8"))
        elif path.suffix in PAGES or name == "mlsys":
            yield from page(name, path.read_text(encoding="utf-8"))


def page(name: str, text: str) -> Iterator[Text]:
    if name.endswith(".ipynb"):
        for number, cell in enumerate(json.loads(text)["cells"], 1):
            yield Text(f"{name}, cell {number}", 1, "".join(cell["source"]))
    else:
        yield Text(name, 1, EXAMPLES.sub(lambda match: "\n" * match[0].count("\n"), text))


def strings(name: str, source: str) -> Iterator[Text]:
    """The docstrings and messages of Python source, without names and comments."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            docstring = id(node) in docstrings
            if docstring or len(node.value.split()) >= SENTENCE:
                yield Text(name, node.lineno, node.value, docstring)


def test_the_course_is_written_in_plain_english():
    found = [message for text in texts() for message in findings(text)]
    assert not found, (
        f"{len(found)} phrases to write plainly (see CONTRIBUTING.md, Writing rules):\n" + "\n".join(found)
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.instead)
def test_each_rule_finds_the_sentence_that_it_is_for(rule: Rule):
    found = findings(Text("README.md", 8, rule.before, docstring=True))
    assert any(message.startswith("README.md:8: ") and rule.instead in message for message in found)


@pytest.mark.parametrize(
    "text",
    [
        "It runs on a laptop, and uses more cores or a GPU if you have them.",
        "Good start. Fix the first failing check.",
        "Speed checks run alone, with @pytest.mark.alone  # why",
        "Comparisons, failures, descriptions of values, and timing, for checks.",
        "Which is faster? Who waits for whom?",
    ],
)
def test_plain_sentences_pass(text: str):
    assert findings(Text("README.md", 1, text)) == []


def test_docstrings_messages_and_cells_are_read():
    source = '"""How points come."""\nraise ValueError(\n    f"to mend it: {1}"\n)\n'
    found = [message for text in strings("a.py", source) for message in findings(text)]
    assert [message.partition(" ")[0] for message in found] == ["a.py:1:", "a.py:1:", "a.py:3:"]
    notebook = json.dumps({"cells": [{"source": ["fine\n"]}, {"source": ["x\n", "one room in it\n"]}]})
    [message] = [message for text in page("labs/a.ipynb", notebook) for message in findings(text)]
    assert message.startswith("labs/a.ipynb, cell 2:2: ")
    table = "| before | after |\n|---|---|\n| to mend | to fix |\n\nto mend\n"
    [message] = [message for text in page("CONTRIBUTING.md", table) for message in findings(text)]
    assert message.startswith("CONTRIBUTING.md:5: ")
