"""Mutation testing from the command line: modules in, a table of scores out.

Without arguments: the domain, and what the guards are made of in the engine. A mutant first meets
the tests of its own module, then every test that imports it. What no test notices is listed.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.mutation.mutants import Mutant, mutants_of
from tests.mutation.trial import passes

ROOT: Final = Path(__file__).parents[2]
GUARDS: Final = ("bot/engine/denials.py", "bot/engine/guard_memory.py", "bot/engine/breaker.py")
OWN_TESTS: Final = {
    "guard_rules": ("tests/domain/test_guards.py", "tests/domain/test_limits.py"),
    "growth_rules": ("tests/domain/test_guards.py", "tests/domain/test_limits.py"),
    "limits": ("tests/domain/test_limits.py", "tests/domain/test_guards.py"),
    "guard_facts": ("tests/domain/test_limits.py",),
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


def tests_for(module: Path) -> list[list[str]]:
    """The files of tests that a mutant meets, in stages: its own first, then all that import it."""
    package = module.relative_to(ROOT).parts[1]
    stem = module.stem
    named = ROOT / "tests" / package / f"test_{stem}.py"
    own = list(OWN_TESTS.get(stem, ()))
    if not own and named.exists():
        own = [str(named.relative_to(ROOT))]
    dotted = ".".join(module.relative_to(ROOT).with_suffix("").parts)
    others = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "tests" / package).glob("test_*.py"))
        if f"from {dotted} import" in path.read_text(encoding="utf-8")
        and str(path.relative_to(ROOT)) not in own
    ]
    return [stage for stage in (own, others) if stage]


def try_module(module: Path, sample: int | None) -> Score:
    """Break a module in every way, or in ``sample`` ways chosen by chance, and count."""
    score, stages = Score(module), tests_for(module)
    chosen = mutants_of(module)
    if sample is not None and sample < len(chosen):
        chosen = sorted(random.Random(1).sample(chosen, sample), key=lambda m: m.line)
    if not stages or not chosen:
        return score
    limits = [_time_of(module, tests) for tests in stages]
    for mutant in chosen:
        score.mutants += 1
        if all(passes(mutant, module, t, limit_s=s) for t, s in zip(stages, limits, strict=True)):
            score.survivors.append(mutant)
            print(f"  survived, {module.name} {mutant}", flush=True)
    return score


def _time_of(module: Path, tests: list[str]) -> float:
    """How long tests may take: several times what they take of an unbroken module."""
    began = time.monotonic()
    if not passes(None, module, tests, limit_s=600):
        sys.exit(f"the tests of {module.name} fail without any change: {' '.join(tests)}")
    return 10 + 5 * (time.monotonic() - began)


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
    mutants = sum(score.mutants for score in scores)
    missed = sum(len(score.survivors) for score in scores)
    share = 1 - missed / mutants if mutants else 1.0
    print(f"| all | {mutants} | {mutants - missed} | {share:.1%} |")
    sys.exit(0 if share >= given.least else 1)


if __name__ == "__main__":
    main()
