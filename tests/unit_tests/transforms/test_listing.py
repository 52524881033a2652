"""The listing form: what it looks like, and that it gives every byte back."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.tokens import counter_for
from headroom_langchain.transforms.encode import listing
from headroom_langchain.transforms.encode.options import EncodeOptions

COUNT = counter_for(None).count
HOW = [{}, {"dense": True}, {"labelled": True}, {"dense": True, "labelled": True}]

LONG = """\
total 4120
drwxr-xr-x 14 root    root       4096 Jul  4 09:12 .
drwxr-xr-x  3 root    root       4096 Feb 11  2023 ..
-rw-r--r--  1 deploy  www-data  18213 Jul  4 09:10 access.log
-rw-r--r--  1 deploy  www-data   9120 Jul  4 09:11 error.log
-rw-r-----  1 root    adm         412 Feb 11  2023 auth.log
lrwxrwxrwx  1 root    root         21 Feb 11  2023 current -> /srv/releases/2023-02
-rw-r--r--  1 deploy  www-data 812344 Jul  3 23:59 with blanks in it.txt
-rw-r--r--  1 deploy  www-data      0 Jul  3 23:59 A
-rw-r--r--  1 deploy  www-data     17 Jul  3 23:59 報告.txt
brw-rw----  1 root    disk    254,  0 Jul  4 06:40 vda
"""

DEEP = """\
/srv:
total 12
drwxr-xr-x  3 root root 4096 Jan  5  2024 .
drwxr-xr-x 18 root root 4096 Jan  5  2024 ..
drwxr-xr-x  2 root root 4096 Jan  5  2024 data

/srv/data:
total 1288
drwxr-xr-x 2 root     root        4096 Jan  5  2024 .
drwxr-xr-x 3 root     root        4096 Jan  5  2024 ..
-rw-r--r-- 1 postgres postgres 1310720 Feb 25 11:02 base.db
-rw-r--r-- 1 postgres postgres       9 Feb 25 11:02 PG_VERSION
-rw-r--r-- 1 postgres postgres     311 Feb 25 11:02 pg_hba.conf

/srv/data/wal:
total 8
drwx------ 2 postgres postgres 4096 Mar 11 11:02 .
drwxr-xr-x 2 root     root     4096 Jan  5  2024 ..
-rw------- 1 postgres postgres   12 Mar 11 11:02 000000010000000000000001
-rw------- 1 postgres postgres   12 Mar 11 11:03 000000010000000000000002
"""

PODS = """\
NAME                        READY   STATUS             RESTARTS       AGE    IP            NODE
api-7d9c5b6f4d-2xkzp        1/1     Running            0              12d    10.42.0.17    worker-1
api-7d9c5b6f4d-8hvqm        1/1     Running            0              12d    10.42.1.23    worker-2
billing-6c4d8f7b9-qwz7r     0/1     CrashLoopBackOff   117 (3m ago)   9h     10.42.0.41    worker-1
postgres-0                  1/1     Running            2 (5d ago)     60d    10.42.2.5     worker-3
redis-master-0              1/1     Running            0              60d    10.42.2.6     worker-3
ui-5f6b7c8d9-plmok          1/1     Running            0              3d2h   10.42.1.88    worker-2
"""

CONTAINERS = """\
CONTAINER ID   IMAGE               COMMAND                  CREATED        STATUS                  PORTS                    NAMES
3f2a9c1d7e55   nginx:1.25          "/docker-entrypoint.…"   2 weeks ago    Up 2 weeks              0.0.0.0:80->80/tcp       web
9b8c7d6e5f44   postgres:16         "docker-entrypoint.s…"   2 weeks ago    Up 2 weeks (healthy)    5432/tcp                 db
1a2b3c4d5e6f   redis:7             "docker-entrypoint.s…"   3 days ago     Up 3 days                                        cache
77aa88bb99cc   registry/app:4.11   "gunicorn app:app -b…"   26 hours ago   Up 26 hours             8000/tcp                 app
0011aabbccdd   registry/app:4.11   "celery -A app worke…"   26 hours ago   Exited (1) 2 hours ago                           jobs
"""

QUERY = """\
  id  |    name     | balance  | city
