"""The map, certificates and what was seen outside into TLSA records, and orders for key holders."""
