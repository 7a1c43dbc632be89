"""What each type's rdata must look like, and its one canonical spelling.

Common types are judged by regular expressions and by the resolver's own address parsers; every
other type, and every odd spelling of a common one, by dnspython (RFC 1035, RFC 3597 and the RFC
of each type).
"""
