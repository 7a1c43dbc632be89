"""Sources as they are now into what a run would make of them, without writing anything."""
