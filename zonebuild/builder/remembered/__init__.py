"""What a run leaves for the next, as small files and back: serials, stamps, last good copies."""
