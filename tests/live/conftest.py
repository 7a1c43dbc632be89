"""Real tools and servers for the live tests. A tool that is missing is a failure, not a skip."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live.namespaces import Namespace, network_namespace


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    """A network namespace of the test's own."""
    with network_namespace() as made:
        yield made
