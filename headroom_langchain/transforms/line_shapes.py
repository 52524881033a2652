"""What lines look like in each kind of text.

Every pattern is tried on one line of bounded length, from its start, and backtracks over no more than that line.
"""

from __future__ import annotations

import re

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
JSON_START = re.compile(
    r'\{\s*(?:["}]|$)|\[\s*(?:[{\["\]]|$|-?\d[\d.eE+-]*\s*(?:,|\]\s*(?:[\n,]|$)|$)|(?:true|false|null)\b)'
)
NOT_BLANK = re.compile(r"[^\s\ufeff]")
TAG_START = re.compile(r"<(?:!--|!doctype\b|\?xml\b|[a-z][\w:.-]*(?:[\s/>]|$))", re.IGNORECASE)
PAGE_START = re.compile(r"<(?:!doctype\b|\?xml\b|html\b|svg\b|rss\b)", re.IGNORECASE)
TAG_LINE = re.compile(r"\s*(?:</?[a-zA-Z!?]|\{[%{#])|.*</?[a-zA-Z][\w:-]*[^<>]*>\s*$")

DIFF_DECISIVE = re.compile(r"diff --(?:git|cc|combined) |@@@? -\d+(?:,\d+)? [-+]\d+.* @@|Index: \S+$")
DIFF_CLASSIC = re.compile(r"\d+(?:,\d+)?[acd]\d+(?:,\d+)?$")

_DIAGNOSTIC = r"\s(?:fatal\s)?(?:error|warning|note|info)\b|\s[A-Z]{1,5}\d{3,5}\b"
MATCH = re.compile(
    r"(?:[A-Za-z]:[\\/][^:\n\"<>,]{1,250}?|\.{0,2}/[^:\n\"<>,]{1,250}?|[^\s:\"'(){}<>=,;]{1,250}?)"
    r"(?::\d+:(?!\d*:?(?:" + _DIAGNOSTIC + r"))|-\d+-(?![\d-]))"
)
MATCH_PATH = re.compile(r"[/\\]|\.[^\W\d]\w{0,9}[:-]|^[A-Z]\w*[:-]")
MATCH_BARE = re.compile(r"(\d+)[:-](?!\d\d:)")
MATCH_NO_NUMBER = re.compile(
    r"((?:[A-Za-z]:\\)?[^\s:]*(?:[/\\][^\s:/\\]+|\.[A-Za-z]\w{0,6})):(?!\d+(?:[\s/:]|$)|//|\s\S+$)"
)
PATH_ONLY = re.compile(r"(?:[A-Za-z]:\\|\.{0,2}/)?[^\s:]*[/\\.\w][^\s:]*$")
NUMBERED = re.compile(r"\s*(\d+)(?:[\t→|:]|$)")

