"""site.yaml and zones/*.yaml into typed values; a zone's `fragments:` into files."""
