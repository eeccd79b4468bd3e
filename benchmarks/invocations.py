"""How fast the local AWS answers InvokeEndpoint, and what of the processors that takes.

    python -m benchmarks.invocations --clients 8 32

An endpoint of two instances, whose model takes next to no time, captures everything. A user whose policy allows this
endpoint alone asks it over many connections that are kept open. Each connection's request is signed once, so that the
client, on the same machine, costs little; the local AWS verifies each. Seconds of the processors are read from /proc:
beside other work they say more than the seconds of the wall.
"""

import argparse
import contextlib
import io
import json
import os
import platform
import selectors
import statistics
import sys
import tarfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from benchmarks.serving import Connection
from modelyard.rehearsal.session import Rehearsal

ENDPOINT, BUCKET = "asked", "invocations-benchmark"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
MODEL = """
def model_fn(model_dir):
    return 3.0

def input_fn(body, content_type):
    return [float(value) for value in body.split(",")]

def predict_fn(values, model):
    return sum(values) * model

def output_fn(prediction, accept):
    return str(prediction), "text/csv"
"""
BODY = ",".join(str(number / 10) for number in range(20)).encode()
# The processes whose seconds are told apart, by what is in their command.
PROCESSES = {"local AWS": "modelyard.rehearsal.cloud", "instances": "modelyard.rehearsal.containers.serving"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """What so many requests took: seconds each, of the wall, and of the processors by whose they are."""

    seconds: Sequence[float]
    wall: float
    processor: dict[str, float]

    def line(self, *, clients: int) -> str:
        """Return a row of the table."""
        count = len(self.seconds)
        percentiles = statistics.quantiles(self.seconds, n=100)
        waited = " | ".join(f"{1000 * percentiles[percent - 1]:.1f}" for percent in (50, 99))
        costs = " | ".join(f"{1000 * seconds / count:.3f}" for seconds in self.processor.values())
        return f"{clients} | {count / self.wall:.0f} | {waited} | {costs}"


def _statement(action: str, resource: str) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})


