"""The figures as one table for people, or as one JSON document."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from bot.cli.output import console
from bot.cli.tables import table
from tests.benchmarks.measure import Row, Sample, Unit

NOTE = (
    "Median (lowest to highest) of rounds taken in turn with what they are measured beside; the "
    "ratio is the median of the rounds' ratios. Decisions and bars are per second of CPU time, "
    "cycles per second of the wall clock."
)


_WHOLE = (Unit.PER_S, Unit.MIB, Unit.REQUESTS, Unit.WEIGHT)


def print_table(rows: Sequence[Row]) -> None:
    """One line per figure: what was measured, what beside it, and what is required."""
    made = table("what", "measured", "beside", "its figure", "ratio", "required", "met")
    for one in rows:
        made.add_row(
            one.what,
            _spread(one.measured, one.unit),
            one.beside,
            _spread(one.baseline, one.unit),
            f"{one.ratio:.3g}",
            _required(one),
            "" if one.met is None else ("yes" if one.met else "NO"),
        )
    out = console()
    out.print(made)
    out.print(NOTE)
    out.print(", ".join(f"{name} {value}" for name, value in machine().items()))


def document(rows: Sequence[Row]) -> Mapping[str, object]:
    """Everything as plain values."""
    return {
        "machine": machine(),
        "rows": [asdict(one) | {"unit": one.unit.value, "met": one.met} for one in rows],
    }


def machine() -> Mapping[str, str]:
    """What the figures belong to; ``load`` is how many processes wanted to run just now."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
        "load": f"{os.getloadavg()[0]:.1f}" if sys.platform != "win32" else "unknown",
    }


def _required(one: Row) -> str:
    said = []
    if one.required is not None:
        sign = "≥" if one.unit is Unit.PER_S else "≤"
        said.append(f"{sign} {_figure(one.required, one.unit)}")
    if one.required_ratio is not None:
        said.append(f"ratio ≤ {one.required_ratio:g}")
    return ", ".join(said)


def _spread(sample: Sample, unit: Unit) -> str:
    low, high = (_number(end, unit) for end in (sample.low, sample.high))
    return f"{_figure(sample.median, unit)} ({low} to {high})"


def _figure(value: float, unit: Unit) -> str:
    return f"{_number(value, unit)} {unit.value}"


def _number(value: float, unit: Unit) -> str:
    return f"{value:,.0f}" if unit in _WHOLE else f"{value:.2f}"
