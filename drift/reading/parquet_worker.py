"""The process that reads Parquet files: damaged ones can end it, and nothing but it.

A line of JSON on the standard input asks for the columns of a file, `{"path": …}`, or for the rows of some of them,
`{"path": …, "columns": […], "form": "csv" | "text"}`. Each answer on the standard output is a line of JSON: the columns
with their kinds; or a batch of rows, then one that says that it was the last; or an error.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import polars

from modelyard.drift.reading.tables import column_kind, csv_batches, refused_columns, row_batches


def main() -> None:
    """Answer requests until there are no more."""
    for line in sys.stdin.buffer:
        request = json.loads(line)
        try:
            for head, content in _answers(request):
                _say(head, content)
        except (polars.exceptions.PolarsError, OSError, ValueError) as error:
            _say({"error": str(error)})


def _say(head: dict[str, Any], content: bytes = b"") -> None:
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + content)
    sys.stdout.buffer.flush()


def _answers(request: dict[str, Any]) -> Iterator[tuple[dict[str, Any], bytes]]:
    path = request["path"]
    if "columns" not in request:
        schema = polars.read_parquet_schema(path)
        kinds = {name: column_kind(kind) for name, kind in schema.items()}
        yield {"columns": kinds, "refused": refused_columns(schema)}, b""
        return
    frame = polars.scan_parquet(path, glob=False).select(request["columns"])
    if request["form"] == "csv":
        for empty, content in csv_batches(frame):
            yield {"size": len(content), "empty": empty}, content
    else:
        for rows in row_batches(frame.cast(polars.String)):
            yield {"rows": rows.rows()}, b""
    yield {"last": True}, b""


if __name__ == "__main__":
    main()
