"""Write the parts of a new unit from the templates of `unit_template/`.

The templates make a tiny unit of two tasks that passes every test of the course. A template's path is the path of its
file, with SLUG for "17_ring_buffer" and NAME for "ring_buffer". WRITE: marks text that the author must write.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import jinja2

from autograder.authoring.cases import all_cases
from autograder.core.files import write_atomic
from autograder.core.units import CourseError, Unit, course_root
from autograder.release.starters import write_starters

TEMPLATES = Path(__file__).parent / "unit_template"
SUFFIX = ".j2"
CELL = re.compile(r"^<!-- (markdown|code) ([\w-]+) -->\n", re.MULTILINE)
# Said here because ruff looks for each module at its final place.
FIRST_PARTY = 'lint.isort.known-first-party = ["reference", "autograder"]'
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def write_parts(unit: Unit, title: str) -> None:
    """Write every part of `unit` into its tree, formatted, with its starters.

    Raises CourseError if the manifest, a starter or a wrong solution is invalid.
    """
    for path, text in rendered(unit, title).items():
        write_atomic(unit.root / path, text)
    tidy(unit)
    write_starters(unit)
    all_cases(unit)  # reads the manifest and the header of every wrong solution


def rendered(unit: Unit, title: str) -> dict[str, str]:
    """Path -> content, for each template."""
    # What is made is Markdown, TOML and Python: nothing to escape. The title has no character that would matter.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    words = {"slug": unit.slug, "number": unit.number, "name": unit.name, "title": title}
    files = {}
    for template in sorted(TEMPLATES.rglob(f"*{SUFFIX}")):
        source = template.relative_to(TEMPLATES).as_posix()
        path = source.removesuffix(SUFFIX).replace("SLUG", unit.slug).replace("NAME", unit.name)
        text = environment.get_template(source).render(words)
        if path == f"labs/{unit.slug}.md":
            path, text = f"labs/{unit.slug}.ipynb", notebook(text)
        files[path] = text
    return files


def notebook(text: str) -> str:
    """A notebook from its cells, each behind a line `<!-- markdown NAME -->` or `<!-- code NAME -->`."""
    import nbformat  # takes two seconds, and a refusal needs none of it

    _, *parts = CELL.split(text)
    cells = []
    for kind, name, source in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        new = nbformat.v4.new_markdown_cell if kind == "markdown" else nbformat.v4.new_code_cell
        cells.append(new(source.rstrip("\n"), id=name))
    made = nbformat.v4.new_notebook(cells=cells, metadata=METADATA)
    nbformat.validate(made)
    return nbformat.writes(made) + "\n"


def tidy(unit: Unit) -> None:
    """Sort the imports and wrap the lines as the course does: both depend on the unit's name."""
    files = [str(path) for path in unit.root.rglob("*") if path.suffix in {".py", ".ipynb"}]
    config = ["--config", str(course_root() / "pyproject.toml"), "--config", FIRST_PARTY]
    for arguments in (["check", "--fix", "--select", "I"], ["format"]):
        command = [sys.executable, "-m", "ruff", *arguments, "--no-cache", *config]
        done = subprocess.run([*command, "--", *files], cwd=course_root(), capture_output=True, text=True)
        if done.returncode:
            raise CourseError(f"ruff {arguments[0]} refuses the new files\n{done.stdout}{done.stderr}")
