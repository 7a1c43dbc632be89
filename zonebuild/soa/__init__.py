"""The head of a zone, a small Jinja2 template, into master-file text.

Jinja2 reads the template; what it read is judged by a table of allowed constructs and evaluated
here, because its own sandbox does not stop `{{ 9**9**9 }}` and tells one mistake at a time.
The serial is not known yet: `{{ serial }}` stays in the text for whoever assigns it.
"""

from zonebuild.soa.head import Head, render_head
from zonebuild.soa.statements import SERIAL_MARK

__all__ = ["SERIAL_MARK", "Head", "render_head"]
