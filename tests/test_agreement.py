"""Under the policy `servers` we refuse what BIND, Knot and NSD refuse, and nothing they all take.

`python -m tests.test_agreement COUNT SEED` prints the disagreements of many zones by family.
"""

from __future__ import annotations

import difflib
import random
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from multiprocessing.pool import ThreadPool

import pytest

from tests import c_tools
from tests.agreement import (
    CRASH,
    EXEMPTIONS,
    FALSE_ALARM,
    MISSED,
    Case,
    Disagreement,
    base_cases,
    find_disagreement,
    mutated_cases,
    ours,
    real_cases,
    unless_exempt,
)
from tests.c_tools import Verdict, Verdicts, judge
from tests.mutations import mutate

BASES = base_cases()
REAL = real_cases()
NOT_FOR_KNOT = ("rare",)  # types that Knot 3.2 does not read


def judge_case(case: Case) -> tuple[Case, Verdicts, list[str], Disagreement | None]:
    verdicts = judge(case.text, case.apex)
    try:
        errors = ours(case.apex, case.text)
    except Exception as error:  # noqa: BLE001 - one bug must not hide the other disagreements
        place = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"{error!r} in {place.name}"
        return case, verdicts, [reason], Disagreement(CRASH, reason)
    return case, verdicts, errors, find_disagreement(verdicts, errors, case.text)


def judge_mutated(count: int, seed: int) -> Iterator[tuple[Case, str, Disagreement]]:
    """Yield every disagreement with a text that shows all of it."""
    with ThreadPool(2) as pool:
        for case, verdicts, errors, found in pool.imap(judge_case, mutated_cases(count, seed)):
            if found:
                yield case, explain(case, verdicts, errors), found


def explain(case: Case, verdicts: Verdicts, errors: list[str]) -> str:
    """Return what is needed to understand a disagreement: the change, who said what."""
    base = next(one for one in (*BASES, *REAL) if case.name.startswith(f"{one.name}-"))
    before, after = (text.decode("ascii", "backslashreplace") for text in (base.text, case.text))
    changes = difflib.unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=1)
    said = (
        f"{name}: {'accepts' if verdict.accepted else 'refuses'}: {verdict.message.strip()}"
        for name, verdict in zip(verdicts._fields, verdicts, strict=True)
    )
    lines = [repr(line)[1:-1] for line in list(changes)[2:]]
    return "\n".join([f"== {case.name}", *lines, *said, f"ours: {errors or 'no error'}"])


@pytest.mark.parametrize("case", BASES, ids=lambda case: case.name)
@c_tools.needed
def test_a_base_zone_is_loaded_alike_by_those_who_know_its_types(case: Case) -> None:
    verdicts = judge(case.text, case.apex)
    refusing = [] if case.name not in NOT_FOR_KNOT else ["knot"]
    assert [name for name in verdicts._fields if not getattr(verdicts, name).accepted] == refusing
    assert verdicts.load_the_same()


@pytest.mark.parametrize("case", BASES, ids=lambda case: case.name)
def test_a_base_zone_has_no_error_under_servers(case: Case) -> None:
    assert ours(case.apex, case.text) == []


@pytest.mark.parametrize("case", REAL, ids=lambda case: case.name)
@c_tools.needed
def test_the_rule_holds_for_real_zones(case: Case) -> None:
    _, verdicts, errors, found = judge_case(case)
    assert found is None, explain(case, verdicts, errors)


def test_real_zones_that_all_accept_have_no_error_under_servers_or_default() -> None:
    wrong = [case.name for case in REAL if ours(case.apex, case.text)]
    assert wrong == ["vanadium.app"]  # its $ORIGIN lacks the final dot
    assert len(REAL) == 20


@c_tools.needed
def test_the_rule_holds_for_a_thousand_mutated_zones() -> None:
    found = [explained for _, explained, _ in judge_mutated(1000, seed=1)]
    assert not found, "\n\n".join(found)


@pytest.mark.long
@c_tools.needed
def test_the_rule_holds_for_many_mutated_zones() -> None:
    found = [explained for _, explained, _ in judge_mutated(20_000, seed=2)]
    assert not found, "\n\n".join(found[:20])


SOA = "example.org. 3600 IN SOA ns.example.org. h.example.org. 1 2 3 4 5\n"
ACCEPTED = Verdict(accepted=True, message="OK", apex="example.org", dump=SOA)
OTHER_TTL = ACCEPTED._replace(dump=SOA.replace("3600", "60"))
REFUSED = Verdict(accepted=False, message="zone:1: no", apex="example.org")
ALL_ACCEPT, ALL_REFUSE = Verdicts(*[ACCEPTED] * 3), Verdicts(*[REFUSED] * 3)


@pytest.mark.parametrize(
    ("verdicts", "errors", "kind"),
    [
        (ALL_ACCEPT, [], None),
        (ALL_ACCEPT, ["x: y"], FALSE_ALARM),
        (ALL_REFUSE, [], MISSED),
        (ALL_REFUSE, ["x: y"], None),
        (ALL_ACCEPT._replace(nsd=OTHER_TTL), ["x: y"], None),
        (ALL_ACCEPT._replace(knot=REFUSED), ["x: y"], None),
        (ALL_REFUSE._replace(knot=ACCEPTED), [], None),
    ],
    ids=["agree-good", "alarm", "missed", "agree-bad", "loaded-otherwise", "knot-no", "knot-yes"],
)
def test_only_unanimous_tools_bind_us(
    verdicts: Verdicts, errors: list[str], kind: str | None
) -> None:
    found = find_disagreement(verdicts, errors, b"")
    assert (found and found.kind) == kind


def test_an_exemption_covers_only_its_own_words() -> None:
    alarm = [Disagreement(FALSE_ALARM, "include: x"), Disagreement(FALSE_ALARM, "ttl: y")]
    assert unless_exempt(alarm[:1], b"$INCLUDE /dev/null\n") is None
    assert unless_exempt(alarm[:1], b"@ SOA\n") == alarm[0]
    assert unless_exempt(alarm, b"$INCLUDE /dev/null\n") == alarm[1]


def test_the_exemptions_are_few_and_named_once() -> None:
    names = {row.name for row in EXEMPTIONS}
    assert len(names) == len(EXEMPTIONS) <= 20


def test_a_mutated_zone_depends_on_its_seed_and_number_alone() -> None:
    few, many = list(mutated_cases(5, seed=3)), list(mutated_cases(40, seed=3))
    assert many[:5] == few
    assert len({case.text for case in many}) > 30
    assert not {case.text for case in many} & {case.text for case in mutated_cases(5, seed=4)}


@pytest.mark.parametrize("text", ["", "\n", " ", "\r", ";", "a", "\n\n\t\n"])
def test_the_smallest_texts_can_be_mutated_too(text: str) -> None:
    assert any(mutate(random.Random(seed), text) != text for seed in range(100))


def print_families(count: int, seed: int) -> None:
    """Print each family of disagreements with its size and its first case, greatest first."""
    sizes: Counter[str] = Counter()
    firsts: dict[str, str] = {}
    for _, explained, found in judge_mutated(count, seed):
        sizes[found.family] += 1
        firsts.setdefault(found.family, explained)
    for family, size in sizes.most_common():
        print(f"{size:5} {family}\n{firsts[family]}\n")
    print(f"{sizes.total()} disagreements in {count} zones, {len(sizes)} families")


if __name__ == "__main__":
    print_families(*map(int, sys.argv[1:3]))
