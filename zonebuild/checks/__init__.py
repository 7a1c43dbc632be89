"""What a zone must not contain: a table of checks, one function each, over one survey of the zone.

`table` lists them all and runs them, `policy` weighs what they found. A check says what is a
fact of the zone; its name, severity and standard stand in the table alone.
"""
