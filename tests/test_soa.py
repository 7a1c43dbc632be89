"""Heads: what a template may say, what it gives, and where each line comes from."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zonebuild.soa import SERIAL_MARK, Head, render_head

VARIABLES = {
    "zone": "example.org.",
    "soa": {"mname": "ns1.example.org.", "refresh": 14400},
    "ns": ("ns1.example.org.", "ns2.example.net."),
    "ttl": 3600,
    "vars": {"site": "AMS", "mirrors": ("a", "b")},
}


def render(source: str, **more: object) -> Head:
    return render_head("soa/default", source.encode(), {**VARIABLES, **more})


def problems(source: str, **more: object) -> list[tuple[int, str]]:
    return [(f.location.line, f.check) for f in render(source, **more).findings]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("plain text\n", "plain text\n"),
        ("", ""),
        ("{{ ttl }}", "3600"),
        ("{{ soa.mname }} {{ soa.refresh }}", "ns1.example.org. 14400"),
        ("{% for n in vars.mirrors %}\n NS {{ n }}\n{% endfor %}\n", " NS a\n NS b\n"),
        ("{% if zone == 'example.org.' %}A{% else %}B{% endif %}", "A"),
        ("{% if zone == 'x' %}A{% elif ttl > 60 %}B{% else %}C{% endif %}", "B"),
        ("{% if 'a' in vars.mirrors and not ttl < 1 or false %}A{% endif %}", "A"),
        ("{% if 'z' not in vars.mirrors %}A{% endif %}", "A"),
        ("{{ vars.site|lower }}{{ zone|upper }}", "amsEXAMPLE.ORG."),
        ("{{ ns|join(' ') }}", "ns1.example.org. ns2.example.net."),
        ("{{ vars.none|default('x') }}{{ nothing|default('y') }}", "xy"),
        ("{% if vars.none is defined %}A{% endif %}{% if ttl is defined %}B{% endif %}", "B"),
        ("{# a comment #}x", "x"),
        ("{% raw %}{% x %}{% endraw %}", "{% x %}"),
    ],
)  # fmt: skip
def test_what_a_head_may_say(source: str, text: str) -> None:
    assert render(source) == Head(text, render(source).lines, (), False)


@pytest.mark.parametrize(
    "source",
    [
        "{{ 9**9**9 }}",
        "{{ 1 + ttl }}",
        "{{ -ttl }}",
        "{{ zone ~ zone }}",
        "{{ zone.upper() }}",
        "{{ range(9) }}",
        "{{ ns[0] }}",
        "{{ zone[1:] }}",
        "{{ ['a'] }}",
        "{{ {'a': 1} }}",
        "{{ none }}",
        "{{ 1.5 }}",
        "{{ 99999999999 }}",
        "{{ 0x" + "f" * 9999 + " }}",
        "{{ 'a' if ttl else 'b' }}",
        "{{ zone|replace('a', 'b') }}",
        "{{ ns|join(d='x') }}",
        "{{ ns|join(*ns) }}",
        "{{ ns|join }}{{ zone|upper('x') }}",
        "{% if zone is string %}{% endif %}",
        "{% set x = 1 %}",
        "{% set x %}{% endset %}",
        "{% include 'keys/x' %}",
        "{% import 'x' as y %}",
        "{% from 'x' import y %}",
        "{% extends 'x' %}",
        "{% block x %}{% endblock %}",
        "{% macro x() %}{% endmacro %}",
        "{% call x() %}{% endcall %}",
        "{% filter upper %}{% endfilter %}",
        "{% with %}{% endwith %}",
        "{% do x %}",
        "{% debug %}",
        "{% for a, b in ns %}{% endfor %}",
        "{% for a in ns if a %}{% endfor %}",
        "{% for a in ns recursive %}{% endfor %}",
        "{% for a in ns %}{% for b in ns %}{% for c in ns %}{% endfor %}{% endfor %}{% endfor %}",
        "{{ serial|upper }}",
        "{% if serial == '1' %}{% endif %}",
    ],
)
def test_a_construct_beyond_the_few_is_refused(source: str) -> None:
    assert problems("\n" + source) == [(2, "template-construct")]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("\n{{ ttl", 2),
        ("\n{% if ttl %}\n", 2),
        ("{% for x in ns %}{% endif %}", 1),
        ("{% endif %}", 1),
        ("{{ ttl ttl }}", 1),
        ("{{ ttl $ }}", 1),
        ("{{ 'x }}", 1),
        ("{{ (ttl }}", 1),
        ("{{ }}", 1),
        ("{{ ttl. }}", 1),
        ("{# never closed", 1),
        ("{% for x %}{% endfor %}", 1),
        ("{{ '\\x' }}", 1),
        ("{{ " + "9" * 5000 + " }}", 0),
    ],
)
def test_what_jinja_cannot_read_is_told_in_our_words(source: str, line: int) -> None:
    (finding,) = render(source).findings
    assert (finding.location.line, finding.check) == (line, "template-syntax")
    assert "token" not in finding.message
    assert "Jinja was looking" not in finding.message


def test_every_construct_and_every_undefined_name_is_told_in_one_pass() -> None:
    assert problems("{{ 1+1 }}\n{{ f() }}\n") == [
        (1, "template-construct"),
        (2, "template-construct"),
    ]
    assert problems("{{ a }}\n{% for n in ns %}{{ b }}{% endfor %}\n{{ c }}") == [
        (1, "undefined-variable"),
        (2, "undefined-variable"),
        (3, "undefined-variable"),
    ]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{{ zome }}", "zome is not given, did you mean zone?"),
        ("{{ soa.mnam }}", "soa.mnam is not given, did you mean soa.mname?"),
        ("{{ soa.__class__ }}", "soa.__class__ is not given, want one of soa.mname, soa.refresh"),
        ("{{ zone.upper }}", "zone.upper: a text has no parts, want zone alone"),
        ("{{ loop }}", "loop is not given, want one of ns, soa, ttl, vars, zone"),
        ("{{ ns }}", "a list cannot be printed, want a text or a number"),
        ("{{ ttl == 1 }}", "a truth value cannot be printed, want a text or a number"),
        ("{% for x in zone %}{% endfor %}", "a text where a list is wanted"),
        ("{{ zone|join }}", "a text where a list is wanted"),
        ("{{ ttl|upper }}", "upper is given a number, want a text"),
        (
            "{% if ttl < zone %}{% endif %}",
            "a number cannot be compared with a text in this way",
        ),
    ],
)
def test_a_value_that_does_not_fit_says_what_does(source: str, message: str) -> None:
    assert [f.message for f in render(source).findings] == [message]


def test_an_undefined_name_in_a_branch_not_taken_is_no_mistake() -> None:
    assert render("{% if vars.none is defined %}{{ vars.none }}{% endif %}").findings == ()


def test_the_serial_stays_open() -> None:
    head = render("@ SOA a b ( {{ serial }} 1 2 3 4 )\n")
    assert head.has_serial
    assert head.text == f"@ SOA a b ( {SERIAL_MARK} 1 2 3 4 )\n"
    assert not render("@ SOA a b 2024010100 1 2 3 4\n").has_serial


def test_a_serial_in_a_branch_not_taken_is_none() -> None:
    assert not render("{% if false %}{{ serial }}{% endif %}5\n").has_serial


LAYOUT = """\
$TTL {{ ttl }}
{# a comment
   of two lines #}
@ SOA x (
  {{ serial }} )
{% for n in ns %}
  NS {{ n }}
  ; after {{ n }}
{% endfor %}

{%- if ttl == 3600 %}
yes
{% else %}
no
{% endif -%}


last
"""


def test_each_rendered_line_knows_its_line_of_the_template() -> None:
    head = render(LAYOUT)
    texts = [text.strip() for text in head.text.splitlines()]
    assert list(zip(texts, head.lines, strict=True)) == [
        ("$TTL 3600", 1),
        ("@ SOA x (", 4),
        ("{{ serial }} )", 5),
        ("NS ns1.example.org.", 7),
        ("; after ns1.example.org.", 8),
        ("NS ns2.example.net.", 7),
        ("; after ns2.example.net.", 8),
        ("yes", 12),
        ("last", 18),
    ]


BLOCKS = (("{% if ttl %}", "{% endif %}"), ("  {%- for n in ns %}", "{% endfor %}"), ("{#", "#}"))


@st.composite
def numbered_templates(draw: st.DrawFn) -> str:
    """A template whose every line of text begins with its own line number."""
    lines: list[str] = []
    open_blocks: list[str] = []
    for choice in draw(st.lists(st.integers(0, 6), max_size=25)):
        if choice < 3 and len(open_blocks) < 2 and "#}" not in open_blocks:
            lines.append(BLOCKS[choice][0])
            open_blocks.append(BLOCKS[choice][1])
        elif choice == 3 and open_blocks:
            lines.append(open_blocks.pop())
        else:
            lines.append(f"{len(lines) + 1};" if choice < 6 else "")
    return "\n".join(lines + open_blocks[::-1])


@settings(max_examples=200, deadline=None)
@given(numbered_templates())
def test_lines_are_told_right_in_any_layout(source: str) -> None:
    head = render(source)
    assert head.findings == ()
    for text, line in zip(head.text.split("\n"), head.lines, strict=False):
        assert text.strip().partition(";")[0] in ("", str(line))


def test_a_line_behind_the_end_is_the_last_line_of_the_template() -> None:
    head = render("a\nb\n")
    assert [head.template_line(n) for n in (0, 1, 2, 3)] == [0, 1, 2, 2]
    assert render("").template_line(1) == 0


def test_a_joined_text_with_line_ends_maps_to_the_line_of_its_expression() -> None:
    head = render("\n{{ ns|join('\\n') }}\nx\n")
    assert head.lines == (1, 2, 2, 3)


def test_a_head_larger_than_the_limit_is_refused_unread_and_unwritten() -> None:
    assert problems("x" * (1 << 16)) == []
    assert problems("x" * ((1 << 16) + 1)) == [(0, "template-too-large")]
    source = "{% for n in many %}" + "x" * 1000 + "{% endfor %}"
    assert problems(source, many=("a",) * 66) == [(1, "template-too-large")]
    assert problems(source, many=("a",) * 65) == []


def test_loops_without_output_end() -> None:
    source = (
        "{% for a in many %}{% for b in many %}{% if a == b %}{% endif %}{% endfor %}{% endfor %}"
    )
    assert problems(source, many=("a",) * 100_000) == [(1, "template-too-large")]


def test_join_cannot_fill_the_memory() -> None:
    source = "{% if many|join('" + "x" * 60_000 + "') == '' %}{% endif %}"
    assert problems(source, many=("a",) * 100_000) == [(1, "template-too-large")]


@pytest.mark.parametrize(
    "source",
    [
        "{{ " + "(" * 60_000,
        "{{ " + "(" * 20_000 + "ttl" + ")" * 20_000 + " }}",
        "{{ " + "not " * 15_000 + "ttl }}",
        "{{ soa" + ".a" * 30_000 + " }}",
        "{% if ttl" + " and ttl" * 8_000 + " %}{% endif %}",
        "{% if ttl %}" * 2_000 + "{% endif %}" * 2_000,
        "{{ ttl" + "|lower" * 10_000 + " }}",
        "{{ " + "[" * 60_000,
        "{{ ttl" + " if ttl else ttl" * 4_000 + " }}",
    ],
    ids=["open", "parens", "not", "dots", "and", "if", "filters", "lists", "ternary"],
)
def test_deep_templates_are_findings(source: str) -> None:
    assert {check for _, check in problems(source)} <= {
        "template-too-deep",
        "template-syntax",
        "template-construct",
    }
    assert problems(source)


def test_a_head_that_is_not_utf8_says_where() -> None:
    head = render_head("soa/x", b"a\n\xff", {})
    assert [(str(f.location), f.check) for f in head.findings] == [("soa/x:2", "template-encoding")]


def test_one_template_gives_each_zone_its_own_text() -> None:
    assert render("{{ zone }}", zone="a.").text == "a."
    assert render("{{ zone }}", zone="b.").text == "b."


WORDS = """
if elif else endif for endfor in is defined not and or raw endraw zone soa ns vars ttl serial .mname
.x | lower join default upper ( ) [ ] ' " , = == < + ** ~ : 1 9 true none loop self __class__ \\ é
"""
TAGS = ["{{", "{{-", "}}", "-}}", "{%", "{%-", "%}", "-%}", "{#", "#}", "\n", "\r", "\0"]
EXPRESSIONS = st.lists(st.sampled_from(WORDS.split()), max_size=8).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(WORDS.split() + TAGS), max_size=30).map(" ".join)
    | EXPRESSIONS.map("{{{{ {} }}}}".format)
    | EXPRESSIONS.map("{{% if {} %}}x{{% endif %}}".format)
    | EXPRESSIONS.map("{{% for n in {} %}}{{{{ n }}}}\n{{% endfor %}}".format)
)
def test_any_words_of_a_template_end_in_text_or_findings(source: str) -> None:
    head = render(source)
    assert not (head.findings and head.text)
    assert len(head.lines) == len(head.text.removesuffix("\n").split("\n")) * (head.text != "")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_end_in_text_or_findings(source: bytes) -> None:
    head = render_head("soa/x", b"{{ " + source, VARIABLES)
    assert all(f.location.path == "soa/x" and f.message.isprintable() for f in head.findings)
