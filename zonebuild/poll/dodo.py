"""Whether a site's dodo.py has tasks of its own, read as text: a poll runs none of them."""

from __future__ import annotations

import ast

_LIMIT = 1 << 18  # octets


def own_tasks(root: str) -> list[str]:
    """Return the names of the tasks that dodo.py at *root* defines itself, sorted.

    A file that cannot be read, or is no Python, has none: whoever types `doit` hears of it.
    """
    try:
        with open(f"{root}/dodo.py", "rb") as file:
            tree = ast.parse(file.read(_LIMIT))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return sorted(name for node in tree.body for name in _defined(node) if name.startswith("task_"))


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []
