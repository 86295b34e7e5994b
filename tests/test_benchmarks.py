"""That the benchmarks run and tell what they promise; how fast anything is, is nothing to test."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_every_figure_comes_with_its_baseline_its_ratio_and_what_is_required() -> None:
    families = (
        "decision",
        "cycle",
        "safety",
        "replay",
        "many",
        "daemon",
    )  # that on the wire waits for its budget
    only = [part for name in families for part in ("--only", name)]
    quick = [sys.executable, "-m", "tests.benchmarks", "--quick", "--json", *only]
    told = json.loads(subprocess.run(quick, cwd=ROOT, check=True, capture_output=True).stdout)

    assert {row["name"] for row in told["rows"]} >= {
        "decision-hold",
        "decision-adjust",
        "decision-order",
        "cycle",
        "safety-quiet",
        "safety-order",
        "replay-plain",
        "replay-funding",
        "replay-bands",
        "sweep",
        "what-if",
        "idle-memory",
        "plan",
    }
    for row in told["rows"]:
        assert set(row) == {
            "name",
            "what",
            "unit",
            "measured",
            "beside",
            "baseline",
            "ratio",
            "required",
            "required_ratio",
            "met",
        }
        for figures in (row["measured"], row["baseline"]):
            assert figures["low"] <= figures["median"] <= figures["high"]
