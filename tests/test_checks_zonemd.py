"""The digest over a zone, against the RFC's own zone and against dnspython's reckoning."""

from __future__ import annotations

from typing import cast

import dns.zone
import pytest
from dns.zonetypes import DigestHashAlgorithm

from tests.checked_zones import HEAD, found_by, read_zone
from zonebuild.checks.survey import Survey
from zonebuild.checks.zonemd import zone_digest

RFC_8976_A_1 = """
example.      86400  IN  SOA     ns1 admin 2018031900 (
                                 1800 900 604800 86400 )
              86400  IN  NS      ns1
              86400  IN  NS      ns2
              86400  IN  ZONEMD  2018031900 1 1 (
                                 c68090d90a7aed71
                                 6bc459f9340e3d7c
                                 1370d4d24b7e2fc3
                                 a1ddc0b9a87153b9
                                 a9713b3c9ae5cc27
                                 777f98b8e730044c )
ns1           3600   IN  A       203.0.113.63
ns2           3600   IN  AAAA    2001:db8::63
"""


def test_the_zone_of_the_rfc_has_its_digest() -> None:
    assert not found_by("zonemd-mismatch", RFC_8976_A_1, head="", apex="example.")


def test_another_address_changes_it() -> None:
    text = RFC_8976_A_1.replace("203.0.113.63", "203.0.113.64")
    (found,) = found_by("zonemd-mismatch", text, head="", apex="example.")
    assert "is not the digest of this zone: want " in found.message


@pytest.mark.parametrize("kind", [1, 2])
@pytest.mark.parametrize(
    "body",
    [
        "",
        "B.a MX 10 Mail.Example.NET.\nb.A TXT 'x'\n",
        "\\067c A 192.0.2.3\n\\000x A 192.0.2.3\n*.w SRV 1 2 3 Foo\n",
        "x A 192.0.2.2\nX A 192.0.2.2\nx A 192.0.2.1\n",
        f"@ ZONEMD 1 1 1 {'0' * 96}\na ZONEMD 1 1 1 {'0' * 96}\n",
        "sub NS ns.sub\nns.sub A 192.0.2.2\nab A 192.0.2.2\na.b A 192.0.2.2\na-b A 192.0.2.3\n",
    ],
)
def test_dnspython_reckons_the_same(body: str, kind: int) -> None:
    zone = dns.zone.from_text(HEAD + body, origin="example.org.", relativize=False)
    theirs = zone.compute_digest(cast(DigestHashAlgorithm, kind)).digest.hex()
    assert zone_digest(Survey(read_zone(HEAD + body)), kind) == theirs


def test_two_of_one_scheme_and_hash_are_of_no_use() -> None:
    body = f"@ ZONEMD 1 1 1 {'0' * 96}\n@ ZONEMD 1 1 1 {'1' * 96}\n"
    found = found_by("zonemd-mismatch", body)
    assert [f.message for f in found] == [
        "ZONEMD stands beside another of its scheme and hash: keep one"
    ] * 2