BUILD = re.compile(
    r"""
    =+\ .*(?:session\ starts|FAILURES|ERRORS|short\ test\ summary|passed|failed).*=+$
    | (?:FAILED|ERROR|PASSED|SKIPPED|XFAIL)\ \S+(?:::\S+|\.\w+\ -|$)
    | \S+::\S+\ (?:PASSED|FAILED|ERROR|SKIPPED)
    | \S+\.py\ [.FEsxX]+\s*\[\s*\d+%\]
    | [.FEsxX]+\s*\[\s*\d+%\]$
    | E\ {3}\s*\S
    | \d+\ (?:passed|failed|errors?)\b
    | collected\ \d+\ items?
    | Ran\ \d+\ tests?\ in
    | \w+\ \([\w.]+\)\ \.\.\.
    | Traceback\ \(most\ recent\ call\ last\):
    | (?:Caused\ by:\ |Exception\ in\ thread\ ")\S
    | \s+at\ .*(?:\(.*\)|:\d+:\d+)$
    | \s+File\ ".*",\ line\ \d+
    | \s*(?:Compiling|Checking|Downloaded|Finished|Running|Doc-tests|Building|Installing)\ .*(?:\bv\d|`|target\(s\)|\(|\[)
    | (?:error|warning)(?:\[\w+\])?:\ \S
    | \s*-->\ \S+:\d+:\d+
    | running\ \d+\ tests?$
    | test\ \S+.*\ \.\.\.\ (?:ok|FAILED|ignored)$
    | test\ result:[ ]
    | thread\ '.*'.*panicked\ at
    | npm\ (?:ERR!|error|warn|WARN|notice)\b
    | (?:added|changed|removed|up\ to\ date).*\ packages?\b
    | >\ \S+@\d\S*\ \w+
    | =+\ ?(?:RUN|PAUSE|CONT)\s
    | \s*---\ (?:PASS|FAIL|SKIP):[ ]
    | (?:ok|FAIL|\?)\s+\S+/\S+\s+(?:\d|\(cached\)|\[)
    | (?:FAIL|PASS)(?:\ \S+)?$
    | \s+\S+_test\.go:\d+:
    | (?:[A-Za-z]:[\\/])?[^\s:()]+(?::\d+){1,2}:(?:"""
    + _DIAGNOSTIC
    + r""")
    | [^\s:()]+:\d+:\ [A-Z]\w+(?:Error|Exception|Warning)\b
    | [^\s:()]+:\ In\ (?:member\ )?(?:function|constructor|instantiation)
    | In\ file\ included\ from[ ]
    | \s+from\ \S+:\d+[:,]
    | \S*\b(?:ld|cc1(?:plus)?|collect2|clang|gcc|g\+\+|rustc|javac):\ .*(?:error|undefined|fatal|warning)
    | make(?:\[\d+\])?:[ ]
    | (?:cc|gcc|g\+\+|clang|clang\+\+|rustc|javac|ar|ld)\ -\S
    | \[\s*\d+%\]\ (?:Building|Linking|Built)
    | \[\d+/\d+\]\ \S
    | \[(?:INFO|ERROR|WARNING)\](?:\s*$|\ -{3,}|\ BUILD\ |\ Scanning|\ Building\ |\ Tests?\ |\ Total\ time|\ Finished|\ Compil|\ \ T\ E\ S\ T|\ Download|\ /|\ Failed\ to|\ Re-run|\ To\ see|\ For\ more|\ Help)
    | Tests\ run:\ \d+
    | >\ Task\ :\S+
    | BUILD\ (?:SUCCESS|FAIL)
    | \s*[✓✔✖✗✕●×]\ \S
    | Test(?:s|\ Suites|\ Files):?\s+\d+\ (?:passed|failed|skipped)
    | (?:not\ )?ok\ \d+\b
    | TAP\ version
    | [ℹ#]\ (?:tests|suites|pass|fail|cancelled|duration_ms)\ \d
    | [^\s()]+\(\d+,\d+\):\ (?:error|warning)\b
    | [^\s:]+:\d+:\d+\ -\ (?:error|warning)\b
    | \s+\d+:\d+\s+(?:error|warning)\s
    | Found\ \d+\ errors?
    | (?:Collecting|Downloading|Using\ cached|Installing\ collected|Successfully\ (?:installed|built|tagged)|Requirement\ already)\b
    | (?:Get|Hit|Ign):\d+[ ]
    | (?:Reading\ package\ lists|Building\ dependency\ tree|Preparing\ to\ unpack|Unpacking|Selecting\ previously|Setting\ up|Processing\ triggers)\b.*(?:\.\.\.|\()
    | \#\d+\ (?:\[|DONE|CACHED|\d|sha256|transferring|naming|exporting)
    | Step\ \d+/\d+\ :
    | [A-Z]{1,5}\d{3,5}\ (?!\d\d:\d\d:)(?:\[\*\]\ )?\S
    | error:\ |fatal:[ ]
    """,
    re.VERBOSE,
)
GUTTER = re.compile(r"\s*+(?:>\s*+)?\d*+\s*+\|(?:\s|$)|\s*+[\^~|-]++$")

