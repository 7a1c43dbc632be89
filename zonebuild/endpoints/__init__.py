"""What services show to those who connect: their certificates, and whether TLSA lists them.

Nothing here trusts what it fetches, or waits longer than its deadline for it (RFC 6698, RFC 7671).
"""
