"""Signers, name servers and endpoints into what they hold now, asked with keys and deadlines."""
