"""The table of checks: to add one, write its function in a family's module and its entry here.

`refused_by` is what BIND 9.18 (`named-checkzone -i local`), Knot 3.2 (`kzonecheck`) and NSD 4.6
(`nsd-checkzone`) do; a test runs all three over the bad zones of the corpus and compares.
"""

from __future__ import annotations

from zonebuild.checks import alias, apex, delegation, dname, owners, rrset, targets
from zonebuild.checks.check import Check, Fact
from zonebuild.checks.limits import limit
from zonebuild.checks.reading import READER_CHECKS
from zonebuild.checks.survey import Survey
from zonebuild.diagnostic import Finding, Severity
from zonebuild.model import Zone

__all__ = ["ALL_CHECKS", "CHECKS", "Check", "Fact", "check_zone"]

_E, _W = Severity.ERROR, Severity.WARNING

# fmt: off
CHECKS: tuple[Check, ...] = (
    Check(
        name="missing-soa", numbers=("Z001",), severity=_E, refused_by="BKN",
        spec="RFC 1035 section 5.2", find=apex.missing_soa,
        why="Without SOA there is no zone to load.",
    ),
    Check(
        name="several-soa", numbers=("Z002",), severity=_E, refused_by="BN",
        spec="RFC 1035 section 5.2", find=apex.several_soa,
        why="Servers refuse the second, or take one of them in silence.",
    ),
    Check(
        name="soa-not-at-apex", numbers=("Z003",), severity=_E, refused_by="BN",
        spec="RFC 1035 section 5.2", find=apex.soa_not_at_apex,
        why="The SOA marks the apex; elsewhere it is most often a forgotten dot.",
    ),
    Check(
        name="missing-apex-ns", numbers=("Z005",), severity=_E, refused_by="BK",
        spec="RFC 1034 section 4.2.1", find=apex.missing_apex_ns,
        why="The zone names no server of its own.",
    ),
    Check(
        name="signed-data-in-unsigned", numbers=("Z130",), severity=_E, refused_by="",
        spec="RFC 4035 section 2", find=apex.signer_records,
        why="Signatures of another signer are stale at once and mix with those of ours.",
    ),
    Check(
        name="out-of-zone", numbers=("Z023",), severity=_E, refused_by="N",
        spec="RFC 1035 section 5.2", find=owners.out_of_zone,
        why="BIND and Knot drop such records in silence, so they are never served.",
    ),
    Check(
        name="rrset-ttl-mismatch", numbers=("Z020",), severity=_E, refused_by="",
        spec="RFC 2181 section 5.2", find=rrset.rrset_ttl_mismatch,
        why="BIND serves the first TTL, Knot the last; signers break on it.",
    ),
    Check(
        name="duplicate-record", numbers=("Z021", "Z022"), severity=_W, refused_by="",
        spec="RFC 2181 section 5", find=rrset.duplicate_record,
        why="Served once; whoever removes one copy believes the record gone.",
    ),
    Check(
        name="cname-and-other-data", numbers=("Z030",), severity=_E, refused_by="BKN",
        spec="RFC 1034 section 3.6.2, RFC 2181 section 10.1", find=alias.cname_and_other_data,
        why="Resolvers follow the alias and never see the other data.",
    ),
    Check(
        name="several-cnames", numbers=("Z031",), severity=_E, refused_by="BKN",
        spec="RFC 2181 section 10.1", find=alias.several_cnames,
        why="An alias has one canonical name.",
    ),
    Check(
        name="cname-at-apex", numbers=("Z032",), severity=_E, refused_by="BKN",
        spec="RFC 1034 section 3.6.2", find=alias.cname_at_apex,
        why="SOA and NS stand at the apex, and a CNAME stands alone.",
    ),
    Check(
        name="cname-loop", numbers=("Z033",), severity=_E, refused_by="",
        spec="RFC 1034 section 3.6.2", find=alias.cname_loop,
        why="Resolvers give up, and every query costs them the whole loop.",
    ),
    Check(
        name="cname-target-missing", numbers=("Z035",), severity=_W, refused_by="",
        spec="RFC 1034 section 3.6.2", find=alias.cname_target_missing,
        why="The alias answers that its target does not exist; an error where a dot is missing.",
    ),
    Check(
        name="data-below-dname", numbers=("Z037",), severity=_E, refused_by="KN",
        spec="RFC 6672 section 2.4", find=dname.data_below_dname,
        why="The DNAME hides all names below it.",
    ),
    Check(
        name="several-dnames", numbers=("Z038",), severity=_E, refused_by="BKN",
        spec="RFC 6672 section 2.4", find=dname.several_dnames,
        why="A name is redirected to one place.",
    ),
    Check(
        name="dname-and-ns", numbers=("Z039",), severity=_E, refused_by="K",
        spec="RFC 6672 section 2.3", find=dname.dname_and_ns,
        why="The delegation hides the DNAME, and the DNAME the delegated names.",
    ),
    Check(
        name="dname-and-cname", numbers=("Z040",), severity=_E, refused_by="BKN",
        spec="RFC 6672 section 2.4", find=dname.dname_and_cname,
        why="Two redirections of one name.",
    ),
    Check(
        name="missing-glue", numbers=("Z050", "Z055"), severity=_E, refused_by="K",
        spec="RFC 1034 section 4.2.1, RFC 9471 section 3", find=targets.missing_glue,
        why="The delegated zone cannot be reached: its server is known to itself alone.",
    ),
    Check(
        name="occluded-glue", numbers=("Z050",), severity=_E, refused_by="",
        spec="RFC 9471 section 3, RFC 4592 section 2.2", find=targets.occluded_glue,
        why="Missing glue all the same; servers stop looking at a name or wildcard above it.",
    ),
    Check(
        name="ns-target-without-address", numbers=("Z052", "Z055"), severity=_E, refused_by="BK",
        spec="RFC 1912 section 2.8", find=targets.ns_without_address,
        why="BIND refuses it at the apex, Knot everywhere: nobody can ask that server.",
    ),
    Check(
        name="ns-target-is-alias", numbers=("Z053", "Z054"), severity=_E, refused_by="BK",
        spec="RFC 2181 section 10.3", find=targets.ns_is_alias,
        why="Resolvers need not follow an alias to find a server.",
    ),
    Check(
        name="wildcard-ns", numbers=("Z057",), severity=_E, refused_by="B",
        spec="RFC 4592 section 4.2", find=delegation.wildcard_ns,
        why="What it delegates is undefined, and servers differ.",
    ),
    Check(
        name="data-below-cut", numbers=("Z058",), severity=_W, refused_by="",
        spec="RFC 5936 section 3.5, RFC 1034 section 4.2.1", find=delegation.data_below_cut,
        why="Legal, but no resolver ever sees it: most often left behind by a delegation.",
    ),
    Check(
        name="ds-at-apex", numbers=("Z059",), severity=_E, refused_by="B",
        spec="RFC 4035 section 2.4", find=delegation.ds_at_apex,
        why="The DS of a zone stands in its parent.",
    ),
    Check(
        name="ds-without-ns", numbers=("Z060",), severity=_E, refused_by="",
        spec="RFC 4035 section 2.4", find=delegation.ds_without_ns,
        why="A DS of what is not delegated says nothing; most often its NS were forgotten.",
    ),
    Check(
        name="mx-target-is-alias", numbers=("Z070",), severity=_W, refused_by="",
        spec="RFC 2181 section 10.3, RFC 5321 section 5.1", find=targets.mx_is_alias,
        why="Some senders refuse to follow the alias.",
    ),
    Check(
        name="mx-target-without-address", numbers=("Z071", "Z072"), severity=_E, refused_by="",
        spec="RFC 5321 section 5.1", find=targets.mx_without_address,
        why="Mail to this host waits and returns.",
    ),
    Check(
        name="srv-target-is-alias", numbers=("Z076",), severity=_W, refused_by="",
        spec="RFC 2782", find=targets.srv_is_alias,
        why="The target must not be an alias; some clients give up.",
    ),
    Check(
        name="srv-target-without-address", numbers=("Z077",), severity=_E, refused_by="",
        spec="RFC 2782", find=targets.srv_without_address,
        why="Clients find the service and cannot reach it.",
    ),
)
# fmt: on

ALL_CHECKS: tuple[Check, ...] = (*CHECKS, *READER_CHECKS)


def check_zone(zone: Zone, checks: tuple[Check, ...] = CHECKS) -> list[Finding]:
    """Return what *checks* find in *zone*, the first hundred of each and a count of the rest.

    zone: as `assemble` made it. Columns are not worked out, severities are the usual ones.
    """
    survey = Survey(zone)
    return limit(finding for check in checks for finding in check.findings(survey))
