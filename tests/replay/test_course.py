"""A course changes the plan along the way, and no engine passes over its stops."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.decision import Why
from bot.domain.targets import ConstantRatio, Full, Target
from bot.replay.bars import Run
from bot.replay.course import Outlook, Turn
from bot.replay.engines import Engine, skip_idle_bars, step_every_bar
from bot.replay.replay import run_bars
from bot.replay.report import ReplayReport
from bot.replay.synthetic import synthetic_bars
from tests.replay.requests import a_request

BARS = synthetic_bars(400, seed=5)


@dataclass(frozen=True)
class Steps:
    """Other targets from given bars on."""

    targets: tuple[tuple[int, Target], ...]
    occasion: str = ""

    def stops(self, run: Run) -> Iterable[int]:
        return [bar for bar, _ in self.targets]

    def turn(self, outlook: Outlook) -> Turn:
        policy = replace(outlook.plan.policy, target=dict(self.targets)[outlook.bar])
        return Turn(replace(outlook.plan, policy=policy), self.occasion)


def replayed(course: Steps, engine: Engine) -> ReplayReport:
    request = a_request(course=course, target=ConstantRatio(Decimal("0.2")))
    return run_bars(BARS, request, engine=engine)


def test_a_new_target_with_an_occasion_is_sought_at_once() -> None:
    report = replayed(Steps(((150, Full()),), "the ramp goes on"), skip_idle_bars)
    [event] = [order for order in report.runs[0].orders if order.why is Why.EVENT]
    assert event.bar == 150
    path = report.runs[0].path
    assert path.delta_coin[149] > 3
    assert abs(path.delta_coin[150]) < 0.01


def test_without_an_occasion_it_is_left_to_the_band() -> None:
    report = replayed(Steps(((150, Full()),)), skip_idle_bars)
    assert {order.why for order in report.runs[0].orders[1:]} <= {Why.OUTSIDE_BAND}
    path = report.runs[0].path
    assert abs(path.delta_coin[-1]) < 0.1


ratios = st.builds(ConstantRatio, st.decimals(Decimal("0.1"), 1, places=2))


@given(
    st.dictionaries(st.integers(0, 399), ratios, max_size=12),
    st.sampled_from(["", "the ramp goes on"]),
)
@settings(max_examples=40)
def test_passing_over_idle_bars_passes_over_no_stop(
    targets: dict[int, Target], occasion: str
) -> None:
    course = Steps(tuple(targets.items()), occasion)
    every, few = replayed(course, step_every_bar), replayed(course, skip_idle_bars)
    assert every.runs[0].orders == few.runs[0].orders
    assert every.figures.end_usd == few.figures.end_usd


def test_a_bar_of_many_cycles_takes_as_many_slices() -> None:
    sliced = a_request(max_slice_usd="20000", cycle_s=900.0)
    by_bar = run_bars(BARS, sliced).runs[0].orders
    assert by_bar[0].face_usd == -80_000
    one_each = run_bars(BARS, replace(sliced, cycle_s=None)).runs[0].orders
    assert one_each[0].face_usd == -20_000
