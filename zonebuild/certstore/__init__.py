"""The store of keys and certificates, on the machine that holds the keys.

    PRIVATE/LINEAGE/    key.pem, next.pem, issued/NNNN/, issued/current
    PUBLIC/LINEAGE/     fullchain.pem, issued.pem, key.pub, next.pub: what the builder reads
    PUBLICATION/LINEAGE/NNNN/, current: what hosts fetch, with a manifest
    BACKUPS/LINEAGE/TIME-NNNN/

A chain is kept when it is issued, and exported when the builder's orders let it. Whatever instant a
kill comes at: no folder has a key and another's chain, and the next call goes on from there.
"""

from __future__ import annotations

from zonebuild.certstore.error import StoreError
from zonebuild.certstore.export import Export, Outcome
from zonebuild.certstore.store import Store, open_store

__all__ = ["Export", "Outcome", "Store", "StoreError", "open_store"]
