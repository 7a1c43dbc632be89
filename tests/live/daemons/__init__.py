"""Real daemons for live tests, one module each, on a host of their own.

`host()` gives a `Host`: a network, mounts and processes of its own (as root or, by `unshare -r`,
as anyone). 127.0.0.1 to 127.0.0.8 and every port are free there, port 53 too; what is mounted there
(`bind`) is seen there alone; whatever is still running when the block ends, or when the tests are
killed, ends with it. Commands run there by `run`, zonebuild itself by `zonebuild` and `doit`:

    with host() as here:
        site.write("site.yaml", nsd.site_keys(tmp_path / "nsd"))       # `serve:` and `signer:`
        here.zonebuild(site.root, "config")                            # state/config/
        with nsd.NSD(here, tmp_path / "nsd", site.root) as primary:    # started, and it answers
            here.zonebuild(site.root, "poll")
            primary.wait_for("www.example.test", "A", "192.0.2.1")

Each module has `site_keys(folder)`, what site.yaml says so that zonebuild finds the daemon in
*folder*, where it has a side that zonebuild must find; and a class whose constructor takes the
host, a folder of its own and perhaps the site. The class is a `Daemon`, or holds some: `with`
starts it and waits until it answers; `stop()`, `kill()` and `start()` may be called in between,
each by the daemon's own process number. Its output is in `log`.

The daemons read what `zonebuild config` wrote into state/config/, so what people are told to
include is what is tested.

| module | daemon | where |
|---|---|---|
| `nsd` | NSD, a primary with zonebuild's patterns, or a secondary | 127.0.0.2 or as told |
| `knot` | Knot, which signs | 127.0.0.3 |
| `bind` | BIND, which signs inline | 127.0.0.4 |
| `opendnssec` | enforcer and signer on a SoftHSM token | no DNS |
| `unbound` | a validating resolver, and /etc/resolv.conf | 127.0.0.1 |
| `sshd` | sshd with a host key (as real root only) | 127.0.0.1 |
| `nginx` | nginx with a certificate | 127.0.0.1:443 |
| `pebble` | an ACME server that asks one name server | 127.0.0.1:14000 |
| `svn` | svnserve and its working copies | svn://127.0.0.1 |
| `witness` | whoever asks a server all the time and writes down what it answers | no DNS |

`Host.set_clock` moves the clock of what is started from then on (libfaketime).
"""

from __future__ import annotations

from tests.live.daemons.host import Daemon, Host, host, wait_until

__all__ = ["Daemon", "Host", "host", "wait_until"]