_CLOCK = r"\d{1,2}[:.]\d\d[:.]\d\d"
_STAMP = (
    r"(?:"
    r"\d{4}[-/.]?\d\d[-/.]?\d\d[T\s_,-]{1,3}" + _CLOCK + r"|"
    r"\d\d[-/.]\d\d(?:[-/.]\d{2,4})?[,\s]\s?" + _CLOCK + r"|"
    r"(?:[^\W\d]{2,4}\.?,?\s+)?(?:[^\W\d]{3,4}\.?|\d{1,2}月)\s+\d{1,2}日?,?\s(?:\d{4}\s)?" + _CLOCK + r"|"
    r"\d{1,2}[/\s-][^\W\d]{3,4}[/\s-]\d{4}[:\s]" + _CLOCK + r"|"
    r"\d{6}\s\d{6}\s|"
    r"[IWEF]\d{4}\s" + _CLOCK + r"|"
    r"\d\d:\d\d:\d\d\b|"
    r"1\d{9}(?:\d{3}|\.\d+)?\s|"
    r"\d{4}-\d\d-\d\d-\d\d\.\d\d\.\d\d|"
    r"\d+\.\d{6}\](?=\s)"
    r")"
)
_LEVEL = r"(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|SEVERE)"
LOG = re.compile(
    r"[\[<(\"]*+\s*+" + _STAMP + r"|"
    r"(?:[^\s:=][^\s]{0,80}+\s++){1,5}?[\[<(]?" + _STAMP + r"|"
    r"[\[<(]?" + _LEVEL + r"[\]>)]?(?::\S|\s*[:|-]\s|\s+[\[(\d]|\s+[\w.$/-]+(?::|\s-))|"
    r"(?:level|lvl|severity|time|ts|timestamp)=\S+\s+\w+=|"
    r"<\d{1,3}>(?:1\s)?\S|"
    r"-\s1\d{9}\s|"
    r"(?:\[pid\s+\d+\]\s+|\d+\s+)?(?:\w+\(.*(?:=\s+(?:-?\d|0x|\?)|<unfinished \.\.\.>)|<\.\.\. \w+ resumed>|\+\+\+ \w+ with|--- SIG)"
)

LISTING = re.compile(
    r"""
    [-dlcbps][-rwxsStT]{9}[.+@]?\s
    | total\ \d
    | (?:[|*\\/\ ]*\*\ )?[0-9a-f]{7,12}\ \S
    | (?:[|*\\/\ ]*\*\ )?commit\ [0-9a-f]{7,64}\b
    | (?:Author|AuthorDate|Commit|CommitDate|Date|Merge):\ +\S
    | On\ branch\ |Changes\ (?:not\ staged|to\ be\ committed)|Untracked\ files|HEAD\ detached|nothing\ to\ commit
    | \t(?:modified|new\ file|renamed|deleted|both\ modified|typechange):
    | (?:[MADRCUT?!][\ MDAUT?!]|\ [MADRCT])\ \S
    | \#\#\ \S+$|\#\#\ \S+\.\.\.\S+
    | \ \S.*\s\|\s+(?:\d+\ [+-]*|Bin\b.*)$
    | \ \d+\ files?\ changed
    | \s*\d[\d.,]*[KMGTP]?i?B?\s+(?:\.{0,2}/)?[^\s:]*[/.]\S*$
    | \s*\d+\s+total$
    | [\w.\[\]-]+(?:==|\ @\ )\S+$
    | (?:ii|rc|un|hi|iU)\s\s\S
    | \S+/\S+(?:,\S+)*\s\d\S*\s(?:amd64|all|arm64|i386)\b
    | [\s|`│]*(?:[├└]|\|--|`--|\+--)\S*\s?\S
    | (?:[*+]|\s)\s{1,3}(?:remotes/)?[\w.-]+/[\w./-]+(?:\s->\s\S+)?$
    | -{3,}(?:[\s+]+-{3,})+$
    | Desired=|\|\|?/
    | [dlcbps-]r[w-][x-]
    | \S++(?:(?:[ ]*+\t[\t ]*+|[ ]{2,}+)\S++){2,}$
    """,
    re.VERBOSE,
)
COLUMN_HEADER = re.compile(
    r"[A-Z%#][\w%#()/.-]*(?:\s+[A-Z%#(][\w%#()/.:-]*)+(?:\s\w+)*\s*$|[A-Z][\w-]*(?:\s[a-zA-Z]+)?(?:\s{2,}\S+(?:\s\S+)?){1,}\s*$"
)
COLUMNS = re.compile(r"\S.*?  ")
ONE_WORD = re.compile(r"\S{1,120}$")

