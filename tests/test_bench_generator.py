"""The benchmark's trees: exact in size, equal in bytes, clean for three servers' checkers."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from bench import generate
from tests import c_tools
from zonebuild.compile import compile_zone
from zonebuild.zonefile import decode_source


def tree_digest(folder: Path) -> str:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(
        b"".join(str(path.relative_to(folder)).encode() + path.read_bytes() for path in paths)
    ).hexdigest()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    generate.write_site(out, zones=3, records=400, plain=True)
    return out


def test_equal_arguments_give_equal_bytes(site: Path, tmp_path: Path) -> None:
    generate.write_site(tmp_path, zones=3, records=400, plain=True)
    assert tree_digest(tmp_path) == tree_digest(site)


def test_another_seed_gives_another_zone() -> None:
    one, other = (generate.write_zone("zone.example", 50, seed) for seed in (1, 2))
    assert one.primary != other.primary


def test_the_tree_is_a_site_with_the_peers_input_beside_it(site: Path) -> None:
    names = (site / "plain/zones").read_text().split()
    assert len(names) == 3
    for name in names:
        parts = (f"plain/soa/{name}", f"primary/{name}", f"extra/{name}/generated")
        joined = b"".join((site / part).read_bytes() for part in parts)
        assert (site / "plain" / name).read_bytes() == joined
        assert (site / f"zones/{name}.yaml").read_bytes() == b""


@pytest.mark.parametrize("records", [7, 8, 20, 50, 1_500])
@c_tools.needed
def test_three_checkers_accept_every_record_without_a_word(records: int) -> None:
    for seed in range(3):
        texts = generate.write_zone("zone.example", records, seed)
        text = generate.render_head() + texts.primary + texts.generated
        verdicts = c_tools.judge(text.encode(), "zone.example.")
        messages = [c_tools.said_more_than_ok(verdict) for verdict in verdicts]
        assert messages == ["", "", ""]
        assert verdicts.load_the_same()
        assert len(verdicts.nsd.records() or ()) == records


@pytest.mark.parametrize("records", [7, 20, 1_500])
def test_a_generated_zone_has_no_finding_under_the_default_policy(records: int) -> None:
    texts = generate.write_zone("zone.example", records, seed=1)
    parts = (generate.render_head(), texts.primary, texts.generated)
    sources = [decode_source(f"part-{i}", part.encode()) for i, part in enumerate(parts)]
    assert compile_zone("zone.example.", sources).findings == []


def test_nothing_leaks_out_of_the_hand_written_part() -> None:
    for seed in range(20):
        ends = generate.write_zone("zone.example", 300, seed).primary.splitlines()[-2:]
        assert ends == ["$ORIGIN zone.example.", "$TTL 1h"]


@pytest.mark.parametrize(
    ("text", "size"), [("S", (10, 500)), ("XL", (10_000, 20)), ("3x7", (3, 7))]
)
def test_a_size_is_a_preset_or_two_numbers(text: str, size: tuple[int, int]) -> None:
    assert generate.read_size(text) == size


@pytest.mark.parametrize("text", ["", "Q", "3", "3x6", "0x50", "ax9", "1x2x3"])
def test_a_size_that_gives_no_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"unpack|invalid literal|^\d+x\d+$"):
        generate.read_size(text)
