"""Pages cut into what they say; what nobody reads of them is left out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom_langchain.tokens import counter_for
from headroom_langchain.transforms.select.html import cut
from headroom_langchain.transforms.select.prose import GAP

if TYPE_CHECKING:
    from headroom_langchain.transforms.select.units import Units

SHOP = (Path(__file__).parent / "samples" / "shop.html").read_text("utf-8")
COUNT = counter_for(None).count
PIECES = st.sampled_from(
    [
        *re.findall(r"<[^>]+>", SHOP),
        "</div>",
        "</td>",
        "<p",
        "&lt;",
        "&#99999999999;",
        "<a href='",
        "<!--",
        "-->",
        "<![CDATA[",
    ]
)
WORDS = st.sampled_from(
    ["one. two", "語。文", "שלום", "\n", " | ", "a < b", "`", "[1]", "x" * 700, "Fast. Slow. " * 120]
)
PAGES = st.lists(PIECES | WORDS).map("".join) | st.text() | st.text(alphabet="<>/ap\"'=&#;! -")


def units_of(text: str) -> Units:
    units = cut(text)
    assert units is not None
    return units


def cleaned(text: str) -> str:
    units = cut(text)
    return "" if units is None else units.write(range(len(units.texts)))


def number(units: Units, said: str) -> int:
    return next(i for i, text in enumerate(units.texts) if said in text)


def test_a_page_is_cleaned_to_what_it_says() -> None:
    assert cleaned(SHOP) == (
        "# Field kettle 2 l — Campware\n\n# Field kettle, 2 l\n\n"
        "A light kettle of hard-anodised aluminium. It boils a litre in 3.5 minutes & weighs 312 g. "
        "See how to care for it [1] or ask us (/faq).\n\n"
        "## Sizes\n\nAll sizes\n\n"
        "Model | Litres | Grams\n---|---|---\nK-1 | 1.0 | 205\nK-2 | 2.0 | 312\nK-2 | 2.2 | 330\nK-3 \\| soon |  | \n\n"
        "## In the box\n\n- kettle\n- lid\n  - with `steam` vent\n- bag, made of felt (/felt)\n\n"
        "## Code for makers\n\n```python\ndef boil(l):\n    return l < 2.2\n\nprint(boil(2))\n```\n\n"
        "Volume\n\nUp to the rim, at sea level: 10^3 cm^3 a litre.\n\nMass\n\nWithout lid.\n\n"
        "> Boils fast.\n> Pours well.\n\n"
        "[1] /care?utm_source=product-page&utm_medium=link&utm_campaign=kettle"
    )


def test_cleaning_saves_most_of_the_tokens_of_a_page() -> None:
    assert COUNT(cleaned(SHOP)) < COUNT(SHOP) * 0.35


@given(PAGES)
def test_no_page_raises_however_broken(page: str) -> None:
    units = cut(page)
    if units is not None:
        assert all(units.texts)
        units.write([])


@given(PAGES, st.data())
def test_kept_units_stand_in_the_text_in_order(page: str, data: st.DataObject) -> None:
    units = cut(page)
    if units is None:
        return
    kept = sorted(data.draw(st.sets(st.sampled_from(range(len(units.texts))))))
    written = units.write(kept)
    position = 0
    for i in kept:
        position = written.index(units.texts[i], position)
    for i, above in units.context.items():
        assert i not in above
        assert all(0 <= j < len(units.texts) for j in above)


@given(st.lists(st.text(alphabet="abc .語", min_size=1).filter(str.strip), min_size=2))
def test_every_paragraph_is_in_the_cleaned_page(paragraphs: list[str]) -> None:
    text = cleaned("".join(f"<div><p>{paragraph}" for paragraph in paragraphs))
    assert text.split() == " ".join(paragraphs).split()


def test_a_kept_block_stands_under_its_headings_with_gaps_and_its_links() -> None:
    units = units_of(SHOP)
    assert units.write([number(units, "- lid")]) == (
        f"# Field kettle 2 l — Campware\n\n# Field kettle, 2 l\n\n{GAP}\n\n## In the box\n\n{GAP}\n"
        f"- lid\n  - with `steam` vent\n{GAP}"
    )
    block = number(units, "A light kettle")
    links = [i for i in units.context[block] if units.texts[i].startswith("[1] ")]
    assert units.write([block, *links]).endswith(f"\n\n{GAP}\n\n{units.texts[links[0]]}")
    assert "[1] /" not in units.write([block])


def test_the_first_block_under_a_heading_is_found_by_the_heading() -> None:
    units = units_of(
        "<h1>Kettles</h1><h2>Sizes</h2><p>Two of them.</p><p>More soon.</p><dl><dt>K-1</dt><dd>One litre.</dl>"
    )
    assert units.texts == (
        "# Kettles",
        "## Sizes",
        "## Sizes\n\nTwo of them.",
        "More soon.",
        "K-1",
        "K-1\n\nOne litre.",
    )


def test_navigation_is_kept_where_a_page_says_nothing_else() -> None:
    page = (
        "<nav><ul>" + "".join(f"<li><a href=/p{i}>Page {i}</a>" for i in range(9)) + "</ul></nav><p>Hi.</p>"
    )
    assert "- Page 3 (/p3)" in cleaned(page)


def test_a_small_part_marked_as_main_is_not_believed() -> None:
    page = "<main><p>Loading</p></main>" + "<div><p>The article has many words in it.</p></div>" * 9
    assert "many words" in cleaned(page)


def test_rows_of_a_long_table_are_units_under_its_head() -> None:
    rows = "".join(f"<tr><td>{i}</td><td>name {i}</td></tr>" for i in range(30))
    units = units_of(f"<h2>All</h2><table><thead><tr><th>id</th><th>name</th></tr></thead>{rows}</table>")
    row = number(units, "17 | name 17")
    assert [units.texts[i] for i in units.context[row]] == ["## All", "## All\n\nid | name\n---|---"]
    assert units.write([row]) == f"## All\n\nid | name\n---|---\n{GAP}\n17 | name 17\n{GAP}"


def test_a_table_for_the_layout_is_read_as_blocks() -> None:
    page = "<table><tr><td><h1>News</h1><p>First.</p><table><tr><th>a<th>b<tr><td>1<td>2</table><td><p>Side</table>"
    assert cleaned(page) == "# News\n\nFirst.\n\na | b\n---|---\n1 | 2\n\nSide"


def test_a_long_paragraph_is_cut_into_sentences_that_join_again() -> None:
    paragraph = " ".join(f"Sentence {i} says something new." for i in range(80))
    units = units_of(f"<h1>A</h1><p>{paragraph}</p>")
    assert len(units.texts) == 81
    assert units.write(range(81)) == f"# A\n\n{paragraph}"


def test_a_link_that_is_used_twice_stands_once_at_the_end() -> None:
    page = "<p>See <a href=/a>one</a>.<p>Or <a href=/a>two</a>, <a href='#top'>top</a>, <a href='javascript:x()'>go</a>."
    assert cleaned(page) == "See one [1].\n\nOr two [1], top, go.\n\n[1] /a"


def test_references_of_all_kinds_and_scripts_of_all_directions_are_read() -> None:
    page = "<p>&#x645;&#1585;حبا &eacute;&copy;&zzz; 5 &lt; 6</p><p>日本語<b>の</b>文。&#55555555555555;</p>"
    assert cleaned(page) == "مرحبا é©&zzz; 5 < 6\n\n日本語の文。\ufffd"


def test_a_number_too_long_for_a_reference_is_left_as_it_is() -> None:
    assert "&#9999" in cleaned(f"<p>a</p><p>&#{'9' * 6000};</p>")


def test_code_with_fences_in_it_gets_a_longer_fence() -> None:
    assert cleaned("<p>a</p><pre>```\nx\n```</pre>").endswith("````\n```\nx\n```\n````")


def test_ordered_lists_count_from_their_start() -> None:
    assert cleaned("<ol start=3><li>c<ol><li>x</ol><li>d</ol><p>e") == "3. c\n  1. x\n4. d\n\ne"


def test_scripts_that_hold_tags_and_comments_are_left_out() -> None:
    page = (
        "<p>a</p><script>if (a<b) x='</p><p>no'</script><!-- <p>no</p> --><style>p{}</style><p>b</p><!-- no"
    )
    assert cleaned(page) == "a\n\nb"


def test_a_tag_with_an_angle_in_a_quoted_value_is_one_tag() -> None:
    assert cleaned("<p title='1 > 0'>a</p><p don't>b</p>") == "a\n\nb"


def test_the_header_of_an_article_is_content_and_that_of_the_page_is_not() -> None:
    page = "<header><p>Shop of the year</p></header><article><header><h1>T</h1><p>By Ann</p></header><p>Text.</p></article>"
    assert cleaned(page) == "# T\n\nBy Ann\n\nText."


def test_a_head_that_is_never_closed_hides_nothing() -> None:
    assert cleaned("<html><head><title>T</title><meta charset=utf-8><p>a<p>b") == "# T\n\na\n\nb"


@pytest.mark.parametrize(
    "text", ["", "no page", "<p>one</p>", "<script>x</script>", "a < b", "<html><body></body></html>"]
)
def test_a_text_that_says_less_than_two_things_is_not_cut(text: str) -> None:
    assert cut(text) is None


@pytest.mark.parametrize(
    "noise",
    [
        "<",
        "<div>",
        "<ul><li>x",
        "<table><tr><td>",
        "<a href='",
        '<a ="',
        "</p>",
        "<b>",
        "<pre>x",
        "<!--",
        "&#",
        "&amp",
        "*",
        "[",
        "\n",
        "<dl><dt>x",
        "<td rowspan=9>x",
        "<h6>x",
        "<blockquote>x",
        "<script>",
        "<code>",
        "<svg>",
    ],
)
def test_a_hundred_thousand_characters_of_one_kind_are_cut(noise: str) -> None:
    units = cut("<p>start</p>" + noise * (100_000 // len(noise)) + "<p>end</p>")
    if units is not None:
        assert "start" in units.write([0])


def test_ten_thousand_levels_of_nesting_are_read() -> None:
    assert (
        cleaned("<p>a</p>" + "<div>" * 10_000 + "deep" + "</div>" * 10_000 + "<p>b</p>") == "a\n\ndeep\n\nb"
    )
