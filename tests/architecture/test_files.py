"""Rules that every file keeps."""

import ast
import re
import subprocess
import sys

from tests.architecture.sources import ROOT, python, text, tracked

LONGEST = 400
ALLOWED_LONGER = {"alembic/versions/0001_the_first_schema.py"}  # a record of one moment, never edited again
CODE = ("webapp", "workers", "ml")


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    long = {name for name, source in python() if source.count("\n") > LONGEST}
    assert long == ALLOWED_LONGER


def test_every_module_says_what_it_is_for() -> None:
    silent = [name for name, source in python() if source.strip() and ast.get_docstring(ast.parse(source)) is None]
    assert silent == []


def test_only_the_clock_reads_the_wall_clock() -> None:
    pattern = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(")
    readers = {name for name, source in python(*CODE) if pattern.search(source)}
    assert readers == {"webapp/core/clock.py"}


def test_only_settings_and_what_starts_processes_read_the_environment() -> None:
    readers = {name for name, source in python(*CODE) if re.search(r"os\.(environ|getenv)", source)}
    launcher = {name for name in readers if name.startswith(("webapp/cli/", "workers/commands/"))}
    assert readers - launcher <= {"webapp/core/metrics.py"}  # the library wants its folder before it is imported


def test_only_the_theme_holds_colours() -> None:
    colour = re.compile(r"[\"'](#[0-9a-fA-F]{3}|#[0-9a-fA-F]{6})[\"']")
    holders = {name for name, source in python("webapp") if colour.search(source)}
    assert holders <= {"webapp/theme.py"}


def test_no_package_hides_the_alembic_library() -> None:
    assert not (ROOT / "__init__.py").exists()
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_files_name_no_place_of_one_machine_and_no_package_index() -> None:
    masked = ("/work/~main", "/root/~.pyenv", "/opt/~wheels", "pypi~.org", "npmjs~.org", "npm~mirror")
    places = [place.replace("~", "") for place in masked]
    kinds = (".py", ".md", ".toml", ".lock", ".yaml", ".yml", ".js", ".css")
    readable = [name for name in tracked() if name.endswith(kinds)]
    assert [(name, place) for name in readable for place in places if place in text(name)] == []


def test_no_error_is_swallowed() -> None:
    bare = re.compile(r"except( Exception)?:\s*\n\s+pass\b")
    assert [name for name, source in python(*CODE) if bare.search(source)] == []


def test_servers_of_tests_end_with_their_block() -> None:
    """One that is left running takes turns with every later test: twenty made the whole two thirds longer."""
    call = "serve" + "_forever"
    assert {name for name, source in python() if call in source} == {"tests/serving.py"}


def test_generated_documents_say_what_the_code_says() -> None:
    command = [sys.executable, "docs/generate.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
