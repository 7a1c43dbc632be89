"""approved/sshfp/HOST: which key of an algorithm a person says is the host's.

A line is `ALGORITHM FINGERPRINT`, or `ALGORITHM none`: no SSHFP of it as long as the line stands.
One line an algorithm: an approval of last year must not let that year's key back in.
"""

from __future__ import annotations

from collections.abc import Mapping

from zonebuild.sshfp.key import WORDS, read_fingerprint, shown, word_of

NONE = "none"
MAX_OCTETS = 1 << 12  # of a file
Approval = Mapping[int, str]  # by algorithm, 64 hex digits or NONE

_WANT = "want `ALGORITHM FINGERPRINT`, such as `ed25519 SHA256:…` or `rsa none`"


class Damaged(ValueError):
    """A file that approves nothing. line: 1-based; the text says what is wrong."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        super().__init__(reason)


def read_approval(data: bytes) -> Approval:
    """Return what the file approves; `#` begins a line that does not count. Errors: Damaged."""
    approval: dict[int, str] = {}
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        algorithm = WORDS.get(words[0].lower())
        what = read_what(words[1]) if len(words) == 2 else None
        if algorithm is None or what is None:
            raise Damaged(number, f"the line is no approval: {_WANT}")
        if algorithm in approval:
            raise Damaged(number, f"a second line of {words[0].lower()}, want one an algorithm")
        approval[algorithm] = what
    return approval


def read_what(word: str) -> str | None:
    """Return what *word* approves: 64 hex digits, or NONE; None where it is neither."""
    return NONE if word.lower() == NONE else read_fingerprint(word)


def approval_text(approval: Approval, comment: str = "") -> str:
    """Return the file that says *approval*. comment: one line that tells who and when."""
    head = f"# {comment}\n" if comment else ""
    lines = (
        f"{word_of(algorithm)} {what if what == NONE else shown(what)}\n"
        for algorithm, what in sorted(approval.items())
    )
    return head + "".join(lines)
