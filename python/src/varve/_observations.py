"""The reader most users need: observations of a time and a place as a frame."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd

from varve._connection import Connection, Params, Progress
from varve._errors import VarveError

Time = str | date | datetime | pd.Timestamp
_AGGREGATES = frozenset({"avg", "sum", "min", "max", "count", "median", "stddev"})
_UNITS = {
    "s": "second",
    "min": "minute",
    "m": "minute",
    "h": "hour",
    "d": "day",
    "w": "week",
    "mo": "month",
    "y": "year",
}


def read_sql(query: str, con: Connection, params: Params | None = None, *, progress: Progress = None) -> pd.DataFrame:
    """Run a query and return a frame; times are UTC."""
    return con.sql(query, params, progress=progress).to_pandas()


def read_observations(
    con: Connection,
    dataset: str,
    *,
    start: Time | None = None,
    end: Time | None = None,
    variables: Sequence[str] | None = None,
    stations: str | Sequence[str] | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    near: tuple[float, float, float] | None = None,
    polygon: Any = None,
    bucket: str | None = None,
    aggregate: str | Mapping[str, str] = "avg",
    station_column: str | None = None,
    limit: int | None = None,
    progress: Progress = None,
) -> pd.DataFrame:
    """Read observations of a time and a place, sorted by time.

    Args:
        con: from ``varve.connect``.
        dataset: its name.
        start: first instant, included; a time without zone is UTC.
        end: last instant, excluded.
        variables: columns to read besides time, place and key; all by default.
        stations: one or several values of the station column.
        bbox: ``(west, south, east, north)`` in degrees, edges included; west > east crosses the antimeridian.
        near: ``(lat, lon, km)``, great-circle distance on a sphere of radius 6,371.0088 km, edge included.
        polygon: WKT, a GeoJSON mapping, or anything with ``__geo_interface__``; lon/lat order, edge included.
        bucket: width of time buckets such as ``"1h"``, ``"15min"``, ``"1d"``, ``"1mo"``; one row a bucket and station.
        aggregate: how variables are combined in a bucket (avg, sum, min, max, count, median, stddev), one for all or
            one per variable.
        station_column: the column ``stations`` speaks of; by default the first key column, else ``station``.
        limit: at most so many rows.
        progress: None, True, False, or a callable that gets (rows, bytes).
    """
    described = con.describe(dataset)
    roles = {column["name"]: column["role"] for column in described["columns"]}
    types = {column["name"]: column["type"] for column in described["columns"]}
    key = list(described.get("key", []))
    station = station_column or (key[0] if key else "station")
    if (stations is not None or station_column) and station not in roles:
        raise VarveError(f"'{dataset}' has no column '{station}'", hint="name it with station_column=")
    chosen = _variables(dataset, roles, variables, key)

    conditions: list[str] = []
    params: dict[str, Any] = {}
    if start is not None:
        conditions.append("time >= :start")
        params["start"] = _utc(start)
    if end is not None:
        conditions.append("time < :end")
        params["end"] = _utc(end)
    if stations is not None:
        wanted = [stations] if isinstance(stations, str) else list(stations)
        names = [f"station_{i}" for i in range(len(wanted))]
        conditions.append(f"{_quoted(station)} in ({', '.join(':' + name for name in names)})" if wanted else "false")
        params |= dict(zip(names, wanted, strict=True))
    if bbox is not None:
        conditions.append("ST_Intersects(ST_Point(lon, lat), ST_MakeEnvelope(:west, :south, :east, :north))")
        params |= dict(zip(("west", "south", "east", "north"), map(float, bbox), strict=True))
    if near is not None:
        lat, lon, km = map(float, near)
        conditions.append("ST_DWithin(ST_Point(lon, lat), ST_Point(:near_lon, :near_lat), :near_metres)")
        params |= {"near_lat": lat, "near_lon": lon, "near_metres": km * 1000.0}
    if polygon is not None:
        function, params["polygon"] = _polygon(polygon)
        conditions.append(f"ST_Intersects(ST_Point(lon, lat), {function}(:polygon))")

    where = f" where {' and '.join(conditions)}" if conditions else ""
    if bucket is None:
        columns = list(dict.fromkeys(["time", "lat", "lon", *key, *chosen]))
        query = f"select {', '.join(map(_quoted, columns))} from {_quoted(dataset)}{where} order by {_quoted('time')}"
    else:
        groups = [name for name in dict.fromkeys([*key, *([station] if station in roles else [])]) if name in roles]
        values = [
            f"{_aggregate(aggregate, name)}({_quoted(name)}) as {_quoted(name)}"
            for name in chosen
            if name not in groups and (types[name] in _NUMERIC or _aggregate(aggregate, name) == "count")
        ]
        head = [f"time_bucket({_interval(bucket)}, time) as bucket", *map(_quoted, groups)]
        order = ", ".join(str(i + 1) for i in range(len(head)))
        query = f"select {', '.join([*head, *values])} from {_quoted(dataset)}{where} group by {order} order by {order}"
    if limit is not None:
        query += f" limit {int(limit)}"
    frame = con.sql(query, params, progress=progress).to_pandas()
    return frame.rename(columns={"bucket": "time"}) if bucket is not None else frame


_NUMERIC = frozenset({"int", "long", "float", "double"})


def _variables(dataset: str, roles: Mapping[str, str], variables: Sequence[str] | None, key: list[str]) -> list[str]:
    own = [name for name, role in roles.items() if role == "own" and name not in key]
    if variables is None:
        return own
    for name in variables:
        if name not in roles:
            raise VarveError(f"'{dataset}' has no column '{name}'", hint=f"it has {', '.join(own)}")
    return list(variables)


def _aggregate(aggregate: str | Mapping[str, str], variable: str) -> str:
    name = aggregate if isinstance(aggregate, str) else aggregate.get(variable, "avg")
    if name not in _AGGREGATES:
        raise VarveError(f"unknown aggregate '{name}'", hint=f"use one of {', '.join(sorted(_AGGREGATES))}")
    return name


def _interval(bucket: str) -> str:
    digits = bucket.rstrip("abcdefghijklmnopqrstuvwxyz ")
    unit = _UNITS.get(bucket[len(digits) :].strip())
    if unit is None or not digits.isdigit() or int(digits) == 0:
        raise VarveError(f"bucket '{bucket}' is not a width of time", hint="use such as '15min', '1h', '1d', '1mo'")
    return f"interval '{int(digits)} {unit}'"


def _utc(value: Time) -> pd.Timestamp:
    try:
        stamp = pd.Timestamp(value)
    except (ValueError, TypeError) as broken:
        raise VarveError(f"'{value}' is not a time", hint="use such as '2021-07-10' or '2021-07-10T12:00Z'") from broken
    return stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")


def _polygon(polygon: Any) -> tuple[str, str]:
    shape = getattr(polygon, "__geo_interface__", polygon)
    if isinstance(shape, str):
        return "ST_GeomFromText", shape
    if isinstance(shape, Mapping):
        return "ST_GeomFromGeoJSON", json.dumps(shape)
    raise VarveError(f"polygon is a {type(polygon).__name__}", hint="give WKT, a GeoJSON mapping or a shapely shape")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
