"""The shape of the code: sizes, names, and who may know what, where no linter has the rule."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import finops_pipeline

PACKAGE = Path(finops_pipeline.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

# Library -> the rooms (first part of the path inside the package) or single modules that may import it.
KNOWS = {
    "dagster": {"defs", "definitions.py", "cli.py", "nightly.py"},
    "dagster_postgres": {"defs", "definitions.py", "cli.py"},
    "great_expectations": {"quality"},
    "duckdb": {"storage"},
    "pyspark": {"storage"},
    "psycopg": {"storage"},
    # Contracts speak its column types, Dagster keeps its own event log with it; engines of data are storage's.
    "sqlalchemy": {"storage", "contracts", "defs/event_log.py"},
    "statsmodels": {"finance"},
    "pydantic_settings": {"settings.py"},
    "click": {"cli.py"},
    "rich": {"cli.py", "console.py"},
    "requests": {"pull"},
    "jwt": {"pull"},
    "cryptography": {"pull"},
    "dlt": {"pull", "defs/pulling.py"},
    "dagster_dlt": {"defs/pulling.py"},
}
ENVIRONMENT = {"environ", "environb", "getenv", "putenv"}
IMPURE = {
    "os",
    "sys",
    "io",
    "time",
    "random",
    "pathlib",
    "socket",
    "subprocess",
    "urllib",
    "requests",
    "tempfile",
    "secrets",
}
CLOCK = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("Timestamp", "now")}


def name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.fixture(params=MODULES, ids=name)
def module(request: pytest.FixtureRequest) -> tuple[Path, ast.Module]:
    return request.param, ast.parse(request.param.read_text(encoding="utf-8"))


def test_a_module_is_short_says_what_belongs_in_it_and_has_a_real_name(module: tuple[Path, ast.Module]) -> None:
    path, tree = module
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    assert ast.get_docstring(tree)
    assert not {"utils", "util", "helpers", "helper", "common", "misc"} & {
        part.removesuffix(".py") for part in path.parts
    }


def test_a_function_is_short(module: tuple[Path, ast.Module]) -> None:
    functions = [node for node in ast.walk(module[1]) if isinstance(node, FUNCTIONS)]
    assert [f.name for f in functions if f.end_lineno - f.lineno + 1 > 40] == []


def test_a_library_is_known_only_where_it_belongs(module: tuple[Path, ast.Module]) -> None:
    path, tree = module
    found = {library.split(".")[0] for library in imports(tree)}
    assert [lib for lib in sorted(found & KNOWS.keys()) if not {room(path), name(path)} & KNOWS[lib]] == []


def test_only_settings_reads_the_environment(module: tuple[Path, ast.Module]) -> None:
    path, tree = module
    read = [n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr in ENVIRONMENT]
    read += [a.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module == "os" for a in n.names]
    assert path.name == "settings.py" or not ENVIRONMENT & set(read)


def test_finance_and_contracts_ask_nothing_of_their_surroundings(module: tuple[Path, ast.Module]) -> None:
    path, tree = module
    if room(path) == "finance" or path.name == "money.py":
        assert not IMPURE & {library.split(".")[0] for library in imports(tree)}
    if room(path) in {"finance", "contracts"} and path.name != "dictionary.py":
        calls = [n.func for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
        assert not CLOCK & {(f.value.id if isinstance(f.value, ast.Name) else "", f.attr) for f in calls}


def test_dagster_modules_keep_their_annotations(module: tuple[Path, ast.Module]) -> None:
    path, tree = module
    assert room(path) not in KNOWS["dagster"] or "__future__" not in set(imports(tree))