------+-------------+----------+-----------
   12 | Ann Lee     |   120.50 | Oslo
  845 | Bo          | 10021.00 | São Paulo
 1290 | María Pérez |     0.00 |
 1291 | Li          |    77.10 | 東京
(4 rows)

"""

BORDERS = """\
+------+-----------+----------+---------+
| id   | host      | state    | seconds |
+------+-----------+----------+---------+
|    1 | localhost | Sleep    |      12 |
|    2 | 10.0.0.7  | Query    |       0 |
|   44 | 10.0.0.9  | Sleep    |    1290 |
| 1045 | localhost | Sleep    |       3 |
+------+-----------+----------+---------+
4 rows in set (0.00 sec)
"""

BOXES = """\
┏━━━━━━━━━━━┳━━━━━━━━┓
┃ Package   ┃ Version┃
┡━━━━━━━━━━━╇━━━━━━━━┩
│ requests  │ 2.32.3 │
├───────────┼────────┤
│ urllib3   │ 2.2.2  │
├───────────┼────────┤
│ certifi   │ 2024.7 │
├───────────┼────────┤
│ idna      │ 3.7    │
└───────────┴────────┘
"""

PROCESSES = """\
top - 10:01:02 up 12 days,  3:04,  1 user,  load average: 0.10, 0.20, 0.30
Tasks: 190 total,   1 running, 189 sleeping,   0 stopped,   0 zombie

    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND
      1 root      20   0  169204  13120   8400 S   0.0   0.1   0:09.11 systemd
      2 root      20   0       0      0      0 S   0.0   0.0   0:00.04 kthreadd
      3 root       0 -20       0      0      0 I   0.0   0.0   0:00.00 rcu_gp
      4 root       0 -20       0      0      0 I   0.0   0.0   0:00.00 rcu_par_gp
   8812 deploy    20   0 9812344   1.2g  31244 S  37.5   8.1  91:22.07 java -jar app.jar
 128812 deploy    20   0   11532   5120   3200 R   6.2   0.0   0:00.02 top
