"""The challenges that lie in the drop-box: remembered before they are written, gone in the end.

A run that was killed leaves the list behind, and the next run takes away what it names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from zonebuild.acme.problem import AcmeError
from zonebuild.files.read import SourceError, read_outside
from zonebuild.files.write import replace_file
from zonebuild.tokens.folder import FolderError, add_token, remove_token
from zonebuild.tokens.names import Token, is_value, read_token

_LIMIT = 1 << 22  # octets


@dataclass(frozen=True, slots=True)
class Keeper:
    """Writes tokens. folder: the drop-box; memory: the file that lists what lies there."""

    folder: Path
    memory: Path

    def kept(self) -> tuple[Token, ...]:
        """Return the tokens that a run wrote, or was about to write, and did not take away."""
        try:
            text = read_outside(self.memory, _LIMIT).decode("utf-8", "replace")
        except SourceError:
            return ()
        found = (line.split(" ") for line in text.splitlines())
        pairs = (words for words in found if len(words) == 2 and is_value(words[1]))
        tokens = (read_token(owner, value) for owner, value in pairs)
        return tuple(token for token in tokens if isinstance(token, Token))

    def put(self, tokens: Iterable[Token]) -> None:
        """Remember *tokens*, then write them. Errors: AcmeError, WriteError."""
        wanted = tuple(tokens)
        self._remember({*self.kept(), *wanted})
        for token in wanted:
            self._change(token, add=True)

    def clear(self, *, but: Iterable[Token] = ()) -> bool:
        """Take away all that is remembered *but* these; say whether there was any.

        Errors: AcmeError, WriteError.
        """
        stay = set(but)
        gone = [token for token in self.kept() if token not in stay]
        for token in gone:
            self._change(token, add=False)
        if gone:
            self._remember(stay & set(self.kept()))
        return bool(gone)

    def _change(self, token: Token, *, add: bool) -> None:
        try:
            (add_token if add else remove_token)(self.folder, token)
        except FolderError as error:
            way_on = "name the builder's feed in `acme.dropbox`"
            raise AcmeError(str(error).partition(";")[0], way_on) from error

    def _remember(self, tokens: Iterable[Token]) -> None:
        lines = sorted(f"{token.owner} {token.value}\n" for token in tokens)
        replace_file(self.memory, "".join(lines).encode("ascii"))
