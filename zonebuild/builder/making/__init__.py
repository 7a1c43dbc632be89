"""The sources of each stale zone into a checked, numbered zone in unsigned/."""
