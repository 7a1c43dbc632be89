"""Whether a zone that was never signed here may be signed now: not where others have its key.

Asked are the servers that the zone's `servers:` names, and the resolver for the parent's DS and
for the DNSKEY that the zone's NS serve. Without `servers:` nothing is asked: a build without
network goes on.

Spec: RFC 4035 section 5; RFC 6781 section 4.3.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zonebuild.builder.run import Run
from zonebuild.site.config import ZoneConfig
from zonebuild.site.names import file_name

if TYPE_CHECKING:
    from zonebuild.probe.answers import Answer
    from zonebuild.signers.local.keys import SigningKey

Refusal = tuple[str, str] | None


def refuse_first_key(run: Run, config: ZoneConfig, key: SigningKey | None) -> Refusal:
    """Return why the zone may not be signed with *key*, None for a new one, and the next step.

    A server that shows a key stops it, also where another has none. Where every server that is
    named is silent, it waits: the first signature would be an outage if they serve it signed.
    """
    if not config.servers:
        return None
    from zonebuild.builder.outside.keyring import read_keyring
    from zonebuild.probe import public_records
    from zonebuild.probe.ask import ask

    apex = config.apex
    answers = ask(config.servers, apex, "DNSKEY", keyring=read_keyring(run)[0])
    shown = {value: str(a.server) for a in answers for value in a.values}
    shown |= dict.fromkeys(public_records(apex, "DNSKEY"), "a public resolver")
    if shown:
        own = "" if key is None else _squeezed(key.dnskey_text)
        if own in map(_squeezed, shown):
            return None
        where = sorted(set(shown.values()))
        return f"{', '.join(where)} shows a DNSKEY of it that is not in keys/", _next_step(apex)
    ds = public_records(apex, "DS")
    if ds and not (key is not None and _has_ds(apex, key, ds)):
        return f"its parent has a DS of another key ({ds[0][:40]})", _next_step(apex)
    if any(answer.status.is_heard for answer in answers):
        return None
    return _unheard(answers), (
        "every run asks again; where nobody serves it signed and the parent has no DS, let a key "
        f"be made: zonebuild key new {apex}"
        + ("" if key is None else f", or accept the one that is there: zonebuild key accept {apex}")
    )


def _unheard(answers: Sequence[Answer]) -> str:
    names = ", ".join(f"{answer.server} {answer.status.value}" for answer in answers)
    return f"it is not known whether it is served signed already: {names}"


def _next_step(apex: str) -> str:
    path = f"keys/{file_name(apex)}.pem"
    return (
        f"bring its key to {path} (an unencrypted ECDSA P-256 key in PEM form, PKCS#8, mode 0600); "
        "or, after the parent's DS has left every cache, let a new key be made: "
        f"zonebuild key new {apex}"
    )


def _squeezed(rdata: str) -> str:
    """Return an rdata of three numbers and a blob as one spelling: the blob without blanks."""
    fields = rdata.split()
    return " ".join([*fields[:3], "".join(fields[3:])])


def _has_ds(apex: str, key: SigningKey, shown: Sequence[str]) -> bool:
    from zonebuild.signers.local.keys import ds_records

    own = {line.split(" DS ", 1)[1] for line in ds_records(apex, key, (2, 4))}
    return not own.isdisjoint(_squeezed(each.lower()) for each in shown)
