"""Amounts arrive exactly as they were written, wherever they were written."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from bot.settings import load_settings
from bot.settings.numbers import Wanted
from bot.settings.sources import read_toml
from tests.settings.setting import VALID, loaded

UNSLICED = VALID + '\n[bags.execution]\nmax_slice_usd = "off"\n'
WHOLE = Wanted("a whole number", "3", whole=True)
ANY = Wanted("a number", "3")

amounts = st.decimals(min_value="1e-9", max_value="1e14", allow_nan=False, allow_infinity=False)


def limit_from(written: str) -> Decimal | None:
    toml = f"{UNSLICED}\n[limits]\nmax_order_usd = {written}\n"
    return loaded(toml).settings.limits.max_order_usd


@pytest.mark.parametrize(
    "written",
    ["0.1", "100000.10", "0.30000000000000000000000001", '"100000.10"', "1_000.5", "1e5", "7"],
)
def test_a_number_in_a_file_keeps_every_digit(written: str) -> None:
    assert str(limit_from(written)) == str(Decimal(written.strip('"')))


@given(amounts)
def test_a_number_from_the_environment_keeps_every_digit(amount: Decimal) -> None:
    text = format(amount, "f")
    environ = {"HEDGEHOLD_LIMITS__MAX_ORDER_USD": text}
    assert load_settings(environ=environ, dotenv=None).limits.max_order_usd == Decimal(text)


@given(amounts)
def test_any_spelling_of_a_decimal_is_read_as_it_stands(amount: Decimal) -> None:
    assert ANY(str(amount)) == amount
    assert ANY(f" {amount:f} ") == amount
    assert ANY(amount) == amount


@pytest.mark.parametrize(
    "written", ["NaN", "inf", "-Infinity", "1,5", "1 000", "0x10", "½", "", "1e9999"]
)
def test_text_that_is_no_finite_number_is_refused(written: str) -> None:
    with pytest.raises(PydanticCustomError):
        ANY(written)


@pytest.mark.parametrize("given", [True, 1.5, None, [1], {"a": 1}, Decimal("NaN"), "2.5"])
def test_only_exact_whole_numbers_are_whole(given: object) -> None:
    with pytest.raises(PydanticCustomError):
        WHOLE(given)


def test_a_toml_file_holds_no_binary_floats(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("a = 0.1\nb = [1.5, nan]\n")
    values = read_toml(path)
    assert values["a"] == Decimal("0.1")
    assert isinstance(values["b"], list)
    assert all(isinstance(number, Decimal) for number in values["b"])
