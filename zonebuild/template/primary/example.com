; The records that people write: plain master-file text (RFC 1035 section 5).
@       A       192.0.2.1
        AAAA    2001:db8::1
        MX      0 .
        TXT     "v=spf1 -all"
; Addresses for documentation: write your own, and take the comments away with them.
ns1     A       192.0.2.53     ; zonebuild: allow=ns-address-not-global an example
        AAAA    2001:db8::53   ; zonebuild: allow=ns-address-not-global an example
ns2     A       198.51.100.53  ; zonebuild: allow=ns-address-not-global an example
www     CNAME   @
