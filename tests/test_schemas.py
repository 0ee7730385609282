"""Files that other programs read keep to the schemas of those programs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.debian import debian_program

ROOT = Path(__file__).parents[1]


def check_schema(schema: str, *files: Path) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("check_jsonschema", reason="needs check-jsonschema, a part of [dev]")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "pattern"), [("compose-spec", "compose.yaml"), ("github-workflows", ".github/workflows/*.yml")]
)
def test_each_file_keeps_to_its_schema(schema: str, pattern: str, tmp_path: Path) -> None:
    files = list(ROOT.glob(pattern))
    assert files
    checked = check_schema(schema, *files)
    assert checked.returncode == 0, checked.stdout
    # A misspelt key is found.
    (wrong := tmp_path / "wrong.yml").write_text(
        files[0].read_text().replace("services:", "service:").replace("jobs:", "job:")
    )
    assert check_schema(schema, wrong).returncode == 1


def test_prometheus_accepts_what_compose_gives_it(tmp_path: Path) -> None:
    promtool = debian_program("promtool", "prometheus")
    configs = yaml.safe_load((ROOT / "compose.yaml").read_text())["configs"]
    (tmp_path / "prometheus.yml").write_text(configs["prometheus"]["content"])
    shutil.copy(ROOT / "bot/deploy/alerts.yml", tmp_path / "labelbot-alerts.yml")
    checked = subprocess.run(
        [promtool, "check", "config", tmp_path / "prometheus.yml"], capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


def test_each_service_of_compose_has_a_bounded_log_and_reads_files_that_exist() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    for name, service in compose["services"].items():
        assert service["logging"]["options"]["max-size"], name
        assert service["restart"] == "unless-stopped", name
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source in compose["volumes"] or (ROOT / source).is_file(), volume
        for config in service.get("configs", ()):
            assert config["source"] in compose["configs"], config
    bot = compose["services"]["labelbot"]
    assert {"healthcheck", "mem_limit", "read_only", "cap_drop"} <= set(bot)
    profiles = {name: service.get("profiles") for name, service in compose["services"].items()}
    assert profiles == {
        "labelbot": None,
        "postgres": ["postgres"],
        **{name: ["monitoring"] for name in ("metrics", "prometheus", "grafana")},
    }
