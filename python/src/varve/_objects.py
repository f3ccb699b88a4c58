"""Media, and keys and values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import pandas as pd
import urllib3

from varve._errors import NotFound, PartialResult, VarveError
from varve._http import Http

_COLUMNS: dict[str, Any] = {
    "bucket": "string",
    "key": "string",
    "lat": "Float64",
    "lon": "Float64",
    "cell": "Int64",
    "version": "string",
    "size": "Int64",
    "type": "string",
    "kind": "string",
    "checksum": "string",
    "owner": "string",
    "width": "Int64",
    "height": "Int64",
    "duration": "Float64",
    "altitude": "Float64",
    "timeSource": "string",
    "placeSource": "string",
    "url": "string",
}
_BLOCK = 1 << 20


class Media:
    """Pictures, videos, sounds and tracks; each is also a row of the dataset ``media``."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def create_bucket(self, bucket: str) -> None:
        """Make a media bucket; one that is there already is left as it is."""
        try:
            self._http.json("PUT", _path("media", bucket))
        except VarveError as failure:
            if failure.status != 409:
                raise

    def put(
        self,
        data: bytes | str | Path,
        bucket: str,
        key: str | None = None,
        *,
        time: str | datetime | pd.Timestamp | None = None,
        lat: float | None = None,
        lon: float | None = None,
        zone: str | None = None,
        owner: str | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Send a medium; it is durable and its row can be found when this returns.

        Args:
            data: a path, or the bytes themselves.
            bucket: a media bucket.
            key: by default the file's name.
            time: when it was taken; wins over what the file says. UTC unless it names a zone.
            lat: where it was taken, in degrees; wins over what the file says.
            lon: see ``lat``.
            zone: of a camera's clock that says no offset, such as ``"Europe/Zurich"``.
            owner: whose it is.
            attributes: more to know of it, as JSON.
        """
        if key is None:
            if isinstance(data, bytes):
                raise VarveError("bytes have no name", hint="give a key")
            key = Path(data).name
        query: dict[str, str] = {}
        if time is not None:
            query["time"] = _time(time)
        if lat is not None:
            query["lat"] = repr(float(lat))
        if lon is not None:
            query["lon"] = repr(float(lon))
        if zone is not None:
            query["zone"] = zone
        if attributes:
            query["attributes"] = json.dumps(dict(attributes), ensure_ascii=False)
        headers = {} if owner is None else {"X-Varve-User": owner}
        response = self._http.open("PUT", _path("media", bucket, key), body=_body(data), headers=headers, query=query)
        item: dict[str, Any] = response.json()
        return item

    def get(self, bucket: str, key: str) -> bytes:
        """Read a medium whole."""
        return _read(self._http, _path("media", bucket, key))

    def thumbnail(self, bucket: str, key: str, side: int = 256) -> bytes:
        """Read an upright JPEG whose longest side is 256 or 1024 pixels at most."""
        return _read(self._http, _path("media", bucket, key), {"thumbnail": str(side)})

    def url(self, bucket: str, key: str, time: str = "15m") -> str:
        """Make a URL by which anybody may read the medium for so long."""
        answer = self._http.open("GET", _path("media", bucket, key), query={"url": time}).json()
        return str(answer["url"])

    def delete(self, bucket: str, key: str) -> None:
        """Delete a medium and its row."""
        self._http.open("DELETE", _path("media", bucket, key)).release_conn()

    def search(
        self,
        bbox: tuple[float, float, float, float] | None = None,
        start: str | datetime | pd.Timestamp | None = None,
        end: str | datetime | pd.Timestamp | None = None,
        *,
        near: tuple[float, float, float] | None = None,
        bucket: str | None = None,
        prefix: str | None = None,
        kind: str | None = None,
        limit: int = 1000,
        url: str | None = None,
    ) -> pd.DataFrame:
        """Find media, newest first.

        Args:
            bbox: (west, south, east, north) in degrees; west greater than east crosses the antimeridian.
            start: taken then or later.
            end: taken before.
            near: (lat, lon, km).
            bucket: in this bucket alone.
            prefix: keys that begin so.
            kind: ``image``, ``video``, ``audio``, ``track`` or ``other``.
            limit: at most so many, up to 10,000; SQL on ``media`` knows no limit.
            url: with a URL to each that is good for so long, such as ``"15m"``.
        """
        query = {"limit": str(limit)}
        if bbox is not None:
            query["bbox"] = ",".join(repr(float(side)) for side in bbox)
        if near is not None:
            query["near"] = f"{float(near[0])!r},{float(near[1])!r},{float(near[2]) * 1000!r}"
        if start is not None:
            query["from"] = _time(start)
        if end is not None:
            query["to"] = _time(end)
        for name, value in (("bucket", bucket), ("prefix", prefix), ("kind", kind), ("url", url)):
            if value is not None:
                query[name] = value
        found = self._http.open("GET", "/api/v1/media", query=query).json()["media"]
        columns = {
            name: pd.Series([item.get(name) for item in found], dtype=dtype)
            for name, dtype in _COLUMNS.items()
            if name != "url" or url is not None
        }
        frame = pd.DataFrame({"time": pd.to_datetime([item["time"] for item in found], utc=True, format="ISO8601")})
        return frame.assign(**columns, attributes=[item["attributes"] for item in found])

    def download(self, found: pd.DataFrame, directory: str | Path) -> list[Path]:
        """Write the media of a search (or any frame with ``bucket`` and ``key``) into a folder, by bucket and key."""
        root = Path(directory).resolve()
        written = []
        for bucket, key in zip(found["bucket"], found["key"], strict=True):
            target = (root / str(bucket) / str(key).lstrip("/")).resolve()
            if not target.is_relative_to(root):
                raise VarveError(f"key '{key}' leads out of {root}", hint="get it by its key and choose a name")
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(target.name + ".part")
            with part.open("wb") as out:
                for block in _blocks(self._http, _path("media", bucket, key)):
                    out.write(block)
            part.replace(target)
            written.append(target)
        return written

    def react(self, bucket: str, key: str, kind: str, text: str | None = None, *, who: str) -> None:
        """Note a ``like``, ``label`` or ``comment``; the last two need a text."""
        self._http.json("POST", _path("media", bucket, key) + "/reactions", {"kind": kind, "text": text, "who": who})

    def list(self, bucket: str, prefix: str = "") -> pd.DataFrame:
        """List all keys of a bucket that begin so."""
        return pd.DataFrame(
            _pages(self._http, bucket, prefix, "media"), columns=["key", "size", "modified", "version", "etag"]
        )


class KeyValues:
    """Bytes of any size under keys."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def create_bucket(self, bucket: str, *, versioned: bool = False, write_once: bool = False) -> None:
        """Make a bucket."""
        self._http.json("PUT", _path("kv", bucket), {"versioned": versioned, "writeOnce": write_once})

    def put(self, bucket: str, key: str, value: bytes | str | Path, *, if_match: str | None = None) -> dict[str, Any]:
        """Give a key a value: bytes, or the file of a path.

        Args:
            bucket: where.
            key: any text.
            value: bytes, or a path as ``pathlib.Path`` or text.
            if_match: only if the value's ETag is this one; ``""`` only if there is none.
        """
        headers = {}
        if if_match is not None:
            headers = {"If-Match": f'"{if_match}"'} if if_match else {"If-None-Match": "*"}
        stored: dict[str, Any] = self._http.open(
            "PUT", _path("kv", bucket, key), body=_body(value), headers=headers
        ).json()
        return stored

    def get(self, bucket: str, key: str, version: str | None = None) -> bytes | None:
        """Read a value whole; None if there is none."""
        try:
            return _read(self._http, _path("kv", bucket, key), None if version is None else {"version": version})
        except NotFound:
            return None

    def delete(self, bucket: str, key: str) -> bool:
        """Delete a key; false if there was none."""
        try:
            self._http.open("DELETE", _path("kv", bucket, key)).release_conn()
        except NotFound:
            return False
        return True

    def list(self, bucket: str, prefix: str = "") -> list[str]:
        """List all keys that begin so."""
        return [str(found["key"]) for found in _pages(self._http, bucket, prefix, "keys")]

    def history(self, bucket: str, key: str) -> pd.DataFrame:
        """List a key's versions, newest first."""
        query = {"history": "true", "limit": "10000"}
        return pd.DataFrame(self._http.open("GET", _path("kv", bucket, key), query=query).json()["versions"])


def _path(family: str, bucket: str, key: str | None = None) -> str:
    path = f"/api/v1/{family}/{quote(bucket, safe='')}"
    return path if key is None else f"{path}/{quote(key, safe='/')}"


def _body(data: bytes | str | Path) -> bytes | Callable[[], BinaryIO]:
    if isinstance(data, bytes):
        return data
    path = Path(data)
    return lambda: path.open("rb")


def _blocks(http: Http, path: str, query: Mapping[str, str] | None = None) -> Iterator[bytes]:
    response = http.open("GET", path, query=query)
    try:
        yield from response.stream(_BLOCK)
    except urllib3.exceptions.HTTPError as broken:
        raise PartialResult(f"the bytes broke off: {broken}", code="PARTIAL_RESULT") from broken
    finally:
        response.release_conn()


def _read(http: Http, path: str, query: Mapping[str, str] | None = None) -> bytes:
    return b"".join(_blocks(http, path, query))


def _pages(http: Http, bucket: str, prefix: str, member: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after: str | None = ""
    family = "media" if member == "media" else "kv"
    while after is not None:
        query = {"prefix": prefix, "after": after}
        page = http.open("GET", _path(family, bucket), query=query).json()
        found.extend(page[member])
        after = page["next"]
    return found


def _time(value: str | datetime | pd.Timestamp) -> str:
    if isinstance(value, str):
        return value
    utc = value.astimezone(timezone.utc) if value.tzinfo else value
    return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
