"""The environment of child processes."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.pool.process import WorkerProcess
from inference.pool.protocol import WorkerOptions
from inference.system.environment import child_environment
from tests.support.processes import environment_of

SECRETS = {
    "LABELBOT_TOKEN": "1:secret",
    "LABELBOT_TOKEN_FILE": "/run/secret",
    "LABELBOT_DATABASE_URL": "postgresql://labelbot:secret@db/labelbot",
    "LABELBOT_DATABASE_URL_FILE": "/run/secret",
    "PGPASSWORD": "secret",
    "PGHOST": "secret",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "GITHUB_TOKEN": "secret",
    "SENTRY_DSN": "https://secret@sentry.example",
    "TF_VAR_db_password": "secret",
    "PYTHON_KEYRING_PASSWORD": "secret",
    "CUDA_API_KEY": "secret",
    "SOMETHING": "secret",
}
NEEDED = {
    "PATH": "/usr/bin",
    "HOME": "/home/labelbot",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "LD_LIBRARY_PATH": "/opt/lib",
    "CUDA_VISIBLE_DEVICES": "0",
    "NVIDIA_VISIBLE_DEVICES": "all",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "SSL_CERT_FILE": "/etc/ca.pem",
}
NETWORK = {"HTTPS_PROXY": "http://proxy:3128", "no_proxy": "localhost", "PIP_INDEX_URL": "http://index"}
WORDS = st.sampled_from(["TF", "LABELBOT", "CUDA", "PYTHON", "DB", "API", "MY", "OMP"])
NAMES = st.lists(WORDS, min_size=1).map("_".join)
SECRET_ENDINGS = st.sampled_from(["TOKEN", "SECRET", "PASSWORD", "KEY", "DATABASE_URL", "TOKEN_FILE", "CREDENTIALS"])


def test_a_child_gets_what_it_needs_and_no_secret() -> None:
    chosen = child_environment(SECRETS | NEEDED | NETWORK)
    chosen.pop("PYTHONPATH")
    assert chosen == NEEDED


def test_a_child_that_downloads_gets_the_ways_out_as_well() -> None:
    chosen = child_environment(SECRETS | NEEDED | NETWORK, network=True)
    chosen.pop("PYTHONPATH")
    assert chosen == NEEDED | NETWORK


@given(NAMES, SECRET_ENDINGS, st.booleans())
def test_whatever_is_named_like_a_secret_stays(name: str, ending: str, network: bool) -> None:
    assert set(child_environment({f"{name}_{ending}": "1"}, network=network)) == {"PYTHONPATH"}


async def test_a_worker_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    worker = await WorkerProcess.start(WorkerOptions(max_models=1, max_memory_bytes=2**30))
    try:
        environment = environment_of(worker.pid)
    finally:
        await worker.end()
    assert b"secret" not in environment
    assert f"PATH={os.environ['PATH']}".encode() in environment
