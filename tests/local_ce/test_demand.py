"""What runs ask for is read as the platform reads it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_ce.demand import Demand


def test_a_run_that_asks_for_nothing_gets_the_platforms_defaults() -> None:
    """Two CPUs and 2Gi, on one node; empty fields are fields not given."""
    assert Demand.of({}) == Demand(cpus=2, memory=2 * 2**30)
    empty = {"cpu": None, "memory": "", "nodes": None, "gpu": None}
    assert Demand.of(empty) == Demand.of({})


@pytest.mark.parametrize(
    ("quantity", "size"),
    [
        ("2Gi", 2 * 2**30),
        ("500Mi", 500 * 2**20),
        ("10G", 10 * 10**9),
        ("1500M", 1500 * 10**6),
        ("1.5Gi", 3 * 2**29),
        ("2147483648", 2**31),
    ],
)
def test_memory_is_read_in_bytes(quantity: str, size: int) -> None:
    """Binary and decimal units are different."""
    assert Demand.of({"memory": quantity}).memory == size


@given(milli=st.integers(1, 10**6))
def test_fractions_of_a_cpu_are_rounded_up(milli: int) -> None:
    """Ray's nodes have whole CPUs, and a task that asks for a fraction must fit."""
    cpus = Demand.of({"cpu": f"{milli}m"}).cpus
    assert cpus - 1 < Fraction(milli, 1000) <= cpus


@given(nodes=st.integers(1, 50), cpu=st.integers(1, 64), mebibytes=st.integers(1, 10**6))
def test_every_node_gets_what_was_asked_for(nodes: int, cpu: int, mebibytes: int) -> None:
    """The machine must have it as often as there are nodes."""
    demand = Demand.of({"nodes": nodes, "cpu": str(cpu), "memory": f"{mebibytes}Mi"})
    assert demand.total_cpus == nodes * cpu
    assert demand.fits(nodes * cpu, nodes * mebibytes * 2**20)
    assert not demand.fits(nodes * cpu - 1, nodes * mebibytes * 2**20)
    assert not demand.fits(nodes * cpu, nodes * mebibytes * 2**20 - 1)


def test_there_are_no_gpus() -> None:
    """A run that asks for one fits nowhere here."""
    assert not Demand.of({"gpu": "1"}).fits(1000, 2**50)
    assert Demand.of({"gpu": "0"}).fits(1000, 2**50)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cpu", "many"),
        ("cpu", "-1"),
        ("cpu", "0"),
        ("memory", "2Qi"),
        ("memory", "NaN"),
        ("nodes", -2),
    ],
)
def test_what_is_no_amount_is_refused_with_the_field(field: str, value: Any) -> None:
    """The message has what was found, and what would do."""
    with pytest.raises(ValueError, match=rf"{field}='?{value}'? is not an amount: write it like"):
        Demand.of({field: value})


def test_a_demand_reads_well() -> None:
    """It is part of explanations."""
    assert str(Demand.of({"cpu": "1500m", "memory": "1.5Gi"})) == "2 CPU and 1.5 GiB"
    assert str(Demand.of({"nodes": 3})) == "3 nodes of 2 CPU and 2 GiB"
    assert str(Demand.of({"gpu": "1"})) == "2 CPU and 2 GiB and 1 GPU"
