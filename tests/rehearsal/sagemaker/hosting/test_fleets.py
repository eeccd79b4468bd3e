"""Fleets of real serving processes, in this process: what cannot be brought about from outside."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from modelyard.rehearsal.sagemaker.containers import PRIMARY, ServingCode
from modelyard.rehearsal.sagemaker.hosting.fleets import Fleet, NoInstanceError
from modelyard.rehearsal.sagemaker.hosting.instances import ContainerFaultError
from modelyard.rehearsal.sagemaker.hosting.launching import Launcher, LaunchError
from modelyard.rehearsal.sagemaker.hosting.plans import ContainerPlan, ModelPlan, VariantPlan
from modelyard.rehearsal.sagemaker.platform import Platform
from support.endpoints import MODEL

PLAN = VariantPlan(
    name="primary",
    model=ModelPlan(
        name="model",
        role_arn="arn:role",
        containers=(ContainerPlan(name=PRIMARY, image="image", code=ServingCode(program="serve.py", packed=True)),),
    ),
    instance_type="ml.m5.large",
    count=2,
    weight=1,
)


def write_model(folder: Path, weight: str) -> None:
    code = folder / "artifacts" / PRIMARY / "code"
    code.mkdir(parents=True, exist_ok=True)
    (code / "serve.py").write_text(dedent(MODEL))
    (folder / "artifacts" / PRIMARY / "weight").write_text(weight)


@pytest.fixture
def make_fleet(platform: Platform, tmp_path: Path) -> Iterator[Callable[..., Fleet]]:
    """Make fleets whose model multiplies by two; they end with the test."""
    made: list[Fleet] = []
    with ThreadPoolExecutor(max_workers=2) as executor:

        def make(*, count: int, plan: VariantPlan = PLAN) -> Fleet:
            write_model(tmp_path, "2")
            launcher = Launcher(
                platform=platform, plan=plan, folder=tmp_path, executor=executor, log=lambda instance, line: None
            )
            fleet = Fleet(launcher=launcher, desired=count)
            made.append(fleet)
            fleet.finish(fleet.begin())
            return fleet

        yield make
        for fleet in made:
            fleet.stop(grace=1)


def ask(fleet: Fleet, body: str = "1") -> str:
    return fleet.invoke(body=body.encode(), headers={"Content-Type": "text/csv"}).body.decode()


def test_a_request_goes_to_the_instance_with_the_least_to_do(make_fleet: Callable[..., Fleet]) -> None:
    fleet = make_fleet(count=2)
    with ThreadPoolExecutor(max_workers=1) as executor:
        slow = executor.submit(ask, fleet, "slow")
        time.sleep(0.2)
        others = {ask(fleet, "pid") for _ in range(5)}
        slow.result()

    assert len(others) == 1


def checked_needs_repair(fleet: Fleet) -> bool:
    fleet.check()
    return fleet.needs_repair


def test_an_instance_that_does_not_answer_three_pings_is_replaced(make_fleet: Callable[..., Fleet]) -> None:
    fleet = make_fleet(count=1)
    pid = int(ask(fleet, "pid"))
    os.kill(pid, signal.SIGSTOP)
    assert [checked_needs_repair(fleet) for _ in range(3)] == [False, False, True]
    fleet.repair()

    assert not fleet.needs_repair
    assert int(ask(fleet, "pid")) != pid


def test_a_ping_that_is_answered_forgets_those_that_were_not(make_fleet: Callable[..., Fleet]) -> None:
    fleet = make_fleet(count=1)
    pid = int(ask(fleet, "pid"))
    os.kill(pid, signal.SIGSTOP)
    fleet.check()
    os.kill(pid, signal.SIGCONT)
    fleet.check()
    os.kill(pid, signal.SIGSTOP)
    fleet.check()
    fleet.check()
    os.kill(pid, signal.SIGCONT)

    assert not fleet.needs_repair


def test_without_an_instance_a_request_is_not_answered(make_fleet: Callable[..., Fleet]) -> None:
    fleet = make_fleet(count=1)
    fleet.stop(grace=1)

    with pytest.raises(NoInstanceError, match="no instance of variant primary takes requests"):
        ask(fleet)


def test_a_container_that_ends_in_the_middle_of_a_request_is_its_fault(make_fleet: Callable[..., Fleet]) -> None:
    with pytest.raises(ContainerFaultError, match="the connection to the container broke") as fault:
        ask(make_fleet(count=1), "die")

    assert not fault.value.timed_out


def test_an_instance_that_ended_in_the_middle_of_a_request_is_sent_no_other(make_fleet: Callable[..., Fleet]) -> None:
    fleet = make_fleet(count=2)
    with pytest.raises(ContainerFaultError):
        ask(fleet, "die")

    assert fleet.count == 1
    assert [ask(fleet) for _ in range(5)] == [ask(fleet)] * 5


def test_a_container_that_takes_too_long_has_timed_out(make_fleet: Callable[..., Fleet]) -> None:
    fleet = make_fleet(count=1)
    # The second request goes by the connection of the first, which had more time.
    ask(fleet)
    with pytest.raises(ContainerFaultError, match=r"no answer within 0\.2 s") as fault:
        fleet.invoke(body=b"slow", headers={"Content-Type": "text/csv"}, seconds=0.2)
    assert fault.value.timed_out


def test_instances_that_do_not_come_up_leave_the_fleet_as_it_was(
    make_fleet: Callable[..., Fleet], tmp_path: Path
) -> None:
    fleet = make_fleet(count=1)
    write_model(tmp_path, "broken")

    with pytest.raises(LaunchError, match="did not pass the ping health check"):
        fleet.resize(count=2)
    assert (fleet.count, fleet.desired) == (1, 1)
    assert ask(fleet) == "2.0"


def test_a_replacement_that_does_not_come_up_is_tried_again(make_fleet: Callable[..., Fleet], tmp_path: Path) -> None:
    fleet = make_fleet(count=1)
    write_model(tmp_path, "broken")
    with pytest.raises(ContainerFaultError):
        ask(fleet, "die")
    # A process that is about to end may still take a connection.
    _await_end_of_the_only_instance(fleet)
    with pytest.raises(NoInstanceError):
        ask(fleet)
    with pytest.raises(LaunchError):
        fleet.repair()
    assert fleet.needs_repair

    write_model(tmp_path, "2")
    fleet.repair()
    assert ask(fleet) == "2.0"


def test_a_role_that_sagemaker_may_not_take_is_the_reason(make_fleet: Callable[..., Fleet]) -> None:
    untrusted = replace(PLAN, model=replace(PLAN.model, role_arn="arn:untrusted"))

    with pytest.raises(LaunchError, match=r"the role does not trust sagemaker\.amazonaws\.com"):
        make_fleet(count=1, plan=untrusted)


def test_a_model_that_hangs_ends_with_its_time_limit(make_fleet: Callable[..., Fleet], tmp_path: Path) -> None:
    fleet = make_fleet(count=0, plan=replace(PLAN, start_seconds=0.5))
    write_model(tmp_path, "slow")

    with pytest.raises(LaunchError, match="did not pass the ping health check"):
        fleet.resize(count=1)


def test_no_process_and_no_tree_is_left(make_fleet: Callable[..., Fleet], tmp_path: Path) -> None:
    fleet = make_fleet(count=2)
    pids = {int(ask(fleet, "pid")) for _ in range(2)}
    fleet.stop(grace=1)

    assert not tmp_path.exists()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_many_threads_share_the_connections_of_a_fleet(make_fleet: Callable[..., Fleet]) -> None:
    fleet = make_fleet(count=2)
    with ThreadPoolExecutor(max_workers=8) as executor:
        answers = list(executor.map(lambda number: ask(fleet, str(number)), range(800)))

    assert answers == [f"{number * 2.0}" for number in range(800)]


def _await_end_of_the_only_instance(fleet: Fleet) -> None:
    deadline = time.monotonic() + 20
    while not fleet.needs_repair:
        assert time.monotonic() < deadline, "the container must have ended"
        time.sleep(0.02)
