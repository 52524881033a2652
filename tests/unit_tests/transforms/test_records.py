"""How records look in their compact form, and what it takes from a text to stay exact."""

from __future__ import annotations

import json
import re
from textwrap import dedent
from typing import Any

import pytest

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.encode import records
from headroom_langchain.transforms.encode.options import EncodeOptions

PIECES = re.compile(r"\d{1,3}|[^\W\d]{1,6}|\W")


def count(text: str) -> int:
    """Count pieces that are about as long as tokens."""
    return len(PIECES.findall(text))


DEFAULT = EncodeOptions(count)
DENSE = EncodeOptions(count, dense=True)
LABELLED = EncodeOptions(count, labelled=True)


def form_of(value: Any, options: EncodeOptions = DEFAULT, **style: Any) -> str:
    """Encode a value, prove the form, and return it without its first line."""
    text = value if isinstance(value, str) else json.dumps(value, **style)
    form = records.encode(text, options)
    assert form is not None
    assert records.decode(form) == text
    return form.partition("\n")[2]


def block(text: str) -> str:
    return dedent(text).strip("\n")


CITIES = ["Oslo", "Rome", "Lima", "Cairo", "Quito"]


def test_records_become_one_header_and_one_row_each() -> None:
    rows = [{"id": 7 * n, "city": city, "open": n % 2 == 0} for n, city in enumerate(CITIES)]
    assert form_of(rows) == block("""
        [5,]
        id,city,open
        0,Oslo,true
        7,Rome,false
        14,Lima,true
        21,Cairo,false
        28,Quito,true
    """)


def test_constant_columns_and_columns_that_follow_from_others_leave_the_rows() -> None:
    rows = [
        {
            "id": 7 * n,
            "city": city,
            "currency": "EUR",
            "url": f"https://shop.example/{7 * n}/{city.lower()}",
            "zone": "south" if city in ("Lima", "Quito") else "north",
        }
        for n, city in enumerate(CITIES * 4)
    ]
    assert (
        form_of(rows).splitlines()[:7]
        == block("""
        [20,]
         currency@2: EUR
         url@3=https://shop.example/{id}/{city|lower}
        id,city,zone(north)
        0,Oslo,
        7,Rome,
        14,Lima,south
    """).splitlines()
    )


def test_a_column_that_follows_from_another_is_looked_up() -> None:
    country = dict(zip(CITIES, ["Norway", "Italy", "Peru", "Egypt", "Italy"], strict=True))
    rows = [{"n": n * n, "city": CITIES[n * n % 5], "country": country[CITIES[n * n % 5]]} for n in range(60)]
    assert form_of(rows).splitlines()[1:3] == [
        " country@2 by city: Norway=Oslo;else=Italy",
        "n,city",
    ]


def test_usual_values_are_empty_cells_and_the_header_tells_them() -> None:
    rows = [
        {"n": n * n, "state": "failed" if n == 3 else "all tests passed", "at": f"day-{n // 3}"}
        for n in range(9)
    ]
    assert (
        form_of(rows).splitlines()[1:]
        == block("""
        n,state(all tests passed),at(^)
        0,,day-0
        1,,
        4,,
        9,failed,day-1
        16,,
        25,,
        36,,day-2
        49,,
        64,,
    """).splitlines()
    )


def test_templates_with_exceptions_keep_the_exceptions_in_the_rows() -> None:
    rows = [{"id": n * n, "url": f"https://x.example/{'old' if n == 3 else n * n}"} for n in range(9)]
    form = form_of(rows).splitlines()
    assert form[1:3] == [" url=https://x.example/{id}", "id,url(=)"]
    assert form[3] == "0,"
    assert form[6] == "9,https://x.example/old"


def test_nested_objects_are_dotted_columns() -> None:
    rows = [
        {"id": n * n, "geo": {"lat": 1.5 * n, "lon": -2.25 * n}, "tags": ["a", f"b{n}"]} for n in range(4)
    ]
    assert form_of(rows) == block("""
        [4,]
        id,geo.lat,.lon,tags:list
        0,0.0,-0.0,a b0
        1,1.5,-2.25,a b1
        4,3.0,-4.5,a b2
        9,4.5,-6.75,a b3
    """)