YAML_KEY = re.compile(
    r"\s*(?:- +)*(?:\"[^\"]*\"|'[^']*'|[^\W\d][\w$./@*<>-]*(?: [\w.-]+){0,2}|\d+):(?:\s+(.*))?$"
)
YAML_OTHER = re.compile(r"\s*- +\S|\s*-$|\s*#|---|\.\.\.$|\s+\S")

HEADING = re.compile(r"#{1,6} +\S")
MARKDOWN = re.compile(
    r"#{1,6} +\S|\s*[-*+] +\S|\s*\d{1,3}[.)] +\S|>+ ?\S|\s*\|.*\||\s*(?:```|~~~)|\s*!?\[[^\]]*\][(\[:]|\.\. |"
    r"(?:={3,}|-{3,}|~{3,}|\*{3,})\s*$|:[a-z]+:`|</?(?:div|p|img|a|br|details|summary|h\d|table|tr|td|b|sub)\b|<!--"
)
INLINE_MARKDOWN = re.compile(
    r"\*\*\S.{0,200}?\*\*|\[[^\]]{1,200}\]\([^)\s]{1,300}\)|`[^`]{1,120}`|\[[^\]]{1,80}\]\["
)
UNDERLINE = re.compile(r"(?:={3,}|-{3,}|~{3,}|\^{3,})\s*$")
QUOTED = re.compile(r'"[^"]*"')
FENCE = re.compile(r"\s*(`{3,}|~{3,})(.*)$")

CODE = re.compile(
    r"""
    \s*+(?:
      from\s+[\w.]+\s+import\b | import\s+(?:[\w.*{}"'(,\s]+\bfrom\b|\w[\w.]*(?:\s+as\s+\w+)?;?$|[("{]|static\s)
    | (?:export|async|await)\s+(?:default|const|function|class|def|type|interface|[{*])
    | (?:def|func|fn|function|fun|sub|proc)\s+[\w(.]+ | class\s+\w[\w.<>,\s]*(?:[:({]|$) | module\s+\w+$
    | (?:pub|impl|mod|struct|enum|trait|interface|namespace|package|typedef|template|extern|using|use)\b.*[;{(<>\w]$
    | (?:public|private|protected|internal|static|final|abstract|const|let|var|auto|void|int|unsigned|char|bool|double|float|long|string|String)\s+[\w<>\[\]*&?]+.*[;{=(,)]$
    | (?:const|let|var|val)\s+[\w{\[(].*=
    | (?:if|for|while|switch|catch|foreach|until|unless|elsif|elif|with|match)\b.*(?:[:{(]|\bthen|\bdo|\))$
    | (?:else|try|finally|do|begin|default)\b\s*[:{]?$ | (?:except|rescue|ensure|case|when)\b.*:?$
    | (?:return|yield|raise|throw|break|continue|pass|del|assert|await|global|echo|exit|fi|done|esac|end|local|set)\b(?:\s*$|\s+[\w\"'\[({\-$!]\S*.{0,200}$)
    | \#\s*(?:include|define|undef|ifdef|ifndef|if|endif|pragma|else)\b | \#!\S | \#\[\S | @\w[\w.]*(?:\(|$)
    | // | /\*|(?<=\s)\*(?:\s|/|$) | \"{3} | '{3}
    | [\w.\[\]"'*&$@:-]+(?:,?\s[\w.\[\]"'*&$@:-]+){0,3}\s*(?:[-+*/|&^%]|<<|>>|\*\*|\|\||\?\?)?=(?:\s*\S|$)
    | [\w.:$!@]+\(.*\)(?:[,;?]|\s*do\b.*|\s*\{.*)?$
    | [\])}]+[,;)]*(?:\s*(?:else|catch|while|from)\b.*)?$
    | .*\)\s*(?:->\s*.+)?:$
    | .*(?:=>|\bdo\s\|[^|]*\||[;{(\[=])$
    | .*\):?\s*[\w\[\]<>.|\s]*\{$
    | <\w+.*/?>$
    | (?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|FROM|WHERE|JOIN|GROUP\s+BY|ORDER\s+BY|RUN|COPY|ENV|CMD|ENTRYPOINT|WORKDIR|EXPOSE)\b
    )
    """,
    re.VERBOSE,
)
SENTENCE = re.compile(r"[A-Z\"'(]?[^\W\d_]+[,]?(?: [\w'’\"(),;:%/–—-]+){5,}.*$")
