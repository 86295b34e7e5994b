"""Mutation testing from the command line: modules in, a table of scores out.

Without arguments: the domain, and what the guards are made of in the engine. A mutant meets
the tests of its own module and every test that imports it; where there are none nothing is noticed.
What none of them notices is listed.
"""

from __future__ import annotations

import argparse
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.mutation.mutants import Mutant, mutants_of
from tests.mutation.trial import TestsFail, survivors_of

ROOT: Final = Path(__file__).parents[2]
GUARDS: Final = ("bot/engine/denials.py", "bot/engine/guard_memory.py", "bot/engine/breaker.py")
OWN_TESTS: Final = {
    "guard_rules": ("tests/domain/test_guards.py", "tests/domain/test_limits.py"),
    "growth_rules": ("tests/domain/test_guards.py", "tests/domain/test_limits.py"),
    "limits": ("tests/domain/test_limits.py", "tests/domain/test_guards.py"),
    "guard_facts": ("tests/domain/test_limits.py",),
    "documents": ("tests/cli/test_showing.py",),
    "denials": ("tests/engine/test_guards.py",),
    "guard_memory": ("tests/engine/test_guards.py",),
    "check_account": ("tests/domain/test_check.py",),
    "check_hedge": ("tests/domain/test_check.py",),
    "check_holdings": ("tests/domain/test_check.py",),
}
"""Tests of modules that have no file of tests under their own name."""


@dataclass
class Score:
    """What became of the mutants of one module."""

    module: Path
    mutants: int = 0
    survivors: list[Mutant] = field(default_factory=list)

    def row(self) -> str:
        """A line of the table."""
        killed = self.mutants - len(self.survivors)
        share = f"{killed / self.mutants:.1%}" if self.mutants else "–"
        return f"| `{self.module.relative_to(ROOT)}` | {self.mutants} | {killed} | {share} |"


def files_for(module: Path) -> list[str]:
    """The files of tests that a mutant meets: its own first, then all that import its module."""
    package, stem = module.relative_to(ROOT).parts[1], module.stem
    folder = ROOT / "tests" / package
    own = [ROOT / name for name in OWN_TESTS.get(stem, ())] or [folder / f"test_{stem}.py"]
    dotted = ".".join(module.relative_to(ROOT).with_suffix("").parts)
    importing = [
        path
        for path in sorted(folder.glob("test_*.py"))
        if f"from {dotted} import" in path.read_text(encoding="utf-8")
    ]
    found = dict.fromkeys(path for path in [*own, *importing] if path.exists())
    return [str(path.relative_to(ROOT)) for path in found]


def try_module(module: Path, sample: int | None) -> Score:
    """Break a module in every way, or in ``sample`` ways chosen by chance, and count."""
    chosen, tests = mutants_of(module), files_for(module)
    if sample is not None and sample < len(chosen):
        chosen = random.Random(1).sample(chosen, sample)
    if not chosen or not tests:
        return Score(module, len(chosen), chosen)
    try:
        return Score(module, len(chosen), survivors_of(module, chosen, tests))
    except TestsFail as failing:
        sys.exit(f"tests of {module.name} fail although nothing is broken: {failing}")


def main() -> None:
    """Try the modules that are named and print what came of it. Exit code 1 below ``--least``."""
    asked = argparse.ArgumentParser(prog="scripts/mutate", description=__doc__)
    asked.add_argument("modules", nargs="*", type=Path, help="files such as bot/domain/limits.py")
    asked.add_argument("--sample", type=int, help="so many mutants of each module, by chance")
    asked.add_argument("--least", type=float, default=0.9, help="the share that must be noticed")
    given = asked.parse_args()
    modules = [path.resolve() for path in given.modules] or [
        *sorted((ROOT / "bot" / "domain").glob("*.py")),
        *(ROOT / name for name in GUARDS),
    ]
    for path in modules:
        if not path.is_file() or ROOT / "bot" not in path.parents:
            sys.exit(
                f"{path} is no module of the program; name a file such as bot/domain/limits.py"
            )
    print("| module | mutants | noticed | score |\n|---|---|---|---|", flush=True)
    scores = []
    for module in modules:
        scores.append(try_module(module, given.sample))
        if scores[-1].mutants:
            print(scores[-1].row(), flush=True)
    for score in scores:
        for mutant in score.survivors:
            print(f"{score.module.relative_to(ROOT)} {mutant}")
    mutants = sum(score.mutants for score in scores)
    missed = sum(len(score.survivors) for score in scores)
    share = 1 - missed / mutants if mutants else 1.0
    print(f"| all | {mutants} | {mutants - missed} | {share:.1%} |")
    sys.exit(0 if share >= given.least else 1)


if __name__ == "__main__":
    main()
