"""The client against a server that misbehaves on purpose."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow as pa
import pytest

import varve
from varve._observations import _interval

Answer = Callable[[BaseHTTPRequestHandler], None]


def arrow(rows: int) -> bytes:
    sink = io.BytesIO()
    table = pa.table({"n": list(range(rows))})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=100)
    return sink.getvalue()


def ok(body: bytes, kind: str = "application/vnd.apache.arrow.stream") -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def problem(status: int, **fields: object) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = json.dumps({"status": status, **fields}).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def cut(body: bytes) -> Answer:
    """Half a chunked answer, then silence."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        half = body[: len(body) // 2]
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(half), half))
        handler.close_connection = True

    return answer


class Fake:
    """Gives the listed answers in order and remembers the requests."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                fake.seen.append((self.command, self.path, dict(self.headers), body))
                fake.answers.pop(0)(self)

            do_GET = do_POST = do_PUT = _serve  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def fake() -> Iterator[Fake]:
    server = Fake()
    yield server
    server.server.shutdown()
    server.server.server_close()


def test_reads_a_stream_whole_and_in_batches(fake: Fake) -> None:
    fake.answers = [ok(arrow(250)), ok(arrow(250))]
    result = varve.connect(fake.url).sql("select 1", {"a": 1})
    assert result.to_arrow().num_rows == 250
    assert [batch.num_rows for batch in result.batches()] == [100, 100, 50]
    assert json.loads(fake.seen[0][3]) == {"sql": "select 1", "format": "arrow", "params": {"a": 1}}


def test_counts_progress(fake: Fake) -> None:
    fake.answers = [ok(arrow(250))]
    seen: list[int] = []
    varve.connect(fake.url).sql("x", progress=lambda rows, _: seen.append(rows)).to_arrow()
    assert seen == [100, 200, 250]


def test_a_result_cut_short_is_an_error(fake: Fake) -> None:
    fake.answers = [cut(arrow(10_000))]
    with pytest.raises(varve.PartialResult):
        varve.connect(fake.url).sql("select 1").to_arrow()


def test_a_busy_server_is_asked_again(fake: Fake) -> None:
    fake.answers = [problem(503, code="OVERLOADED", detail="later"), ok(arrow(1))]
    assert varve.connect(fake.url).sql("select 1").to_arrow().num_rows == 1


def test_a_mistake_is_not_repeated_and_tells_where(fake: Fake) -> None:
    fake.answers = [
        problem(400, code="SQL_PARSE", detail="bad", position={"line": 2, "column": 7}, hint="do good", queryId="q")
    ]
    with pytest.raises(varve.QueryError) as caught:
        varve.connect(fake.url).sql("select").to_arrow()
    assert caught.value.position == (2, 7)
    assert str(caught.value) == "SQL_PARSE: bad (line 2, column 7); do good"
    assert len(fake.seen) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, varve.NotFound),
        (408, varve.QueryTimeout),
        (409, varve.QueryError),
        (500, varve.ServerError),
        (507, varve.ServerError),
    ],
)
def test_errors_are_classes(fake: Fake, status: int, kind: type[varve.VarveError]) -> None:
    fake.answers = [problem(status, code="X", detail="d")]
    with pytest.raises(kind):
        varve.connect(fake.url).sql("select").to_arrow()


def test_the_next_node_is_asked_when_one_is_gone(fake: Fake) -> None:
    fake.answers = [ok(arrow(1))]
    live = fake.url.removeprefix("http://")
    assert varve.connect(f"varve://127.0.0.1:1,{live}").sql("select 1").to_arrow().num_rows == 1


def test_several_nodes_are_asked_in_turn(fake: Fake) -> None:
    other = Fake()
    fake.answers = [ok(arrow(1)) for _ in range(6)]
    other.answers = [problem(503, code="NOT_READY", detail="later"), *(ok(arrow(1)) for _ in range(6))]
    both = ",".join(server.url.removeprefix("http://") for server in (fake, other))
    with varve.connect(both, retries=0) as con:
        for _ in range(6):
            assert con.sql("select 1").to_arrow().num_rows == 1
    assert len(fake.seen) + len(other.seen) == 7
    assert min(len(fake.seen), len(other.seen)) >= 3
    other.server.shutdown()
    other.server.server_close()


def test_a_condition_is_not_sent_again_when_nobody_knows(fake: Fake) -> None:
    def gone(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True

    fake.answers = [gone, problem(412, code="CONFLICT", detail="there is one")]
    with pytest.raises(varve.ConnectionFailed, match="read before trying again"):
        varve.connect(fake.url).kv.put("b", "k", b"x", if_match="")
    assert len(fake.seen) == 1


def test_no_server_says_so() -> None:
    with pytest.raises(varve.ConnectionFailed, match="no answer from"):
        varve.connect("http://127.0.0.1:1", retries=0).sql("select 1").to_arrow()


@pytest.mark.parametrize("url", ["", "127.0.0.1", "ftp://x", "http://"])
def test_a_wrong_address_is_refused(url: str) -> None:
    with pytest.raises(varve.VarveError):
        varve.Connection(url)


def test_buckets_are_intervals() -> None:
    assert _interval("15min") == "interval '15 minute'"
    assert _interval("1mo") == "interval '1 month'"
    for wrong in ("", "h", "0h", "1.5h", "5 parsecs"):
        with pytest.raises(varve.VarveError):
            _interval(wrong)
