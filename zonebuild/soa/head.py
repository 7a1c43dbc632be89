"""The bytes of a head and the values it may name, into text, findings and a map of lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from zonebuild.diagnostic import Finding, Location, Severity, quoted, sort_findings
from zonebuild.soa.run import Problem, Run, Statement, run_all
from zonebuild.soa.statements import SERIAL_MARK, Builder

MAX_OCTETS = 1 << 16


@dataclass(frozen=True, slots=True)
class Head:
    """A rendered head.

    text: master-file text, in which `{{ serial }}` stands where the serial goes; empty where
        there are findings.
    lines: for each line of *text*, the line of the template that it begins on, 1-based.
    has_serial: whether a serial is to be put in.
    """

    text: str
    lines: tuple[int, ...]
    findings: tuple[Finding, ...]
    has_serial: bool

    def template_line(self, line: int) -> int:
        """Return the line of the template for *line* of the text, both 1-based.

        Behind the end it is the last one; 0, the file as a whole, where there is none.
        """
        if line < 1 or not self.lines:
            return 0
        return self.lines[min(line, len(self.lines)) - 1]


def render_head(
    path: str, source: bytes, variables: Mapping[str, Any], *, limit: int = MAX_OCTETS
) -> Head:
    """Return the head that the template *source* and *variables* give.

    path: as messages name it. variables: texts, numbers, lists of texts, mappings of them.
    limit: octets of the template, characters of the text.
    """
    template = read_template(source, limit)
    problems = list(template.problems)
    run = Run(variables, limit)
    if not problems:
        try:
            run_all(template.statements, run)
        except Problem as problem:
            run.report(problem)
        problems = [Problem(check, message, line) for line, check, message in run.problems]
    if problems:
        return Head("", (), tuple(sort_findings(_finding(path, each) for each in problems)), False)
    text = "".join(run.parts)
    return Head(text, tuple(run.lines), (), SERIAL_MARK in text)


def _finding(path: str, problem: Problem) -> Finding:
    return Finding(Location(path, problem.line), Severity.ERROR, problem.check, problem.message)


class Template(NamedTuple):
    """A template that was read. problems: where there are any, there is nothing to execute."""

    statements: Sequence[Statement]
    problems: Sequence[Problem]


@lru_cache(maxsize=64)
def read_template(source: bytes, limit: int) -> Template:
    """Return the statements of *source*; soa/default is read once for all its zones."""
    if len(source) > limit:
        message = f"the head has {len(source)} octets, want at most {limit}"
        return Template((), (Problem("template-too-large", message, 0),))
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = source.count(b"\n", 0, problem.start) + 1
        message = f"the octet 0x{source[problem.start]:02X} is not UTF-8, want plain ASCII"
        return Template((), (Problem("template-encoding", message, line),))
    if "{" not in text:
        return Template((lambda run: run.write(text, 1, is_source=True),), ())
    return _parse(text)


def _parse(text: str) -> Template:
    import jinja2
    from jinja2.parser import Parser

    # Nothing is escaped: the text is a master file's, not a page's, and values are checked.
    environment = jinja2.Environment(  # noqa: S701
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    builder = Builder()
    try:
        statements = builder.statements(Parser(environment, text).parse().body)
    except jinja2.TemplateSyntaxError as problem:
        return Template((), (_syntax_problem(problem.message or "", problem.lineno),))
    except RecursionError:
        message = "constructs stand within each other too deep, want fewer levels"
        return Template((), (Problem("template-too-deep", message, 0),))
    except ValueError:  # Python refuses to read a number of more than 4,300 digits
        message = "a number has too many digits, want fewer"
        return Template((), (Problem("template-syntax", message, 0),))
    return Template(statements, builder.problems)


_TAG = re.compile(r"Encountered unknown tag '([^']*)'")
_CHARACTER = re.compile(r"unexpected char (.+) at \d+\Z", re.DOTALL)
_PLACED_TAGS = ("elif", "else", "endif", "endfor")
_SYNTAX = (
    ("unexpected end of template", 'the end of the file, want "}}" or "%}" before it'),
    ("Unexpected end of template", "an if or for is not closed, want its endif or endfor"),
    ("end of comment", 'a "{#" is not closed, want "#}"'),
    ("end of raw", "a raw is not closed, want its endraw"),
    ("escape", 'a "\\" in a text is no escape, want "\\\\"'),
    ("end of print statement", 'an expression in "{{ }}" goes wrong, want a name or filters'),
    ("end of statement block", 'a tag goes wrong before its end, want it closed with "%}"'),
    ("expected token 'in'", 'a for without "in", want {% for NAME in LIST %}'),
    ("Expected an expression", "nothing where an expression should be, want a name or a text"),
    ("expected name or number", 'nothing behind a ".", want a name'),
)
_OTHER = "an expression or tag that Jinja2 cannot read, want names, if, for and filters"


def _syntax_problem(complaint: str, line: int) -> Problem:
    """Return what Jinja2's *complaint* means, in our own words."""
    if tag := _TAG.match(complaint):
        name = tag[1][:40]
        if name not in _PLACED_TAGS:
            message = f"the tag {quoted(name)} is not allowed in a head, want if or for"
            return Problem("template-construct", message, line)
        message = f"{name} without the if or for that it belongs to, or behind another's end"
        return Problem("template-syntax", message, line)
    if character := _CHARACTER.match(complaint):
        found = quoted(character[1].strip("'\""))
        return Problem("template-syntax", f"the character {found} has no meaning here", line)
    message = next((ours for piece, ours in _SYNTAX if piece in complaint), _OTHER)
    return Problem("template-syntax", message, line)
