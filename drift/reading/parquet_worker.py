"""The process that reads Parquet files: damaged ones can end it, and nothing but it.

A line of JSON on the standard input asks for the columns of a file, `{"path": …}`, or for the rows of some of them,
`{"path": …, "columns": […], "form": "csv" | "text"}`. Each answer on the standard output is a line of JSON: the columns
with their kinds; or a batch of rows, then one that says that it was the last; or an error.
"""

import io
import json
import sys
from collections.abc import Iterator
from typing import Any

import polars

ROWS = 20_000


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
        nested = [name for name, kind in schema.items() if kind.is_nested() or kind in (polars.Binary, polars.Object)]
        kinds = {name: _kind(kind) for name, kind in schema.items()}
        yield {"columns": kinds, "refused": {name: str(schema[name]) for name in nested}}, b""
        return
    frame = polars.scan_parquet(path, glob=False).select(request["columns"])
    if request["form"] == "csv":
        yield from _as_csv(frame.with_columns(polars.selectors.float().fill_nan(None)))
    else:
        for rows in _batches(frame.cast(polars.String)):
            yield {"rows": rows.rows()}, b""
    yield {"last": True}, b""


def _kind(kind: polars.DataType) -> str:
    if kind.is_integer():
        return "integer"
    return "number" if kind.is_numeric() else "boolean" if kind == polars.Boolean else "text"


def _as_csv(frame: polars.LazyFrame) -> Iterator[tuple[dict[str, Any], bytes]]:
    for rows in _batches(frame):
        # alone on its line a missing value would be a blank line
        empty = rows.to_series().null_count() if rows.width == 1 else 0
        text = io.BytesIO()
        (rows.drop_nulls() if rows.width == 1 else rows).write_csv(text, include_header=False)
        content = text.getvalue()
        yield {"size": len(content), "empty": empty}, content


def _batches(frame: polars.LazyFrame) -> Iterator[polars.DataFrame]:
    count = int(frame.select(polars.len()).collect().item())
    for offset in range(0, count, ROWS):
        rows = frame.slice(offset, ROWS).collect()
        if rows.height != min(ROWS, count - offset):
            raise ValueError(f"it says that it has {count} rows, and has fewer")
        yield rows


if __name__ == "__main__":
    main()
