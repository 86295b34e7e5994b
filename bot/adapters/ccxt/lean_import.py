"""Imports of single ccxt modules without the two hundred others.

``import ccxt.async_support.binance`` runs the packages ``ccxt`` and ``ccxt.async_support`` first,
and these import every exchange there is: half a second and 45 MiB for nothing. Here both are put
off: the modules below can be imported, and the first question for anything else that a package
offers (``ccxt.kraken``, ``ccxt.exchanges``) runs it as it is. ccxt itself stays unmodified.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Final

_PACKAGES: Final = ("ccxt", "ccxt.async_support")
_ERRORS: Final = "ccxt.base.errors"
_EXCHANGE: Final = "ccxt.base.exchange"


class _Deferred(ModuleType):
    """A package that is known, but not run before it is needed.

    Importing a module below sets it on its package, where a client's class of the same name must
    be later; until the package has run, it is therefore left out.
    """

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") and name not in ("__all__", "__version__"):
            raise AttributeError(name)
        base = _EXCHANGE if (self.__name__, name) == ("ccxt", "Exchange") else _ERRORS
        known = sys.modules.get(base)
        if known is not None and hasattr(known, name):
            return getattr(known, name)  # what the modules below ask of their own package
        spec: ModuleSpec | None = self.__spec__
        if spec is None or not isinstance(spec.loader, _Deferring):
            raise AttributeError(name)
        self.__class__ = ModuleType  # type: ignore[assignment]
        spec.loader.real.exec_module(self)
        return getattr(self, name)

    def __setattr__(self, name: str, value: object) -> None:
        is_package_or_none = not isinstance(value, ModuleType) or hasattr(value, "__path__")
        if is_package_or_none:
            super().__setattr__(name, value)


class _Deferring(Loader):
    """Loads a package without running it."""

    def __init__(self, real: Loader) -> None:
        self.real = real

    def exec_module(self, module: ModuleType) -> None:
        module.__class__ = _Deferred


class _Finder(MetaPathFinder):
    """Finds the two packages, and leaves everything else to the others."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _PACKAGES:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Deferring(spec.loader)
        return spec


def defer_packages() -> None:
    """Put both packages off from now on. One that was imported before stays as it is."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
