"""The house: imports go down only, the core does no I/O, functions and modules stay small."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "zonebuild"
LAYERS: dict[str, int] = {
    "__init__": 0, "diagnostic": 0, "model": 0, "clock": 0,
    "zonefile": 1, "rdata": 1, "placement": 1,
    "dropbox": 2, "soa": 2, "sshfp": 2, "tlsa": 2,
    "assemble": 3, "summary": 3, "checks": 3, "compile": 3, "diff": 3, "plan": 3, "serial": 3,
    "files": 4, "site": 4, "signers": 4, "builder": 4, "vcs": 4, "vcs_update": 4, "probe": 4,
    "acme": 4, "tokens": 4, "poll": 4, "endpoints": 4, "restart": 4, "certstore": 4,
    "cli": 5, "report": 5, "status": 5, "tasks": 5, "__main__": 5,
}  # fmt: skip
HIGHEST_PURE = 3
# What decides in a room of the shell, and is as pure as the core.
DECIDING = {f"acme/{name}.py" for name in ("backoff", "due", "ledger", "limits", "memory", "renew")}
DECIDING |= {f"status/{name}.py" for name in ("agenda", "judge", "metrics", "spans")}
# What the core may not touch; inet_pton in rdata and the calendar of a given `now` in serial may.
IMPURE = {"os", "subprocess", "socket", "time", "datetime", "pathlib", "sys", "random", "io"}
ALLOWED = {
    ("rdata/grammar.py", "socket"),
    ("rdata/canonical.py", "socket"),
    ("rdata/mends.py", "socket"),
    ("serial.py", "time"),
    ("acme/ledger.py", "time"),
    ("checks/reference.py", "sys"),  # a program that prints the table
}
# Layer 4 names what layer 5 prints: the outcome is kept as the JSON that status prints.
UPWARD = {("builder/outcome.py", "report")}
HEAVY: dict[str, set[str]] = {
    "dns": {"zonefile", "rdata", "checks", "signers", "probe", "endpoints"},
    "jinja2": {"soa", "signers"},
    "yaml": {"site"},
    "cryptography": {"signers", "tlsa", "endpoints", "acme", "certstore"},
    "acme": {"acme"},
    "josepy": {"acme"},
    "requests": {"acme"},
    "publicsuffixlist": {"acme"},
    "rich": {"builder"},
    "watchdog": {"poll"},
    "doit": {"tasks", "report"},
}
MAX_MODULE, MAX_FUNCTION = 500, 40

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "template" not in path.parts)


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """Yield each imported module, and whether at the top level for run time."""
    typing_only = {
        id(node)
        for block in tree.body
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        is_top = node in tree.body
        if isinstance(node, ast.Import):
            yield from ((alias.name, is_top) for alias in node.names if id(node) not in typing_only)
        elif isinstance(node, ast.ImportFrom) and node.module and id(node) not in typing_only:
            yield node.module, is_top


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_down_only(path: Path) -> None:
    here = LAYERS[room(path)]
    for module, _ in imports(ast.parse(path.read_text())):
        if not module.startswith("zonebuild."):
            continue
        other = module.split(".")[1]
        assert LAYERS[other] <= here or (name_of(path), other) in UPWARD, module


def test_the_rooms_of_the_builder_import_each_other_one_way_only() -> None:
    ties: dict[str, set[str]] = {}
    for path in (PACKAGE / "builder").rglob("*.py"):
        here = path.relative_to(PACKAGE).parts[1].removesuffix(".py")
        for module, _ in imports(ast.parse(path.read_text())):
            _package, *inner = module.split(".")
            if inner[:1] == ["builder"] and inner[1:2] not in ([], [here]):
                ties.setdefault(here, set()).add(inner[1])
    assert {"run", "machines", "delivery"} <= set(TopologicalSorter(ties).static_order())


def test_no_modules_import_each_other_in_a_circle_not_even_for_types() -> None:
    ties: dict[str, set[str]] = {}
    for path in MODULES:
        here = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                named = {f"{node.module}.{alias.name}" for alias in node.names}
                ties.setdefault(here, set()).update({node.module, *named})
    assert "zonebuild.checks.survey" in TopologicalSorter(ties).static_order()


@pytest.mark.parametrize(
    "path",
    [p for p in MODULES if LAYERS[room(p)] <= HIGHEST_PURE or name_of(p) in DECIDING],
    ids=name_of,
)
def test_the_core_does_no_io_and_reads_no_clock(path: Path) -> None:
    tree = ast.parse(path.read_text())
    touched = {module.split(".")[0] for module, _ in imports(tree)} & IMPURE
    assert {name for name in touched if (name_of(path), name) not in ALLOWED} == set()
    calls = {
        n.func.id
        for n in ast.walk(tree)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    assert calls & {"open", "print", "input", "eval", "exec"} == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_heavy_libraries_stay_in_their_rooms_and_are_loaded_late(path: Path) -> None:
    for module, is_top in imports(ast.parse(path.read_text())):
        library = module.split(".")[0]
        if library in HEAVY:
            assert room(path) in HEAVY[library], module
            assert library == "doit" or not is_top, module


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_and_functions_are_small_and_say_what_they_do(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    assert text.count("\n") <= MAX_MODULE
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < MAX_FUNCTION, node.name
    assert [node.name for node in public_nodes(tree) if not ast.get_docstring(node)] == []


def public_nodes(node: ast.AST) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Yield the public functions and classes in *node*, and what is public in those classes.

    A function in a function is nobody's but that function's.
    """
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.FunctionDef | ast.ClassDef):
            if not each.name.startswith("_"):
                yield each
                yield from public_nodes(each) if isinstance(each, ast.ClassDef) else ()
        else:
            yield from public_nodes(each)
