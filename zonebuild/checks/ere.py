"""Extended regular expressions of POSIX, as text: whether one is well formed, and defined.

Spec: IEEE Std 1003.1-2017 volume "Base Definitions", sections 9.3.5 and 9.4. What the standard
leaves undefined (`a**`, `\\d`, an empty alternative) is a fault here: each library has its own
answer.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from zonebuild.diagnostic import quoted

_MOST_REPEATED = 255  # RE_DUP_MAX, which every system allows
_CLASSES = frozenset({
    "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "xdigit",
})  # fmt: skip
_INTERVAL = re.compile(r"\{(\d{1,9})(?:(,)(\d{0,9}))?\}", re.ASCII)
# An element of a bracket expression: [:class:], [.symbol.], [=equivalent=], or one character.
_ELEMENT = re.compile(r"\[([:.=])(.*?)\1\]|\[[:.=]|.", re.DOTALL)


class Fault(NamedTuple):
    """What is wrong with an expression. is_undefined: some libraries take it all the same."""

    said: str
    is_undefined: bool


def ere_fault(text: str) -> Fault | None:
    """Return what is wrong with *text* as an extended regular expression, None where nothing is."""
    expression = _Expression(text)
    said = expression.fault()
    if said:
        return Fault(said, is_undefined=False)
    return Fault(expression.undefined, is_undefined=True) if expression.undefined else None


class _Expression:
    """One pass over an expression.

    open_groups: how many ( are open. can_repeat: whether a repetition may follow here.
    has_branch: whether something was matched since the last ( or |.
    undefined: what the standard leaves undefined, the first of it; "" where nothing.
    """

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.open_groups = 0
        self.can_repeat = self.has_branch = False
        self.undefined = ""

    def fault(self) -> str | None:
        """Return what no library takes, the first of it."""
        while self.at < len(self.text):
            fault = self._take(self.text[self.at])
            if fault:
                return fault
        if not self.has_branch:
            self._leave_undefined("has an empty alternative at its end")
        return "has a ( that nothing closes" if self.open_groups else None

    def _leave_undefined(self, said: str) -> None:
        self.undefined = self.undefined or said

    def _take(self, sign: str) -> str | None:
        if sign == "[":
            return self._bracket()
        if sign == "\\":
            return self._escape()
        if sign in "*+?{":
            return self._repetition(sign)
        self.at += 1
        if sign == "(":
            self.open_groups += 1
            self.can_repeat = self.has_branch = False
        elif sign == "|" or (sign == ")" and self.open_groups):
            self._end_branch(sign)
        elif sign in "^$":
            self.has_branch, self.can_repeat = True, False
        else:
            self._atom()
        return None

    def _atom(self) -> None:
        self.has_branch = self.can_repeat = True

    def _end_branch(self, sign: str) -> None:
        if not self.has_branch:
            self._leave_undefined(f"has an empty alternative before {sign}")
        if sign == ")":
            self.open_groups -= 1
            self._atom()
        else:
            self.has_branch = self.can_repeat = False

    def _escape(self) -> str | None:
        escaped = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        self._atom()
        if not escaped:
            return "ends with a lone backslash"
        if escaped.isalnum():
            self._leave_undefined(f"has {quoted(chr(92) + escaped)}")
        return None

    def _repetition(self, sign: str) -> str | None:
        if not self.can_repeat:
            self._leave_undefined(f"has {quoted(sign)} where there is nothing to repeat")
        self.can_repeat, self.has_branch = False, True
        interval = _INTERVAL.match(self.text, self.at)
        if interval is None:
            self.at += 1
            if sign == "{":
                self._leave_undefined("has a { that begins no {N}, {N,} or {N,M}")
            return None
        self.at = interval.end()
        least, most = int(interval[1]), int(interval[3] or interval[1])
        if not least <= most <= _MOST_REPEATED:
            return f"repeats {quoted(interval[0])}: want rising numbers to {_MOST_REPEATED}"
        return None

    def _bracket(self) -> str | None:
        """Take a bracket expression, `[…]` or `[^…]`; a ] right behind its begin is of it."""
        at = self.at + (2 if self.text.startswith("[^", self.at) else 1)
        begin = at
        range_from: str | None = None
        while at == begin or not self.text.startswith("]", at):
            element = _ELEMENT.match(self.text, at)
            if element is None:
                return "has a [ that nothing closes"
            fault = _element_fault(element, range_from)
            if fault:
                return fault
            at = element.end()
            if not self.text.startswith("-", at) or self.text.startswith("-]", at):
                range_from = None
            elif element[1] or range_from is not None:
                return f"has a - behind {quoted(element[0])}, where no range can begin"
            else:
                range_from, at = element[0], at + 1
        self.at = at + 1
        self._atom()
        return None


def _element_fault(element: re.Match[str], range_from: str | None) -> str | None:
    """Say what is wrong with an *element* of a bracket expression. range_from: before its `-`."""
    written, kind, name = element[0], element[1], element[2]
    if kind is None and len(written) > 1:
        return f"has {quoted(written)} that nothing closes"
    if kind == ":" and name not in _CLASSES:
        return f"has {quoted(written)}, which is no class of characters"
    if kind in (".", "=") and len(name) != 1:
        return f"has {quoted(written)}: want one character in it"
    if range_from is not None and (kind or range_from > written):
        return f"has the range {quoted(f'{range_from}-{written}')}, which holds nothing"
    return None
