"""No float comes near an amount: in finance/, floats live in named statistical modules and leave through from_model.

The rule is on the text, because a type checker lets an int pass for a float: outside the statistical modules, no
module of finance/ writes a float literal, calls `float`, or casts a frame to a float type, except on a line that makes
a ratio (a name that ends in a unit of ratios, such as `_pct`) or in a function whose name says that it makes one.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import finops_pipeline

FINANCE = Path(finops_pipeline.__file__).parent / "finance"
STATISTICAL = {
    "efficiency",
    "forecasting",
    "risk",
    "optimization",
    "attribution",
    "scenarios",
    "kpis",
    "trends.py",
    "anomalies.py",
    "behavior.py",
    "savings",
}
EXCEPTIONS = {
    "revenue/exact.py",  # a float estimate of size chooses between two ways that are both exact
    *(
        f"opportunities/{m}.py" for m in ("cloud", "duplicates", "register", "spending", "terms", "vendors")
    ),  # confidences; savings are whole units
    "allocation/methods.py",  # gross amounts of pools are estimated; what flows is split in whole units and adds up
}
RATIO_WORDS = ("pct", "ratio", "share", "rate", "score", "trend", "fraction")
MODULES = sorted(
    p
    for p in FINANCE.rglob("*.py")
    if p.relative_to(FINANCE).parts[0] not in STATISTICAL and str(p.relative_to(FINANCE)) not in EXCEPTIONS
)
FLOAT_TYPES = {"float", "float32", "float64", "Float64", "double"}


def speaks_of_a_ratio(text: str) -> bool:
    return any(word in text.lower() for word in RATIO_WORDS)


def floats(tree: ast.AST, source: list[str]) -> Iterator[int]:
    """Lines where a float is made, outside functions and statements that speak of a ratio."""
    exempt = {
        line
        for node in ast.walk(tree)
        if (isinstance(node, ast.FunctionDef) and (speaks_of_a_ratio(node.name) or node.name == "from_model"))
        or (isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.If | ast.For)
            and speaks_of_a_ratio("\n".join(source[node.lineno - 1 : node.end_lineno])))
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }  # fmt: skip
    for node in ast.walk(tree):
        made = (
            (isinstance(node, ast.Constant) and isinstance(node.value, float))
            or (isinstance(node, ast.Constant) and node.value in FLOAT_TYPES)
            or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float")
            or (isinstance(node, ast.Attribute) and node.attr in FLOAT_TYPES)
        )
        if made and node.lineno not in exempt:
            yield node.lineno


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(FINANCE)))
def test_no_float_near_money(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert sorted(set(floats(ast.parse(source), source.splitlines()))) == []


@pytest.mark.parametrize(
    "line",
    ["amount = 0.5 * budget", "total = float(amount)", 'x = frame["amount"].astype("float64")', "y = np.float64(3)"],
)
def test_the_rule_finds_what_it_is_for(line: str) -> None:
    assert list(floats(ast.parse(line), [line]))


def test_the_rule_lets_ratios_be() -> None:
    line = 'frame["variance_pct"] = frame["variance"].astype("float64") / base'
    assert not list(floats(ast.parse(line), [line]))
