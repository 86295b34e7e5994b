"""The doors between a process and what outlives it: where it dies, and where they are watched.

A door counts the calls that go in and the answers that come out. At a count that was chosen
beforehand the process is struck: it dies there, or the journal fails. After its death nothing that
is left of it reaches anybody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.kit.engine import Stopped

NEVER = 1 << 62

READER = ("balances", "positions", "open_orders", "ledger", "fills", "quotes", "instruments")
GATEWAY = ("find", "cancel", "transfer")
WRITES = ("intend", "settle", "record", "write_transfer", "set_control")


class Life:
    """One process from its start to its end. ``passages`` counts calls in and answers out."""

    def __init__(self, strike: Callable[[str], None]) -> None:
        self.passages = 0
        self.strike_at = NEVER
        self.dead = False
        self._strike = strike

    def pass_by(self, name: str) -> None:
        """A call goes in or an answer comes out. Raises where the process is struck."""
        self.passages += 1
        if self.passages >= self.strike_at:
            if self.dead:
                raise Stopped
            self._strike(name)

    def die(self) -> None:
        """From now on nothing passes. Raises :class:`Stopped`."""
        self.dead = True
        self.strike_at = 0
        raise Stopped


Observer = Callable[[str, tuple[Any, ...], dict[str, Any]], None]
Bend = Callable[[str, Any], Any]


class Door:
    """Everything that its inner object can do, with a life in between.

    ``before`` sees the calls of ``watched`` methods on their way in, ``after`` on their way out
    once they are done; ``bend`` gives the answers of ``bent`` ones.
    """

    def __init__(
        self,
        inner: object,
        name: str,
        life: Life,
        *,
        watched: dict[str, tuple[Observer | None, Observer | None]] | None = None,
        bent: dict[str, Bend] | None = None,
    ) -> None:
        self._inner = inner
        for method in dir(inner):
            if method.startswith("_"):
                continue
            act = getattr(inner, method)
            if not callable(act):
                continue
            label = f"{name}.{method}"
            eyes = (watched or {}).get(method)
            bend = (bent or {}).get(method)
            made = (
                _watched(act, label, method, life, eyes or (None, None), bend)
                if eyes or bend
                else _plain(act, label, life)
            )
            setattr(self, method, made)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _plain(
    act: Callable[..., Awaitable[Any]], label: str, life: Life
) -> Callable[..., Awaitable[Any]]:
    async def passing(*arguments: Any, **named: Any) -> Any:
        life.pass_by(label)
        answer = await act(*arguments, **named)
        life.pass_by(label)
        return answer

    return passing


def _watched(
    act: Callable[..., Awaitable[Any]],
    label: str,
    method: str,
    life: Life,
    eyes: tuple[Observer | None, Observer | None],
    bend: Bend | None,
) -> Callable[..., Awaitable[Any]]:
    before, after = eyes

    async def passing(*arguments: Any, **named: Any) -> Any:
        life.pass_by(label)
        if before is not None:
            before(method, arguments, named)
        answer = await act(*arguments, **named)
        if after is not None:
            after(method, arguments, named)
        life.pass_by(label)
        return answer if bend is None else bend(method, answer)

    return passing
