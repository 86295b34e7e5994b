"""``python -m tests.benchmarks``: measure, then print the table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping

from bot.cli.output import print_json
from tests.benchmarks import cycle, daemon, decision, many, replay, safety, wire
from tests.benchmarks.measure import QUICK, THOROUGH, Effort, Row
from tests.benchmarks.show import document, print_table

BENCHMARKS: Mapping[str, Callable[[Effort], list[Row]]] = {
    "decision": decision.measure,
    "cycle": cycle.measure,
    "safety": safety.measure,
    "replay": replay.measure,
    "many": many.measure,
    "daemon": daemon.measure,
    "wire": wire.measure,
}


def main() -> None:
    """Measure what was asked for, one benchmark after the other."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Measures the hot paths and prints a table."
    )
    parser.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        choices=BENCHMARKS,
        help=f"one of {', '.join(BENCHMARKS)}; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON document instead")
    parser.add_argument(
        "--quick", action="store_true", help="see that everything works; the figures mean nothing"
    )
    asked = parser.parse_args()
    rows: list[Row] = []
    for name in asked.only or BENCHMARKS:
        print(f"Measuring: {name} ...", file=sys.stderr)
        rows += BENCHMARKS[name](QUICK if asked.quick else THOROUGH)
    if asked.json:
        print_json(document(rows))
    else:
        print_table(rows)


if __name__ == "__main__":
    main()