def make_endpoint(rehearsal: Rehearsal) -> Credentials:
    """Make an endpoint, and return the credentials of a user who may ask it and do nothing else."""
    place = rehearsal.connection
    iam, s3, sagemaker = (place.client(service) for service in ("iam", "s3", "sagemaker"))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        entry = tarfile.TarInfo("code/serve.py")
        entry.size = len(MODEL)
        tar.addfile(entry, io.BytesIO(MODEL.encode()))
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="model.tar.gz", Body=packed.getvalue())
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
    role = iam.create_role(RoleName="model", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))["Role"]["Arn"]
    iam.put_role_policy(RoleName="model", PolicyName="all", PolicyDocument=_statement("*", "*"))
    variables = {"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz", "Environment": variables}
    sagemaker.create_model(ModelName=ENDPOINT, ExecutionRoleArn=role, PrimaryContainer=container)
    variant = {"VariantName": "one", "ModelName": ENDPOINT, "InstanceType": "ml.m5.large", "InitialInstanceCount": 2}
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
    }
    sagemaker.create_endpoint_config(
        EndpointConfigName=ENDPOINT, ProductionVariants=[variant], DataCaptureConfig=capture
    )
    arn = sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=ENDPOINT)["EndpointArn"]
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=ENDPOINT, WaiterConfig={"Delay": 1})
    iam.create_user(UserName="client")
    policy = _statement("sagemaker:InvokeEndpoint", arn)
    iam.put_user_policy(UserName="client", PolicyName="ask", PolicyDocument=policy)
    key = iam.create_access_key(UserName="client")["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def signed(*, endpoint: str, credentials: Credentials) -> bytes:
    """Return a whole request as it goes over the wire."""
    path = f"/endpoints/{ENDPOINT}/invocations"
    headers = {"Host": endpoint.removeprefix("http://"), "Content-Type": "text/csv", "Accept": "text/csv"}
    request = AWSRequest(method="POST", url=f"{endpoint}{path}", data=BODY, headers=headers)
    SigV4Auth(credentials, "sagemaker", "us-east-1").add_auth(request)
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    head = "\r\n".join([f"POST {path} HTTP/1.1", *lines, f"Content-Length: {len(BODY)}"])
    return f"{head}\r\n\r\n".encode() + BODY


def ask(*, connections: Sequence[Connection], count: int) -> list[float]:
    """Have each connection send its next request when the last is answered, and return the seconds of each."""
    seconds: list[float] = []
    with selectors.DefaultSelector() as selector:
        begun: dict[Connection, float] = {}
        for connection in connections:
            selector.register(connection, selectors.EVENT_READ, connection)
            begun[connection] = time.perf_counter()
            connection.begin()
        while begun:
            for key, _ in selector.select():
                connection = key.data
                selector.unregister(connection)
                connection.finish()
                now = time.perf_counter()
                seconds.append(now - begun.pop(connection))
                if len(seconds) + len(begun) < count:
                    selector.register(connection, selectors.EVENT_READ, connection)
                    begun[connection] = now
                    connection.begin()
    return seconds


def processor_seconds() -> dict[str, float]:
    """Return the seconds of user and system so far: this process's, and its descendants' by what they are."""
    ticks = os.sysconf("SC_CLK_TCK")
    parents: dict[int, int] = {}
    spent: dict[int, float] = {}
    commands: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        # A process may end while it is looked at.
        with contextlib.suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            number = int(folder.name)
            parents[number], spent[number] = int(fields[1]), (int(fields[11]) + int(fields[12])) / ticks
            commands[number] = (folder / "cmdline").read_text()

    def is_own(number: int) -> bool:
        while number in parents and number != os.getpid():
            number = parents[number]
        return number == os.getpid()

    own = [number for number in parents if is_own(number)]
    by_name = {
        name: sum(spent[number] for number in own if module in commands.get(number, ""))
        for name, module in PROCESSES.items()
    }
    return by_name | {"client": spent[os.getpid()]}


def measure(*, connections: Sequence[Connection], count: int) -> Round:
    """Ask so many times."""
    before, started = processor_seconds(), time.perf_counter()
    seconds = ask(connections=connections, count=count)
    wall, after = time.perf_counter() - started, processor_seconds()
    return Round(seconds=seconds, wall=wall, processor={name: after[name] - before[name] for name in after})


def captured(rehearsal: Rehearsal) -> int:
    """Return how many records are in the bucket."""
    rehearsal.connection.flush()
    s3 = rehearsal.connection.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="captured/")
    keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
    return sum(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().count(b"\n") for key in keys)


def main() -> int:
    """Print a row for each number of clients and round."""
    parser = argparse.ArgumentParser(description="Measure InvokeEndpoint through the local AWS.")
    parser.add_argument("--count", type=int, default=4000, help="requests a round (default 4000)")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M}, {machine}")
    with Rehearsal() as rehearsal:
        endpoint = rehearsal.connection.endpoint
        port = int(endpoint.rpartition(":")[2])
        credentials = make_endpoint(rehearsal)
        asked = 0
        print("clients | requests/s | p50 ms | p99 ms | processor ms a request: " + " | ".join([*PROCESSES, "client"]))
        for _ in range(options.rounds):
            for clients in options.clients:
                # AWS takes a signature for a few minutes: a new one for each row.
                request = signed(endpoint=endpoint, credentials=credentials)
                with contextlib.ExitStack() as opened:
                    connections = [
                        opened.enter_context(contextlib.closing(Connection(port=port, request=request)))
                        for _ in range(clients)
                    ]
                    ask(connections=connections, count=options.count // 10)
                    print(measure(connections=connections, count=options.count).line(clients=clients), flush=True)
                asked += options.count // 10 + options.count
        records = captured(rehearsal)
        print(f"{asked} requests, {records} captured records")
    return 0 if records == asked else 1


if __name__ == "__main__":
    sys.exit(main())
