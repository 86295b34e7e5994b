"""The page of alerts says what the code says: every kind, in the same words, and no other.

``python -m tests.test_alert_page`` writes the table of the page anew.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bot.domain import alerts
from bot.domain.alerts import CATALOGUE, AlertKind, Severity

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "alerts.md"
BEGIN = "<!-- from the code: begin -->"
END = "<!-- from the code: end -->"


def section(kind: AlertKind) -> str:
    """A kind as the page has it."""
    return (
        f"### {kind.name}\n\n**{kind.severity.value}** · {kind.cause}\n\n"
        f"What to do: {kind.remedy}\n"
    )


def listing() -> str:
    """All kinds, the worst first."""
    kinds = sorted(CATALOGUE, key=lambda kind: (-kind.severity.rank, kind.name))
    return "\n".join(section(kind) for kind in kinds)


def parts() -> tuple[str, str, str]:
    """What stands before the listing, the listing, and what stands behind it."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    inside, _, after = rest.partition(END)
    return before, inside, after


def test_the_page_has_every_kind_in_the_words_of_the_code_and_no_other() -> None:
    assert parts()[1].strip() == listing().strip()


@pytest.mark.parametrize("severity", Severity, ids=lambda one: one.value)
def test_the_page_says_what_each_severity_means(severity: Severity) -> None:
    assert f"**{severity.value}**" in parts()[0]


def test_every_kind_that_is_made_is_in_the_catalogue() -> None:
    made = {name for name, held in vars(alerts).items() if isinstance(held, AlertKind)}
    assert {vars(alerts)[name] for name in made} == set(CATALOGUE)


def test_every_kind_is_told_somewhere_and_no_kind_is_made_elsewhere() -> None:
    names = {name for name, held in vars(alerts).items() if isinstance(held, AlertKind)}
    used = set[str]()
    for file in (ROOT / "bot").rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if file.name == "alerts.py" and file.parent.name == "domain":
            continue
        used |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & names
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert "AlertKind" not in {getattr(call.func, "id", "") for call in calls}, file
    assert used == names


if __name__ == "__main__":
    head, _, tail = parts()
    PAGE.write_text(f"{head}{BEGIN}\n\n{listing()}\n{END}{tail}", encoding="utf-8")
