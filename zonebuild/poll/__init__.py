"""Keep a site built: bring it up to date, see whether there is anything to do, run `doit`, tell.

Every minute of every day there is nothing to do, so what is always loaded stays small: no
dataclasses, no pathlib, no YAML. Paths are text here.
"""
