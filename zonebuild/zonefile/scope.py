"""The state that a file is read under, and what each entry does to it.

A scope is one file: its `$ORIGIN`, its `$TTL`, its last owner. Entries arrive in order, one by
one (`take_entry`) or as a run of plain records (`take_run`), and become rows or findings.
"""

from __future__ import annotations

from collections.abc import Callable

from zonebuild.diagnostic import Finding, Location, Note, Severity
from zonebuild.model import absolute
from zonebuild.rdata.canonical import seconds
from zonebuild.zonefile.directives import Directive, read_directive
from zonebuild.zonefile.entry import (
    Parts,
    Problem,
    name_fault,
    name_key,
    rdata_problem,
    split_record,
    usual_spelling,
)
from zonebuild.zonefile.generate import expand
from zonebuild.zonefile.lexer import Entry, Token
from zonebuild.zonefile.reading import Doubt, Reading
from zonebuild.zonefile.run import LONGEST_NAME, Run, cut_run, first_unsafe
from zonebuild.zonefile.scan import Piece
from zonebuild.zonefile.text import Source


class Scope:
    """One file being read: the origin, TTL and owner that hold at this point of it."""

    def __init__(
        self,
        reading: Reading,
        source: Source,
        read_text: Callable[[Scope, str], None],
        *,
        origin: str,
        ttl: int | None,
    ) -> None:
        self.reading, self.path, self.text = reading, source.path, source.text
        self._read_text = read_text
        reading.findings.extend(source.findings)
        self.origin, self.ttl = origin, ttl
        self.owner: str | None = None  # as written under self.origin, or absolute
        self.owner_key: str | None = None
        self.owner_is_wrong = False
        self.own_ttl: int | None = None
        self.left_ttl: int | None = None  # of the last $TTL, here or in what is included
        self.stated_ttl: int | None = None  # the last that a record stated (RFC 1035 section 5.1)
        self.ttl_is_missed = False
        self.own_origin_row: int | None = None
        self.default_ttl_row: int | None = None
        self.owner_doubt: Doubt | None = None
        self.ttl_doubt: Doubt | None = None
        self.fixed_line: int | None = None  # where all lines of a $GENERATE stand

    def read(self) -> None:
        """Read the whole file."""
        self.reading.columns.place(self.path, self.origin)
        self.reading.open_paths.append(self.path)
        self._read_text(self, self.text)
        self.reading.open_paths.pop()

    def take_run(self, piece: Piece, first: int, stop: int) -> int:
        """Take the plain records of piece[first:stop]; return the index of the first not taken.

        What hangs on doubtful state is left to `take_entry`.
        """
        stop = first_unsafe(
            piece,
            first,
            stop,
            owner_is_safe=self._owner_is_safe(),
            ttl_is_safe=self.ttl is not None and self.ttl_doubt is None,
        )
        run = cut_run(piece, first, stop)
        if run is not None and piece.longest_name + len(self.origin) >= LONGEST_NAME:
            long = run.long_names(len(self.origin))
            if long:
                piece.add_stops(long)
                stop = long[0]
                run = cut_run(piece, first, stop)
        if run is not None:
            self._put(run)
        return stop

    def _owner_is_safe(self) -> bool:
        """Say whether a blank owner may be inherited unsaid."""
        return self.owner is not None and self.owner_doubt is None and not self.owner_is_wrong

    def _put(self, run: Run) -> None:
        columns = self.reading.columns
        row = len(columns)
        if self.default_ttl_row is None and self.own_ttl is None and "" in run.ttls:
            self.default_ttl_row = row + run.ttls.index("")
        columns.extend_run(
            run, owner=self.owner, origin=self.origin, ttl=self.ttl, line=self.fixed_line
        )
        self._own(run.last_owner or self.owner or "")
        stated = run.last_ttl
        if stated:
            self.stated_ttl = seconds(stated)
        self.reading.fast_records += len(run.types)

    def _own(self, written: str) -> None:
        """Make *written* the owner that blank owners inherit."""
        self.owner = written
        self.owner_key = name_key(written, self.origin)
        self.owner_doubt, self.owner_is_wrong = None, False

    def take_entry(self, entry: Entry) -> None:
        """Take one entry: a record, a directive, or nothing but a comment."""
        if entry.error is not None:
            self._report(Problem(*entry.error))
            self.owner_is_wrong = True
        elif entry.tokens:
            if entry.tokens[0].text.startswith("$") and not entry.is_indented:
                self._take_directive(entry.tokens)
            else:
                self._take_record(entry)

    def _report(self, problem: Problem, *notes: Note) -> None:
        line, column = (self.fixed_line, 0) if self.fixed_line else (problem.line, problem.column)
        where = Location(self.path, line, column)
        self.reading.report(Finding(where, Severity.ERROR, problem.check, problem.message, notes))

    def _take_record(self, entry: Entry) -> None:
        parts = split_record(entry.tokens, is_indented=entry.is_indented)
        if isinstance(parts, Problem):
            self._report(parts)
            if not entry.is_indented:
                self._take_owner(entry.tokens[0], report=False)
            return
        is_owned = self._settle_owner(parts, entry.tokens[0])
        problem = rdata_problem(parts, self.origin)
        if problem is not None:
            self._report(problem)
        ttl = self._settle_ttl(parts, entry.tokens[0])
        is_record = problem is None or problem.is_record
        if is_owned and is_record and ttl is not None:
            self._append(parts, ttl, entry.tokens[0].line)

    def _append(self, parts: Parts, ttl: int, line: int) -> None:
        self.reading.columns.append(
            self.owner or "",
            self.owner_key or "",
            ttl=ttl,
            rdtype=parts.rdtype,
            rdata=parts.rdata,
            line=self.fixed_line or line,
        )

    def _settle_owner(self, parts: Parts, at: Token) -> bool:
        """Say whether the record has an owner, which is then `self.owner`."""
        if parts.owner is not None:
            return self._take_owner(parts.owner, report=True)
        if self.owner_is_wrong:
            return False
        if self.owner is None:
            message = "a record without owner, and none before it in this file to inherit"
            self._report(Problem("missing-owner", message, at.line, 1))
            self.owner_is_wrong = True
            return False
        if self.owner_doubt is not None:
            self._report_doubt(self.owner_doubt, at)
            self.owner_doubt = None
        return True

    def _take_owner(self, token: Token, *, report: bool) -> bool:
        key = name_key(token.text, self.origin)
        if key is not None:
            self.owner = usual_spelling(token.text, key)
            self.owner_key = key
            self.owner_doubt, self.owner_is_wrong = None, False
            return True
        if report:
            fault = name_fault(token.text, self.origin)
            self._report(Problem("bad-name", fault, token.line, token.column))
        self.owner_is_wrong = True
        return False

    def _report_doubt(self, doubt: Doubt, at: Token) -> None:
        self._report(Problem(doubt.check, doubt.message, at.line, 1), doubt.note)

    def _settle_ttl(self, parts: Parts, at: Token) -> int | None:
        if parts.ttl is not None:
            self.stated_ttl = parts.ttl
            return parts.ttl
        if self.ttl_doubt is not None:
            self._report_doubt(self.ttl_doubt, at)
            self.ttl_doubt = None
        if self.ttl is not None:
            if self.default_ttl_row is None and self.own_ttl is None:
                self.default_ttl_row = len(self.reading.columns)
            return self.ttl
        return self._missing_ttl(parts, at)

    def _missing_ttl(self, parts: Parts, at: Token) -> int | None:
        """Take BIND's reading of a record without any TTL, and say so once a file."""
        ttl = self.stated_ttl
        if ttl is None and parts.rdtype == "SOA":
            self.stated_ttl = ttl = seconds(parts.rdata.split(" ")[-1])
        if ttl is None:
            message = "a record without TTL, and none before it to take (RFC 2308 section 4)"
            self._report(Problem("unknown-ttl", message, at.line, 1))
        elif not self.ttl_is_missed:
            self.ttl_is_missed = True
            message = (
                f"a record without TTL, and no $TTL before it: read with {ttl}, as BIND does; "
                "others take something else; write $TTL (RFC 2308 section 4)"
            )
            self._report(Problem("missing-ttl", message, at.line, 1))
        return ttl

    def _take_directive(self, tokens: list[Token]) -> None:
        directive, problems = read_directive(tokens, self.origin)
        for problem in problems:
            self._report(problem)
        if directive is not None:
            _DIRECTIVES[directive.kind](self, directive, tokens)

    def _set_origin(self, directive: Directive, tokens: list[Token]) -> None:
        if self.own_origin_row is None:
            self.own_origin_row = len(self.reading.columns)
        if self.owner is not None and directive.name != self.origin:
            self.owner = absolute(self.owner, self.origin)
            message = f"a blank owner right after $ORIGIN: it is read as {self.owner_key}"
            note = Note(Location(self.path, tokens[0].line), "the $ORIGIN")
            self.owner_doubt = Doubt("owner-after-origin", message + "; write the owner", note)
        self.origin = directive.name
        self.reading.columns.place(self.path, self.origin)

    def _set_ttl(self, directive: Directive, tokens: list[Token]) -> None:
        self.ttl = self.own_ttl = self.left_ttl = directive.ttl
        self.ttl_doubt = None

    def _generate(self, directive: Directive, tokens: list[Token]) -> None:
        """Read the lines that a `$GENERATE` stands for; the owner stays, as in BIND."""
        text = expand(tokens, room=self.reading.room)
        if isinstance(text, Problem):
            self._report(text)
            return
        self.reading.room -= len(text)
        kept = self.owner, self.owner_key, self.owner_doubt, self.owner_is_wrong
        self.fixed_line = tokens[0].line
        with self.reading.one_finding():
            self._read_text(self, text)
        self.fixed_line = None
        self.owner, self.owner_key, self.owner_doubt, self.owner_is_wrong = kept

    def _include(self, directive: Directive, tokens: list[Token]) -> None:
        source = self.reading.find(directive.name)
        if isinstance(source, str):
            message = f"$INCLUDE {directive.name!a}: {source}"
            self._report(Problem("include", message, tokens[1].line, tokens[1].column))
            return
        origin = directive.origin or self.origin
        inner = Scope(self.reading, source, self._read_text, origin=origin, ttl=self.ttl)
        here = Location(self.path, tokens[0].line)
        if self.owner is not None:
            inner.owner = absolute(self.owner, self.origin)
            inner.owner_key = self.owner_key
            message = f"a blank owner at the beginning of an included file: read as {inner.owner}"
            inner.owner_doubt = Doubt("leaked-state", message, Note(here, "included from here"))
        inner.read()
        self.reading.columns.place(self.path, self.origin)
        self._leave(inner, here)

    def _leave(self, inner: Scope, here: Location) -> None:
        """Note what an included file would have left behind in BIND or NSD."""
        if self.default_ttl_row is None and self.own_ttl is None:
            self.default_ttl_row = inner.default_ttl_row
        note = Note(here, "included here")
        if self.owner is not None and inner.owner_key != self.owner_key:
            message = (
                f"a blank owner after $INCLUDE: read as {self.owner_key}, as BIND does; "
                f"NSD would read {inner.owner_key}; write the owner"
            )
            self.owner_doubt = Doubt("leaked-state", message, note)
        if inner.left_ttl is not None:
            self.left_ttl = inner.left_ttl
        if inner.left_ttl not in (None, self.ttl):
            reading = "none" if self.ttl is None else str(self.ttl)
            message = (
                f"a record without TTL after $INCLUDE: read with the TTL {reading} of this file; "
                f"BIND and NSD would take {inner.left_ttl} from {inner.path}; write the TTL"
            )
            self.ttl_doubt = Doubt("leaked-state", message, note)


_DIRECTIVES: dict[str, Callable[[Scope, Directive, list[Token]], None]] = {
    "$ORIGIN": Scope._set_origin,
    "$TTL": Scope._set_ttl,
    "$INCLUDE": Scope._include,
    "$GENERATE": Scope._generate,
}
