"""The reader against a live node, compared with pandas over the same rows."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import varve

ROWS = 20_000
STATIONS = 50


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    random = np.random.default_rng(7)
    place = pd.DataFrame(
        {
            "station": [f"S{i:02d}" for i in range(STATIONS)],
            "lat": random.uniform(-80, 80, STATIONS),
            "lon": random.uniform(-180, 180, STATIONS),
        }
    )
    chosen = place.iloc[np.arange(ROWS) % STATIONS].reset_index(drop=True)
    return chosen.assign(
        time=pd.Timestamp("2024-02-28", tz="UTC") + pd.to_timedelta(np.arange(ROWS) // STATIONS * 10, unit="min"),
        temperature=np.where(random.random(ROWS) < 0.05, np.nan, random.normal(10, 8, ROWS)),
        wind=random.gamma(2, 3, ROWS),
    )


@pytest.fixture(scope="module")
def dataset(con: varve.Connection, frame: pd.DataFrame) -> str:
    con.create_dataset(
        "weather",
        [
            {"name": "station", "type": "string"},
            {"name": "temperature", "type": "double", "unit": "Cel"},
            {"name": "wind", "type": "double", "unit": "m/s"},
        ],
        key=["station"],
    )
    report = con.write(frame, "weather")
    assert (report.accepted, report.rejected) == (ROWS, 0)
    return "weather"


def equal(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    order = ["time", "station"]
    wanted = wanted[list(found.columns)]
    pd.testing.assert_frame_equal(
        found.sort_values(order).reset_index(drop=True),
        wanted.sort_values(order).reset_index(drop=True),
        check_dtype=False,
    )


def test_everything_comes_back(con: varve.Connection, dataset: str, frame: pd.DataFrame) -> None:
    found = varve.read_observations(con, dataset)
    assert str(found["time"].dt.tz) == "UTC"
    assert found["time"].is_monotonic_increasing
    equal(found, frame)


def test_flushed_rows_are_the_same(con: varve.Connection, dataset: str, frame: pd.DataFrame) -> None:
    con.flush(dataset)
    equal(varve.read_observations(con, dataset), frame)


def test_time_is_half_open(con: varve.Connection, dataset: str, frame: pd.DataFrame) -> None:
    found = varve.read_observations(con, dataset, start="2024-02-29", end="2024-03-01", variables=["wind"])
    equal(found, frame[(frame.time >= "2024-02-29") & (frame.time < "2024-03-01")])
    assert list(found.columns) == ["time", "lat", "lon", "station", "wind"]


@pytest.mark.parametrize("box", [(-30.0, -20.0, 60.0, 45.0), (150.0, -60.0, -120.0, 70.0)])
def test_boxes(
    con: varve.Connection, dataset: str, frame: pd.DataFrame, box: tuple[float, float, float, float]
) -> None:
    west, south, east, north = box
    lon = frame.lon.between(west, east) if west <= east else (frame.lon >= west) | (frame.lon <= east)
    equal(varve.read_observations(con, dataset, bbox=box), frame[lon & frame.lat.between(south, north)])


def test_circles(con: varve.Connection, dataset: str, frame: pd.DataFrame) -> None:
    lat, lon, km = 10.0, 170.0, 4_000.0
    a = (
        np.sin(np.radians(frame.lat - lat) / 2) ** 2
        + np.cos(math.radians(lat)) * np.cos(np.radians(frame.lat)) * np.sin(np.radians(frame.lon - lon) / 2) ** 2
    )
    near = frame[2 * 6371.0088 * np.arcsin(np.sqrt(a)) <= km]
    assert len(near) > 0
    equal(varve.read_observations(con, dataset, near=(lat, lon, km)), near)


def test_polygons_as_text_and_as_geojson(con: varve.Connection, dataset: str, frame: pd.DataFrame) -> None:
    wanted = frame[frame.lon.between(-100, 100) & frame.lat.between(-50, 50)]
    ring = [[-100, -50], [100, -50], [100, 50], [-100, 50], [-100, -50]]
    equal(varve.read_observations(con, dataset, polygon={"type": "Polygon", "coordinates": [ring]}), wanted)
    text = "POLYGON((" + ", ".join(f"{x} {y}" for x, y in ring) + "))"
    equal(varve.read_observations(con, dataset, polygon=text), wanted)


def test_stations_and_limit(con: varve.Connection, dataset: str, frame: pd.DataFrame) -> None:
    equal(
        varve.read_observations(con, dataset, stations=["S03", "S41"]),
        frame[frame.station.isin(["S03", "S41"])],
    )
    assert len(varve.read_observations(con, dataset, stations="S03", limit=7)) == 7
    assert varve.read_observations(con, dataset, stations=[]).empty


def test_buckets(con: varve.Connection, dataset: str, frame: pd.DataFrame) -> None:
    found = varve.read_observations(
        con, dataset, bucket="1h", aggregate={"wind": "max"}, end="2024-03-01", stations=["S00", "S01"]
    )
    rows = frame[(frame.time < "2024-03-01") & frame.station.isin(["S00", "S01"])]
    wanted = (
        rows.assign(time=rows.time.dt.floor("h"))
        .groupby(["time", "station"], as_index=False)
        .agg({"temperature": "mean", "wind": "max"})
    )
    equal(found, wanted)


def test_a_later_row_replaces_an_earlier_one(con: varve.Connection, dataset: str, frame: pd.DataFrame) -> None:
    corrected = frame.iloc[[5]].assign(temperature=99.5)
    con.write(corrected, dataset)
    found = con.sql(
        "select temperature from weather where station = :s and time = :t",
        {"s": corrected.station.iloc[0], "t": corrected.time.iloc[0]},
    ).to_pandas()
    assert found.temperature.tolist() == [99.5]
    assert con.sql("select count(*) as n from weather").to_pandas().n[0] == ROWS
    con.write(frame.iloc[[5]], dataset)


def test_results_stream(con: varve.Connection, dataset: str) -> None:
    assert sum(batch.num_rows for batch in con.sql("select * from weather").batches()) == ROWS


def test_a_bad_row_is_named(con: varve.Connection, dataset: str, frame: pd.DataFrame) -> None:
    bad = frame.iloc[:3].assign(lat=[1.0, 95.0, 2.0], time=pd.Timestamp("1999-01-01", tz="UTC"))
    with pytest.raises(varve.RowsRejected) as caught:
        con.write(bad, dataset)
    error = caught.value.problem["errors"][0]
    assert (error["row"], error["column"]) == (2, "lat")
    assert con.sql("select count(*) as n from weather where time < '2000-01-01'").to_pandas().n[0] == 0
    report = con.write(bad.assign(station="late"), dataset, on_error="report")
    assert (report.accepted, report.rejected) == (2, 1)


def test_errors_say_where(con: varve.Connection, dataset: str) -> None:
    with pytest.raises(varve.QueryError) as caught:
        con.sql("select temprature from weather").to_arrow()
    assert caught.value.position == (1, 8)
    assert "temperature" in str(caught.value)
    with pytest.raises(varve.NotFound, match="weather"):
        con.sql("select 1 from wether").to_arrow()
    with pytest.raises(varve.NotFound, match="weather"):
        con.describe("wether")
    with pytest.raises(varve.VarveError, match="no column"):
        varve.read_observations(con, dataset, variables=["nope"])


def test_datasets_are_listed(con: varve.Connection, dataset: str) -> None:
    found = {summary.name: summary for summary in con.datasets()}[dataset]
    assert found.rows >= ROWS
    assert found.time_max is not None
    assert found.time_max.tzinfo is not None
    roles = {column["name"]: column["role"] for column in con.describe(dataset)["columns"]}
    assert roles["cell"] == "leading"
    assert roles["temperature"] == "own"
    assert roles["version"] == "system"
