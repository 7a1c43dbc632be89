r"""How most records of a type are written, so that checks look at the others alone.

One search through a zone's text finds all rows of the types below that are not plainly right; a
million records leave no time to take each apart. What is found may be right all the same: a check
judges it whole. What is not found must be nothing that a check would speak of, but for checks of
whole RRsets and of names.
"""

from __future__ import annotations

import re

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}(?:/(?:[12]?\d|3[0-2]))?"
_DOMAIN = r"(?:[a-z0-9_-]+\.)+[a-z]+"
_ISSUER = r"(?:[a-z0-9]+(?:-+[a-z0-9]+)*\.)+[a-z]+"
_BASE64 = "[A-Za-z0-9+/]"

_SPF_TERM = rf"(?: (?:a|mx|ip4:{_IPV4}|include:{_DOMAIN}))"
_SPF = rf'"v=spf1{_SPF_TERM}* (?:[~-]all|redirect={_DOMAIN})"\n'
_KEY = rf'(?:{_BASE64}{{4}})*(?:" "(?:{_BASE64}{{4}})+)*(?:{_BASE64}{{2}}==|{_BASE64}{{3}}=)?'
_DKIM = rf'"v=DKIM1; ?(?:h=sha256; ?)?k=(?:rsa|ed25519); ?p={_KEY};?"\n'
_DMARC = r'"v=DMARC1; ?p=(?:none|quarantine|reject)(?:; ?rua=mailto:[\w.+-]+@[\w.-]+)?;?"\n'

# By type the rdata, as the text of a zone has it, that no check has a word for; of TXT what does
# not even begin like the tags of a policy or a key is usual.
_USUAL: dict[str, str] = {
    "DS": r"\d+ (?:8|10|1[3-6]) [24] ",
    "SRV": r"\d+ \d+ [1-9]\d* (?!\.\n)",
    "SSHFP": "[12346] 2 ",
    "TLSA": "[0-3] [01] [12] (?!e3b0c442|cf83e135)[0-9a-f]{9}",
    "CAA": rf'0 issue(?:wild|mail|vmc)? (?:"(?:{_ISSUER}|;)"|{_ISSUER})\n',
    "HTTPS": r"[1-9]\d* (?![^\n]*(?:ipv[46]hint|key[46])=)",
    "TXT": rf'(?!["\\ ]*[vV] *=|"?[kp]=)|{_SPF}|{_DKIM}|{_DMARC}',
}

UNUSUAL = re.compile(
    "\t(?:" + "|".join(rf"{rdtype}\t(?!{usual})" for rdtype, usual in _USUAL.items()) + ")",
    re.ASCII,
)
