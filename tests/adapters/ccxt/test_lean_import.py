"""That our clients do not load every exchange of ccxt, and that nobody can tell otherwise.

Each test asks a process of its own: what was imported once stays.
"""

import json
import subprocess
import sys
from typing import Any

LOADED = "len([m for m in sys.modules if m.startswith('ccxt.abstract.')])"


def told(program: str) -> Any:
    """What a program prints last, read as JSON."""
    lines = f"import json, sys\n{program}"
    done = subprocess.run([sys.executable, "-c", lines], check=True, capture_output=True)
    return json.loads(done.stdout)


def test_a_client_brings_its_own_exchange_and_no_other() -> None:
    program = f"import bot.adapters.ccxt.binance_exchange\nprint(json.dumps({LOADED}))"

    assert told(program) == len(["binance", "binancecoinm"])


def test_the_whole_package_is_there_for_whoever_asks_for_more_of_it() -> None:
    program = """
from bot.adapters.ccxt.binance_client import binance
import ccxt.async_support
import ccxt
from ccxt.base.errors import NetworkError
print(json.dumps([
    ccxt.async_support.binance is binance,
    ccxt.async_support.kraken.__name__,
    ccxt.binance.__module__,
    len(ccxt.exchanges) > 100,
    ccxt.__version__ == ccxt.async_support.__version__,
    ccxt.NetworkError is NetworkError,
]))"""

    assert told(program) == [True, "kraken", "ccxt.binance", True, True, True]


def test_the_class_of_an_exchange_is_not_mistaken_for_its_module() -> None:
    program = """
import bot.adapters.ccxt.binance_client
import ccxt.async_support as ccxt
print(json.dumps(isinstance(getattr(ccxt, "binancecoinm"), type)))"""

    assert told(program) is True


def test_a_package_that_was_imported_before_us_stays_as_it_is() -> None:
    program = """
import ccxt.async_support
before = ccxt.async_support
from bot.adapters.ccxt.binance_client import binance
print(json.dumps(sys.modules["ccxt.async_support"] is before and before.binance is binance))"""

    assert told(program) is True
