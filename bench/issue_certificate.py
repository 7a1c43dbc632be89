"""Get certificates from pebble, beside the clients that come with Debian; and have nothing to do.

    python -m bench.issue_certificate [--rounds N]

As root, or where namespaces are free for all. Targets: the first certificate of two names in 3 s,
a renewal whose proofs are still valid in 2 s, of which 0.5 s are our own; 500 lineages with nothing
due in 0.5 s. Each client runs in the same laboratory: Knot serves what a small loop copies from the
drop-box, pebble asks Knot, nobody else runs. The last rows are whole: zonebuild builds and signs
the zone itself, and NSD serves it.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.certificates import HOST, chain
from tests.live import test_acme_clients as laboratory
from tests.live.acme_site import AcmeSite, acme_site
from tests.live.namespaces import network_namespace
from zonebuild.certstore import open_store
from zonebuild.certstore.keys import make_key
from zonebuild.site.certstore import CertstoreConfig

OURS = "zonebuild acme run"
LINEAGES = 500
_NOBODY = "http://127.0.0.1:1/"  # a CA that is out of reach: nothing is due there
_SITE = """acme:
  dropbox: {box}
  ca: {{lab: {{directory: "{directory}", ca_file: {authority}}}}}
"""
_MAP = """lineages:
  both: {certificate: c, issue: {names: [example.test, '*.example.test']}}
"""
Costs = dict[str, list[tuple[float, float]]]  # wall and CPU seconds of each run, by name


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3, help="of everything; default 3")
    rounds = parser.parse_args(arguments).rounds
    costs: Costs = {}
    for _ in range(rounds):
        with _folder() as folder, _laboratory(folder) as lab:
            _note(costs, OURS, lambda lab=lab: _ours(lab))
            for name, client in laboratory.CLIENTS.items():
                _note(costs, name, lambda client=client, lab=lab: _checked(client(lab)[0]))
        with _folder() as folder, acme_site(folder, variables=["PEBBLE_AUTHZREUSE=100"]) as site:
            _whole(costs, site)
    with _folder() as folder:
        _idle(costs, folder, rounds)
    for name, runs in costs.items():
        wall, cpu = (statistics.median(run[place] for run in runs) for place in (0, 1))
        print(f"{name:<44} {wall:7.2f} s  {cpu:6.2f} s CPU  ({len(runs)} runs)")


def _note(costs: Costs, name: str, work: Callable[[], None]) -> None:
    before, begun = _cpu(), time.monotonic()
    work()
    costs.setdefault(name, []).append((time.monotonic() - begun, _cpu() - before))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def _laboratory(folder: Path) -> Iterator[laboratory.Lab]:
    with ExitStack() as stack:
        lab = laboratory.Lab(stack.enter_context(network_namespace()), folder)
        lab.box.mkdir()
        laboratory.write_program(folder)
        laboratory.write_certificates(folder)
        reload = stack.enter_context(laboratory.knot(lab))
        stack.enter_context(laboratory.builder(lab, reload))
        stack.enter_context(laboratory.pebble(lab))
        yield lab


def _ours(lab: laboratory.Lab) -> None:
    """Issue in a fresh site, account and all."""
    site = lab.folder / "site"
    (site / "zones").mkdir(parents=True)
    text = _SITE.format(box=lab.box, directory=laboratory.DIRECTORY, authority=lab.authority)
    (site / "site.yaml").write_text(text)
    (site / "zones/example.test.yaml").write_text('servers: [127.0.0.1, "::1"]\n')
    (site / "tlsa-map.yaml").write_text(_MAP)
    program = str(lab.folder / "zonebuild")
    _checked(lab.run("sh", "-c", f"cd {site} && exec {program} acme run"))


def _whole(costs: Costs, site: AcmeSite) -> None:
    _note(costs, "whole: first, built and signed here", lambda: _checked(site.acme("run")))
    name = "whole: renewal, proofs still valid"
    _note(costs, name, lambda: _checked(site.acme("run", "--force")))


def _idle(costs: Costs, folder: Path, rounds: int) -> None:
    """Fill a site with certificates that are not due, and run it."""
    (folder / "zones").mkdir()
    (folder / "site.yaml").write_text(f"acme: {{ca: {{lab: {{directory: {_NOBODY}}}}}}}\n")
    (folder / "dodo.py").write_text(
        "from zonebuild.tasks import *\nDOIT_CONFIG = configuration()\n"
    )
    lines, key = ["lineages:\n"], make_key()
    now = int(time.time())
    store, issued = open_store(folder, CertstoreConfig()), chain(key, HOST, begins=now - 86400)
    for number in range(LINEAGES):
        name = f"l{number}"
        lines.append(f"  {name}: {{certificate: c, issue: {{names: [{HOST}]}}}}\n")
        store.keep_issued(name, issued, key, now)
    (folder / "tlsa-map.yaml").write_text("".join(lines))
    for words in (["zonebuild", "acme", "run"], ["doit", "acme"]):
        command = [sys.executable, "-m", *words]
        _run(command, folder)  # learns when each is due
        name = f"{' '.join(words)}, {LINEAGES} lineages, idle"
        for _ in range(rounds):
            _note(costs, name, lambda command=command: _run(command, folder))


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True)


def _checked(said: object) -> None:
    code, text = (getattr(said, name) for name in ("returncode", "stderr"))
    if code != 0:
        raise SystemExit(f"a run failed: {text}")


if __name__ == "__main__":
    main(sys.argv[1:])
