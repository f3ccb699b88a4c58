"""A connection to a lake, and the results of queries."""

from __future__ import annotations

import io
import json
import os
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from typing import Any
from urllib.parse import quote

import pandas as pd
import pyarrow as pa
import urllib3

from varve._errors import PartialResult, RowsRejected, VarveError
from varve._http import Http
from varve._objects import KeyValues, Media

Params = Sequence[Any] | Mapping[str, Any]
Progress = bool | Callable[[int, int], None] | None
"""None shows a bar on a terminal when tqdm is installed; a callable gets (rows, bytes) so far."""

_ARROW_STREAM = "application/vnd.apache.arrow.stream"
DEFAULT_URL = "http://127.0.0.1:8181"


@dataclass(frozen=True)
class DatasetSummary:
    """One line of the list of datasets."""

    name: str
    rows: int
    files: int
    bytes: int
    time_min: pd.Timestamp | None
    time_max: pd.Timestamp | None


@dataclass(frozen=True)
class WriteReport:
    """What became of written rows; they are durable on the server."""

    accepted: int
    rejected: int
    errors: list[dict[str, Any]] = field(default_factory=list)


def connect(url: str | None = None, *, timeout: float = 300.0, retries: int = 7) -> Connection:
    """Connect to a lake.

    Args:
        url: ``http://host:port`` or ``host1:port,host2:port``, whose nodes are asked in turn; by default
            the environment variable ``VARVE_URL``, else the local node.
        timeout: seconds to wait for the server to say something.
        retries: how often to repeat a request that no node answered or that met only busy nodes.
    """
    return Connection(url or os.environ.get("VARVE_URL") or DEFAULT_URL, timeout=timeout, retries=retries)


class Connection:
    """A lake; may be used by several threads."""

    def __init__(self, url: str, *, timeout: float = 300.0, retries: int = 7) -> None:
        self._http = Http(url, timeout, retries)
        self.media = Media(self._http)
        """Pictures, videos, sounds and tracks."""
        self.kv = KeyValues(self._http)
        """Keys and values."""

    def __repr__(self) -> str:
        return f"varve.connect({self._http.url!r})"

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close idle connections."""
        self._http.close()

    def sql(
        self,
        query: str,
        params: Params | None = None,
        *,
        timeout: str | None = None,
        limit: int | None = None,
        progress: Progress = None,
    ) -> Result:
        """Prepare a query; it runs when the result is read.

        Args:
            query: one SELECT; ``?`` or ``:name`` stand for parameters.
            params: a sequence for ``?``, a mapping for ``:name``.
            timeout: the server's time limit, such as ``"30s"``.
            limit: at most so many rows.
            progress: see ``Progress``.
        """
        request: dict[str, Any] = {"sql": query, "format": "arrow"}
        if params is not None:
            if isinstance(params, Mapping):
                request["params"] = {name: _plain(value) for name, value in params.items()}
            else:
                request["params"] = [_plain(value) for value in params]
        if timeout is not None:
            request["timeout"] = timeout
        if limit is not None:
            request["limit"] = limit
        return Result(self._http, request, progress)

    def datasets(self) -> list[DatasetSummary]:
        """List all datasets by name."""
        return [
            DatasetSummary(
                name=found["name"],
                rows=found["rows"] + found.get("unflushedRows", 0),
                files=found["files"],
                bytes=found["bytes"],
                time_min=_timestamp(found.get("timeMin")),
                time_max=_timestamp(found.get("timeMax")),
            )
            for found in self._http.json("GET", "/api/v1/datasets")["datasets"]
        ]

    def describe(self, dataset: str) -> dict[str, Any]:
        """Tell a dataset's columns, key, partitioning and size."""
        found: dict[str, Any] = self._http.json("GET", _path(dataset))
        return found

    def create_dataset(
        self,
        name: str,
        columns: Sequence[Mapping[str, Any]],
        *,
        key: Sequence[str] = (),
        h3_resolution: int = 9,
        partition: str = "auto",
    ) -> dict[str, Any]:
        """Create a dataset; ``time, lat, lon, cell`` are always there.

        Args:
            name: lower-case letters, digits and underscores.
            columns: mappings with ``name``, ``type`` and, if known, ``unit`` (UCUM) and ``standardName`` (CF).
            key: columns that, with ``time``, identify a row; a later row replaces an earlier one.
            h3_resolution: 0 to 15.
            partition: ``auto``, ``day``, ``month``, ``year`` or ``none``.
        """
        definition = {
            "name": name,
            "columns": [dict(column) for column in columns],
            "key": list(key),
            "h3Resolution": h3_resolution,
            "partition": partition,
        }
        made: dict[str, Any] = self._http.json("POST", "/api/v1/datasets", definition)
        return made

    def write(
        self,
        data: pd.DataFrame | pa.Table,
        dataset: str,
        *,
        on_error: str = "raise",
        create: bool = False,
        key: Sequence[str] = (),
        idempotency_key: str | None = None,
        options: Mapping[str, str] | None = None,
    ) -> WriteReport:
        """Write rows; they are durable when this returns, and retries never double them.

        Args:
            data: columns by name; ``time`` is needed, ``lat`` and ``lon`` give the place.
            dataset: where to.
            on_error: ``"raise"`` writes nothing if a row is bad, ``"report"`` writes the good ones.
            create: infer and create the dataset if it is not there, with ``key``.
            key: key columns of a created dataset.
            idempotency_key: the same key is applied once; one is made up by default.
            options: further parameters of the rows endpoint, such as ``{"missing": "-9999"}``.
        """
        if on_error not in ("raise", "report"):
            raise VarveError(f"on_error is '{on_error}'", hint="use 'raise' or 'report'")
        table = pa.Table.from_pandas(data, preserve_index=False) if isinstance(data, pd.DataFrame) else data
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=65_536)
        query = {"onError": "reject-batch" if on_error == "raise" else "reject-row", **(options or {})}
        if create:
            query |= {"create": "true"} | ({"key": ",".join(key)} if key else {})
        response = self._http.open(
            "POST",
            _path(dataset) + "/rows",
            body=sink.getvalue(),
            headers={"Content-Type": _ARROW_STREAM, "Idempotency-Key": idempotency_key or str(uuid.uuid4())},
            query=query,
        )
        report = response.json()
        if report["rejected"] and on_error == "raise":
            raise RowsRejected(f"{report['rejected']} rows are bad", code="ROWS_REJECTED", problem=report)
        return WriteReport(report["accepted"], report["rejected"], report["errors"])

    def flush(self, dataset: str) -> None:
        """Write rows that are in the server's memory and log to files now; queries see them anyway."""
        self._http.json("POST", _path(dataset) + "/flush")


