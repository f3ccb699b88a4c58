"""Media, keys and values against a live node."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pandas as pd
import pytest

import varve
from conftest import DATA


def png(width: int, height: int) -> bytes:
    """A grey picture without anything else to say."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_media_come_back_by_place_and_time(con: varve.Connection, tmp_path: Path) -> None:
    con.media.create_bucket("py-media")
    con.media.create_bucket("py-media")
    file = tmp_path / "grey ö.png"
    file.write_bytes(png(300, 200))
    item = con.media.put(
        file, "py-media", time="2024-01-02T03:04:05Z", lat=46.95, lon=7.45, owner="ann", attributes={"sky": "grün"}
    )
    assert (item["width"], item["height"], item["type"]) == (300, 200, "image/png")
    con.media.put(png(8, 8), "py-media", "sub/small.png", time=pd.Timestamp("2024-02-01", tz="Europe/Zurich"))
    found = con.media.search(near=(46.95, 7.45, 1), start="2024-01-01", bucket="py-media", url="5m")
    assert list(found["key"]) == ["grey ö.png"]
    assert found["time"][0] == pd.Timestamp("2024-01-02T03:04:05Z")
    assert found["attributes"][0] == {"sky": "grün"}
    assert found["url"][0].startswith("http")
    assert con.media.search((7, 46, 8, 47), bucket="py-media").shape[0] == 1
    everything = con.media.search(bucket="py-media")
    assert list(everything["key"]) == ["sub/small.png", "grey ö.png"]
    assert everything["lat"].isna().tolist() == [True, False]
    assert len(con.media.search(bucket="no-such-bucket")) == 0
    written = con.media.download(everything, tmp_path / "down")
    assert written[1].read_bytes() == file.read_bytes() == con.media.get("py-media", "grey ö.png")
    assert con.media.thumbnail("py-media", "grey ö.png").startswith(b"\xff\xd8")
    con.media.react("py-media", "grey ö.png", "label", "fog", who="bob")
    joined = con.sql(
        "select r.text, m.width from media_reactions r join media m on m.key = r.key and m.bucket = r.bucket"
        " where m.bucket = 'py-media'"
    ).to_pandas()
    assert joined.values.tolist() == [["fog", 300]]
    con.media.delete("py-media", "sub/small.png")
    assert con.media.list("py-media")["key"].tolist() == ["grey ö.png"]
    assert len(con.media.search(bucket="py-media")) == 1
    with pytest.raises(varve.NotFound):
        con.media.get("py-media", "sub/small.png")


def test_real_photos_say_where_they_were_taken(con: varve.Connection) -> None:
    photo = DATA / "exif" / "jpg" / "gps" / "DSCN0010.jpg"
    if not photo.exists():
        pytest.skip("../shared/data/exif is absent")
    con.media.create_bucket("py-photos")
    item = con.media.put(photo, "py-photos")
    assert (round(item["lat"], 6), round(item["lon"], 6)) == (43.467448, 11.885127)
    assert item["time"] == "2008-10-22T16:28:39Z"


def test_keys_and_values(con: varve.Connection, tmp_path: Path) -> None:
    con.kv.create_bucket("py-kv", versioned=True)
    first = con.kv.put("py-kv", "a/b c", b"\0one")
    con.kv.put("py-kv", "a/b c", b"two", if_match=first["etag"])
    with pytest.raises(varve.VarveError) as refused:
        con.kv.put("py-kv", "a/b c", b"three", if_match=first["etag"])
    assert refused.value.status == 412
    file = tmp_path / "value"
    file.write_bytes(b"x" * 3_000_000)
    con.kv.put("py-kv", "large", file)
    assert con.kv.get("py-kv", "large") == file.read_bytes()
    assert con.kv.list("py-kv") == ["a/b c", "large"]
    assert con.kv.list("py-kv", "a/") == ["a/b c"]
    assert con.kv.delete("py-kv", "a/b c")
    assert not con.kv.delete("py-kv", "a/b c")
    assert con.kv.get("py-kv", "a/b c") is None
    history = con.kv.history("py-kv", "a/b c")
    assert history["deleted"].tolist() == [True, False, False]
    assert con.kv.get("py-kv", "a/b c", history["version"][2]) == b"\0one"
