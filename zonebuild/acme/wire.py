"""HTTP with a CA: signed requests, nonces, and patience with what passes.

The library's own network client repeats a refused nonce once, knows no Retry-After on errors and
reads its dates in the local zone. Here a nonce is repeated until patience ends, what passes (429,
5xx, a timeout) is tried again for a minute, and every answer has an end, in octets and in seconds.
Spec: RFC 8555 section 6; RFC 9110 section 10.2.3 (Retry-After).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from zonebuild import __version__
from zonebuild.acme.clock import Clock
from zonebuild.acme.problem import AcmeError, Nonsense, Problem, Unreachable, problem_code
from zonebuild.acme.url import is_url
from zonebuild.diagnostic import quoted

if TYPE_CHECKING:
    import requests
    from josepy.jwk import JWKEC

MAX_OCTETS = 1 << 20  # of one answer
PATIENCE = 60.0  # seconds that one request may be put off in all
_PASSES = (429, 500, 502, 503, 504)
_ELSEWHERE = (301, 302, 303, 307, 308)
_HOPS = 10  # from one place to the next, of a GET
_NONCES = 12  # refused in a row
_PAUSES = (1.0, 4.0, 10.0, 20.0)  # seconds, where the CA does not say
_CONNECT, _READ = 10.0, 45.0  # seconds
_ANSWER = 90.0  # seconds for the whole of an answer
_AGENT = f"zonebuild/{__version__}"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is no error. headers: names in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    retry: int | None = None

    def document(self) -> Mapping[str, Any]:
        """Return the JSON object that it is. Errors: Nonsense."""
        found = _json(self.body)
        if not isinstance(found, dict):
            raise Nonsense(f"{self.url} answers {quoted(_shown(self.body))}, want a JSON object")
        return found


@dataclass(slots=True)
class Wire:
    """The way to one CA.

    key: of the account. kid: the account's URL, empty before there is one.
    ca_file: what its TLS is checked with, empty for the system's. new_nonce: a URL.
    deadline: Unix seconds from which on nothing is asked any more, 0 for never.
    """

    key: JWKEC | None = None
    kid: str = ""
    ca_file: str = ""
    new_nonce: str = ""
    clock: Clock = field(default_factory=Clock)
    deadline: int = 0
    _nonces: list[str] = field(default_factory=list)
    _session: requests.Session | None = None

    def allow(self, seconds: int) -> None:
        """Give the CA *seconds* for all requests from now on, and `PATIENCE` for what passes."""
        self.deadline = self.clock.now() + seconds + int(PATIENCE)

    def get(self, url: str) -> Reply:
        """Fetch *url* without a signature. Errors: AcmeError."""
        return self._patiently(url, None, with_key=False)

    def fetch(self, url: str) -> Reply:
        """Fetch *url* as the account (POST-as-GET). Errors: AcmeError."""
        return self._patiently(url, b"", with_key=False)

    def post(self, url: str, payload: Mapping[str, Any], *, with_key: bool = False) -> Reply:
        """Post *payload*. with_key: signed with the key itself instead of the account's URL.

        Errors: AcmeError.
        """
        return self._patiently(url, json.dumps(payload).encode("ascii"), with_key=with_key)

    def sign(self, payload: bytes, url: str, nonce: str | None, *, with_key: bool) -> str:
        """Return the JWS of *payload*. Spec: RFC 8555 section 6.2."""
        from acme.jws import JWS
        from josepy.errors import DeserializationError
        from josepy.json_util import decode_b64jose
        from josepy.jwa import ES256

        if self.key is None:
            raise AcmeError("there is no account key", "`zonebuild acme account register`")
        try:
            number = None if nonce is None else decode_b64jose(nonce)
        except DeserializationError:
            raise Nonsense(f"the CA gave the nonce {quoted(nonce or '')}") from None
        kid = None if with_key or not self.kid else self.kid
        return str(JWS.sign(payload, self.key, ES256, number, url, kid).json_dumps())

    def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            self._session.close()
            self._session = None

    # -- patience ----------------------------------------------------------------------------

    def _patiently(self, url: str, payload: bytes | None, *, with_key: bool) -> Reply:
        begun, spent = self.clock.now(), 0.0
        for usual in (*_PAUSES, None):
            fault: AcmeError
            try:
                reply = self._once(url, payload, with_key=with_key)
            except Unreachable as error:
                fault, pause = error, usual
            else:
                if reply.status < 400:
                    return reply
                fault = _fault(reply, self.clock.now())
                pause = usual if reply.retry is None else float(max(reply.retry, 1))
                if reply.status not in _PASSES:
                    break
            now = self.clock.now()
            took = max(spent, now - begun - 1)  # the clock counts whole seconds
            if usual is None or pause is None or took + pause > PATIENCE:
                break
            if self.deadline and now + pause >= self.deadline:
                break
            self.clock.sleep(pause)
            spent += pause
        raise fault

    def _once(self, url: str, payload: bytes | None, *, with_key: bool) -> Reply:
        """Return the answer; one that refuses a nonce is worth another one."""
        if payload is None:
            return self._send("GET", url)
        for _ in range(_NONCES):
            nonce = self._nonces.pop() if self._nonces else self._new_nonce()
            reply = self._send("POST", url, self.sign(payload, url, nonce, with_key=with_key))
            if not _is_nonce(reply):
                break
        return reply

    def _new_nonce(self) -> str:
        reply = self._send("HEAD", self.new_nonce)
        if reply.status >= 400 or not self._nonces:
            raise Unreachable(f"{self.new_nonce} gives no nonce (HTTP status {reply.status})")
        return self._nonces.pop()

    # -- one exchange ------------------------------------------------------------------------

    def _send(self, method: str, url: str, data: str | None = None) -> Reply:
        """Return the answer, whole within `_ANSWER`: a socket's patience begins anew at each octet.

        So a thread does it that is left behind in the end, with its connections.
        """
        if self.deadline and self.clock.now() >= self.deadline:
            raise Unreachable(f"{url} is not asked: the CA has taken all the time of this run")
        future: Future[Reply] = Future()

        def exchange() -> None:
            try:
                future.set_result(
                    self._follow(url) if method == "GET" else self._exchange(method, url, data)
                )
            except BaseException as error:  # noqa: BLE001  # it is raised below
                future.set_exception(error)

        Thread(target=exchange, daemon=True).start()
        try:
            reply = future.result(_ANSWER)
        except TimeoutError:
            self._session = None
            raise Unreachable(f"{url} does not end its answer within {_ANSWER:g} s") from None
        if nonce := reply.headers.get("replay-nonce"):
            self._nonces.append(nonce)
        return reply

    def _follow(self, url: str) -> Reply:
        """Return what *url* leads to, by hops that are no less safe than itself."""
        where = url
        for _ in range(_HOPS):
            reply = self._exchange("GET", where)
            target = reply.headers.get("location", "")
            if reply.status not in _ELSEWHERE or not target:
                return reply
            where = urljoin(where, target)
            if not is_url(where, like=url):
                raise Nonsense(f"{url} leads to {quoted(where)}, which is not https")
        raise Nonsense(f"{url} leads from one place to the next without an end")

    def _exchange(self, method: str, url: str, data: str | None = None) -> Reply:
        import requests

        if self._session is None:
            self._session = requests.Session()
        headers = {"User-Agent": _AGENT, "Accept-Language": "en"}
        if data is not None:
            headers["Content-Type"] = "application/jose+json"
        try:
            with self._session.request(
                method,
                url,
                data=data,
                headers=headers,
                timeout=(_CONNECT, _READ),
                verify=self.ca_file or True,
                stream=True,
                allow_redirects=False,
            ) as response:
                return self._read(response)
        except (requests.RequestException, OSError, ValueError) as error:
            raise Unreachable(f"{url} cannot be asked: {_why(error)}") from error

    def _read(self, response: requests.Response) -> Reply:
        body = b""
        for chunk in response.iter_content(1 << 16):
            body += chunk
            if len(body) > MAX_OCTETS:
                raise Nonsense(f"{response.url} answers more than {MAX_OCTETS} octets")
        headers = {name.lower(): value for name, value in response.headers.items()}
        retry = retry_after(headers.get("retry-after"), self.clock.now())
        return Reply(response.url, response.status_code, headers, body, retry)


def retry_after(text: str | None, now: int) -> int | None:
    """Return the seconds that a Retry-After asks for, at least 0; None where it says nothing.

    Spec: RFC 9110 section 10.2.3: seconds, or a date, which is in UTC wherever this runs.
    """
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return min(int(text.strip()[:10]), 1 << 31)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:  # "-0000": UTC, says the library, of an unknown zone
        from datetime import UTC

        moment = moment.replace(tzinfo=UTC)
    return max(int(moment.timestamp()) - now, 0)


def _is_nonce(reply: Reply) -> bool:
    return reply.status == 400 and problem_code(_json(reply.body)) == "badNonce"


def _fault(reply: Reply, now: int) -> Problem | Nonsense:
    document, until = _json(reply.body), 0 if reply.retry is None else now + reply.retry
    if isinstance(document, dict) and ("type" in document or "detail" in document):
        return Problem(document, reply.status, reply.url, until=until)
    said = f"{reply.url} answers with HTTP status {reply.status}"
    return Nonsense(f"{said} and {quoted(_shown(reply.body))}", until=until)


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _shown(body: bytes) -> str:
    return body[:200].decode("utf-8", "backslashreplace")


def _why(error: Exception) -> str:
    """Return the system's word for what happened, without a library's wrapping."""
    import requests

    if isinstance(error, requests.Timeout):
        return "it does not answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its TLS certificate is not trusted, see `ca_file` below `acme.ca`"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return f"{type(error).__name__}"
