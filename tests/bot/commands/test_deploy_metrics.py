"""The dashboard and the alert rules ask for metrics that the bot has, in PromQL that means what it should."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import yaml
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.support.client import connected_client
from tests.support.debian import debian_program
from tests.support.pictures import picture

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEPLOY = files("bot") / "deploy"
NAME = re.compile(r"\b(?:labelbot|process)_\w+")
MATCHER = re.compile(r'(\w+)(!~|=~|!=|=)"([^"]*)"')
# What Grafana puts into a query.
VARIABLES = {"$__rate_interval": "5m", "$instance": ".*"}
# Labels that Prometheus adds.
ADDED = {"instance", "job"}

# For each alert: series that set it off, and when it does.
SERIES = {
    "LabelbotDown": ('up{job="labelbot"}', "0x60", "5m"),
    "LabelbotDeaf": ("labelbot_last_poll_age_seconds", "0+60x60", "10m"),
    "LabelbotOtherProgram": ("labelbot_intake_conflict", "1x60", "3m"),
    "LabelbotQueueFull": ('labelbot_pool_images{state="queued"}', "250x60", "5m"),
    "LabelbotBehind": ("labelbot_inbox_oldest_seconds", "400x60", "10m"),
    "LabelbotNoWorker": ("labelbot_workers_alive", "0x60", "5m"),
    "LabelbotWorkersDying": ("labelbot_worker_deaths_total", "0+2x60", "10m"),
    "LabelbotDiskFull": ('labelbot_health_condition{condition="disk"}', "1x60", "3m"),
    "LabelbotFault": ('labelbot_health_condition{condition="backup"}', "1x60", "3m"),
    "LabelbotTooManyRequests": ('labelbot_telegram_responses_total{status="429"}', "0+30x60", "20m"),
    "LabelbotAnswersLost": ("labelbot_sends_given_up_total", "0+1x60", "5m"),
}


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
    return list(group["rules"])


def expressions() -> Iterator[str]:
    for rule in rules():
        yield rule["expr"]
    for panel in json.loads((DEPLOY / "grafana.json").read_text())["panels"]:
        for target in panel["targets"]:
            expression = target["expr"]
            for variable, value in VARIABLES.items():
                expression = expression.replace(variable, value)
            yield expression


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def metrics(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Metric]]:
    """The metrics of a bot that has labelled a photo, by the names of their samples."""
    async with (
        connected_client(tmp_path_factory.mktemp("home"), listen="127.0.0.1:0") as client,
        aiohttp.ClientSession() as session,
    ):
        chat, person = client.newcomer()
        await client.text_after(client.sim.send_photo(chat, person, picture(1)))
        async with session.get(f"http://{client.bot.listening}/metrics") as response:
            families = list(text_string_to_metric_families(await response.text()))
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    yield {family.name + ending: family for family in families for ending in endings.get(family.type, ("",))}


async def test_each_metric_that_is_asked_for_exists_with_its_labels(metrics: dict[str, Metric]) -> None:
    for expression in expressions():
        names = NAME.findall(expression)
        assert set(names) <= set(metrics), expression
        samples = [sample for name in names for sample in metrics[name].samples]
        known = {label for sample in samples for label in sample.labels} | ADDED
        asked = {label for label, _, _ in MATCHER.findall(expression)}
        asked |= {
            label for listed in re.findall(r"(?:by|without) \(([^)]*)\)", expression) for label in listed.split(", ")
        }
        assert not samples or asked <= known, expression


async def test_each_fault_that_an_alert_names_is_one_that_the_bot_reports(metrics: dict[str, Metric]) -> None:
    reported = {sample.labels["condition"] for sample in metrics["labelbot_health_condition"].samples}
    matchers = [each for expression in expressions() for each in MATCHER.findall(expression) if each[0] == "condition"]
    # A bot that polls has no webhook.
    assert {name for _, _, value in matchers for name in value.split("|")} < reported | {"webhook", "webhook-replaced"}


async def test_the_dashboard_shows_every_metric(metrics: dict[str, Metric]) -> None:
    shown = {name for expression in expressions() for name in NAME.findall(expression)}
    families = {metrics[name].name for name in shown if name in metrics}
    assert families >= {family.name for name, family in metrics.items() if name.startswith("labelbot_")}


async def test_panels_have_names_of_their_own_and_do_not_overlap() -> None:
    panels = json.loads((DEPLOY / "grafana.json").read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def promtool(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [debian_program("promtool", "prometheus"), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


async def test_prometheus_understands_each_query(tmp_path: Path) -> None:
    recorded = [{"record": f"query:{number}", "expr": each} for number, each in enumerate(expressions())]
    (tmp_path / "queries.yml").write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": recorded}]}))
    done = await asyncio.to_thread(promtool, "check", "rules", "queries.yml", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"{len(recorded)} rules found" in done.stdout


HEALTHY = {
    'up{job="labelbot"}': "1x60",
    "labelbot_last_poll_age_seconds": "20x60",
    "labelbot_workers_alive": "2x60",
    "labelbot_pool_capacity_images": "256x60",
    "labelbot_worker_deaths_total": "1x60",
}


async def test_each_alert_goes_off_alone_when_it_should_and_none_for_a_healthy_bot(tmp_path: Path) -> None:
    assert set(SERIES) == {rule["alert"] for rule in rules()}
    (tmp_path / "alerts.yml").write_text((DEPLOY / "alerts.yml").read_text())
    scenarios = [(alert, HEALTHY | {series: values}, when) for alert, (series, values, when) in SERIES.items()]
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": series, "values": values} for series, values in given.items()],
            "promql_expr_test": [
                {
                    "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                    "eval_time": when,
                    "exp_samples": [{"labels": f'{{alertname="{alert}"}}', "value": 1}] if alert else [],
                }
            ],
        }
        for alert, given, when in (*scenarios, ("", HEALTHY, "10m"))
    ]
    suite = {"rule_files": ["alerts.yml"], "evaluation_interval": "1m", "tests": tests}
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(suite))
    done = await asyncio.to_thread(promtool, "test", "rules", "tests.yml", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
