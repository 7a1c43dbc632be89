"""A parsed template into statements that a run executes: text, output, `if`, `for`.

What no table names is refused where it stands, and building goes on to find the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from zonebuild.soa import expressions
from zonebuild.soa.expressions import items_of, printed, refused
from zonebuild.soa.run import Expression, Problem, Run, Statement, run_all

if TYPE_CHECKING:
    from jinja2 import nodes

SERIAL_MARK = "{{ serial }}"
MAX_DEPTH = 50  # constructs within constructs; one `for` may stand in another, no deeper
MAX_LOOPS = 2
_Built = TypeVar("_Built")

_EXPRESSIONS: dict[str, Callable[..., Expression]] = {
    "Const": expressions.build_const,
    "Name": expressions.build_name,
    "Getattr": expressions.build_getattr,
    "Not": expressions.build_not,
    "And": expressions.build_and,
    "Or": expressions.build_or,
    "Compare": expressions.build_compare,
    "Test": expressions.build_test,
    "Filter": expressions.build_filter,
}
_REFUSED_NAMES = {
    "Add": "arithmetic",
    "Sub": "arithmetic",
    "Mul": "arithmetic",
    "Div": "arithmetic",
    "FloorDiv": "arithmetic",
    "Mod": "arithmetic",
    "Pow": "arithmetic",
    "Neg": "arithmetic",
    "Pos": "arithmetic",
    "Concat": 'the operator "~"',
    "Call": "a call",
    "Getitem": "a subscript",
    "CondExpr": "an if inside an expression",
    "List": "a list",
    "Tuple": "a tuple",
    "Dict": "a mapping",
    "Assign": "set",
    "AssignBlock": "set",
    "CallBlock": "call",
    "FilterBlock": "a filter block",
    "FromImport": "from … import",
}


class Builder:
    """Turns the nodes of one template into statements; *problems* gathers what is refused."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._depth = 0
        self._loops = 0
        self._size = 0

    def statements(self, parsed: Sequence[Any]) -> list[Statement]:
        """Return what *parsed* says to do."""
        built: list[Statement] = []
        for node in parsed:
            if type(node).__name__ == "Output":
                built += [self._guarded(each, self._output) for each in node.nodes]
            else:
                built.append(self._guarded(node, self._statement))
        return built

    def _guarded(self, node: nodes.Node, build: Callable[[Any], Statement]) -> Statement:
        try:
            return self._descend(node, build)
        except Problem as problem:
            self.problems.append(problem)
            return lambda run: None

    def _descend(self, node: nodes.Node, build: Callable[[Any], _Built]) -> _Built:
        if self._depth >= MAX_DEPTH:
            message = f"more than {MAX_DEPTH} levels of constructs, want fewer"
            raise Problem("template-too-deep", message, node.lineno)
        self._depth += 1
        self._size += 1
        try:
            return build(node)
        finally:
            self._depth -= 1

    def _statement(self, node: Any) -> Statement:
        if type(node).__name__ == "If":
            return self._if(node)
        if type(node).__name__ == "For":
            return self._for(node)
        raise refused(node, _describe(node))

    def _output(self, node: Any) -> Statement:
        line = node.lineno
        if type(node).__name__ == "TemplateData":
            data = node.data
            return lambda run: run.write(data, line, is_source=True)
        if type(node).__name__ == "Name" and node.name == "serial":
            return lambda run: run.write(SERIAL_MARK, line)
        value = self._expression(node)
        return lambda run: run.write(printed(value(run), line), line)

    def _expression(self, node: nodes.Node) -> Expression:
        build = _EXPRESSIONS.get(type(node).__name__)
        if build is None:
            raise refused(node, _describe(node))
        return self._descend(node, lambda it: build(it, self._expression))

    def _if(self, node: nodes.If) -> Statement:
        branches = [
            (self._expression(each.test), self.statements(each.body))
            for each in (node, *node.elif_)
        ]
        otherwise = self.statements(node.else_)

        def execute(run: Run) -> None:
            for test, body in branches:
                if test(run):
                    return run_all(body, run)
            return run_all(otherwise, run)

        return execute

    def _for(self, node: Any) -> Statement:
        if node.test or node.recursive or node.else_:
            raise refused(node, "a for with if, else or recursive")
        if type(node.target).__name__ != "Name":
            raise refused(node, "a for with several names")
        if self._loops == MAX_LOOPS:
            raise refused(node, f"a for inside {MAX_LOOPS} others")
        items, name, line = self._expression(node.iter), node.target.name, node.lineno
        before = self._size
        self._loops += 1
        body = self.statements(node.body)
        self._loops -= 1
        size = self._size - before + 1

        def execute(run: Run) -> None:
            outer = run.names
            for item in items_of(items(run), line):
                run.spend(size, line)
                run.names = {**outer, name: item}
                run_all(body, run)
            run.names = outer

        return execute


def _describe(node: nodes.Node) -> str:
    name = type(node).__name__
    return _REFUSED_NAMES.get(name, name.lower())
