"""Requests to one of several equal nodes, with retries."""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO
from urllib.parse import urlencode, urlsplit

import urllib3

from varve._errors import ConnectionFailed, VarveError, from_response

_RETRY_STATUS = frozenset({429, 502, 503, 504})
_LONGEST_PAUSE_SECONDS = 10.0
_NEVER_SENT = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)


_SUSPECT_SECONDS = 2.0


class Http:
    """Sends requests to the nodes in turn, past those that do not answer or are busy. For several threads."""

    def __init__(self, url: str, timeout: float, retries: int) -> None:
        self._nodes = _nodes(url)
        self._retries = retries
        self._turn = itertools.count(random.randrange(len(self._nodes)))
        self._suspect_until: dict[str, float] = {}
        longest_connect = 10.0 if len(self._nodes) == 1 else 2.0
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=min(timeout, longest_connect), read=timeout),
            retries=False,
            headers={"User-Agent": "varve-python"},
        )

    @property
    def url(self) -> str:
        """The nodes, as one address."""
        if len(self._nodes) == 1:
            return self._nodes[0]
        return "varve://" + ",".join(node.partition("://")[2] for node in self._nodes)

    def _round(self) -> list[str]:
        """Whom to ask, in this order: another one first each time, without those that failed a moment ago."""
        first = next(self._turn) % len(self._nodes)
        everyone = self._nodes[first:] + self._nodes[:first]
        now = time.monotonic()
        return [node for node in everyone if self._suspect_until.get(node, 0.0) <= now] or everyone

    def open(
        self,
        method: str,
        path: str,
        *,
        body: bytes | Callable[[], BinaryIO] | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """Send a request and give the response unread; the caller releases it.

        Nearly every request this client sends may be repeated: queries change nothing, writes carry a key or say the
        same again. One with a condition is repeated only when it cannot have been applied. A body that is a file is
        opened anew for each try.
        """
        conditional = any(name in ("If-Match", "If-None-Match") for name in headers or {})
        failure: VarveError | None = None
        for attempt in range(self._retries + 1):
            pause = 0.0
            for node in self._round():
                try:
                    with contextlib.ExitStack() as files:
                        response = self._pool.request(
                            method,
                            node + path + _encoded(query),
                            body=files.enter_context(body()) if callable(body) else body,
                            headers=dict(headers or {}),
                            preload_content=False,
                        )
                except urllib3.exceptions.HTTPError as broken:
                    failure = ConnectionFailed(
                        f"no answer from {node}: {broken}", hint="is the node running? start it with ./varve server"
                    )
                    self._suspect_until[node] = time.monotonic() + _SUSPECT_SECONDS
                    if conditional and not isinstance(broken, _NEVER_SENT):
                        failure.hint = "it may have been applied: read before trying again"
                        raise failure from broken
                    continue
                if response.status < 400:
                    self._suspect_until.pop(node, None)
                    return response
                failure = from_response(response.status, response.data)
                retry_after = response.headers.get("Retry-After", "")
                response.release_conn()
                if response.status not in _RETRY_STATUS or (conditional and response.status in (502, 504)):
                    raise failure
                pause = float(retry_after) if retry_after.isdigit() else 0.0
            if attempt < self._retries:
                time.sleep(min(max(pause, _pause_seconds(attempt)), _LONGEST_PAUSE_SECONDS))
        assert failure is not None
        raise failure

    def json(self, method: str, path: str, body: Any = None) -> Any:
        """Send JSON (or nothing) and read JSON (or nothing)."""
        sent = None if body is None else json.dumps(body).encode()
        response = self.open(method, path, body=sent, headers={"Content-Type": "application/json"})
        data = response.data
        return json.loads(data) if data else None

    def close(self) -> None:
        """Close all idle connections."""
        self._pool.clear()


def _nodes(url: str) -> list[str]:
    scheme, separator, hosts = url.partition("://")
    if not separator and re.fullmatch(r"[^/:,]+:\d+(,[^/:,]+:\d+)*", url):
        scheme, separator, hosts = "varve", "://", url
    if not separator or scheme not in ("http", "https", "varve") or not hosts.strip("/"):
        raise VarveError(f"'{url}' is not an address", hint="use http://host:port or host1:port,host2:port")
    web = "http" if scheme == "varve" else scheme
    nodes = [f"{web}://{host.strip('/')}" for host in hosts.split(",")]
    for node in nodes:
        if not urlsplit(node).hostname:
            raise VarveError(f"'{url}' names no host", hint="use http://host:port")
    return nodes


def _encoded(query: Mapping[str, str] | None) -> str:
    return f"?{urlencode(query)}" if query else ""


def _pause_seconds(attempt: int) -> float:
    return float(random.uniform(0.5, 1.0) * min(0.1 * 2**attempt, _LONGEST_PAUSE_SECONDS))
