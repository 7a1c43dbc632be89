"""approved/sshfp/: the keys that people say are their hosts', a file for each host.

The files are committed with the change; `zonebuild sshfp approve` writes them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from zonebuild.diagnostic import Finding, Location, Severity
from zonebuild.files.read import SourceError, SourceTree, read_outside
from zonebuild.files.write import make_directory, replace_file
from zonebuild.site.names import is_skipped
from zonebuild.sshfp import approval
from zonebuild.sshfp.approval import Approval
from zonebuild.sshfp.host import read_host
from zonebuild.sshfp.say import APPROVED

NO_APPROVAL = "sshfp-approval-damaged"


def approval_path(host: str) -> str:
    """Return the file that approves keys of *host*, relative to the site."""
    return f"{APPROVED}/{host[:-1]}"


def read_approvals(root: Path, tree: SourceTree) -> tuple[dict[str, Approval], list[Finding]]:
    """Return what approved/sshfp/ approves, by host; a file that is damaged approves nothing."""
    approvals: dict[str, Approval] = {}
    findings = []
    for name in _names(root / APPROVED):
        found = _read(tree, name)
        if isinstance(found, Finding):
            findings.append(found)
        else:
            approvals[f"{name}."] = found
    return approvals, findings


def _names(folder: Path) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if not is_skipped(name))
    except OSError:
        return []


def _read(tree: SourceTree, name: str) -> Approval | Finding:
    if read_host(name) != f"{name}.":
        return _without_effect(name, "its name is not a host's, in lower case and no final dot")
    try:
        return approval.read_approval(tree.read(f"{APPROVED}/{name}", approval.MAX_OCTETS))
    except SourceError as error:
        return _without_effect(name, f"it {error.reason}")
    except approval.Damaged as error:
        return _without_effect(name, str(error), error.line)


def _without_effect(name: str, reason: str, line: int = 0) -> Finding:
    where = Location(f"{APPROVED}/{name}", line)
    return Finding(where, Severity.WARNING, NO_APPROVAL, f"{reason}; the file approves nothing")


def add_approval(root: Path, host: str, new: Mapping[int, str], comment: str) -> str:
    """Write *new* beside what the file of *host* approves; return its path in the site.

    comment: one line that tells who and when.
    Errors: approval.Damaged, SourceError, WriteError.
    """
    path = root / approval_path(host)
    before: Approval = {}
    if os.path.lexists(path):
        before = approval.read_approval(read_outside(path, approval.MAX_OCTETS))
    make_directory(path.parent)
    replace_file(path, approval.approval_text({**before, **new}, comment).encode())
    return approval_path(host)
