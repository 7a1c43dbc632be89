"""What the configurations of services say of certificates, and what entries for others say."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.endpoint_servers import HOST, certificate, ec_key, rsa_key, tls_server, write_pair
from zonebuild.cli import run as zonebuild
from zonebuild.endpoints.endpoint import Endpoint
from zonebuild.restart.apache import _pairs, read_hosts
from zonebuild.restart.look import State, look
from zonebuild.restart.nghttpx import read_setup
from zonebuild.restart.nginx import files_of, read_servers
from zonebuild.restart.postfix import read_pairs
from zonebuild.restart.service import NoSetup, Pair
from zonebuild.restart.slapd import change, read_attributes, read_endpoints, read_urls

NGINX = """\
# configuration file /etc/nginx/nginx.conf:
http { ssl_certificate "all.pem"; include sites/*; # a } comment {
  ssl_certificate_key all.key; }
# configuration file /etc/nginx/sites/a:
server { listen 443 ssl; server_name a.example; location / { return 301 ${x}y; } }
server { listen [::1]:8443 ssl; ssl_certificate /b.pem; ssl_certificate_key '/b;.key'; }
"""


def test_nginx_servers_take_what_is_around_them_and_includes_stand_in_their_place() -> None:
    first, second = read_servers(files_of(NGINX))
    assert first.certificates == [("/etc/nginx/all.pem", "/etc/nginx/nginx.conf")]
    assert (first.keys, first.listens) == (["/etc/nginx/all.key"], [["443", "ssl"]])
    assert (second.keys, second.listens) == (["/b;.key"], [["[::1]:8443", "ssl"]])


@pytest.mark.parametrize("text", ["{" * 50, "include nginx.conf;"])
def test_nginx_blocks_without_end_are_refused(text: str) -> None:
    with pytest.raises(NoSetup, match="nests more than"):
        read_servers({"/etc/nginx.conf": text})


def test_apache_hosts_have_their_ports_and_the_root_of_their_paths() -> None:
    text = (
        "ServerRoot /srv\nDefine D live\nListen 443\n<VirtualHost *:443>\nSSLEngine on\n"
        'SSLCertificateFile "${D}/a \\\n b.pem"\nServerName https://a.example:443\n</VirtualHost>\n'
    )
    hosts, ports, root = read_hosts([("/srv/httpd.conf", text)])
    pairs = [pair for host in hosts for pair in _pairs(host, ports, root, [])]
    endpoints = (Endpoint("127.0.0.1", 443, "a.example"),)
    path = "/srv/live/a   b.pem"
    assert pairs == [Pair(path, path, endpoints, "/srv/httpd.conf")]


def test_nghttpx_frontends_without_tls_are_left_out() -> None:
    text = "frontend=*,80;no-tls\nfrontend=*,443\npid-file=/p\nsubcert=k:c\n#frontend=*,1\n"
    setup = read_setup(text, "/etc/nghttpx/x")
    endpoints = (Endpoint("127.0.0.1", 443),)
    assert setup.pairs == (Pair("/etc/nghttpx/c", "/etc/nghttpx/k", endpoints, "/etc/nghttpx/x"),)


def test_postfix_services_may_set_their_own_files() -> None:
    common = {"smtpd_tls_cert_file": "/c", "smtpd_tls_security_level": "may"}
    services = ["smtp inet n - n - - smtpd", "465 inet n - n - - smtpd", "x unix n - n - - smtpd"]
    own = {"465/inet/smtpd_tls_wrappermode": "yes", "465/inet/smtpd_tls_chain_files": "/d /e"}
    pairs = list(read_pairs(common, services, own))
    assert [(pair.certificate, pair.key) for pair in pairs] == [
        ("/c",) * 2,
        ("/d",) * 2,
        ("/e",) * 2,
    ]
    assert [str(pair.endpoints[0]) for pair in pairs[:2]] == [
        "127.0.0.1:25 (smtp)",
        "127.0.0.1:465",
    ]


def test_slapd_paths_are_coded_in_what_is_sent_and_read_back() -> None:
    path = "/a\nolcX: é"
    said = read_attributes(change(path, "/k").replace("replace: ", "# "))
    assert said["olcTLSCertificateFile"] == path
    assert read_urls(["slapd", "-h", "ldaps:/// ldapi:///"]) == ["ldaps:///", "ldapi:///"]


@pytest.mark.parametrize("fault", ["other key", "expired", "no key", "noise", "gone"])
def test_a_pair_that_does_not_fit_is_refused(fault: str, tmp_path: Path) -> None:
    key = ec_key()
    paths = write_pair(tmp_path, key, certificate(key, days=(-9, -8 if fault == "expired" else 9)))
    if fault == "other key":
        paths = paths[0], write_pair(tmp_path.parent, ec_key(), certificate(ec_key()))[1]
    elif fault == "no key":
        paths = paths[0], paths[0]
    elif fault == "noise":
        paths[0].write_text("x")
    elif fault == "gone":
        paths[0].unlink()
    found = look([Pair(str(paths[0]), str(paths[1]), (), "conf")], time.time())
    assert [each.state for each in found] == [State.REFUSED]


def test_keys_of_two_algorithms_at_one_endpoint_are_each_compared(tmp_path: Path) -> None:
    made = [(key, certificate(key)) for key in (ec_key(), rsa_key())]
    pairs = []
    with tls_server(*made) as port:
        for number, (key, own) in enumerate(made):
            folder = tmp_path / str(number)
            folder.mkdir()
            chain, secret = map(str, write_pair(folder, key, own))
            pairs.append(Pair(chain, secret, (Endpoint("127.0.0.1", port, HOST),), "conf"))
        found = look(pairs, time.time())
    assert [each.state for each in found] == [State.CURRENT] * 2


ENTRY = """certificate: {0}/fullchain.pem
key: {0}/privkey.pem
endpoints: ["127.0.0.1:{1}"]
test: [{2}]
cure: [touch, "{0}/a; $(b)"]
"""


@pytest.mark.parametrize(("test", "is_cured"), [("true", True), ("false", False)])
def test_an_entry_is_cured_word_by_word_once_its_test_passes(
    test: str, is_cured: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ec_key()
    write_pair(tmp_path, key, certificate(key))
    with tls_server((key, certificate(key))) as port:
        entry = tmp_path / "x.yaml"
        entry.write_text(ENTRY.format(tmp_path, port, test))
        assert zonebuild(["restart", str(entry)]) == 1
        monkeypatch.setattr(
            "zonebuild.restart.cure.wait_until_current",
            lambda setup: look(setup.pairs, time.time()),
        )
        assert zonebuild(["restart", str(entry), "--do"]) == 1
    assert (tmp_path / "a; $(b)").exists() is is_cured


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no certificate and no key"),
        ("certificate: [a]", "certificate is a list, want a path"),
        ("shell: a", '"shell" is unknown, want certificate, key'),
        ("cure: nginx", 'want a list such as ["a", "b"]'),
        (ENTRY.format("x", 1, "true"), "want absolute paths"),
        (ENTRY.format("/x", 0, "true"), "is no endpoint"),
    ],
)
def test_an_entry_that_is_wrong_is_exit_2_with_what_is_wanted(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.yaml").write_text(text)
    assert zonebuild(["restart", str(tmp_path / "x.yaml")]) == 2
    assert said in capsys.readouterr().err


@given(st.text(alphabet="{};#\"'\\\\$ \n<>=:/,[]ax", max_size=200))
def test_no_configuration_ends_in_a_traceback(text: str) -> None:
    for words in ("", "listen 443 ssl;", "include x;", "ssl_certificate "):
        with suppress(NoSetup):
            read_servers({"/etc/x": words + text})
    hosts, ports, root = read_hosts([("/x", f"<VirtualHost {text}\nSSLCertificateFile {text}")])
    assert all(pair.certificate for host in hosts for pair in _pairs(host, ports, root, []))
    assert read_setup(f"pid-file=/x\nfrontend={text}\nsubcert={text}", "/x").test is None
    assert isinstance(list(read_pairs({}, text.split("\n"), {"a": text})), list)
    assert isinstance(list(read_endpoints(text.split())), list)
    assert isinstance(read_attributes(f"a:: {text}"), dict)


def test_a_service_that_nobody_knows_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert zonebuild(["restart", "sendmail"]) == 2
    assert "want nginx, apache, nghttpx, postfix, slapd or" in capsys.readouterr().err
