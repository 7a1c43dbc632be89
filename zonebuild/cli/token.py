"""`zonebuild token add|remove|wait`: what the hooks of ACME clients call.

Needs dnspython for `wait` and nothing but the standard library for the rest, so it runs in a jail
that has no other part of zonebuild's dependencies. A value may begin with a hyphen: what has the
form of a value is never taken for an option.

Exit codes: 0 done (or nothing to do), 1 refused or not served in time, 2 could not run.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from zonebuild.cli import fail
from zonebuild.tokens.names import CHALLENGE_TYPE, Refused, Token, is_value, read_owner, read_token

_MASK = "\0"  # before a value that argparse would take for an option; no argument has it
_FOLDER, _FOLDER_VARIABLE = "dnsextra", "ZONEBUILD_DNSEXTRA"
_FRESH = 3600.0  # seconds; an authorization that waits is valid no longer
_LONGEST = 86_400.0  # seconds
_NAME_HELP = "the name of the certificate or of the challenge, in any form"
_VALUE_HELP = "what the record is to hold: 43 characters of base64url"

# The options of `wait`: its name, what it takes, the variable with its default, the last default,
# its line.
_WAIT_OPTIONS: tuple[tuple[str, str, str, str, str], ...] = (
    ("timeout", "SECONDS", "ZONEBUILD_TIMEOUT", "600", "give up after so long"),
    (
        "silent-after",
        "SECONDS",
        "ZONEBUILD_SILENT_AFTER",
        "60",
        "pass over a server silent so long",
    ),
    ("resolver", "ADDRESS", "ZONEBUILD_RESOLVER", "", "who knows the zone's servers"),
    ("trust-anchor", "ANCHOR", "ZONEBUILD_TRUST_ANCHOR", "", "a file of DS or DNSKEY, or one such"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take everything as it is: the arguments of each action are parsed by its own parser."""
    parser.usage = "zonebuild token add|remove|wait [OPTION...] NAME [VALUE...]"
    parser.epilog = "Each action has its own --help."
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """Run the action."""
    given = _parser(os.environ).parse_args(list(_masked(options.arguments)))
    code: int = given.act(given)
    return code


def _masked(arguments: Sequence[str]) -> Iterator[str]:
    """Yield *arguments*, those with a hyphen first that can only be values marked as such."""
    for argument in arguments:
        is_masked = argument.startswith("-") and is_value(argument)
        yield f"{_MASK}{argument}" if is_masked else argument


def _parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="zonebuild token", allow_abbrev=False)
    actions = parser.add_subparsers(metavar="add|remove|wait", required=True)
    for name, act, line in (
        ("add", _add, "put a value into the drop-box"),
        ("remove", _remove, "take a value out of the drop-box, and no other"),
    ):
        command = actions.add_parser(name, help=line, description=line, allow_abbrev=False)
        _add_folder(command, environment)
        command.add_argument("name", metavar="NAME", help=_NAME_HELP)
        command.add_argument("value", metavar="VALUE", help=_VALUE_HELP)
        command.set_defaults(act=act)
    line = "wait until every authoritative server has the values"
    command = actions.add_parser("wait", help=line, description=line, allow_abbrev=False)
    _add_wait(command, environment)
    return parser


