"""The usual venue, served."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.kit.wire import Wire, a_wire


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """One account, five coins in spot and five in margin, BTC at a flat 50,000 USD."""
    async with a_wire() as served:
        yield served