def test_objects_without_common_keys_are_pairs() -> None:
    options: list[Any] = [
        {"size": "XL", "color": "dark red"},
        {"pieces": "1000"},
        {"fit": "a=b"},
        None,
        {"lens": "4K"},
    ]
    rows = [{"id": n * n, "options": option} for n, option in enumerate(options)]
    assert form_of(rows) == block("""
        [5,]
        id,options:map
        0,size=XL;color=dark red
        1,pieces=1000
        4,{"fit":"a=b"}
        9,null
        16,lens=4K
    """)


def test_lists_of_records_are_rows_below_their_row() -> None:
    rows = [
        {"order": f"W{n * 31}", "lines": [{"sku": f"S{n}{k}", "qty": n + k} for k in range(n)], "paid": n > 1}
        for n in range(4)
    ]
    assert form_of(rows) == block("""
        [4/10,]
         lines[,]@1
          sku,qty
        order,paid
        W0,false
        W31,false
         S10,1
        W62,true
         S20,2
         S21,3
        W93,true
         S30,3
         S31,4
         S32,5
    """)


def test_nested_columns_may_follow_from_the_row_above_them() -> None:
    rows = [
        {"repo": f"acme/tool{n}", "commits": [{"sha": f"{n}{k}f", "url": f"https://x.example/acme/tool{n}/{n}{k}f"} for k in range(2)]}
        for n in range(3)
    ]  # fmt: skip
    assert " commits[,]@1\n   url@1=https://x.example/{^.repo}/{sha}\n  sha\n" in form_of(rows)


def test_optional_fields_null_and_empty_text_are_told_apart() -> None:
    rows: list[dict[str, Any]] = [{"id": n * n, "a": "x" * n, "b": f"b{n}"} for n in range(1, 7)]
    rows[1]["a"] = None
    rows[2]["a"] = ""
    del rows[3]["a"]
    rows[4]["a"] = "null"
    rows[5]["a"] = "~"
    assert [line.split(",")[1] for line in form_of(rows).splitlines()[2:]] == [
        "x",
        "null",
        "",
        "~",
        '"null"',
        '"~"',
    ]


def test_rare_fields_stand_at_the_end_of_their_rows_with_their_names() -> None:
    rows: list[dict[str, Any]] = [{"id": n * n, "name": f"n{n}"} for n in range(8)]
    rows[2]["error"] = "disk full, retry"
    form = form_of(rows).splitlines()
    assert form[1] == " error@2?"
    assert form[5] == '4,n2,"error=disk full, retry"'


def test_objects_that_are_null_in_some_rows_keep_their_columns() -> None:
    rows = [
        {"id": n * n, "user": None if n % 3 == 0 else {"login": f"u{n}", "kind": "User"}} for n in range(6)
    ]
    assert form_of(rows) == block("""
        [6,]
         user none null
         user.kind@2 if user.login: User
        id,user.login
        0,~
        1,u1
        4,u2
        9,~
        16,u4
        25,u5
    """)


def test_another_order_of_keys_is_restored() -> None:
    rows = [{"a": n * n, "b": f"x{n}"} if n != 2 else {"b": "x2", "a": 4} for n in range(5)]
    assert form_of(rows) == block("""
        [5,]
         @ order 1: b,a
        a,b
        0,x0
        1,x1
        4,x2,@=1
        9,x3
        16,x4
    """)


def test_texts_that_look_like_numbers_need_no_quotes_in_a_column_of_texts() -> None:
    rows = [{"zip": f"0{n}123", "n": 10**40 + n, "note": "12" if n == 1 else None} for n in range(3)]
    assert form_of(rows).splitlines()[1:] == [
        "zip:str,n,note:str",
        "00123,10000000000000000000000000000000000000000,null",
        "01123,10000000000000000000000000000000000000001,12",
        "02123,10000000000000000000000000000000000000002,null",
    ]


