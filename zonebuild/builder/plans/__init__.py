"""What people change, with what they approved and froze, into what waits and what goes on."""
