"""`zonebuild lineage`: what a person does to a lineage of tlsa-map.yaml, one action a module."""

from __future__ import annotations

import argparse
from importlib import import_module

# The action, the module that has its `add_arguments(parser)` and `run(options)`, and its line.
ACTIONS: tuple[tuple[str, str, str], ...] = (
    ("list", "zonebuild.cli.lineage_list", "show where each lineage stands, and its keys"),
    ("next", "zonebuild.cli.lineage_next", "make the next key, to be published in advance"),
    ("take", "zonebuild.cli.lineage_take", "take the newest chain and key from another client"),
    ("roll", "zonebuild.cli.lineage_roll", "let the next key take its turn once it is ready"),
    ("cancel", "zonebuild.cli.lineage_cancel", "take `roll` back"),
    ("compromised", "zonebuild.cli.lineage_compromised", "say that a key is in wrong hands"),
    ("carried", "zonebuild.cli.lineage_carried", "say that hosts have been given the next key"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    for name, module_name, line in ACTIONS:
        module = import_module(module_name)
        action = actions.add_parser(name, help=line, description=line, allow_abbrev=False)
        module.add_arguments(action)
        action.set_defaults(act=module.run)


def run(options: argparse.Namespace) -> int:
    """Do the action: 0 done, 1 refused, 2 could not."""
    code: int = options.act(options)
    return code