def _add_folder(command: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    folder = environment.get(_FOLDER_VARIABLE) or _FOLDER
    text = f"the drop-box (default: {_FOLDER_VARIABLE}, else {_FOLDER})"
    command.add_argument("--dir", type=Path, default=Path(folder), help=text)
    command.add_argument("--challenge-type", default=CHALLENGE_TYPE, metavar="TYPE")


def _add_wait(command: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    for name, metavar, variable, default, line in _WAIT_OPTIONS:
        text = f"{line} (default: {variable}, else {default or 'none'})"
        set_to = environment.get(variable) or default
        command.add_argument(f"--{name}", metavar=metavar, default=set_to, help=text)
    servers = (environment.get("ZONEBUILD_SERVER") or "").split()
    text = "ADDRESS[:PORT] of one server, any number of times (default: ZONEBUILD_SERVER, a list)"
    command.add_argument("--server", action="append", metavar="ADDRESS", help=text)
    text = "each name and its values; without one, those in the drop-box of the last hour"
    command.add_argument("words", nargs="+", metavar="NAME [VALUE...]", help=text)
    _add_folder(command, environment)
    command.set_defaults(act=_wait, given_servers=servers)


def _add(options: argparse.Namespace) -> int:
    from zonebuild.tokens.folder import add_token

    return _change(options, add_token)


def _remove(options: argparse.Namespace) -> int:
    from zonebuild.tokens.folder import remove_token

    return _change(options, remove_token)


def _change(options: argparse.Namespace, act: Callable[[Path, Token], bool]) -> int:
    from zonebuild.tokens.folder import FolderError

    token = _token(options.challenge_type, options.name, options.value)
    if isinstance(token, Refused):
        return refuse(token.reason)
    try:
        act(options.dir, token)
    except FolderError as error:
        return fail(str(error))
    return 0


def _token(challenge_type: str, name: str, value: str) -> Token | Refused:
    if challenge_type != CHALLENGE_TYPE:
        return _wrong_type(challenge_type)
    return read_token(name, value.removeprefix(_MASK))


def _wrong_type(challenge_type: str) -> Refused:
    return Refused(f"the challenge is {challenge_type!a}, want {CHALLENGE_TYPE}")


def _wait(options: argparse.Namespace) -> int:
    from zonebuild.cli.token_wait import Question, wait
    from zonebuild.tokens.folder import FolderError

    try:
        tokens = _tokens(options)
    except FolderError as error:
        return fail(str(error))
    if isinstance(tokens, Refused):
        return refuse(tokens.reason)
    times = {name: _seconds(getattr(options, name)) for name in ("timeout", "silent_after")}
    for name, seconds in times.items():
        if seconds is None:
            found = ascii(getattr(options, name))
            return fail(f"--{name.replace('_', '-')} is {found}, want seconds from 0 to 86400")
    given, passing = tokens
    return wait(
        Question(
            given,
            passing,
            options.dir,
            servers=tuple(options.server or options.given_servers),
            resolver=options.resolver,
            trust_anchor=options.trust_anchor,
            timeout=times["timeout"] or 0.0,
            silent_after=times["silent_after"] or 0.0,
        )
    )


def _tokens(
    options: argparse.Namespace,
) -> tuple[tuple[Token, ...], tuple[Token, ...]] | Refused:
    """Return the tokens that are given, and those of the drop-box for names without a value."""
    given: list[Token] = []
    passing: list[Token] = []
    for name, values in _grouped(options.words):
        found = (
            [_token(options.challenge_type, name, value) for value in values]
            if values
            else _in_folder(options.challenge_type, name, options.dir)
        )
        for token in found:
            if isinstance(token, Refused):
                return token
            (given if values else passing).append(token)
    if not given and not passing:
        return Refused(f"the drop-box {str(options.dir)!a} has no value of the last hour for that")
    return tuple(given), tuple(token for token in passing if token not in given)


def _in_folder(challenge_type: str, name: str, folder: Path) -> Sequence[Token | Refused]:
    from zonebuild.tokens.folder import tokens_of

    owner = read_owner(name) if challenge_type == CHALLENGE_TYPE else None
    if owner is None:
        return [_wrong_type(challenge_type)]
    if isinstance(owner, Refused):
        return [owner]
    return tokens_of(folder, owner, newer_than=time.time() - _FRESH)


def _grouped(words: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return each name with the values that follow it; a value before any name has the name ""."""
    groups: list[tuple[str, list[str]]] = []
    for word in words:
        if not is_value(word.removeprefix(_MASK)):
            groups.append((word, []))
        elif groups:
            groups[-1][1].append(word)
        else:
            groups.append(("", [word]))
    return groups


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 <= seconds <= _LONGEST else None


def refuse(reason: str) -> int:
    """Say on standard error why the arguments are not taken; return the exit code, 1."""
    print(f"zonebuild token: {reason}", file=sys.stderr)
    return 1
