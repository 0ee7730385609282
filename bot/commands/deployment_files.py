"""The files of `labelbot deploy`, by the names of the programs that read them."""

from __future__ import annotations

from typing import Literal, TypeAlias

DeploymentFile: TypeAlias = Literal["systemd", "caddy", "nginx", "prometheus", "alerts", "grafana", "kubernetes"]

# Names in the folder `bot/deploy`.
TEMPLATES: dict[DeploymentFile, str] = {
    "systemd": "labelbot.service",
    "caddy": "Caddyfile",
    "nginx": "nginx.conf",
    "prometheus": "prometheus.yml",
    "alerts": "alerts.yml",
    "grafana": "grafana.json",
    "kubernetes": "kubernetes.yaml",
}
