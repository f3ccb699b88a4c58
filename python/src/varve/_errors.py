"""What can go wrong, as classes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class VarveError(Exception):
    """Any error of this package.

    Attributes:
        code: the server's stable name for it, such as ``SQL_PARSE``.
        status: the HTTP status, or None when there was no answer.
        hint: what to do instead, or None.
        position: ``(line, column)`` in the SQL text, both from 1, or None.
        query_id: the server's name for the query, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "CLIENT",
        status: int | None = None,
        hint: str | None = None,
        position: tuple[int, int] | None = None,
        query_id: str | None = None,
        problem: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.hint = hint
        self.position = position
        self.query_id = query_id
        self.problem = dict(problem or {})

    def __str__(self) -> str:
        text = f"{self.code}: {self.args[0]}"
        if self.position:
            text += f" (line {self.position[0]}, column {self.position[1]})"
        return f"{text}; {self.hint}" if self.hint else text


class QueryError(VarveError):
    """The SQL, a parameter or a value in it is wrong."""


class NotFound(VarveError):
    """There is no such dataset, query or address."""


class RowsRejected(VarveError):
    """Rows were refused; ``problem["errors"]`` names row, column, value and reason."""


class QueryTimeout(VarveError):
    """The query ran longer than its time limit, or was cancelled."""


class Busy(VarveError):
    """The server is starting, draining or at a limit, and still was after all retries."""


class ServerError(VarveError):
    """The server failed."""


class ConnectionFailed(VarveError):
    """No server answered."""


class PartialResult(VarveError):
    """The result broke off before its end; what was received is not the whole answer."""


_BY_STATUS: dict[int, type[VarveError]] = {
    404: NotFound,
    408: QueryTimeout,
    422: RowsRejected,
    429: Busy,
    499: QueryTimeout,
    503: Busy,
}


def from_response(status: int, body: bytes) -> VarveError:
    """Turn an RFC 9457 answer (or whatever came instead) into an error."""
    try:
        problem = json.loads(body)
    except ValueError:
        problem = {}
    if not isinstance(problem, dict) or "code" not in problem:
        text = body[:500].decode("utf-8", "replace").strip() or "no message"
        kind = _BY_STATUS.get(status, ServerError if status >= 500 else VarveError)
        return kind(text, code=f"HTTP_{status}", status=status)
    code = str(problem["code"])
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else QueryError)
    if code == "SCHEMA_MISMATCH":
        kind = QueryError
    place = problem.get("position")
    return kind(
        str(problem.get("detail", code)),
        code=code,
        status=status,
        hint=problem.get("hint"),
        position=(place["line"], place["column"]) if place else None,
        query_id=problem.get("queryId"),
        problem=problem,
    )