"""

FOUND = """\
./Makefile
./src/app/__init__.py
./src/app/models.py
./src/app/views.py
./src/app/static/css/site.css
./src/app/static/css/print.css
./src/app/urls.py
./README.md
./tests/test_models.py
./tests/with blank.py
./tests/test_views.py
"""

TREE_OF_A_TAR = """\
doc/
doc/apt/
doc/apt/copyright
doc/apt/changelog.gz
doc/apt/examples/
doc/apt/examples/apt.conf
doc/bash/
doc/bash/README
LICENSE
doc/bash/copyright
"""

SIZES = "".join(
    f"{size}\t./lib/{name}\n"
    for size, name in [(4, "a/x.h"), (12, "a/y.h"), (8, "a/z.h"), (24, "a"), (4, "b/q.h"), (8, "b"), (36, "")]
)

CAPTURED = {
    "ls": LONG,
    "ls -R": DEEP,
    "pods": PODS,
    "containers": CONTAINERS,
    "psql": QUERY,
    "mysql": BORDERS,
    "boxes": BOXES,
    "top": PROCESSES,
    "find": FOUND,
    "tar": TREE_OF_A_TAR,
    "du": SIZES,
}


def options(*, dense: bool = False, labelled: bool = False) -> EncodeOptions:
    return EncodeOptions(COUNT, dense=dense, labelled=labelled)


def assert_comes_back(text: str) -> None:
    for how in HOW:
        form = listing.encode(text, options(**how))
        if form is not None:
            assert listing.same(listing.decode(form), text), (how, form)


def many_files(rows: int = 400) -> str:
    chance = random.Random(rows)
    out = ["total 99"]
    for number in range(rows):
        mode = chance.choice(["-rw-r--r--", "-rwxr-xr-x", "drwxr-xr-x"])
        owner = chance.choice(["root    ", "root    ", "www-data"])
        out.append(
            f"{mode} {chance.choice([1, 2, 14]):2} {owner} root {chance.randrange(10 ** chance.randrange(1, 8)):8} May {chance.randrange(1, 29):2}  2024 file-{number}.txt"
        )
    return "\n".join(out) + "\n"


@pytest.mark.parametrize("name", CAPTURED)
def test_what_commands_print_comes_back_byte_for_byte(name: str) -> None:
    assert_comes_back(CAPTURED[name])
    assert_comes_back(CAPTURED[name] * 12)


@pytest.mark.parametrize("name", CAPTURED)
def test_what_commands_print_comes_back_without_its_last_newline_with_crlf_and_with_colours(
    name: str,
) -> None:
    text = CAPTURED[name] * 3
    assert_comes_back(text.rstrip("\n"))
    assert_comes_back(text.replace("\n", "\r\n"))
    assert_comes_back(text.replace("root", "\x1b[31mroot\x1b[0m").replace("e", "\0"))


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("ls", 0.35),
        ("ls -R", 0.3),
        ("pods", 0.15),
        ("psql", 0.1),
        ("mysql", 0.25),
        ("boxes", 0.3),
        ("top", 0.35),
        ("find", 0.1),
        ("tar", 0.25),
        ("du", 0.1),
    ],
)
def test_longer_listings_need_fewer_tokens(name: str, share: float) -> None:
    text = CAPTURED[name] * 12
    form = listing.encode(text, options())
    assert form is not None
    assert COUNT(form) <= COUNT(text) * (1 - share)


def test_columns_are_declared_once_and_frequent_values_become_letters() -> None:
    form = listing.encode(many_files(), options())
    assert form is not None
    lines = form.split("\n")
    assert lines[1] == "{mode} {links:>2} {owner:<8} {group} {size:>8} {month} {day:>2}  {time} {name}"
    legend = lines[2 : lines.index("--")]
    assert any(line.startswith("A:") for line in legend)
    assert all("group=root" in line or ":" in line for line in legend)
    assert "total 99" in lines
    assert COUNT(form) < COUNT(many_files()) * 0.6


def test_directories_stand_whole_above_the_names_in_them() -> None:
    form = listing.encode(FOUND * 2, options())
    assert form is not None
    lines = form.split("\n")
    at = lines.index("./src/app/")
    assert lines[at + 1 : at + 4] == ["__init__.py", "models.py", "views.py"]
    at = lines.index("./src/app/static/css/")
    assert lines[at + 1 : at + 3] == ["site.css", "print.css"]
    assert "./src/app/urls.py" in lines


def test_the_heading_names_the_columns() -> None:
    form = listing.encode(PODS + PODS.partition("\n")[2], options())
    assert form is not None
    assert form.split("\n")[1].startswith("{NAME")
    assert form.split("--\n")[1].startswith("@\n")
    assert "STATUS=Running" in form


def test_labelled_rows_name_their_values() -> None:
    form = listing.encode(many_files(), options(labelled=True))
    assert form is not None
    assert "name=file-7.txt" in form


def packages() -> str:
    chance = random.Random(7)
    out = ["Listing..."]
    for number in range(120):
        origin = "/stable,now" if number % 6 else "/now"
        flags = chance.choice(["[installed]", "[installed,automatic]"])
        out.append(
            f"lib{number}x{origin} {number % 7}.{number}-1+b{number % 3} {chance.choice(['amd64', 'all'])} {flags}"
        )
    return "\n".join(out) + "\n"


def test_what_most_cells_end_with_is_written_once() -> None:
    form = listing.encode(packages(), options())
    assert form is not None
    assert form.split("\n")[1].endswith("}/stable,now {b} {c} [{text}]")
    assert COUNT(form) < COUNT(packages()) * 0.75
    assert_comes_back(packages())


def test_legends_stay_short_enough_to_look_letters_up() -> None:
    for dense, most in ((False, 26), (True, 40)):
        form = listing.encode(many_files(3000), options(dense=dense))
        assert form is not None
        assert form.split("\n").index("--") <= most + 3


def test_ids_and_times_stand_whole_in_a_row_or_in_the_legend() -> None:
    for text in (LONG * 6, PODS * 6, BORDERS * 6, packages()):
        form = listing.encode(text, options())
        assert form is not None
        for word in set(re.findall(r"[\w.+~:-]*\d[\w.+~:-]*", text)):
            assert word in form, word


def test_lines_that_look_like_rows_or_marks_stand_escaped() -> None:
    text = many_files(40) + "\\ a\n@\n[headroom:listing x]\na b c d\n1 B x y z\nB\n--\n" + many_files(40)
    assert_comes_back(text)


def test_what_shows_no_columns_is_left_alone() -> None:
    for text in (
        "",
        "\n",
        "\n\n\n",
        "a",
        "One sentence stands here.\nAnd a second one, which is longer than it.\n",
        "x\n" * 50,
    ):
        assert listing.encode(text, options()) is None


def test_a_hundred_thousand_rows_come_back() -> None:
    paths = "".join(f"/srv/app/{number // 40}/file-{number}.txt\n" for number in range(60_000))
    text = many_files(40_000) + paths
    form = listing.encode(text, options())
    assert form is not None
    assert listing.decode(form) == text


@pytest.mark.parametrize("form", ["", "text", "[headroom:listing]\n--x", "[headroom:lines]\n--\n"])
def test_a_damaged_form_is_refused(form: str) -> None:
    with pytest.raises((CompressionError, ValueError)):
        listing.decode(form)


WORDS = st.sampled_from(
    [
        "root",
        "A",
        "B",
        "-",
        "12",
        "4096",
        "0.0",
        "Running",
        "-rw-r--r--",
        "\\",
        "@",
        "a=b",
        "{x}",
        "%s",
        "x/",
        "/",
        "é",
        "東京",
        "|",
        "\x1b[1mx",
        "--",
        "*",
        "\0",
        "B=1",
        "[headroom:listing",
        "a:b",
    ]
)
WIDTHS = st.integers(0, 9)
SETTINGS = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def tables(draw: st.DrawFn) -> str:
    columns = draw(
        st.lists(
            st.tuples(WIDTHS, st.sampled_from("<>^"), st.lists(WORDS, min_size=1, max_size=3)),
            min_size=1,
            max_size=6,
        )
    )
    joint = draw(st.sampled_from([" ", "  ", "   ", " | ", "|", "\t"]))
    edge = draw(st.sampled_from(["", "", "| ", " "]))
    out: list[str] = []
    for _ in range(draw(st.integers(2, 14))):
        cells = [format(draw(st.sampled_from(values)), f"{align}{width}") for width, align, values in columns]
        out.append(edge + joint.join(cells) + draw(st.sampled_from(["", "", "", " ", " more words"])))
        if draw(st.integers(0, 9)) == 0:
            out.append(
                draw(st.sampled_from(["", "total 12", "/etc:", "-----", "@", "B", "A x", "\\", "x y z"]))
            )
    ending = draw(st.sampled_from(["\n", "\n", "\n", "\r\n"]))
    return ending.join(out * draw(st.integers(1, 3))) + draw(st.sampled_from(["", ending]))


@given(tables())
@SETTINGS
def test_any_table_comes_back(text: str) -> None:
    assert_comes_back(text)


PARTS = st.sampled_from(
    ["a", "src", "A", "with blank", "\\", "[headroom:listing x]", "@", ".", "..", "", "é", "x=1", "--"]
)


@given(
    st.lists(st.lists(PARTS, min_size=1, max_size=4).map("/".join), min_size=1, max_size=20),
    st.sampled_from(["", "4\t", "4 ", "12   "]),
    st.booleans(),
)
@SETTINGS
def test_any_list_of_paths_comes_back(paths: list[str], lead: str, sort: bool) -> None:
    lines = [lead + path for path in (sorted(paths) if sort else paths)]
    assert_comes_back("\n".join(lines))
    assert_comes_back("\n".join(line for line in lines for _ in range(2)) + "\n")


@given(
    st.lists(
        st.text(alphabet=st.sampled_from("aB1 |/\\@=-\t\r\0\x1c\u2028é:"), max_size=12),
        min_size=1,
        max_size=20,
    )
)
@SETTINGS
def test_any_lines_come_back(lines: list[str]) -> None:
    assert_comes_back("\n".join(lines * 2))
