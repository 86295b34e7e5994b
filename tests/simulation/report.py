"""Many seeds over all cores, and what they came to, for people and as JSON."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import structlog

from bot.cli.output import console
from bot.cli.tables import table
from tests.simulation.checks import Violation
from tests.simulation.run import Outcome, run_seed


@dataclass(slots=True)
class Totals:
    """Everything that the seeds so far have in common."""

    hours_per_seed: float
    seeds: int = 0
    hours: float = 0.0
    cpu_s: float = 0.0
    cycles: int = 0
    orders: int = 0
    kills: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    happened: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    violations: list[tuple[int, Violation]] = field(default_factory=list)

    def add(self, one: Outcome) -> None:
        """One seed more."""
        self.seeds += 1
        self.hours += one.hours
        self.cpu_s += one.took_s
        self.cycles += one.cycles
        self.orders += one.orders
        self.kills += one.kills
        self.faults.update(one.faults)
        self.happened.update(one.happened)
        self.outcomes.update(one.outcomes)
        self.violations += [(one.seed, violation) for violation in one.violations]

    @property
    def hours_per_minute(self) -> float:
        """Simulated hours in a minute of one core."""
        return self.hours / self.cpu_s * 60 if self.cpu_s else 0.0

    def replay(self, seed: int) -> str:
        """The command that tells a seed's story again, word by word."""
        return (
            f"scripts/simulate-faults --seeds 1 --first {seed} "
            f"--hours {self.hours_per_seed:g} --verbose"
        )

    def document(self) -> dict[str, Any]:
        """The same as one JSON document."""
        return {
            "seeds": self.seeds,
            "simulated_hours": self.hours,
            "simulated_hours_per_minute_of_one_core": round(self.hours_per_minute),
            "cycles": self.cycles,
            "orders_accepted": self.orders,
            "kills": self.kills,
            "faults": dict(sorted(self.faults.items())),
            "happened": dict(sorted(self.happened.items())),
            "outcomes": dict(sorted(self.outcomes.items())),
            "violations": [
                {"seed": seed, "replay": self.replay(seed), **asdict(violation)}
                for seed, violation in self.violations
            ],
        }


def quiet() -> None:
    """No log line is made at all: there would be millions."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))


def outcomes(seeds: Sequence[int], hours: float, jobs: int) -> Iterator[Outcome]:
    """Every seed's outcome as it comes, over so many processes."""
    tasks = [(seed, hours) for seed in seeds]
    if jobs == 1:
        quiet()
        yield from map(_one, tasks)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(min(jobs, len(tasks)), initializer=quiet) as pool:
        yield from pool.imap_unordered(_one, tasks)


def _one(task: tuple[int, float]) -> Outcome:
    return run_seed(*task)


def tell_one(seed: int, hours: float, say: Callable[[str], None]) -> Outcome:
    """One seed in this process, with everything that happens said aloud."""
    quiet()
    return run_seed(seed, hours, say)


def print_totals(totals: Totals) -> None:
    """The totals as a table, and every seed that failed with the command that repeats it."""
    out = console()
    made = table("what", "how much")
    made.add_row("seeds", f"{totals.seeds:,}")
    made.add_row("simulated hours", f"{totals.hours:,.0f}")
    made.add_row("simulated hours per minute of one core", f"{totals.hours_per_minute:,.0f}")
    made.add_row("cycles", f"{totals.cycles:,}")
    made.add_row("orders accepted", f"{totals.orders:,}")
    made.add_row("kills", f"{totals.kills:,}")
    for name, many in (*totals.faults.most_common(), *totals.happened.most_common()):
        made.add_row(f"  {name}", f"{many:,}")
    made.add_row("violations", f"{len(totals.violations):,}")
    out.print(made)
    told: set[int] = set()
    for seed, violation in totals.violations:
        if seed in told:
            continue
        told.add(seed)
        out.print(
            f"Seed {seed} broke {violation.check} at {violation.at:%Y-%m-%d %H:%M:%S}: "
            f"{violation.sentence}",
            markup=False,
            highlight=False,
        )
        out.print(f"    {totals.replay(seed)}", markup=False, highlight=False, soft_wrap=True)
