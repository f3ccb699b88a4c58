"""Requests to one of several equal nodes, with retries."""

from __future__ import annotations

import contextlib
import json
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO
from urllib.parse import urlencode, urlsplit

import urllib3

from varve._errors import ConnectionFailed, VarveError, from_response

_RETRY_STATUS = frozenset({429, 502, 503, 504})
_LONGEST_PAUSE_SECONDS = 10.0


class Http:
    """Sends requests; tries the next node when one does not answer or is busy."""

    def __init__(self, url: str, timeout: float, retries: int) -> None:
        self._nodes = _nodes(url)
        self._retries = retries
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=min(timeout, 10.0), read=timeout),
            retries=False,
            headers={"User-Agent": "varve-python"},
        )

    @property
    def url(self) -> str:
        """The node that is asked first."""
        return self._nodes[0]

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

        Every request this client sends may be repeated: queries change nothing, writes carry a key, or a condition, or
        say the same again. A body that is a file is opened anew for each try.
        """
        failure: VarveError | None = None
        for attempt in range(self._retries + 1):
            try:
                with contextlib.ExitStack() as files:
                    response = self._pool.request(
                        method,
                        self._nodes[0] + path + _encoded(query),
                        body=files.enter_context(body()) if callable(body) else body,
                        headers=dict(headers or {}),
                        preload_content=False,
                    )
            except urllib3.exceptions.HTTPError as broken:
                failure = ConnectionFailed(
                    f"no answer from {self._nodes[0]}: {broken}",
                    hint="is the node running? start it with ./varve server",
                )
                self._nodes.append(self._nodes.pop(0))
                pause = _pause_seconds(attempt)
            else:
                if response.status < 400:
                    return response
                failure = from_response(response.status, response.data)
                retry_after = response.headers.get("Retry-After", "")
                response.release_conn()
                if response.status not in _RETRY_STATUS:
                    raise failure
                pause = float(retry_after) if retry_after.isdigit() else _pause_seconds(attempt)
                self._nodes.append(self._nodes.pop(0))
            if attempt < self._retries:
                time.sleep(min(pause, _LONGEST_PAUSE_SECONDS))
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
    if not separator or scheme not in ("http", "https", "varve") or not hosts.strip("/"):
        raise VarveError(f"'{url}' is not an address", hint="use http://host:port or varve://host1:port,host2:port")
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
