"""The folder of orders: what is there no longer asked for goes, what is somebody else's stays."""

from __future__ import annotations

from pathlib import Path

from zonebuild.builder.lineages.orders import write_orders


def test_orders_of_lineages_that_are_gone_leave_and_a_folder_stays(tmp_path: Path) -> None:
    (tmp_path / "gone").write_text("zonebuild-orders 1\n")
    (tmp_path / "spared").write_text("zonebuild-orders 1\n")
    (tmp_path / "folder").mkdir()
    write_orders(tmp_path, {}, {}, spared=["spared"])
    assert {path.name for path in tmp_path.iterdir()} == {"spared", "folder"}
