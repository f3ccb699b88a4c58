"""Read observations from a Varve lake into pandas and Arrow.

>>> con = varve.connect("http://127.0.0.1:8181")
>>> con.sql("select count(*) as n from quakes").to_pandas()
>>> varve.read_observations(con, "quakes", start="2021-07-01", near=(35.7, 139.7, 500))
"""

from varve._connection import Connection, DatasetSummary, Result, WriteReport, connect
from varve._errors import (
    Busy,
    ConnectionFailed,
    NotFound,
    PartialResult,
    QueryError,
    QueryTimeout,
    RowsRejected,
    ServerError,
    VarveError,
)
from varve._objects import KeyValues, Media
from varve._observations import read_observations, read_sql

__all__ = [
    "Busy",
    "Connection",
    "ConnectionFailed",
    "DatasetSummary",
    "KeyValues",
    "Media",
    "NotFound",
    "PartialResult",
    "QueryError",
    "QueryTimeout",
    "Result",
    "RowsRejected",
    "ServerError",
    "VarveError",
    "WriteReport",
    "connect",
    "read_observations",
    "read_sql",
]
