"""Which language is this code written in."""

from __future__ import annotations

import re
from typing import Final

_SIGNS: Final[dict[str, str]] = {
    "python": r"""^[ \t]*(?:async[ ]+)?def[ ]\w+\(.*|^[ \t]*class[ ]\w+(?:\(.*\))?:|^from[ ][\w.]+[ ]import\b|^import[ ][\w., ]+$
        |^[ \t]*(?:if|elif|for|while|with|try|except|else|finally)\b.*:[ \t]*$|\bself\.\w|\bNone\b""",
    "javascript": r"""^[ \t]*(?:export[ ]+)?(?:const|let|var)[ ][\w{\[]|\brequire\(['"]|\bmodule\.exports|\)[ ]?=>|\w[ ]=>[ ]
        |\bfunction\b[ *]*\w*[ ]?\(|[\w)\]][ ][!=]==[ ]|^import[ ].*['"];?$|^export[ ]|\bundefined\b|\basync[ ]\w+\(""",
    "typescript": r"""[\w\])?]:[ ](?:string|number|boolean|void|any|unknown|never|Promise<|Array<|\w+\[\])
        |^[ \t]*(?:export[ ]+)?(?:declare[ ]|interface[ ]\w|type[ ]\w+(?:<.*>)?[ ]=|enum[ ]\w|abstract[ ]class)|^import[ ]type
        |\bas[ ]const\b|^[ \t]*(?:public|private|protected|readonly)[ ]\w+[(:?]|^export[ ](?:interface|type)\b""",
    "go": r"""^package[ ]\w+[ \t]*$|^func[ ](?:\(|\w)|[ ]:=[ ]|^import[ ](?:\(|")|^type[ ]\w+[ ](?:struct|interface|func)\b
        |\bif[ ]err[ ]!=[ ]nil""",
    "rust": r"""^[ \t]*(?:pub(?:\(\w+\))?[ ]+)?(?:unsafe[ ]+|async[ ]+|const[ ]+)*(?:fn[ ]\w|struct[ ]\w|enum[ ]\w|impl\b|trait[ ]\w|mod[ ]\w+)
        |^[ \t]*(?:pub[ ]+)?use[ ][\w:{]+.*;|\blet[ ]mut\b|^[ \t]*\#!?\[|&(?:mut[ ])?self\b|\bSome\(|\w!\(|->[ ](?:Self|Result|Option)""",
    "java": r"""^package[ ][\w.]+;|^import[ ](?:static[ ])?[\w.]+(?:\.\*)?;|^[ \t]*@Override\b|\bfinal[ ]\w
        |^[ \t]*(?:public|private|protected)[ ].*[{;][ \t]*$|\bthrows[ ]\w|\bextends[ ]\w+.*\{|\bboolean[ ]""",
    "csharp": r"""^[ \t]*using[ ][\w.]+;|^[ \t]*namespace[ ][\w.]+;?[ \t]*\{?[ \t]*$|\{[ ]get;|\bstring[ ]\w|\bbool[ ]\w|\basync[ ]Task
        |^[ \t]*(?:public|private|protected|internal)[ ].*\)?[ \t]*$|\bvar[ ]\w+[ ]=|^[ \t]*\#(?:end)?region""",
    "c": r"""^[ \t]*\#[ \t]*(?:include|define|ifn?def|endif|undef)\b|^(?:static|extern|typedef|struct|union|enum|unsigned)[ ]
        |\w->\w|\bNULL\b|\b(?:int|char|void|size_t|long|double)[ ]\**\w+[ ]?[\[(;=,)]|^(?:int|void|char)[ ]""",
    "cpp": r"""^[ \t]*(?:class|namespace)[ ]\w+[^;:()]*:?[^;]*$|^[ \t]*template[ ]?<|\bstd::|\b\w+::\w+|^[ \t]*(?:public|private|protected):
        |\bnullptr\b|^\#[ ]*include[ ]<\w+>|\bvirtual[ ]|\bconst[ ]\w+(?:<.*>)?[ ]?&|\bconstexpr\b|\boperator""",
    "ruby": r"""^[ \t]*end[ \t]*$|^[ \t]*def[ ][\w.]+[?!=]?(?:[ ]?\(.*\))?[ \t]*$|^[ \t]*module[ ][A-Z]|^[ \t]*class[ ][A-Z][\w:]*(?:[ ]<[ ].*)?$
        |\bdo[ ]\|.*\|$|^[ \t]*require(?:_relative)?[ ]['"]|^[ \t]*attr_\w+[ ]:|[ (]@\w+|\.\w+\?|\bnil\b|^[ \t]*include[ ][A-Z]""",
}
_HINTS: Final[dict[str, tuple[str, ...]]] = {
    "python": ("def ", "import ", "class "),
    "javascript": ("function", "const ", "=>", "require(", "let ", "var ", "export "),
    "typescript": (
        ": string",
        ": number",
        ": boolean",
        ": void",
        "interface ",
        "type ",
        "readonly ",
        ": any",
        "declare ",
    ),
    "go": ("func ", "package "),
    "rust": ("fn ", "impl ", "use ", "struct "),
    "java": ("import ", "public ", "package ", "private "),
    "csharp": ("using ", "namespace "),
    "c": ("#include", "#define", "#if", "# define", "struct ", "static ", "int ", "->"),
    "cpp": ("::", "namespace ", "template", "public:", "#include <", "nullptr"),
    "ruby": ("end\n", "end\r\n"),
}
"""One of these stands in almost any code of the language; what has none is not looked at closely."""
_FAMILY: Final[dict[str, tuple[str, ...]]] = {"typescript": ("javascript",), "cpp": ("c",)}
"""Languages that are written with the signs of another one as well."""
_NEXT: Final[dict[str, tuple[str, ...]]] = {
    "javascript": ("typescript", "tsx"),
    "typescript": ("tsx",),
    "c": ("cpp",),
    "java": ("csharp",),
}
"""What is worth a try where a language does not parse."""
_SIGN_OF: Final = {name: re.compile(signs, re.MULTILINE | re.VERBOSE) for name, signs in _SIGNS.items()}
_SPOT: Final = 1_000
"""Characters looked at in each of four places."""
_LEAST_SIGNS: Final = 2


def guess(code: str) -> tuple[str, ...]:
    """Guess the language from what stands in the code.

    Args:
        code: The code, without line numbers or fences.

    Returns:
        Languages worth a parse, the best first; empty for what is no code.
    """
    sample = code
    if len(code) > 4 * _SPOT:
        step = (len(code) - _SPOT) // 3
        sample = "\n".join(code[at : at + _SPOT] for at in range(0, len(code) - _SPOT + 1, step))
    counts = dict.fromkeys(_SIGNS, 0)
    for name, hints in _HINTS.items():
        if any(hint in sample for hint in hints):
            counts[name] = sum(1 for _ in _SIGN_OF[name].finditer(sample))
    own = dict(counts)
    for name, bases in _FAMILY.items():
        if own[name] >= _LEAST_SIGNS:
            counts[name] += sum(own[base] for base in bases)
    best = max(counts.values())
    ranked = sorted(
        (name for name, count in counts.items() if count >= max(_LEAST_SIGNS, best / 4)),
        key=lambda name: -counts[name],
    )[:3]
    following = [name for known in ranked for name in _NEXT.get(known, ())]
    return tuple(dict.fromkeys(ranked + following))[:4]
