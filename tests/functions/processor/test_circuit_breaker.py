"""A circuit: closed, open after failures in a row, half open for a probe, closed again."""

import threading
from dataclasses import dataclass

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ParamValidationError

from shared.aws_clients import GuardedClient, create_client
from shared.circuit_breaker import (
    FAILING_SECONDS,
    FAILURES,
    FIRST_WAIT,
    LONGEST_WAIT,
    Circuit,
    CircuitOpenError,
    Circuits,
    CircuitState,
)
from tests.functions.conftest import REGION

CLOSED, OPEN, HALF_OPEN = CircuitState.CLOSED, CircuitState.OPEN, CircuitState.HALF_OPEN


@dataclass
class Clock:
    """Time that a test makes pass."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def seen() -> list[CircuitState]:
    """The states that were told, in order."""
    return []


@pytest.fixture
def circuit(clock: Clock, seen: list[CircuitState]) -> Circuit:
    return Circuit("table", lambda each: seen.append(each.state), clock)


def fail(circuit: Circuit, clock: Clock, times: int = FAILURES) -> None:
    """So many failures in a row; `FAILURES` of them take the seconds that are asked for."""
    for _ in range(times):
        clock.now += FAILING_SECONDS / (FAILURES - 1)
        circuit.failed("down")


def until_probe(circuit: Circuit, clock: Clock) -> float:
    refusal = circuit.refusal()
    assert refusal is not None
    clock.now += refusal.seconds + 0.001
    return refusal.seconds


def test_it_opens_after_failures_in_a_row(
    circuit: Circuit, clock: Clock, seen: list[CircuitState]
) -> None:
    """R-A8. And tells what fails, why, and when to come again."""
    fail(circuit, clock, FAILURES - 1)
    circuit.admit()
    clock.now += FAILING_SECONDS
    circuit.failed("HTTP 503")
    with pytest.raises(CircuitOpenError, match=r"the table is left alone.*HTTP 503") as caught:
        circuit.admit()
    assert caught.value.dependency == "table"
    assert 0.75 * FIRST_WAIT <= caught.value.seconds <= FIRST_WAIT
    assert seen == [OPEN]


def test_a_success_in_between_keeps_it_closed(circuit: Circuit, clock: Clock) -> None:
    """R-A8. A hot partition refuses some batches and takes others: no outage."""
    for _ in range(5):
        fail(circuit, clock, FAILURES - 1)
        circuit.succeeded()
    assert circuit.state is CLOSED


def test_a_burst_of_failures_keeps_it_closed(circuit: Circuit, clock: Clock) -> None:
    """R-A8. Eight writers that are throttled at the same moment."""
    for _ in range(3 * FAILURES):
        circuit.failed("throttled")
    assert circuit.state is CLOSED
    clock.now += FAILING_SECONDS
    circuit.failed("throttled")
    assert circuit.state is OPEN


def test_a_probe_that_succeeds_closes_it(
    circuit: Circuit, clock: Clock, seen: list[CircuitState]
) -> None:
    """R-A8. And it takes as many failures as before to open it again."""
    fail(circuit, clock)
    until_probe(circuit, clock)
    assert circuit.call(lambda: "done", lambda _: True) == "done"
    assert seen == [OPEN, HALF_OPEN, CLOSED]
    fail(circuit, clock, FAILURES - 1)
    assert circuit.state is CLOSED


def test_each_probe_that_fails_doubles_the_wait(circuit: Circuit, clock: Clock) -> None:
    """R-A8. Up to five minutes; a success takes it back to the first one."""
    fail(circuit, clock)
    waits = []
    for _ in range(8):
        waits.append(until_probe(circuit, clock))
        with pytest.raises(ZeroDivisionError):
            circuit.call(lambda: 1 // 0, lambda _: True)
        assert circuit.state is OPEN
    longest = [min(LONGEST_WAIT, FIRST_WAIT * 2**probe) for probe in range(8)]
    assert all(0.7 * most <= wait <= most for most, wait in zip(longest, waits, strict=True))
    until_probe(circuit, clock)
    circuit.call(lambda: None, lambda _: True)
    fail(circuit, clock)
    refusal = circuit.refusal()
    assert refusal is not None
    assert refusal.seconds <= FIRST_WAIT


def test_environments_do_not_probe_together(clock: Clock) -> None:
    """R-A8."""
    waits = set()
    for _ in range(20):
        circuit = Circuit("table", clock=clock)
        circuit.trip("down")
        refusal = circuit.refusal()
        waits.add(refusal and refusal.seconds)
    assert len(waits) == 20


def test_what_was_begun_before_it_opened_says_nothing(circuit: Circuit, clock: Clock) -> None:
    """R-A8. Given calls under way in other threads that end after it opened."""
    fail(circuit, clock)
    circuit.succeeded()
    circuit.failed("late")
    assert circuit.state is OPEN


def test_a_clock_that_is_set_back_does_not_keep_it_open(circuit: Circuit, clock: Clock) -> None:
    """R-A8."""
    fail(circuit, clock)
    clock.now -= 86_400
    circuit.admit()
    assert circuit.state is HALF_OPEN


def test_threads_count_together(clock: Clock, seen: list[CircuitState]) -> None:
    """R-A8. One change is told once."""
    circuit = Circuit("table", lambda each: seen.append(each.state), clock)
    circuit.failed("first")
    clock.now += FAILING_SECONDS
    threads = [threading.Thread(target=circuit.failed, args=("down",)) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [OPEN]
    assert circuit.failures >= FAILURES


def test_of_several_open_circuits_the_latest_probe_counts(clock: Clock) -> None:
    """R-A8. And circuits that are not needed do not count."""
    circuits = Circuits(("table", "ledger", "queue"), clock=clock)
    assert circuits.refusal(circuits) is None
    circuits["table"].trip("a")
    clock.now += 5
    circuits["ledger"].trip("b")
    refusal = circuits.refusal(("table", "ledger"))
    assert refusal is not None
    assert refusal.dependency == "ledger"
    assert circuits.refusal(("queue",)) is None


class FakeClient:
    """A client of DynamoDB whose every call ends the same way."""

    def __init__(self, ending: Exception | None) -> None:
        self.ending = ending
        self.meta = create_client("dynamodb", region=REGION).meta

    def put_item(self, **_: object) -> str:
        if self.ending is not None:
            raise self.ending
        return "answer"


def service_error(code: str, status: int) -> ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutItem")


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("ending", "failures"),
    [
        (service_error("InternalServerError", 500), 2),
        (service_error("ThrottlingException", 400), 2),
        (ConnectTimeoutError(endpoint_url="http://127.0.0.1"), 2),
        (service_error("AccessDeniedException", 400), 0),
        (service_error("ConditionalCheckFailedException", 400), 0),
        (ParamValidationError(report="wrong"), 1),
    ],
)
def test_a_client_tells_its_circuit_what_failed(
    clock: Clock, ending: Exception, failures: int
) -> None:
    """R-A8. A refusal is an answer: the service is there. A wrong call says nothing of it."""
    circuit = Circuit("table", clock=clock)
    circuit.failed("before")
    client = GuardedClient(FakeClient(ending), circuit)
    with pytest.raises(type(ending)):
        client.put_item(TableName="t")
    assert circuit.failures == failures


@pytest.mark.usefixtures("aws")
def test_a_client_makes_no_call_while_its_circuit_is_open(clock: Clock) -> None:
    """R-A8. What is no call goes through."""
    circuit = Circuit("table", clock=clock)
    fake = FakeClient(None)
    client = GuardedClient(fake, circuit)
    assert client.put_item(TableName="t") == "answer"
    circuit.trip("down")
    with pytest.raises(CircuitOpenError):
        client.put_item(TableName="t")
    assert client.meta is fake.meta
