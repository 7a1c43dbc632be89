"""zonebuild compiles DNS zones from files in version control.

ARCHITECTURE.md draws the rooms; imports go down only (tests/test_layers.py holds it).
"""

__version__ = "0.1.0"
