"""Master-file text into records with positions, and back (RFC 1035 section 5, RFC 2308, RFC 3597).

`read_fragment` reads, `write_records` writes. Each fragment is read alone: what one file leaves
behind (owner, `$ORIGIN`, `$TTL`, an open parenthesis) never reaches the next.
"""

from zonebuild.zonefile.reader import read_fragment
from zonebuild.zonefile.text import Source, decode_source
from zonebuild.zonefile.write import write_records

__all__ = ["Source", "decode_source", "read_fragment", "write_records"]
