"""What a YAML parser objects to, in words for people who write zones, not parsers."""

from __future__ import annotations

from typing import NamedTuple

from zonebuild.diagnostic import Location, quoted


class _Case(NamedTuple):
    """A piece of a parser's complaint, and what to say instead.

    at_start: point at where the construct begins and not at where the parser gave up.
    """

    piece: str
    message: str
    at_start: bool = False


_MISFIT = "this line does not fit the lines above it, want its neighbours' indentation and form"
_IN_QUOTES = "quotes around a text that holds { } [ ] or a comma"
_BRACKET = f'a "[" opens here: want "," after each item, "]" at the end, {_IN_QUOTES}'
_BRACE = f'a "{{" opens here: want "," after each entry, "}}" at the end, {_IN_QUOTES}'
_ANCHOR = 'a name is missing after "&" or "*", want the value itself'
_TAG = 'a word with "!" before it is a tag, want none, or quotes around it'

# libyaml's words and those of PyYAML's own scanner; the first piece that is found decides.
_CASES = (
    _Case("unexpected end of stream", "a quote opens here and is never closed", at_start=True),
    _Case("unexpected document separator", "a quote opens here and is not closed", at_start=True),
    _Case("',' or ']'", _BRACKET, at_start=True),
    _Case("',' or '}'", _BRACE, at_start=True),
    _Case("mapping values are not", 'a ":" where no key can be, want quotes around the value'),
    _Case("entries are not", 'a "- " where no list can begin, want it on a line of its own'),
    _Case("unknown escape", 'a "\\" that YAML does not know, want single quotes, or "\\\\"'),
    _Case("hex", 'hexadecimal digits are missing after "\\", want single quotes, or "\\\\"'),
    _Case(
        "Unicode character code", 'an escape that is no character, want single quotes, or "\\\\"'
    ),
    _Case("expected ':'", 'a key without its ":", want "key: value"', at_start=True),
    _Case("alphabetic or numeric", _ANCHOR),
    _Case("tag", _TAG),
    _Case("URI", _TAG),
    _Case("<document start>", "text after the end of the document, want the same indentation"),
    _Case("tab character", "a tab in the indentation, want spaces"),
    _Case("indentation", 'something after "|" or ">", want the text on the next lines'),
    _Case("comment or line break", 'something after "|" or ">", want the text on the next lines'),
    _Case("block end", _MISFIT),
    _Case("expected key", _MISFIT),
    _Case("'-' indicator", _MISFIT),
    _Case("node content", "a value is missing here, want one, and what is open closed"),
)
_OTHER = 'this is not YAML, want "key: value" lines'


def describe_syntax_error(problem: Exception, text: str, path: str) -> tuple[Location, str]:
    """Return where and what is wrong with *text*, for *problem*, PyYAML's error about it."""
    complaint = str(getattr(problem, "problem", None) or "")
    case = next((case for case in _CASES if case.piece in complaint), _Case("", _OTHER))
    mark = getattr(problem, "problem_mark", None)
    if case.at_start:
        mark = getattr(problem, "context_mark", None) or mark
    if mark is None:
        return Location(path), case.message
    location = _clamped(Location(path, mark.line + 1, mark.column + 1), text)
    if "cannot start any token" in complaint:
        return location, _unusable_start(text, location)
    return location, case.message


def _clamped(location: Location, text: str) -> Location:
    """Return *location*, or where *text* ends: libyaml puts its end on a line of its own."""
    lines = text.rstrip().split("\n")
    if location.line <= len(lines):
        return location
    return Location(location.path, len(lines), len(lines[-1].rstrip("\r")) + 1)


def _unusable_start(text: str, location: Location) -> str:
    lines = text.split("\n")
    line = lines[location.line - 1] if location.line <= len(lines) else ""
    found = line[location.column - 1 : location.column]
    if found == "\t":
        return "a tab in the indentation, want spaces"
    return f"a value begins with {quoted(found)}, want quotes around it"
