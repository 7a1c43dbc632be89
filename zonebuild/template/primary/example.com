; The records that people write: plain master-file text (RFC 1035 section 5).
@       A       192.0.2.1
        AAAA    2001:db8::1
        MX      0 .
        TXT     "v=spf1 -all"
ns1     A       192.0.2.53
ns2     A       198.51.100.53
www     CNAME   @
