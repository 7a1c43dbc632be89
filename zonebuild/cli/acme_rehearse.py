"""`zonebuild acme rehearse`: a renewal hands-off at a directory for trials, and its report."""

from __future__ import annotations

import argparse
import sys

from zonebuild.acme.rehearse import Rehearsal, Stage
from zonebuild.acme.world import World
from zonebuild.cli import fail
from zonebuild.diagnostic import quoted

_WORDS = {True: "ok", False: "FAILED", None: "-"}


def rehearse(world: World, options: argparse.Namespace) -> int:
    """Rehearse each lineage that is named, else the first; return 0 where all went well, else 1."""
    names = options.names or list(world.plan.entries)[:1]
    if not names:
        return fail("no lineage in tlsa-map.yaml has `issue:`")
    codes = []
    for name in names:
        entry = world.plan.entries.get(name)
        if entry is None:
            return fail(f"no lineage {name!a} in tlsa-map.yaml has `issue:`")
        place = world.plan.directory(entry, staging=not options.no_staging)
        if place is None:
            return fail(
                f"the CA of {name} has no `staging` directory in site.yaml; "
                "--no-staging takes its own, for a CA that is there for tests"
            )
        rehearsal = Rehearsal(world, place, name, lambda: _services(options.service))
        is_good = rehearsal.go_through()
        print(f"rehearsal of {name} at {place.name}")
        for stage in rehearsal.stages:
            print(_line(stage))
        print(f"{name}: {'all went well' if is_good else 'THE REHEARSAL FAILED'}")
        codes.append(0 if is_good else 1)
    if any(codes):
        print("zonebuild acme: a rehearsal failed; the report says where", file=sys.stderr)
    return max(codes)


def _line(stage: Stage) -> str:
    return f"  {stage.name:<8} {_WORDS[stage.is_passed]:<6} {stage.seconds:6.2f} s  {stage.what}"


def _services(services: list[str]) -> str:
    """Say of each service how it would take a new certificate; touch none."""
    from zonebuild.acme.problem import AcmeError
    from zonebuild.restart.service import NoSetup, Place
    from zonebuild.restart.table import find

    told = []
    for service in services:
        try:
            setup = find(service, Place("", ""))
        except NoSetup as reason:
            raise AcmeError(f"{quoted(service)}: {reason}") from reason
        told.append(f"{service}: {len(setup.pairs)} certificates, then {setup.how}")
    return "; ".join(told)
