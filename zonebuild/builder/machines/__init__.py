"""Feeds that machines write into one fragment a zone: ACME challenges and host keys."""
