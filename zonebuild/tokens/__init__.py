"""The drop-box from the side of the ACME clients: a name and a value become a file, and go again.

Needs the standard library only; the builder's side, which trusts none of it, is a room of its own.
"""