def test_one_object_is_an_outline() -> None:
    value = {
        "id": 12,
        "owner": {"login": "ann", "site": "https://code.example/users/ann/"},
        "issues": "https://code.example/repos/ann/tool/issues",
        "pulls": "https://code.example/repos/ann/tool/pulls",
        "forks": "https://code.example/repos/ann/tool/forks",
        "topics": ["a", "b"],
        "license": None,
        "zip": "0123",
        "empty": {},
    }
    assert form_of(value) == block("""
        $1=https://code.example/repos/ann/tool/
        id: 12
        owner:
         login: ann
         site: https://code.example/users/ann/
        issues: $1issues
        pulls: $1pulls
        forks: $1forks
        topics: ["a","b"]
        license: null
        zip: "0123"
        empty: {}
    """)


def test_long_texts_stand_as_they_are() -> None:
    value = {"code": 1, "stdout": 'a "b"\n\tc\\d\n\nend', "stderr": ""}
    assert form_of(value) == 'code: 1\nstdout|4\na "b"\n\tc\\d\n\nend\nstderr: ""'


def test_json_inside_a_text_is_written_as_records_too() -> None:
    inner = json.dumps([{"id": n * n, "name": f"name {n}"} for n in range(12)], indent=2)
    assert form_of({"content": [{"type": "text", "text": inner}], "isError": False}).splitlines()[:8] == [
        "content[]:",
        " -:",
        "  type: text",
        "  text=json indent 2",
        "   -[12,]",
        " name=name {}",
        "id,name",
        "0,0",
    ]


def test_objects_of_records_arrays_of_arrays_and_columns_are_tables() -> None:
    value = {
        "packages": {f"p{n}": {"version": f"{n}.{n}", "dev": False} for n in range(3)},
        "rows": [[n * n, f"r{n}"] for n in range(3)],
        "hourly": {"time": ["00:00", "01:00", "02:00"], "rain": [0.0, 0.5, 0.25]},
    }
    assert form_of(value) == block("""
        packages{3,}
         dev@2: false
        key,version:str
        p0,0.0
        p1,1.1
        p2,2.2
        rows(3,)
        1,2
        0,r0
        1,r1
        4,r2
        hourly<3,>
        time,rain
        00:00,0.0
        01:00,0.5
        02:00,0.25
    """)


def test_labelled_cells_carry_their_names() -> None:
    rows = [{"id": 7 * n, "city": city, "kind": "town"} for n, city in enumerate(CITIES)]
    assert form_of(rows, LABELLED).splitlines()[1:4] == [
        " kind@2: town",
        "id,city",
        "id=0,city=Oslo",
    ]


def test_csv_keeps_its_quotes_and_line_ends() -> None:
    text = 'id,Full Name,note\r\n1,"Doe, Ann",\r\n4,Bo,"say ""hi"""\r\n9,Cy,x\r\n16,Di,x\r\n'
    assert form_of(text) == block("""
        [4|]
        id|"Full Name"|note
        1|Doe, Ann|
        4|Bo|say "hi"
        9|Cy|x
        16|Di|x
    """)


def test_odd_lines_of_csv_stand_outside_the_table() -> None:
    text = "a,b\n" + "".join(f"{n * n},x{n}\n" for n in range(20)) + "total: 20\n"
    assert form_of(text).splitlines()[:3] == ["21: total: 20", "[20,]", "a,b"]


def test_json_lines_keep_one_object_a_line() -> None:
    text = "".join(f'{{"n":{n * n},"m":"x{n}"}}\n' for n in range(4))
    form = records.encode(text, DEFAULT)
    assert form is not None
    assert form.startswith("[headroom:records jsonl compact newline]\n[4,]\nn,m\n0,x0\n")
    assert records.decode(form) == text


