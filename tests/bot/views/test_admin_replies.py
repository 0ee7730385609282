"""What admins are told about the workers of a cluster."""

from __future__ import annotations

import pytest

from bot.views import admin_replies
from inference import Cluster
from inference.cluster.messages import Connected, Node
from tests.support.texts import ENGLISH

NODES = (
    Node("a", "<head>", "10.0.0.1", cores=2, workers=1, checked=True, fault=None),
    Node("b", "second", "10.0.0.2", cores=8, workers=0, checked=False, fault=None),
    Node("c", "third", "10.0.0.3", cores=8, workers=0, checked=True, fault="labelbot is not installed there"),
)


@pytest.fixture
def cluster() -> Cluster:
    pytest.importorskip("ray")
    cluster = Cluster("10.0.0.1:6379")
    cluster.connected = Connected("10.0.0.1:6379", ray="2.60.0", python="3.11.7")
    cluster.nodes = NODES
    return cluster


def test_each_node_is_told_with_what_it_offers(cluster: Cluster) -> None:
    assert admin_replies.workers(ENGLISH, 1, 2, 3, cluster).splitlines()[2:] == [
        "",
        "Ray cluster at 10.0.0.1:6379, Ray 2.60.0, Python 3.11.7",
        "&lt;head&gt; (10.0.0.1) · cores: 2 · workers: 1",
        "second (10.0.0.2) has just joined.",
        "third (10.0.0.3) can't label: labelbot is not installed there",
    ]


def test_a_message_about_many_nodes_stays_short(cluster: Cluster) -> None:
    cluster.nodes = NODES * 20
    assert admin_replies.workers(ENGLISH, 1, 2, 3, cluster).splitlines()[-1] == "More nodes: 30"


def test_a_lost_cluster_is_told_with_the_reason(cluster: Cluster) -> None:
    cluster.connected, cluster.fault = None, "the head is gone"
    (line,) = admin_replies.workers(ENGLISH, 0, 1, 1, cluster).splitlines()[3:]
    expected = (
        "I've lost the connection to the cluster: the head is gone. New photos wait, and I keep trying to connect."
    )
    assert line == expected
