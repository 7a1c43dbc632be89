"""One entry of a master file into tokens with positions (RFC 1035 section 5.1).

This is the careful way: every character is looked at. It stops at the first thing that is wrong
in an entry and says where the next entry begins, so that one pass finds the errors of all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_TOKENS = 1 << 17  # of an entry; rdata ends at 65,535 octets


class Token(NamedTuple):
    """A word or a quoted string as written. line, column: 1-based."""

    text: str
    line: int
    column: int

    @property
    def is_quoted(self) -> bool:
        """Whether it is a string in double quotes."""
        return self.text.startswith('"')


class LexicalError(NamedTuple):
    """What cannot be a token, and where. line, column: 1-based."""

    check: str
    message: str
    line: int
    column: int


class Entry(NamedTuple):
    """The tokens of one entry.

    is_indented: it begins with white space: its owner is the one before.
    end: offset behind its last line feed. next_line: the line that begins there.
    error: why it could not be read to its end, None for a whole entry.
    """

    tokens: list[Token]
    is_indented: bool
    end: int
    next_line: int
    error: LexicalError | None = None


# A word may hold a quoted part behind a "=", as service parameters do (RFC 9460 section 2.1).
_TOKEN = re.compile(
    r"""(?P<space>[ \t]+)
    | (?P<comment>;[^\n]*+)
    | (?P<newline>\n)
    | (?P<paren>[()])
    | (?P<string>"(?:[ !#-\[\]-~\t]|\\[\t\ -~])*+")
    | (?P<word>(?:[!#-'*-:<-\[\]-~]|\\[\t\ -~])++(?:(?<==)"(?:[ !#-\[\]-~\t]|\\[\t\ -~])*+")?)
    """,
    re.VERBOSE,
)


_UNTIL_QUOTE = re.compile(r'(?:[^"\\]|\\.)*+"')


def holds_quote(text: str) -> bool:
    """Say whether *text*, a token, holds a double quote that no backslash escapes."""
    return '"' in text and _UNTIL_QUOTE.match(text) is not None


def read_entry(text: str, start: int, line: int) -> Entry:
    """Return the entry that begins at offset *start*, where line number *line* begins.

    text: ends with a line feed. An entry without tokens is an empty line or a comment.
    """
    return _Lexer(text, start, line).entry()


class _Lexer:
    def __init__(self, text: str, start: int, line: int) -> None:
        self.text, self.start, self.line = text, start, line
        self.line_start = start
        self.open: tuple[int, int, int] | None = None  # line, column, offset
        self.tokens: list[Token] = []
        self.token_end = -1  # offset

    def entry(self) -> Entry:
        indented = self.text[self.start : self.start + 1] in (" ", "\t")
        end, error = self._run()
        return Entry(self.tokens, indented, end, self.line, error)

    def _run(self) -> tuple[int, LexicalError | None]:
        """Read to the end of the entry, or to what is wrong; return where the next begins."""
        position = self.start
        for match in self._matches(position):
            kind, position = match.lastgroup, match.end()
            if kind in ("word", "string"):
                error = self._token(match)
                if error is not None:
                    return self._skip_line(position), error
            elif kind == "newline":
                self._next_line(position)
                if self.open is None:
                    return position, None
            elif kind == "paren":
                error = self._parenthesis(match)
                if error is not None:
                    return self._skip_line(position), error
            if len(self.tokens) > MAX_TOKENS:
                break
        too_many = self._too_many()
        if position >= len(self.text) or (self.open and too_many):
            return self._unclosed()
        error = too_many or self._bad_character(position)
        return self._skip_line(position), error

    def _matches(self, position: int) -> Iterator[re.Match[str]]:
        while (match := _TOKEN.match(self.text, position)) is not None:
            yield match
            position = match.end()

    def _next_line(self, position: int) -> None:
        self.line += 1
        self.line_start = position

    def _token(self, match: re.Match[str]) -> LexicalError | None:
        column = match.start() - self.line_start + 1
        if match.start() == self.token_end:
            message = 'no white space before or behind a "…": Knot refuses it'
            return LexicalError("missing-space", message, self.line, column)
        self.token_end = match.end()
        self.tokens.append(Token(match[0].replace("\\\t", "\\009"), self.line, column))
        return None

    def _too_many(self) -> LexicalError | None:
        if len(self.tokens) <= MAX_TOKENS:
            return None
        message = f"an entry of over {MAX_TOKENS} words: rdata ends at 65535 octets"
        return LexicalError("rdata-syntax", message, self.line, 1)

    def _parenthesis(self, match: re.Match[str]) -> LexicalError | None:
        column = match.start() - self.line_start + 1
        if match[0] == "(":
            if self.open is not None:
                message = f"a second ( inside the ( of line {self.open[0]}: NSD and Knot refuse it"
                return LexicalError("unbalanced-parenthesis", message, self.line, column)
            self.open = (self.line, column, match.start())
        elif self.open is None:
            message = "a ) without its ("
            return LexicalError("unbalanced-parenthesis", message, self.line, column)
        else:
            self.open = None
        return None

    def _unclosed(self) -> tuple[int, LexicalError | None]:
        """Report the ( that nothing closes and go on behind its line."""
        if self.open is None:
            return len(self.text), None
        line, column, offset = self.open
        self.line = line
        within = " in this file" if len(self.tokens) <= MAX_TOKENS else f" in {MAX_TOKENS} words"
        message = f"a ( without its ){within}"
        error = LexicalError("unbalanced-parenthesis", message, line, column)
        return self._skip_line(offset), error

    def _skip_line(self, position: int) -> int:
        end = self.text.find("\n", position) + 1 or len(self.text)
        self.line += 1
        return end

    def _bad_character(self, position: int) -> LexicalError:
        string = _STRING.match(self.text, position)
        if string is not None:  # it is closed, so something inside it is wrong
            odd = _ODD_INSIDE.search(self.text, position + 1, string.end())
            position = odd.start() if odd else position
        character = self.text[position]
        column = position - self.line_start + 1
        if string is not None and character > "~":
            return LexicalError("non-ascii", _in_string(string[0]), self.line, column)
        check, message = _describe(character, self.text, position)
        return LexicalError(check, message, self.line, column)


_STRING = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"')
_ODD_INSIDE = re.compile(r"[^\t -~]")
_SHOWN = 200  # characters of a string that is written anew for people


def _in_string(string: str) -> str:
    """Return what is said of *string*, which is not ASCII, and how it is to be written."""
    written = _ODD_INSIDE.sub(lambda odd: f"\\{ord(odd[0]):03d}", string)
    mend = f": {written}" if len(written) <= _SHOWN else ""
    return f"a string that is not ASCII; write its octets as \\DDD (RFC 1035 section 5.1){mend}"


def _describe(character: str, text: str, position: int) -> tuple[str, str]:
    if character == '"':
        return "unbalanced-quote", 'a " without its closing " on the same line'
    if character == "\\":
        return "bad-escape", "a backslash with nothing behind it that it could escape"
    if character == "\0":
        return "control-character", "a NUL octet"
    if ord(character) < 0x20 or ord(character) == 0x7F:
        return "control-character", f"a control character (octet {ord(character)})"
    return "non-ascii", _non_ascii(text, position)


def _non_ascii(text: str, position: int) -> str:
    word = _WORD.match(text, _word_start(text, position))
    octets = (word[0] if word else text[position]).encode("latin-1")
    try:
        written = octets.decode("utf-8")
    except UnicodeDecodeError:
        return "an octet over 127 that is no UTF-8; write it as \\DDD (RFC 1035 section 5.1)"
    advice = _punycode(written)
    shown = written.encode("unicode_escape").decode("ascii")
    return f'a name or word that is not ASCII: "{shown}"' + (
        f"; write {advice} (RFC 5891)" if advice else "; write its octets as \\DDD"
    )


_WORD = re.compile(r'[^\s"();]{1,255}')


def _word_start(text: str, position: int) -> int:
    start = position
    while start > 0 and position - start < 255 and not text[start - 1].isspace():
        if text[start - 1] in '"();':
            break
        start -= 1
    return start


def _punycode(name: str) -> str | None:
    labels = []
    for label in name.split("."):
        try:
            labels.append(label.encode("idna").decode("ascii") if label else "")
        except UnicodeError:
            return None
    return ".".join(labels)
