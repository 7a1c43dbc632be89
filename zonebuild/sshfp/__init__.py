"""SSH host keys that hosts phone home, made SSHFP records: text in, records, refusals, waits out.

A host's file can speak for that host alone. What it says first is believed; whatever would take
another key's place waits for a person's approval (RFC 4255, RFC 6594, RFC 7479). OpenSSH since 8.7
wants every SSHFP of a key's algorithm to match, so there is never more than one.
"""