def test_dense_tables_split_values_and_count_time() -> None:
    rows = [
        {
            "user": f"ann_lee_{37 * n}",
            "start": f"2024-05-{10 + n} 08:00:00",
            "end": f"2024-05-{10 + n} 08:{10 + n}:30",
            "fare": 7.5 + 1.25 * n,
            "tip": 0.25 * (n * n % 7),
            "total": 10.0 + 1.25 * n + 0.25 * (n * n % 7),
        }
        for n in range(12)
    ]
    form = form_of(rows, DENSE).splitlines()
    assert " user=ann_lee_{}" in form
    assert " end==start+{}s" in form
    assert " total==fare+tip+{}/100" in form
    assert all(value in form_of(rows) for row in rows for value in map(str, row.values()))


@pytest.mark.parametrize(
    "style",
    [
        {},
        {"separators": (",", ":")},
        {"indent": 2},
        {"indent": 4, "ensure_ascii": False},
        {"indent": "\t"},
        {"ensure_ascii": False},
    ],
    ids=str,
)
def test_standard_formatting_is_restored_to_the_character(style: dict[str, Any]) -> None:
    value = {
        "rows": [{"id": n * n, "name": f"Zoë {n}", "list": [1, {"a": []}]} for n in range(5)],
        "empty": [],
    }
    text = json.dumps(value, **style) + "\n"
    form = records.encode(text, DEFAULT)
    assert form is not None
    assert records.decode(form) == text


def test_other_formatting_is_restored_to_the_value() -> None:
    text = '[ {"a":1.50,  "b":[ ]} , {"a":-0.0,"b":[]}, {"b":[],"a":1e5}, {"a":NaN,"b":["x"]} ]'
    form = records.encode(text, DEFAULT)
    assert form is not None
    assert records.decode(form) != text
    assert records.same(records.decode(form), text)


def test_same_sees_types_literals_key_order_and_doubled_keys() -> None:
    for one, other in [
        ('{"a": 1}', '{"a": "1"}'),
        ('{"a": 1}', '{"a": true}'),
        ("[1.0]", "[1.00]"),
        ("[1.0]", "[1]"),
        ("[]", "{}"),
        ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}'),
        ('{"a": 1, "a": 2}', '{"a": 2}'),
        ('{"a": 1}\n{"a": 2}', '{"a": 1}\n{"a": 3}'),
        ("text", "other"),
    ]:
        assert not records.same(one, other)
        assert records.same(one, " " + one if one != "text" else one)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain words",
        "{",
        "[1, 2",
        "[" * 3000 + "]" * 3000,
        '{"a":' * 70 + json.dumps([{"id": n, "b": "x"} for n in range(30)]) + "}" * 70,
        '{"a":' * 3000 + "1" + "}" * 3000,
        "12",
        '"text"',
        "[]",
        "{}",
        "\ud800",
        "a,b\n1,2\n",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_what_holds_no_records_is_left_alone(text: str) -> None:
    assert records.encode(text, DEFAULT) is None


def test_halves_of_surrogate_pairs_are_sendable() -> None:
    text = json.dumps([{"id": n, "t": "\ud83d", "l": ["\ud800"]} for n in range(5)])
    form = records.encode(text, DEFAULT)
    assert form is not None
    assert form.encode()
    assert records.decode(form) == text


@pytest.mark.parametrize(
    "damage",
    [
        lambda form: form.replace("[headroom:records json", "[headroom:records yaml"),
        lambda form: form.replace("city@2: EUR", "city@9: EUR").replace("currency@2", "currency@9"),
        lambda form: form.rsplit("\n", 1)[0],
        lambda form: form.replace("7,Rome", "7"),
        lambda form: form + "\nmore",
        lambda form: form.split("\n", 2)[0],
        lambda form: form.replace("{id}", "{ids}"),
    ],
)
def test_damage_is_an_error(damage: Any) -> None:
    rows = [
        {"id": 7 * n, "c": c, "currency": "EUR", "url": f"https://x.example/{7 * n}"}
        for n, c in enumerate(CITIES)
    ]
    form = records.encode(json.dumps(rows), DEFAULT)
    assert form is not None
    broken = damage(form)
    assert broken != form
    with pytest.raises((CompressionError, ValueError)):
        records.decode(broken)
