"""Read with limits, write whole or not at all, lock, and remember what was written."""