class Result:
    """A query's answer. It runs anew each time it is read."""

    def __init__(self, http: Http, request: dict[str, Any], progress: Progress) -> None:
        self._http = http
        self._request = request
        self._progress = progress

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Stream the answer as record batches, without holding it whole."""
        return self._stream(lambda _: None)

    def _stream(self, on_schema: Callable[[pa.Schema], None]) -> Iterator[pa.RecordBatch]:
        query_id = str(uuid.uuid4())
        response = self._http.open(
            "POST",
            "/api/v1/sql",
            body=_json(self._request),
            headers={"Content-Type": "application/json", "Accept": _ARROW_STREAM, "X-Query-Id": query_id},
        )
        complete = False
        try:
            with _meter(self._progress) as count, pa.ipc.open_stream(_Body(response, query_id)) as reader:
                on_schema(reader.schema)
                for batch in reader:
                    count(batch.num_rows, batch.nbytes)
                    yield batch
            complete = True
        except pa.ArrowInvalid as broken:
            raise _partial(query_id, broken) from broken
        finally:
            if complete:
                response.release_conn()
            else:
                response.close()

    def to_arrow(self) -> pa.Table:
        """Read the whole answer into an Arrow table."""
        schema: list[pa.Schema] = []
        batches = list(self._stream(schema.append))
        return pa.Table.from_batches(batches, schema[0])

    def to_pandas(self, **options: Any) -> pd.DataFrame:
        """Read the whole answer into a frame; times are UTC. Options are those of ``pyarrow.Table.to_pandas``."""
        frame: pd.DataFrame = self.to_arrow().to_pandas(**options)
        return frame


class _Body(io.RawIOBase):
    """The body of a response; a body that is cut short is an error, never a short answer."""

    def __init__(self, response: urllib3.BaseHTTPResponse, query_id: str) -> None:
        self._response = response
        self._query_id = query_id

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        try:
            return self._response.read(None if size is None or size < 0 else size)
        except urllib3.exceptions.HTTPError as broken:
            raise _partial(self._query_id, broken) from broken


class _Meter:
    def __init__(self, progress: Progress) -> None:
        self._callback = progress if callable(progress) else None
        self._bar: Any = None
        self._rows = self._bytes = 0
        wanted = progress is True or (progress is None and sys.stderr.isatty())
        if wanted and self._callback is None:
            try:
                from tqdm.auto import tqdm
            except ImportError:
                if progress is True:
                    raise VarveError("progress needs tqdm", hint="pip install 'varve[progress]'") from None
            else:
                self._bar = tqdm(unit=" rows", unit_scale=True, leave=False)

    def __enter__(self) -> Callable[[int, int], None]:
        return self._count

    def _count(self, rows: int, size: int) -> None:
        self._rows += rows
        self._bytes += size
        if self._callback:
            self._callback(self._rows, self._bytes)
        if self._bar is not None:
            self._bar.update(rows)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()


def _meter(progress: Progress) -> _Meter:
    return _Meter(progress)


def _partial(query_id: str, cause: Exception) -> PartialResult:
    return PartialResult(
        f"the result broke off: {cause}",
        code="PARTIAL_RESULT",
        query_id=query_id,
        hint="the server's log has the reason under this query id",
    )


def _json(request: dict[str, Any]) -> bytes:
    return json.dumps(request).encode()


def _path(dataset: str) -> str:
    return "/api/v1/datasets/" + quote(dataset, safe="")


def _timestamp(text: str | None) -> pd.Timestamp | None:
    return None if text is None else pd.Timestamp(text)


def _plain(value: Any) -> Any:
    """Turn a parameter into what JSON can carry; times become UTC texts."""
    if isinstance(value, datetime):
        utc = value.astimezone(timezone.utc) if value.tzinfo else value
        return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "item"):
        return value.item()
    return value
