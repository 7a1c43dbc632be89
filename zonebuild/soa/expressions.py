"""Expressions of a template into functions of a run: names, constants, tests, filters."""

from __future__ import annotations

import difflib
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from zonebuild.soa.run import Expression, Problem, Run, TooLarge, Undefined

if TYPE_CHECKING:
    from jinja2 import nodes

MAX_NUMBER = 2**32 - 1
MAX_JOINED = 1 << 16  # characters that one `join` may give

Build = Callable[["nodes.Node"], Expression]


def build_const(node: nodes.Const, build: Build) -> Expression:
    """Return a constant text, number or truth value."""
    value = node.value
    is_small = isinstance(value, int) and 0 <= value <= MAX_NUMBER
    if not isinstance(value, str) and not is_small:
        raise refused(node, "this constant")
    return lambda run: value


def build_name(node: nodes.Name, build: Build) -> Expression:
    """Return the value of a name; `serial` is none: it is only known after the rendering."""
    name, line = node.name, node.lineno
    if name == "serial":
        raise refused(node, "serial in an expression or a block")

    def read(run: Run) -> Any:
        if name not in run.names:
            raise Undefined(_not_given(name, "", run.names), line)
        return run.names[name]

    return read


def build_getattr(node: nodes.Getattr, build: Build) -> Expression:
    """Return an entry of a given mapping; Python's attributes are out of reach."""
    of, name, line = build(node.node), node.attr, node.lineno
    prefix = _dotted(node.node)

    def read(run: Run) -> Any:
        mapping = of(run)
        if not isinstance(mapping, Mapping):
            message = f"{prefix}{name}: {_kind(mapping)} has no parts, want {prefix[:-1]} alone"
            raise Problem("template-type", message, line)
        if name not in mapping:
            raise Undefined(_not_given(name, prefix, mapping), line)
        return mapping[name]

    return read


def build_not(node: nodes.Not, build: Build) -> Expression:
    """Return whether the operand is false."""
    of = build(node.node)
    return lambda run: not of(run)


def build_and(node: nodes.And, build: Build) -> Expression:
    """Return the left operand where it is false, else the right one."""
    left, right = build(node.left), build(node.right)
    return lambda run: left(run) and right(run)


def build_or(node: nodes.Or, build: Build) -> Expression:
    """Return the left operand where it is true, else the right one."""
    left, right = build(node.left), build(node.right)
    return lambda run: left(run) or right(run)


def _is_in(left: Any, right: Any) -> bool:
    return left in right


def _is_not_in(left: Any, right: Any) -> bool:
    return left not in right


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": _is_in,
    "notin": _is_not_in,
}


def build_compare(node: nodes.Compare, build: Build) -> Expression:
    """Return whether a chain of comparisons holds."""
    first, line = build(node.expr), node.lineno
    rest = [(_OPERATORS[each.op], build(each.expr)) for each in node.ops]

    def compare(run: Run) -> bool:
        left = first(run)
        for compares, operand in rest:
            right = operand(run)
            try:
                holds = compares(left, right)
            except TypeError:
                message = f"{_kind(left)} cannot be compared with {_kind(right)} in this way"
                raise Problem("template-type", message, line) from None
            if not holds:
                return False
            left = right
        return True

    return compare


def build_test(node: nodes.Test, build: Build) -> Expression:
    """Return whether a name is given: `is defined`, the only test there is."""
    if node.name != "defined" or type(node.node).__name__ not in ("Name", "Getattr"):
        raise refused(node, f"the test {node.name!r}")
    of = build(node.node)

    def is_defined(run: Run) -> bool:
        try:
            of(run)
        except Undefined:
            return False
        return True

    return is_defined


def _lower(value: Any, line: int) -> str:
    return _text(value, "lower", line).lower()


def _upper(value: Any, line: int) -> str:
    return _text(value, "upper", line).upper()


def _join(value: Any, line: int, separator: Any = "") -> str:
    texts = [_text(item, "join", line) for item in items_of(value, line)]
    between = _text(separator, "join", line)
    if sum(map(len, texts)) + len(between) * len(texts) > MAX_JOINED:
        raise TooLarge(f"join gives more than {MAX_JOINED} characters, want fewer", line)
    return between.join(texts)


def _default(value: Any, line: int, instead: Any) -> Any:
    return value


class _Filter(NamedTuple):
    """A filter: what it does to a value, at a line, with so many arguments."""

    apply: Callable[..., Any]
    least: int
    most: int


FILTERS = {
    "lower": _Filter(_lower, 0, 0),
    "upper": _Filter(_upper, 0, 0),
    "join": _Filter(_join, 0, 1),
    "default": _Filter(_default, 1, 1),
}


def build_filter(node: nodes.Filter, build: Build) -> Expression:
    """Return what one of the few filters makes of a value."""
    known, line = FILTERS.get(node.name), node.lineno
    if known is None:
        raise refused(node, f"the filter {node.name!r}", f"one of {', '.join(FILTERS)}")
    is_plain = not (node.kwargs or node.dyn_args or node.dyn_kwargs)
    if node.node is None or not is_plain or not known.least <= len(node.args) <= known.most:
        raise refused(node, f"the filter {node.name} with these arguments")
    of, arguments = build(node.node), [build(each) for each in node.args]

    def apply(run: Run) -> Any:
        values = [argument(run) for argument in arguments]
        try:
            value = of(run)
        except Undefined:
            if node.name != "default":
                raise
            return values[0]
        return known.apply(value, line, *values)

    return apply


def items_of(value: Any, line: int) -> Sequence[Any]:
    """Return *value*, which must be a list."""
    if isinstance(value, (tuple, list)):
        return value
    raise Problem("template-type", f"{_kind(value)} where a list is wanted", line)


def printed(value: Any, line: int) -> str:
    """Return *value* as it is written into the head: only texts and numbers are."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    message = f"{_kind(value)} cannot be printed, want a text or a number"
    raise Problem("template-type", message, line)


def refused(node: nodes.Node, what: str, wanted: str = "names, if, for and filters") -> Problem:
    """Return the problem of a construct that a head may not have."""
    message = f"{what} is not allowed in a head, want {wanted}"
    return Problem("template-construct", message, node.lineno)


def _text(value: Any, filter_name: str, line: int) -> str:
    if isinstance(value, str):
        return value
    raise Problem("template-type", f"{filter_name} is given {_kind(value)}, want a text", line)


_KINDS = ((bool, "a truth value"), (int, "a number"), (str, "a text"), (Mapping, "a mapping"))


def _kind(value: Any) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "a list")


def _dotted(node: Any) -> str:
    """Return how the template writes *node*, with a dot behind, as far as it is names."""
    part = getattr(node, "name", None) or getattr(node, "attr", None) or "…"
    before = _dotted(node.node) if type(node).__name__ == "Getattr" else ""
    return f"{before}{part}."


def _not_given(name: str, prefix: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(name[:80], names, 1)
    if near:
        return f"{prefix}{name[:80]} is not given, did you mean {prefix}{near[0]}?"
    wanted = f"want one of {', '.join(prefix + n for n in names[:20])}" if names else "nothing is"
    return f"{prefix}{name[:80]} is not given, {wanted}"
