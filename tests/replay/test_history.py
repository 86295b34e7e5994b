"""CSV files become bars, or one sentence about what cannot be used."""

from __future__ import annotations

import gzip
import math
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.replay.bars import Bars
from bot.replay.history import read_history

HEADER = "ts,spot_close,perp_close"
HOURS = [f"2024-01-01T{hour:02}:00:00Z" for hour in range(24)]


def read(
    tmp_path: Path,
    text: str,
    *,
    columns: Mapping[str, str] | None = None,
    where: tuple[tuple[str, str], ...] = (),
) -> Bars:
    path = tmp_path / "prices.csv"
    path.write_text(text)
    return read_history([path], columns=columns or {}, where=where)


def rows(*lines: str, header: str = HEADER) -> str:
    timed = [f"{time},{line}" for time, line in zip(HOURS, lines, strict=False)]
    return "\n".join([header, *timed, ""])


def test_a_plain_file_and_its_gzipped_twin_say_the_same(tmp_path: Path) -> None:
    text = rows("100.5,100.25", "101,101.5")
    plain, packed = tmp_path / "a.csv", tmp_path / "a.csv.gz"
    plain.write_text(text)
    packed.write_bytes(gzip.compress(text.encode()))
    for path in (plain, packed):
        bars = read_history([path], columns={})
        assert bars.spot_usd.tolist() == [100.5, 101]
        assert bars.mark_usd.tolist() == [100.25, 101.5]
        assert bars.opened_ms.tolist() == [1_704_067_200_000, 1_704_070_800_000]


@pytest.mark.parametrize("spot", ["spot_close", "spot"])
@pytest.mark.parametrize("perp", ["perp_close", "inv_close", "perp"])
def test_columns_are_found_by_any_of_their_names(tmp_path: Path, spot: str, perp: str) -> None:
    bars = read(tmp_path, rows("1,100,7,101", header=f"ts,volume,{spot},other,{perp}"))
    assert bars.spot_usd.tolist() == [100]
    assert bars.mark_usd.tolist() == [101]


def test_a_named_column_comes_before_the_usual_ones(tmp_path: Path) -> None:
    text = rows("100,101,99", header=HEADER + ",spot_open")
    bars = read(tmp_path, text, columns={"spot": "spot_open"})
    assert bars.spot_usd.tolist() == [99]


def test_filters_keep_the_rows_that_have_all_the_texts(tmp_path: Path) -> None:
    header = "ts,venue,coin,spot,perp"
    lines = ["a,BTC,1,1", "b,BTC,2,2", "b,ETH,3,3"]
    text = "\n".join([header, *(f"{HOURS[0]},{line}" for line in lines)])
    bars = read(tmp_path, text, where=(("venue", "b"), ("coin", "BTC")))
    assert bars.spot_usd.tolist() == [2]


def test_an_empty_cell_is_no_quote(tmp_path: Path) -> None:
    bars = read(tmp_path, rows("100,", ",101", "102,102"))
    assert math.isnan(bars.mark_usd[0])
    assert math.isnan(bars.spot_usd[1])


@pytest.mark.parametrize(
    ("header", "at_open", "at_close"),
    [
        ("funding_rate", [0.0001, None], [None, None]),
        ("funding_rate_at_close", [None, None], [0.0001, None]),
        ("inv_funding_rate", [None, None], [0.0001, None]),
    ],
)
def test_funding_is_settled_at_the_end_of_the_bar_that_its_column_says(
    tmp_path: Path, header: str, at_open: list[float | None], at_close: list[float | None]
) -> None:
    bars = read(tmp_path, rows("1,1,0.0001", "1,1,", header=f"{HEADER},{header}"))
    assert bars.opening_funding is not None
    assert bars.closing_funding is not None
    assert at_open == [None if math.isnan(r) else r for r in bars.opening_funding.tolist()]
    assert at_close == [None if math.isnan(r) else r for r in bars.closing_funding.tolist()]


def test_a_file_that_says_when_funding_was_settled_is_believed(tmp_path: Path) -> None:
    header = f"{HEADER},inv_funding_rate,funding_ts"
    text = rows(
        f"1,1,0.1,{HOURS[0]}", f"1,1,0.2,{HOURS[2]}", "1,1,0.3,", header=header
    )  # at the open, later, unknown
    bars = read(tmp_path, text)
    assert bars.opening_funding is not None
    assert bars.closing_funding is not None
    assert bars.opening_funding[0] == 0.1
    assert bars.closing_funding[1:].tolist() == [0.2, 0.3]


