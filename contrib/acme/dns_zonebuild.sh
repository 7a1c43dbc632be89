#!/usr/bin/env sh
# acme.sh: put this file into ~/.acme.sh/dnsapi/ and issue with
#   acme.sh --issue --dns dns_zonebuild --dnssleep SECONDS -d example.org -d '*.example.org'
# SECONDS: how long the slowest server takes; acme.sh adds all values, sleeps once, then asks.
# shellcheck disable=SC2034 # acme.sh shows it
dns_zonebuild_info='zonebuild drop-box
 Writes the challenge where a zonebuild site takes it from.
Docs: docs/acme-clients.md of zonebuild
Options:
 ZONEBUILD_COMMAND Path of zonebuild. Default: zonebuild. Optional.
 ZONEBUILD_DNSEXTRA The drop-box. Default: ./dnsextra. Optional.
 ZONEBUILD_WAIT "yes": each add blocks until every server has the value. Optional.
'

# Usage: dns_zonebuild_add _acme-challenge.www.example.org VALUE
dns_zonebuild_add() {
    _dns_zonebuild_setup "$1" || return 1
    if ! "$ZONEBUILD_COMMAND" token add -- "$1" "$2"; then
        _err "zonebuild did not take the challenge for $1"
        return 1
    fi
    [ "${ZONEBUILD_WAIT:-}" = yes ] || return 0
    _info "Waiting until every server of $1 has the value"
    if ! "$ZONEBUILD_COMMAND" token wait -- "$1" "$2"; then
        _err "the challenge for $1 is not served everywhere"
        return 1
    fi
}

# Usage: dns_zonebuild_rm _acme-challenge.www.example.org VALUE
dns_zonebuild_rm() {
    _dns_zonebuild_setup "$1" || return 1
    "$ZONEBUILD_COMMAND" token remove -- "$1" "$2" && return 0
    _err "zonebuild did not remove the challenge for $1"
    return 1
}

# Takes the settings from the account's file when cron runs, keeps those that are given now.
_dns_zonebuild_setup() {
    ZONEBUILD_COMMAND=${ZONEBUILD_COMMAND:-$(_readaccountconf_mutable ZONEBUILD_COMMAND)}
    ZONEBUILD_COMMAND=${ZONEBUILD_COMMAND:-zonebuild}
    ZONEBUILD_DNSEXTRA=${ZONEBUILD_DNSEXTRA:-$(_readaccountconf_mutable ZONEBUILD_DNSEXTRA)}
    ZONEBUILD_DNSEXTRA=${ZONEBUILD_DNSEXTRA:-dnsextra}
    ZONEBUILD_WAIT=${ZONEBUILD_WAIT:-$(_readaccountconf_mutable ZONEBUILD_WAIT)}
    export ZONEBUILD_DNSEXTRA
    _saveaccountconf_mutable ZONEBUILD_COMMAND "$ZONEBUILD_COMMAND"
    _saveaccountconf_mutable ZONEBUILD_DNSEXTRA "$ZONEBUILD_DNSEXTRA"
    _saveaccountconf_mutable ZONEBUILD_WAIT "$ZONEBUILD_WAIT"
    case $1 in
        _acme-challenge.* | _????????????????._acme-challenge.*) return 0 ;;
    esac
    _err "$1 does not begin with _acme-challenge. and the drop-box takes nothing else;" \
        "use --challenge-alias and not --domain-alias"
    return 1
}
