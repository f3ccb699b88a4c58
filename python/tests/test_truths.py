"""Real data, and answers computed by other software: every way in must give the same numbers.

The recipes load the files of the folder ``shared/data`` beside the repository; the expected answers are its
``truths.json``. What a truth says in the words of the original files (tenths of a degree, coded missing values) is said
here in the words of the recipe's dataset (degrees, null).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import urllib3

import varve
from conftest import DATA, Node

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no folder shared/data beside the repository")

Rows = list[list[Any]]
Ask = Callable[[str], Rows]

GHCN = DATA / "ghcnd-us-corn-belt"
HURDAT = DATA / "hurdat2" / "hurdat2_atlantic_1851_2025.csv"
QUAKES = DATA / "usgs-earthquakes" / "all_month.csv"
HURRICANE_FIXES_WITHIN_100_KM_OF_MIAMI = """
    select count(*) as fixes, count(distinct id) as storms from hurdat2
    where wind_max_sus >= 64 and ST_DWithin(ST_Point(lon, lat), ST_Point(-80.1918, 25.7617), 100000)"""
QUAKES_WITHIN_500_KM_OF_TOKYO = """
    select count(*) as n, min(ST_Distance(ST_Point(lon, lat), ST_Point(139.6917, 35.6895))) / 1000 as nearest_km
    from quakes where ST_DWithin(ST_Point(lon, lat), ST_Point(139.6917, 35.6895), 500000)"""

# For each truth of a loaded dataset, in the order of truths.json, the same question to Varve.
QUESTIONS: dict[str, list[str]] = {
    "ghcnd": [
        """select count(*) as n, count(tmax) as a, count(tmin) as b, count(prcp) as c, count(distinct station) as s,
                  min(time) as d0, max(time) as d1, round(sum(tmax) * 10) as st, round(sum(tmin) * 10) as stn,
                  round(sum(prcp) * 10) as sp
           from ghcnd""",
        """select year(time) as y, round(avg(tmax), 4) as m, count(tmax) as n from ghcnd
           group by 1 order by m desc limit 3""",
        """select state, count(*) as n, round(avg(prcp), 5) as p from ghcnd join stations using (station)
           group by 1 order by 1""",
        """select date_trunc('month', time) as m, max(tmax) * 10 as x from ghcnd
           where station = 'USC00110072' and year(time) = 1988 group by 1 order by 1""",
        """select count(*) from ghcnd
           where lat between 40 and 41 and lon between -92 and -88
             and time between '2012-06-01' and '2012-08-31' and tmax >= 35.0""",
        "select station, count(*) as n from ghcnd where tmax >= 37.8 group by 1 order by n desc, station limit 3",
        """select station, max(gap) as g
           from (select station, date_diff('day', lag(time) over (partition by station order by time), time) as gap
                 from ghcnd)
           where gap > 1 group by station order by g desc, station limit 3""",
        "select count(*) from ghcnd where tmax < tmin",
    ],
    "hurdat2": [
        """select count(*) as n, count(distinct id) as s, min(time) as a, max(time) as b,
                  count(*) filter (where record_id = 'L') as l, sum(wind_max_sus) + :coded as w
           from hurdat2""",
        "select id, name, max(wind_max_sus) as w from hurdat2 group by 1, 2 order by w desc nulls last, id limit 8",
        """select (year(time) / 10) * 10 as decade10, count(distinct id) as s from hurdat2
           group by 1 order by 1 desc limit 5""",
        """select count(*) as n, count(distinct id) as s from hurdat2
           where lat between 24 and 31 and lon between -88 and -80 and wind_max_sus >= 96""",
        "select count(*) from hurdat2 where minute(time) <> 0 or mod(hour(time), 6) <> 0",
        "select count(*) from hurdat2 where wind_max_sus is null",
    ],
    "quakes": [
        """select count(*) as n, min(time) as a, max(time) as b, round(avg(mag), 6) as m, round(max(mag), 2) as x,
                  count(*) filter (where mag >= 4.5) as g
           from quakes""",
        """select count(*) as n from quakes
           where ST_Intersects(ST_Point(lon, lat), ST_MakeEnvelope(175, -25, -170, -10))""",
        "select date_trunc('day', time) as d, count(*) as n from quakes group by 1 order by n desc limit 3",
        "select net, count(*) as n from quakes group by 1 order by n desc limit 5",
    ],
}


@cache
def truths() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DATA / "truths.json").read_text())
    return found


def coded_wind() -> int:
    """The sum of the codes for a missing wind, which the recipe turns into null."""
    wind = pd.read_csv(HURDAT).wind_max_sus
    return int(wind[wind < 0].sum())


def cases() -> list[Any]:
    if not DATA.is_dir():
        return []
    found = []
    for dataset, questions in QUESTIONS.items():
        answers = [truth for truth in truths() if truth["dataset"] == dataset and "sql" in truth]
        assert len(answers) == len(questions), f"truths.json has other questions on {dataset}"
        for number, (question, truth) in enumerate(zip(questions, answers, strict=True)):
            sql = question.replace(":coded", str(coded_wind())) if ":coded" in question else question
            found.append(pytest.param(sql, truth["rows"], id=f"{dataset}-{number}"))
    miami = next(t for t in truths() if "Miami" in t.get("op", ""))
    found.append(pytest.param(HURRICANE_FIXES_WITHIN_100_KM_OF_MIAMI, [[miami["fixes"], miami["storms"]]], id="miami"))
    tokyo = next(t for t in truths() if "Tokyo" in t.get("op", ""))
    found.append(pytest.param(QUAKES_WITHIN_500_KM_OF_TOKYO, [[tokyo["n"], tokyo["nearest_km"]]], id="tokyo"))
    return found


@pytest.fixture(scope="module")
def lake(node: Node, con: varve.Connection) -> varve.Connection:
    node.cli("ingest", "ghcn-daily", str(GHCN), "--stations", str(GHCN / "stations.csv"), "--dataset", "ghcnd")
    node.cli("ingest", "hurdat2", str(HURDAT), "--dataset", "hurdat2")
    node.cli("ingest", "usgs-quakes", str(QUAKES), "--dataset", "quakes")
    stations = pd.read_csv(GHCN / "stations.csv").assign(time=pd.Timestamp("2014-12-31", tz="UTC"))
    con.write(stations, "stations", create=True, key=["station"])
    return con


@pytest.fixture(params=["python", "http", "cli"])
def ask(request: pytest.FixtureRequest, node: Node, lake: varve.Connection, tmp_path: Path) -> Ask:
    """The three ways in."""

    def by_python(sql: str) -> Rows:
        return [list(row.values()) for row in lake.sql(sql).to_arrow().to_pylist()]

    def by_http(sql: str) -> Rows:
        answer = urllib3.request("POST", node.url + "/api/v1/sql", json={"sql": sql, "format": "json"})
        assert answer.status == 200, answer.data
        rows: Rows = answer.json()["rows"]
        return rows

    def by_cli(sql: str) -> Rows:
        (tmp_path / "question.sql").write_text(sql)
        lines = node.cli("sql", "-f", str(tmp_path / "question.sql"), "--format", "ndjson").stdout.splitlines()
        return [list(json.loads(line).values()) for line in lines]

    ways: dict[str, Ask] = {"python": by_python, "http": by_http, "cli": by_cli}
    return ways[str(request.param)]


def same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, bool) or isinstance(found, bool):
        return found is wanted
    if isinstance(wanted, int | float) and isinstance(found, int | float):
        return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(wanted, str) and wanted[:4].isdigit():
        left, right = pd.Timestamp(found), pd.Timestamp(wanted)
        return left.tz_convert("UTC") == (right.tz_localize("UTC") if right.tzinfo is None else right)
    return bool(found == wanted)


@pytest.mark.parametrize(("sql", "wanted"), cases())
def test_truth(ask: Ask, sql: str, wanted: Rows) -> None:
    found = ask(sql)
    assert len(found) == len(wanted), found
    for row, expected in zip(found, wanted, strict=True):
        assert all(same(left, right) for left, right in zip(row, expected, strict=True)), f"{row} is not {expected}"


@pytest.mark.parametrize(
    ("dataset", "shapes", "condition"),
    [
        ("quakes x ne_110m_countries", "ne_110m_countries.geojson", "true"),
        ("hurdat2 L records x us_states_10m", "us_states_10m.geojson", "record_id = 'L'"),
        ("hurdat2 >=64kt fixes x us_states_10m", "us_states_10m.geojson", "wind_max_sus >= 64"),
    ],
)
def test_points_in_polygons(ask: Ask, dataset: str, shapes: str, condition: str) -> None:
    """The six shapes with the most points, each by its own query."""
    truth = next(t for t in truths() if t["dataset"] == dataset)
    features = json.loads((DATA / "natural-earth" / shapes).read_text())["features"]
    geometry = {feature["properties"]["name"]: json.dumps(feature["geometry"]) for feature in features}
    for name, wanted in truth["top"]:
        sql = f"""select count(*) from {dataset.split(" ")[0]}
                  where {condition} and ST_Within(ST_Point(lon, lat), ST_GeomFromGeoJSON('{geometry[name]}'))"""
        assert ask(sql) == [[wanted]], name


def test_all_countries_by_python(lake: varve.Connection) -> None:
    """Every country, with the polygon as a parameter, adds up to the matched points."""
    truth = next(t for t in truths() if t["dataset"] == "quakes x ne_110m_countries")
    features = json.loads((DATA / "natural-earth" / "ne_110m_countries.geojson").read_text())["features"]
    sql = "select count(*) as n from quakes where ST_Within(ST_Point(lon, lat), ST_GeomFromGeoJSON(:shape))"
    counts = [lake.sql(sql, {"shape": json.dumps(f["geometry"])}).to_arrow()["n"][0].as_py() for f in features]
    assert sum(counts) == truth["matched"]


def test_the_reader_crosses_the_antimeridian_and_draws_circles(lake: varve.Connection) -> None:
    box = varve.read_observations(lake, "quakes", bbox=(175, -25, -170, -10))
    assert len(box) == 64
    near = varve.read_observations(lake, "hurdat2", near=(25.7617, -80.1918, 100.0))
    assert len(near[near.wind_max_sus >= 64]) == 61


def test_loading_again_changes_nothing(node: Node, lake: varve.Connection) -> None:
    node.cli("ingest", "usgs-quakes", str(QUAKES), "--dataset", "quakes")
    assert lake.sql("select count(*) as n from quakes").to_arrow()["n"][0].as_py() == 11_842
