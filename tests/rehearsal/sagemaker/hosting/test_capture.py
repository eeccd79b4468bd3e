import base64
import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.exceptions
import pytest

from modelyard.drift.reading.records import read_record, record_rows
from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.hosting.capture import (
    CaptureSettings,
    CaptureWriter,
    Destination,
    Exchange,
    record_line,
)

MOMENT = datetime(2026, 2, 19, 1, 34, 30, 125000, tzinfo=UTC)
BOTH = [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]


def settings(**changes: Any) -> CaptureSettings:
    config = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://bucket/churn/capture/",
        "CaptureOptions": BOTH,
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
    }
    return CaptureSettings.read(config | changes)


def exchange(**changes: Any) -> Exchange:
    values: dict[str, Any] = {
        "moment": MOMENT,
        "sent": b"1,2,3\n",
        "sent_type": "text/csv",
        "answered": b"0.98",
        "answered_type": "text/csv; charset=utf-8",
    }
    return Exchange(**(values | changes))


def line(of: Exchange, *, under: CaptureSettings | None = None) -> str:
    return record_line(exchange=of, settings=settings() if under is None else under, event_id="an-id")


def test_a_record_is_written_to_the_byte_as_sagemaker_writes_it() -> None:
    assert line(exchange()) == (
        '{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT","data":"1,2,3\\n",'
        '"encoding":"CSV"},"endpointOutput":{"observedContentType":"text/csv; charset=utf-8","mode":"OUTPUT",'
        '"data":"0.98","encoding":"CSV"}},"eventMetadata":{"eventId":"an-id","inferenceTime":"2026-02-19T01:34:30Z"},'
        '"eventVersion":"0"}\n'
    )


# One line of tests/data/monitor of AWS's sagemaker-python-sdk, as an endpoint wrote it (Apache 2.0).
REAL = (
    r'{"captureData":{"endpointInput":{"observedContentType":"application/json","mode":"INPUT","data":'
    r'"{\"instances\": [1.0, 2.0, 5.0]}","encoding":"JSON"},"endpointOutput":{"observedContentType":'
    r'"application/json","mode":"OUTPUT","data":"{\n    \"predictions\": [3.5, 4.0, 5.5\n    ]\n}",'
    r'"encoding":"JSON"}},"eventMetadata":{"eventId":"12b73486-e916-45de-9d82-7fa23d4a39a6","inferenceTime":'
    r'"2019-11-24T07:30:50Z"},"eventVersion":"0"}'
)


def test_the_record_of_a_real_endpoint_comes_out_as_it_went_in() -> None:
    data, about = json.loads(REAL)["captureData"], json.loads(REAL)["eventMetadata"]
    again = exchange(
        moment=datetime.fromisoformat(about["inferenceTime"]),
        sent=data["endpointInput"]["data"].encode(),
        sent_type=data["endpointInput"]["observedContentType"],
        answered=data["endpointOutput"]["data"].encode(),
        answered_type=data["endpointOutput"]["observedContentType"],
    )

    assert record_line(exchange=again, settings=settings(), event_id=about["eventId"]) == REAL + "\n"


def test_drift_reads_the_record_of_a_request_with_its_answer_first() -> None:
    record = read_record(line=line(exchange()))

    assert record_rows(record=record, sides=("endpointInput", "endpointOutput")) == [(["0.98"], ["1", "2", "3"])]


def test_attributes_and_inference_id_stand_before_the_time_where_the_request_had_them() -> None:
    metadata = json.loads(line(exchange(custom_attributes="trace=1", inference_id="mine")))["eventMetadata"]

    assert list(metadata) == ["eventId", "customAttributes", "inferenceId", "inferenceTime"]
    assert metadata["customAttributes"] == ["trace=1"]
    assert metadata["inferenceId"] == "mine"


@pytest.mark.parametrize(
    ("kind", "encoding"),
    [
        ("text/csv", "CSV"),
        ("TEXT/CSV;charset=utf-8", "CSV"),
        ("application/json", "JSON"),
        ("image/png", "BASE64"),
        ("", "BASE64"),
    ],
)
def test_the_encoding_follows_the_lists_of_content_types(kind: str, encoding: str) -> None:
    assert settings().encoding(kind) == encoding


def test_without_lists_every_payload_is_base64() -> None:
    written = json.loads(line(exchange(), under=settings(CaptureContentTypeHeader={})))

    assert written["captureData"]["endpointInput"]["data"] == base64.b64encode(b"1,2,3\n").decode()


def test_json_is_kept_as_the_text_that_was_sent() -> None:
    sent = '{"naïve": 1}'.encode()
    written = line(exchange(sent=sent, sent_type="application/json"))

    assert '"data":"{\\"naïve\\": 1}","encoding":"JSON"' in written


@pytest.mark.parametrize(
    ("mode", "sides"),
    [
        ("Input", ["endpointInput"]),
        ("Output", ["endpointOutput"]),
        ("InputAndOutput", ["endpointInput", "endpointOutput"]),
    ],
)
def test_only_the_sides_that_are_asked_for_are_written(mode: str, sides: list[str]) -> None:
    written = json.loads(line(exchange(), under=settings(CaptureOptions=[{"CaptureMode": mode}])))

    assert list(written["captureData"]) == sides


