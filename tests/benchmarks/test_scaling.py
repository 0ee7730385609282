"""The simulation of docs/scaling.md agrees with queueing theory, loses nothing, and its plans hold."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate, pairwise
from math import ceil, sqrt
from pathlib import Path
from statistics import fmean, stdev

import pytest

from inference.models.defaults import DEFAULT_MODEL
from tests.benchmarks.scaling.__main__ import main
from tests.benchmarks.scaling.demand import Demand, Prices, capacities
from tests.benchmarks.scaling.events import Clock, Shared, Station, Work
from tests.benchmarks.scaling.figures import read_figures, values, write_figures
from tests.benchmarks.scaling.load import Load
from tests.benchmarks.scaling.plan import make_month, make_plan, setup_of_a_bot, simulate
from tests.benchmarks.scaling.sending import NO_LIMITS, Limits, Sender
from tests.benchmarks.scaling.setup import Setup
from tests.benchmarks.scaling.simulation import (
    ADD,
    CACHE,
    CLAIM,
    CONFIRM,
    DONE,
    READ,
    SAVE,
    Outcome,
    Simulation,
)
from tests.support.built_in import give_built_in
from tests.support.postgresql import find_postgresql

ROOT = Path(__file__).parents[2]
KNOWN = values(read_figures())
SETUP = Setup(cores=4, workers=2, worker=Work(each_s=0.03), bot=Work(each_s=0.003), database=Work(0.0003, 0.0002))
SETUPS = {
    "one machine": SETUP,
    "no limits": replace(SETUP, limits=NO_LIMITS),
    "workers elsewhere": replace(SETUP, worker_cores=2, cores=1, gateway=Work(each_s=0.0005)),
    "batches": replace(SETUP, workers=1, batch=16, worker=Work(0.02, 0.002)),
    "three replicas on PostgreSQL": replace(SETUP, replicas=3, read_s=0.002),
    "a busy machine": replace(SETUP, others=((0.5, 6), (2.0, 0), (3.0, 3.5))),
    "random times": replace(SETUP, worker=Work(each_s=0.03, variation=1.0)),
}
LOADS = {
    "calm": Load(10, 20),
    "albums": Load(15, 15, album_share=0.3),
    "a few chats": Load(25, 10, chats=8, group_share=0.5),
    "too much": Load(90, 4, chats=300, album_share=0.1),
    "a swinging rate": Load(20, 15, swing=1.0, period_s=10),
}
PAIRS = [*((setup, "too much") for setup in SETUPS), *(("one machine", load) for load in LOADS if load != "too much")]


@pytest.fixture(scope="module", params=PAIRS, ids=" with ".join)
def outcome(request: pytest.FixtureRequest) -> Outcome:
    setup, load = request.param
    return Simulation(SETUPS[setup], seed=2).run(LOADS[load].arrivals(seed=1))


def test_each_photo_is_answered_once(outcome: Outcome) -> None:
    assert outcome.arrived > 0
    assert len(outcome.latencies_s) == outcome.arrived
    assert min(outcome.latencies_s) > 0
    assert outcome.stations["workers"][0].served == outcome.arrived


def test_littles_law_holds_at_each_station(outcome: Outcome) -> None:
    """Jobs that are there, summed up over time, are the times that each was there: L = lambda W."""
    for group in outcome.stations.values():
        for station in group:
            assert station.arrived == station.served
            assert station.jobs_s == pytest.approx(station.stayed_s)


def test_nothing_is_used_more_than_it_can_be(outcome: Outcome) -> None:
    assert set(outcome.utilisation) == {"workers", "bot", "database", "cores", "network", "Telegram's limit"}
    # The window of a second lets one more burst through than there are seconds.
    share = 1 + 1 / outcome.seconds
    assert all(0 < used <= (share if name == "Telegram's limit" else 1) for name, used in outcome.utilisation.items())


@pytest.mark.parametrize(("variation", "theory"), [(1.0, "M/M/1"), (0.0, "M/D/1")])
@pytest.mark.parametrize("load", [0.5, 0.8])
def test_the_wait_is_that_of_queueing_theory(variation: float, theory: str, load: float) -> None:
    """Pollaczek and Khinchine: load / (1 - load) / 2 * (1 + variation^2) services."""
    expected = load / (1 - load) / 2 * (1 + variation**2)
    waits = []
    for seed in range(12):  # independent runs, so that their mean has a confidence interval
        clock, chance = Clock(), random.Random(seed)
        station = Station(clock, 1, Work(each_s=1.0, variation=variation), chance)
        for arrival_s in accumulate(chance.expovariate(load) for _ in range(1_500)):
            clock.at(arrival_s, partial(station.submit, 0, _nothing))
        clock.run()
        waits.append(station.waited_s / station.served)
    assert fmean(waits) == pytest.approx(expected, abs=3 * stdev(waits) / sqrt(len(waits))), theory


def _nothing() -> None: ...


def test_more_workers_never_make_anybody_wait_longer() -> None:
    arrivals = list(LOADS["too much"].arrivals(seed=4))
    plenty = replace(SETUP, cores=64, limits=NO_LIMITS)
    runs = [Simulation(replace(plenty, workers=count)).run(arrivals) for count in (1, 2, 3, 5, 8)]
    for fewer, more in pairwise(runs):
        assert fmean(more.latencies_s) <= fmean(fewer.latencies_s)
        assert more.percentile_s(95) <= fewer.percentile_s(95)
        assert more.seconds <= fewer.seconds + 1e-9


def test_jobs_share_cores_evenly() -> None:
    clock = Clock()
    cores = Shared(clock, 2)
    ends: dict[str, float] = {}
    for name, work_s in {"short": 1.0, "middle": 2.0, "long": 3.0}.items():
        cores.run(work_s, partial(_end, ends, name, clock))
    clock.run()
    # Three jobs on two cores: each gets two thirds until the short one is done, and then a whole core.
    assert ends == pytest.approx({"short": 1.5, "middle": 2.5, "long": 3.5})
    assert cores.used == pytest.approx(6.0)


def _end(ends: dict[str, float], name: str, clock: Clock) -> None:
    ends[name] = clock.now_s


def test_other_programs_have_their_shares_of_the_cores() -> None:
    clock = Clock()
    cores = Shared(clock, 2)
    cores.run(1.0, _nothing)
    clock.at(0.5, partial(cores.set_others, 3))
    clock.run()
    assert clock.now_s == pytest.approx(0.5 + 0.5 / (2 / 4))


def test_a_batch_takes_what_waits() -> None:
    clock = Clock()
    station = Station(clock, 1, Work(fixed_s=1.0, each_s=0.1), random.Random(0), batch=4)
    ends: list[float] = []
    for _ in range(6):
        station.submit(0, lambda: ends.append(clock.now_s))
    clock.run()
    assert ends == pytest.approx([1.1, *[2.5] * 4, 3.6])


@pytest.mark.parametrize("chats", [range(1, 2), range(-1, 0), range(1, 40), range(-40, -1)], ids=str)
def test_messages_keep_to_the_limits_and_merge(chats: Sequence[int]) -> None:
    clock = Clock()
    sender = Sender(clock, Limits())
    answered: list[tuple[int, float]] = []
    for number in range(400):
        chat = chats[number % len(chats)]
        send = partial(sender.send, chat, partial(_note, answered, chat, clock))
        clock.at(number / 100, send)
    clock.run()
    assert len(answered) == 400, "each photo is answered"
    assert sender.sent >= 40, "at most ten photos share a message"
    messages = sorted(set(answered), key=lambda message: message[1])
    assert _most_within(1.0, [time_s for _, time_s in messages]) <= 30
    for chat in chats:
        times_s = [time_s for other, time_s in messages if other == chat]
        assert _most_within(1.0, times_s) <= 4, "one a second, after a burst of three"
        assert chat > 0 or _most_within(60.0, times_s) <= 20


def _note(answered: list[tuple[int, float]], chat: int, clock: Clock) -> None:
    answered.append((chat, clock.now_s))


def _most_within(period_s: float, times_s: Sequence[float]) -> int:
    """Return the highest number of moments that lie within a period."""
    return max(sum(first <= time_s < first + period_s for time_s in times_s) for first in times_s)


@pytest.mark.parametrize(
    "demand",
    [
        Demand(10.0),
        Demand(300.0, model="inception_v3"),
        Demand(30.0, model="inception_v3", cluster=True),
        Demand(100.0, paid=True),
    ],
    ids=["10", "300", "cluster", "paid"],
)
def test_a_plan_uses_what_it_says(demand: Demand) -> None:
    plan = make_plan(demand, KNOWN)
    setup, (outcome, _) = setup_of_a_bot(plan, KNOWN), simulate(plan, KNOWN, photos=1_000)
    rate = demand.photos_per_s / plan.bots
    expected = rate * setup.worker.each_s / setup.workers
    assert outcome.utilisation["workers"] == pytest.approx(expected, rel=0.15)
    assert max(outcome.utilisation.values()) < 0.95
    assert outcome.percentile_s(95) < 3.0


def test_a_burst_makes_people_wait_longer() -> None:
    plan = make_plan(Demand(25.0, model="inception_v3"), KNOWN)
    (steady, _), (burst, _) = (simulate(plan, KNOWN, photos=1_200, swing=swing) for swing in (0.0, 1.0))
    assert burst.arrived == pytest.approx(steady.arrived, rel=0.15)
    assert burst.percentile_s(95) > steady.percentile_s(95)


@pytest.mark.parametrize("model", ["efficientnet_lite0", "inception_v3"])
def test_more_photos_never_need_less(model: str) -> None:
    plans = [make_plan(Demand(rate, model=model), KNOWN) for rate in (1.0, 10.0, 100.0, 1e3, 1e4, 1e5)]
    for smaller, larger in pairwise(plans):
        assert smaller.bots <= larger.bots
        assert smaller.cores <= larger.cores
        assert smaller.machines <= larger.machines
        assert smaller.memory_gb <= larger.memory_gb
        assert make_month(smaller, KNOWN, Prices()).price < make_month(larger, KNOWN, Prices()).price


def test_a_cluster_takes_more_of_everything() -> None:
    here, elsewhere = (
        make_plan(Demand(300.0, model="inception_v3", cluster=cluster), KNOWN) for cluster in (False, True)
    )
    assert here.bot_cores < elsewhere.bot_cores
    assert here.worker_cores < elsewhere.worker_cores
    assert here.machines <= elsewhere.machines
    assert here.memory_gb < elsewhere.memory_gb


def test_ray_is_called_beside_the_process_of_a_bot() -> None:
    """A process of a bot takes as many photos as without a cluster; calls take cores, and connections memory."""
    demand = Demand(0.99 * Demand(1.0).usable * 1e3 / KNOWN["bot_sqlite_core_ms"], paid=True)
    here, elsewhere = (make_plan(replace(demand, cluster=cluster), KNOWN) for cluster in (False, True))
    assert here.processes == elsewhere.processes == 1
    calls_ms = (elsewhere.bot_cores - here.bot_cores) * demand.usable / demand.photos_per_s * 1e3
    assert calls_ms == pytest.approx(KNOWN["ray_gateway_core_ms"])
    connections_mb = KNOWN["ray_head_mb"] + (elsewhere.machines - 1) * KNOWN["ray_node_mb"] + KNOWN["ray_gateway_mb"]
    actors_mb = ceil(elsewhere.worker_cores) * KNOWN["ray_actor_mb"]
    without = KNOWN | dict.fromkeys(("ray_head_mb", "ray_node_mb", "ray_gateway_mb", "ray_actor_mb"), 0.0)
    ray_mb = 1e3 * (elsewhere.memory_gb - make_plan(elsewhere.demand, without).memory_gb)
    assert ray_mb == pytest.approx(connections_mb + actors_mb)


def test_what_is_full_first_stands_first() -> None:
    rows = capacities(Demand(1.0), KNOWN)
    assert [row.photos_per_s for row in rows] == sorted(row.photos_per_s for row in rows)


def test_each_figure_has_a_value_and_says_where_it_is_from(tmp_path: Path) -> None:
    figures = read_figures()
    for name, figure in figures.items():
        assert figure.value > 0, name
        assert all((figure.what, figure.unit, figure.date)), name
        assert figure.machine or not figure.source.startswith("python"), name
    write_figures(figures, tmp_path / "copy.toml")
    assert read_figures(tmp_path / "copy.toml") == figures


def test_the_command_prints_a_plan(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--photos-per-s", "1,000", "--model", "inception_v3", "--price-core-hour", "0.04", "--usable", "0.6"])
    printed = capsys.readouterr().out
    assert "1,000 photos a second" in printed
    assert "bots (tokens)" in printed
    assert "price in all" in printed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "required: --photos-per-s"),
        (["--photos-per-s", "0"], "expected a number from 0.01 to 1,000,000. Received: 0"),
        (["--photos-per-s", "many"], "expected a number from 0.01 to 1,000,000. Received: many"),
        (["--photos-per-s", "nan"], "Received: nan"),
        (["--photos-per-s", "5", "--usable", "1.5"], "expected a number from 0.1 to 0.95. Received: 1.5"),
        (["--photos-per-s", "5", "--price-core-hour", "-1"], "expected a number of 0 or more. Received: -1"),
        (["--photos-per-s", "5", "--machine-cores", "2.5"], "expected a whole number from 1 to 1,024. Received: 2.5"),
        (["--photos-per-s", "5", "--model", "resnet"], "invalid choice: 'resnet'"),
        (["--photos", "5"], "required: --photos-per-s"),
    ],
)
def test_the_command_says_what_it_expects(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.slow
def test_the_page_is_up_to_date() -> None:
    """If not: `python -m tests.benchmarks.scaling.page`."""
    from tests.benchmarks.scaling.page import PAGE, PART, fill  # matplotlib takes a second

    page = (ROOT / PAGE).read_text()
    assert PART.search(page)
    assert fill(page) == page


@pytest.mark.slow
async def test_the_real_bot_and_the_simulation_answer_the_same_photos(tmp_path: Path, built: Path) -> None:
    from tests.benchmarks.scaling import real  # TensorFlow is not loaded, but looked for
    from tests.benchmarks.scaling.validate import FullLoad, compare

    home = give_built_in(tmp_path / "models-home", built)
    (data := tmp_path / "data").mkdir()
    async with (
        real.People.gather(40) as people,
        real.running(people, data, home / "models", DEFAULT_MODEL, 1) as service,
    ):
        run = await real.run(people, service, [0.0] * 24)
        row = compare("at once", 0.0, run, FullLoad(run, 1))
    assert row.photos == len(run.latencies_s) == 24
    assert min(run.bot_s, run.workers_s, run.server_s) > 0
    assert 0 < row.p50_ms <= row.p95_ms
    assert 0 < row.real_p50_ms <= row.real_p95_ms


@pytest.mark.slow
async def test_the_database_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.benchmarks.scaling import measure_database as measuring

    if find_postgresql() is None:
        pytest.skip("needs PostgreSQL")
    monkeypatch.setattr(measuring, "STORED_PHOTOS", 40)
    measured = {name: value async for name, value in measuring.measure_database(tmp_path)}
    of_group = {name for name, figure in read_figures().items() if figure.source.endswith("measure database")}
    assert set(measured) == of_group
    assert all(value >= 0 for value in measured.values())
    # PostgreSQL runs the read beside the groups.
    statements = ADD + READ + CACHE + CLAIM + CONFIRM + SAVE + DONE
    expected = {"sqlite": (statements, 4), "postgresql": (statements - READ, 3)}
    counted = {name: (measured[f"{name}_statements"], measured[f"{name}_groups"]) for name in expected}
    assert counted == expected, "as the simulation has them"
