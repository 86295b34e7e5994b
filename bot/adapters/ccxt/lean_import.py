"""Imports of single ccxt modules without the two hundred others.

``import ccxt.async_support.binance`` runs the packages ``ccxt`` and ``ccxt.async_support`` first,
and these import every exchange there is: half a second and 50 MiB for nothing. Here both are put
off: the modules below can be imported, and the first question for anything else that a package
offers (``ccxt.kraken``, ``ccxt.exchanges``) runs it as it is. ccxt itself stays unmodified.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec
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
        if spec is None or spec.loader is None:
            raise AttributeError(name)
        self.__class__ = ModuleType  # type: ignore[assignment]
        spec.loader.exec_module(self)
        return getattr(self, name)

    def __setattr__(self, name: str, value: object) -> None:
        is_module = isinstance(value, ModuleType) and not hasattr(value, "__path__")
        if not is_module:
            super().__setattr__(name, value)


def defer_packages() -> None:
    """Put both packages off, unless they were imported already or are not there."""
    for name in _PACKAGES:
        if name in sys.modules:
            continue
        spec = find_spec(name)
        if spec is None:
            return
        package = module_from_spec(spec)
        package.__class__ = _Deferred
        sys.modules[name] = package
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, package)