class Bucket:
    """S3, as far as capture goes: what is put, or an error."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.options: dict[str, Any] = {}
        self.error: Exception | None = None

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **options: Any) -> None:  # noqa: N803 - boto3's
        if self.error is not None:
            raise self.error
        self.objects[f"s3://{Bucket}/{Key}"] = Body
        self.options = options


class Rig:
    """A writer, the bucket it writes to, and what it lost."""

    def __init__(self, *, seed: int = 0) -> None:
        self.bucket = Bucket()
        self.lost: list[tuple[int, str]] = []
        self.writer = CaptureWriter(
            client_of=lambda role: self.bucket,
            on_lost=lambda destination, count, error: self.lost.append((count, error)),
            seed=seed,
        )

    def take(self, *, under: CaptureSettings | None = None, moment: datetime = MOMENT, endpoint: str = "e") -> None:
        chosen = settings() if under is None else under
        place = Destination(endpoint=endpoint, variant="v", role_arn="arn:role", settings=chosen)
        self.writer.add(exchange=exchange(moment=moment), destination=place)

    def records(self) -> Iterator[dict[str, Any]]:
        for body in self.bucket.objects.values():
            yield from (json.loads(text) for text in body.decode().splitlines())


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_file_is_named_by_the_moment_of_its_first_record(rig: Rig) -> None:
    rig.take()
    rig.take(moment=MOMENT + timedelta(seconds=9))
    rig.writer.flush()

    (key,) = rig.bucket.objects
    assert re.fullmatch(
        r"s3://bucket/churn/capture/e/v/2026/02/19/01/34-30-125-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.jsonl", key
    )
    assert len(list(rig.records())) == 2


def test_records_of_two_hours_go_to_two_folders(rig: Rig) -> None:
    rig.take()
    rig.take(moment=MOMENT + timedelta(hours=1))
    rig.writer.flush()

    assert sorted(key.split("/")[-2] for key in rig.bucket.objects) == ["01", "02"]


def test_nothing_is_written_twice(rig: Rig) -> None:
    rig.take()
    rig.writer.flush()
    rig.writer.flush()

    assert len(rig.bucket.objects) == 1


def test_a_key_encrypts_the_files(rig: Rig) -> None:
    rig.take(under=settings(KmsKeyId="a-key"))
    rig.writer.flush()

    assert rig.bucket.options == {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "a-key"}


def test_a_capture_that_is_switched_off_writes_nothing(rig: Rig) -> None:
    rig.take(under=settings(EnableCapture=False))
    rig.writer.flush()

    assert rig.bucket.objects == {}


def test_about_as_many_records_are_sampled_as_are_asked_for(rig: Rig) -> None:
    for _ in range(1000):
        rig.take(under=settings(InitialSamplingPercentage=30))
    rig.writer.flush()

    assert 250 < len(list(rig.records())) < 350


def sampled(*, seed: int) -> list[bool]:
    rig, chosen = Rig(seed=seed), []
    for _ in range(50):
        before = len(rig.writer._waiting)
        rig.take(under=settings(InitialSamplingPercentage=50))
        chosen.append(sum(map(len, rig.writer._waiting.values())) > before)
        rig.writer._waiting.clear()
    return chosen


def test_the_same_seed_samples_the_same_requests() -> None:
    assert sampled(seed=1) == sampled(seed=1)
    assert sampled(seed=1) != sampled(seed=2)


def test_what_the_role_may_not_write_is_lost_and_counted(rig: Rig) -> None:
    rig.bucket.error = botocore.exceptions.ClientError(
        {"Error": {"Code": "AccessDenied", "Message": "not authorized to perform: s3:PutObject"}}, "PutObject"
    )
    rig.take()
    rig.take()
    rig.writer.flush()

    ((count, error),) = rig.lost
    assert count == 2
    assert "not authorized to perform: s3:PutObject" in error


def test_a_role_that_is_not_there_loses_the_records(rig: Rig) -> None:
    rig.bucket.error = invalid("there is no role")
    rig.take()
    rig.writer.flush()

    assert rig.lost == [(1, "there is no role")]


def test_what_fails_for_want_of_an_answer_is_written_the_next_time(rig: Rig) -> None:
    rig.bucket.error = botocore.exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    rig.take()
    rig.writer.flush()
    rig.bucket.error = None
    rig.take()
    rig.writer.flush()

    assert len(list(rig.records())) == 2
    assert rig.lost == []


def take_many(rig: Rig) -> None:
    for _ in range(200):
        rig.take()


def test_no_record_is_lost_among_threads(rig: Rig) -> None:
    threads = [threading.Thread(target=take_many, args=(rig,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        rig.writer.flush()
    rig.writer.flush()

    ids = [record["eventMetadata"]["eventId"] for record in rig.records()]
    assert len(ids) == len(set(ids)) == 800


def test_a_summary_says_what_describe_endpoint_says() -> None:
    assert settings().summary() == {
        "EnableCapture": True,
        "CaptureStatus": "Started",
        "CurrentSamplingPercentage": 100,
        "DestinationS3Uri": "s3://bucket/churn/capture/",
        "KmsKeyId": "",
    }