def test_funding_in_two_columns_is_not_counted_twice(tmp_path: Path) -> None:
    text = rows("1,1,0.1,0.2", header=f"{HEADER},funding_rate,funding_rate_at_close")
    bars = read(tmp_path, text)
    assert bars.opening_funding is not None
    assert bars.closing_funding is not None
    assert bars.opening_funding.tolist() == [0.1]
    assert math.isnan(bars.closing_funding[0])


def test_several_files_are_one_history(tmp_path: Path) -> None:
    first, second = tmp_path / "1.csv", tmp_path / "2.csv"
    first.write_text(f"{HEADER}\n{HOURS[0]},1,1\n")
    second.write_text(f"ts,perp,spot\n{HOURS[1]},3,2\n")
    bars = read_history([first, second], columns={})
    assert bars.spot_usd.tolist() == [1, 2]
    assert bars.mark_usd.tolist() == [1, 3]
    with pytest.raises(ConfigError, match=r"1\.csv, line 2.*earlier than the line before"):
        read_history([second, first], columns={})


def test_times_may_carry_an_offset_and_are_utc_without_one(tmp_path: Path) -> None:
    text = f"{HEADER}\n2024-01-01T02:00:00+02:00,1,1\n2024-01-01 01:00:00,1,1\n\n"
    assert (read(tmp_path, text).opened_ms - 1_704_067_200_000).tolist() == [0, 3_600_000]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the file is empty"),
        (HEADER + "\n", "there are no lines after the header"),
        ("ts,spot,volume\n", r"line 1: there is no column 'perp_close' or 'inv_close' or 'perp'"),
        ("ts,spot,spot,perp\n", "line 1: the column 'spot' is there 2 times"),
        (rows("100,abc"), r"line 2, column 'perp_close': 'abc' is not a price"),
        (rows("100,nan"), r"line 2, column 'perp_close': 'nan' is not a price"),
        (rows("100,100", "inf,100"), r"line 3, column 'spot_close': 'inf' is not a price"),
        (rows("100,0"), r"column 'perp_close': a price of 0 cannot be"),
        (rows("-5,100"), r"column 'spot_close': a price of -5 cannot be"),
        (rows("100"), "line 2: there are 2 cells where the header names 3"),
        (rows("100,1,1"), "line 2: there are 4 cells where the header names 3"),
        (rows("100,", ",100"), "no line has both a spot and a perpetual price"),
        (f"{HEADER}\nyesterday,1,1\n", r"line 2, column 'ts': 'yesterday' is not a time"),
        (f"{HEADER}\n{HOURS[1]},1,1\n{HOURS[0]},1,1\n", "line 3.*earlier than the line before"),
        (f"{HEADER}\n{HOURS[1]},1,1\n{HOURS[1]},1,1\n", "line 3.*is there twice; sort"),
        (
            rows("1,1,x", header=f"{HEADER},funding_rate"),
            r"column 'funding_rate': 'x' is not a funding rate",
        ),
        (
            rows("1,1,-1.5", header=f"{HEADER},funding_rate"),
            r"a funding rate of -1\.5 is the whole position or more",
        ),
        (f'{HEADER}\n"{HOURS[0]},1,1\n' + "x" * 200_000, "this is no CSV"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        read(tmp_path, text)
    assert "prices.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("columns", "where", "sentence"),
    [
        ({"close": "x"}, (), "'close' is no column that a replay reads"),
        ({"spot": "x"}, (), "there is no column 'x'"),
        ({"funding_rate": "x"}, (), "there is no column 'x'"),
        ({}, (("venue", "b"),), "--where venue=b asks for a column that is not there"),
        ({}, (("spot_close", "7"),), "there are no lines with spot_close=7"),
    ],
)
def test_columns_and_filters_must_exist(
    tmp_path: Path,
    columns: dict[str, str],
    where: tuple[tuple[str, str], ...],
    sentence: str,
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        read(tmp_path, rows("100,100"), columns=columns, where=where)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    fake, cut, binary = tmp_path / "fake.csv.gz", tmp_path / "cut.csv.gz", tmp_path / "bin.csv"
    fake.write_text(rows("1,1"))
    cut.write_bytes(gzip.compress(rows(*["1,1"] * 20).encode())[:-20])
    binary.write_bytes(gzip.compress(b"\xff\xfe\xfa"))
    for path, sentence in (
        (tmp_path / "none.csv", "there is no such file"),
        (tmp_path, "this is a folder"),
        (fake, "not gzip although the name ends in .gz"),
        (cut, "cut off or damaged"),
        (binary, "this is not text"),
    ):
        with pytest.raises(ConfigError, match=sentence) as caught:
            read_history([path], columns={})
        assert str(path) in str(caught.value)
    with pytest.raises(ConfigError, match="there is no file to replay"):
        read_history([], columns={})
