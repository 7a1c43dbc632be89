"""Findings, differences and states as text for people and as JSON for programs.

One module a format; each is a function from values to text. `FORMATS` of each kind names them.
"""
