"""Fetch the chain of certificates that each endpoint shows, all at the same time.

Nothing is verified: DANE trusts the key that TLSA lists, whoever has signed the certificate.

Spec: RFC 7671 section 5.1; RFC 8446 section 4.4.2.
"""

from __future__ import annotations

import errno
import ssl
import warnings
from collections.abc import Sequence

from zonebuild.endpoints.endpoint import Endpoint, Served
from zonebuild.endpoints.starttls import start_tls
from zonebuild.endpoints.wire import Refused, Wire

DEADLINE = 5.0  # seconds for one endpoint
HANDSHAKE_FAILS = "fails in the TLS handshake"  # how such a reason begins
_PARALLEL = 32
_MAX_CHAIN = 20  # certificates that are looked at
_REASONS = {
    errno.ECONNREFUSED: "refuses the connection",
    errno.ECONNRESET: "breaks off the connection",
    errno.EPIPE: "breaks off the connection",
    errno.EHOSTUNREACH: "cannot be reached from this host",
    errno.ENETUNREACH: "cannot be reached from this host",
    errno.EADDRNOTAVAIL: "cannot be reached from this host",
}
# What is offered so that a server with keys of several kinds shows the one of this kind. Only up to
# TLS 1.2 do the ciphers choose it.
_CIPHERS = {"": "ALL:@SECLEVEL=0", "rsa": "aRSA:@SECLEVEL=0", "ecdsa": "aECDSA:@SECLEVEL=0"}


def fetch(endpoints: Sequence[Endpoint], *, deadline: float = DEADLINE) -> tuple[Served, ...]:
    """Return what each of *endpoints* shows, in their order. deadline: seconds for one."""
    if not endpoints:
        return ()
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(len(endpoints), _PARALLEL)) as pool:
        return tuple(pool.map(lambda each: fetch_one(each, deadline=deadline), endpoints))


def fetch_one(endpoint: Endpoint, *, deadline: float = DEADLINE) -> Served:
    """Return what *endpoint* shows. deadline: seconds for all of it."""
    try:
        with Wire(endpoint.address, endpoint.port, deadline) as wire:
            start_tls(wire, endpoint.starttls)
            chain = _handshake(wire, endpoint)
    except Refused as refused:
        return Served(endpoint, reason=str(refused))
    except TimeoutError:
        return Served(endpoint, reason=f"shows no certificate within {deadline:g} s")
    except ssl.SSLError as error:
        why = (error.reason or "no reason given").replace("_", " ").lower()
        return Served(endpoint, reason=f"{HANDSHAKE_FAILS} ({why})")
    except OSError as error:
        said = (error.strerror or "unknown error").lower()
        return Served(endpoint, reason=_REASONS.get(error.errno or 0, f"cannot be asked: {said}"))
    except ValueError:  # of a name that is none
        return Served(endpoint, reason=f"cannot be asked for a certificate of {endpoint.name!a}")
    return Served(endpoint, chain) if chain else Served(endpoint, reason="shows no certificate")


def _handshake(wire: Wire, endpoint: Endpoint) -> tuple[bytes, ...]:
    """Return the chain of the peer's Certificate message. Errors: ValueError for a wrong name."""
    if not endpoint.name.isprintable():
        raise ValueError(endpoint.name)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = _context(endpoint.algorithm)
    tls = context.wrap_bio(incoming, outgoing, server_hostname=endpoint.name or None)
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            if said := outgoing.read():
                wire.send(said)
            incoming.write(wire.receive())
    return _chain(tls)


def _context(algorithm: str) -> ssl.SSLContext:
    """Return a context that takes whatever a server can do, and verifies nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(_CIPHERS[algorithm])
    with warnings.catch_warnings():  # that the oldest versions are old
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    if algorithm:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def _chain(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    whole = getattr(tls, "get_unverified_chain", None)  # Python 3.13
    if whole is not None:
        return tuple(whole()[:_MAX_CHAIN])
    own = tls.getpeercert(binary_form=True)
    return (own,) if own else ()
