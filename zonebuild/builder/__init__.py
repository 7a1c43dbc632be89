"""One run over the zones of a site: which are stale, build them, hand them off, say how it went.

This is the shell around the core: it reads, remembers and writes; `compile` decides what is right.
"""
