"""What a name server on a host answers, and waiting for it."""

from __future__ import annotations

from pathlib import Path

from tests.live.daemons.host import PATIENCE, Daemon, Host, wait_until


class NameServer(Daemon):
    """A daemon that answers questions at *address*, port 53."""

    def __init__(self, host: Host, command: list[str | Path], log: Path, address: str) -> None:
        super().__init__(host, command, log, self.is_there)
        self.host, self.address = host, address

    def ask(self, name: str, rdtype: str, *options: str) -> str:
        """Return the rdata of the answer, a line each; "" for none."""
        return self.host.dig(self.address, *options, name, rdtype)

    def serial(self, zone: str) -> int:
        """Return the serial that it serves of *zone*, 0 for none."""
        words = self.ask(zone, "SOA", "+norec").split()
        return int(words[2]) if len(words) > 6 and words[2].isdigit() else 0

    def wait_for(self, name: str, rdtype: str, rdata: str, seconds: float = PATIENCE) -> None:
        """Wait until a line of the answer is *rdata*."""
        wait_until(lambda: rdata in self.ask(name, rdtype).splitlines(), self.log, seconds=seconds)

    def wait_until_there(self, name: str, rdtype: str, *, is_there: bool = True) -> None:
        """Wait until it has an answer, or has none any more."""
        wait_until(lambda: bool(self.ask(name, rdtype)) is is_there, self.log)

    def anchor(self, zone: str) -> str:
        """Return the key signing keys that it serves of *zone*, as master-file text.

        One question may go unanswered while it loads: it is asked until there are any.
        """
        wait_until(lambda: "257 3 " in self.ask(zone, "DNSKEY"), self.log)
        lines = self.ask(zone, "DNSKEY").splitlines()
        return "".join(f"{zone}. 60 IN DNSKEY {key}\n" for key in lines if key.startswith("257 "))

    def is_there(self) -> bool:
        """Say whether it answers anything at all, a refusal too."""
        said = self.host.run(["dig", f"@{self.address}", "+time=1", "+tries=1", ".", "SOA"])
        return said.returncode == 0
