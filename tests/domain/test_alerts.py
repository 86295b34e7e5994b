"""What every alert has."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.alerts import NOW_HALTED, Alert, Severity


def test_a_severity_has_its_rank() -> None:
    by_rank = sorted(Severity, key=lambda severity: severity.rank)
    assert by_rank == [Severity.NOTICE, Severity.WARNING, Severity.CRITICAL]
    assert [severity.rank for severity in by_rank] == [0, 1, 2]


def test_a_title_says_whose_alert_it_is_and_whether_it_is_over() -> None:
    alert = Alert(NOW_HALTED, "savings", "ten failures", "nothing is sent")
    assert alert.title == "savings: now-halted"
    assert replace(alert, is_over=True).title == "savings: over: now-halted"
