"""Whole sites built and signed by `doit`, served by NSD, validated by delv."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.namespaces import Namespace, run
from tests.live.serving import DENIED, EXISTS, served

pytestmark = pytest.mark.live

TOP = Path(__file__).parents[2]
REAL = TOP / "tests" / "real" / "grapheneos" / "zones"
FRAGMENTS = ("base", "grapheneos-domain", "network-domain", "ns-staging", "staging")
WRONG = "vanadium.app"  # it has a $ORIGIN without its final dot
EXAMPLE = ("site.yaml", "dodo.py", "zones", "soa", "primary", "include", "extra", "dnsextra")


def doit(site: Path) -> subprocess.CompletedProcess[str]:
    """Run plain `doit` in *site*."""
    return subprocess.run(
        [sys.executable, "-m", "doit"],
        cwd=site,
        env={**os.environ, "PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def grapheneos_site(site: Path) -> list[str]:
    """Make a site of the published tree; return its zones."""
    for folder in ("zones", "primary"):
        (site / folder).mkdir(parents=True)
    (site / "site.yaml").write_text("signer: local\n")
    shutil.copy(TOP / "zonebuild" / "template" / "dodo.py", site)
    names = []
    for file in sorted(REAL.glob("*.zone")):
        name = file.name.removesuffix(".zone")
        if name in FRAGMENTS:
            shutil.copy(file, site / "primary")
            continue
        shutil.copy(file, site / "primary" / name)
        (site / "zones" / f"{name}.yaml").write_text('fragments: ["primary/{zone}"]\n')
        names.append(name)
    return names


@pytest.fixture(scope="module")
def grapheneos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("grapheneos")
    grapheneos_site(site)
    said = doit(site)
    assert said.returncode == 1, said.stderr  # the one wrong zone, and no other
    assert f"failed: {WRONG}.;" in said.stderr
    return site


def test_the_c_tools_take_every_signed_zone_of_a_real_tree(grapheneos: Path) -> None:
    signed = sorted((grapheneos / "signed").iterdir())
    assert len(signed) == 18
    refused = [zone.name for zone in signed if run(["ldns-verify-zone", zone]).returncode]
    assert refused == []


def test_a_real_tree_is_served_and_validates(grapheneos: Path, namespace: Namespace) -> None:
    apexes = [f"{zone.name}." for zone in sorted((grapheneos / "signed").iterdir())]
    with served(namespace, grapheneos, *apexes) as validators:
        for apex, validator in zip(apexes, validators, strict=True):
            assert EXISTS in validator.ask(apex, "SOA").splitlines(), apex
            assert DENIED in validator.ask(f"no-such-name.{apex}", "A").splitlines(), apex


def test_the_example_site_is_served_and_validates(tmp_path: Path, namespace: Namespace) -> None:
    for name in EXAMPLE:
        source = TOP / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    said = doit(tmp_path)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    with served(namespace, tmp_path, "example.org.") as (validator,):
        for name, rdtype in (("www", "A"), ("x.preview", "A"), ("lab", "DS"), ("www", "SSHFP")):
            assert EXISTS in validator.ask(f"{name}.example.org.", rdtype).splitlines()
        assert DENIED in validator.ask("nothing.example.org.", "A").splitlines()
