"""The ways to break a module: every operator, number, condition and answer once, and no word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutation.__main__ import ROOT, files_for
from tests.mutation.mutants import Mutant, mutants_of

MODULE = '''
"""A module with 1 number in its docstring."""
from decimal import Decimal
STEP: int = 5
HUGE = Decimal("2.5")

@decorated(limit=3)
def answer(first: Decimal | None, second: int = 7) -> Decimal | None:
    """Answers in 2 ways."""
    if first is None or second < 1:
        return None
    return -first * max(ZERO, second) if f"{second:4}" else [x for x in first if x]
'''


@pytest.fixture
def mutants(tmp_path: Path) -> list[Mutant]:
    path = tmp_path / "module.py"
    path.write_text(MODULE, encoding="utf-8")
    return mutants_of(path)


def test_every_small_change_is_made_once(mutants: list[Mutant]) -> None:
    assert sorted((mutant.line, mutant.after) for mutant in mutants) == [
        (4, "6"),
        (5, "Decimal('3.5')"),
        (8, "8"),
        (10, "2"),
        (10, "first is None and second < 1"),
        (10, "first is not None"),
        (10, "if not (first is None or second < 1)"),
        (10, "second <= 1"),
        (12, "+first"),
        (12, "-first / max(ZERO, second)"),
        (12, "ONE"),
        (12, "if not x"),
        (12, "ifexp not f'{second:4}'"),
        (12, "min"),
        (12, "return None"),
    ]


def test_each_mutant_is_a_module_with_one_change(mutants: list[Mutant]) -> None:
    for mutant in mutants:
        compile(mutant.tree, "module.py", "exec")
        others = [other for other in mutants if other is not mutant]
        assert all(other.tree is not mutant.tree for other in others)


def test_what_happens_at_import_is_told_from_what_happens_in_a_call(
    mutants: list[Mutant],
) -> None:
    at_import = {mutant.after for mutant in mutants if not mutant.in_function}
    assert at_import == {"6", "8", "Decimal('3.5')"}


def test_a_module_meets_its_own_tests_and_those_that_import_it() -> None:
    tests = files_for(ROOT / "bot" / "domain" / "sizing.py")
    assert tests[0] == "tests/domain/test_sizing.py"
    assert all((ROOT / name).is_file() for name in tests)
    rules = files_for(ROOT / "bot" / "domain" / "growth_rules.py")
    assert rules == ["tests/domain/test_guards.py", "tests/domain/test_limits.py"]
