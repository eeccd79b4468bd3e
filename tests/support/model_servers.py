"""A script to serve, and requests to its server."""

import http.client

from modelyard.rehearsal.containers.servers import ModelServer

# Multiplies numbers by the weight in the model folder; some bodies make it misbehave.
DOUBLE = """
    import json, pathlib, time

    class Teapot(Exception):
        status_code = 418

    def model_fn(model_dir):
        return float(pathlib.Path(model_dir, "weight").read_text())

    def input_fn(body, content_type):
        if body == "slow":
            time.sleep(0.5)
            return 1.0
        return float(body)

    def predict_fn(number, model):
        if number == 404:
            raise RuntimeError("the model is lost")
        if number == 418:
            raise Teapot("short and stout")
        return number * model

    def output_fn(prediction, accept):
        return str(prediction), accept
"""


def send(
    server: ModelServer,
    body: bytes | str = b"2",
    *,
    method: str = "POST",
    path: str = "/invocations",
    headers: dict[str, str] | None = None,
) -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(method, path, body, headers if headers is not None else {"Content-Type": "text/csv"})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Content-Type", ""), answer.read().decode()
    finally:
        connection.close()
