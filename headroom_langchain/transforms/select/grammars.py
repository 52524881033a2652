"""What the cutter of code knows of each language: its blocks, its comments, its file names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_NONE: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Grammar:
    """The node types of one tree-sitter grammar that the cutter acts on."""

    blocks: frozenset[str]
    """Statements that can be left out as a whole: the bodies of functions, branches and loops."""
    containers: frozenset[str]
    """Nodes whose children are cut one by one: class bodies, namespaces, conditional compilation."""
    lists: frozenset[str]
    """Bracketed nodes that still parse when nothing is between the brackets."""
    imports: frozenset[str]
    attributes: frozenset[str] = _NONE
    """Nodes that stand before a definition as siblings and belong to it."""
    holders: frozenset[str] = _NONE
    """Parents that make a container of a block: classes, where a block alone does not tell."""
    comment: str = "//"
    """How a comment up to the end of the line starts."""
    inline: bool = True
    """Whether ``/* ... */`` is a comment."""
    filler: str = ""
    """What an otherwise empty block needs to parse."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PREPROCESSOR: Final = _names("preproc_if preproc_ifdef preproc_else preproc_elif preproc_elifdef")
_C_IMPORTS: Final = _names("preproc_include using_declaration")
_SCRIPT: Final = Grammar(
    blocks=_names("statement_block"),
    containers=_names("class_body"),
    lists=_names("object array interface_body object_type enum_body"),
    imports=_names("import_statement"),
    attributes=_names("decorator"),
    holders=_names("internal_module module"),
)

GRAMMARS: Final[dict[str, Grammar]] = {
    "python": Grammar(
        blocks=_names("block"),
        containers=_NONE,
        lists=_names("dictionary list set"),
        imports=_names("import_statement import_from_statement future_import_statement"),
        holders=_names("class_definition"),
        comment="#",
        inline=False,
        filler="...",
    ),
    "javascript": _SCRIPT,
    "typescript": _SCRIPT,
    "tsx": _SCRIPT,
    "go": Grammar(
        blocks=_names("block"),
        containers=_NONE,
        lists=_names("literal_value field_declaration_list"),
        imports=_names("package_clause import_declaration"),
    ),
    "rust": Grammar(
        blocks=_names("block"),
        containers=_names("declaration_list"),
        lists=_names("array_expression field_declaration_list enum_variant_list token_tree"),
        imports=_names("use_declaration extern_crate_declaration mod_item"),
        attributes=_names("attribute_item"),
    ),
    "java": Grammar(
        blocks=_names("block constructor_body"),
        containers=_names("class_body interface_body enum_body_declarations"),
        lists=_names("array_initializer"),
        imports=_names("package_declaration import_declaration"),
    ),
    "c": Grammar(
        blocks=_names("compound_statement"),
        containers=_PREPROCESSOR | {"declaration_list"},
        lists=_names("initializer_list field_declaration_list enumerator_list"),
        imports=_C_IMPORTS,
    ),
    "cpp": Grammar(
        blocks=_names("compound_statement"),
        containers=_PREPROCESSOR | {"declaration_list", "field_declaration_list"},
        lists=_names("initializer_list enumerator_list"),
        imports=_C_IMPORTS,
    ),
    "ruby": Grammar(
        blocks=_names("body_statement block_body"),
        containers=_NONE,
        lists=_names("hash array"),
        imports=_NONE,
        holders=_names("class module singleton_class"),
        comment="#",
        inline=False,
    ),
    "csharp": Grammar(
        blocks=_names("block"),
        containers=_PREPROCESSOR | {"declaration_list"},
        lists=_names("initializer_expression enum_member_declaration_list"),
        imports=_names("using_directive extern_alias_directive file_scoped_namespace_declaration"),
    ),
}
"""Grammars by the name the grammar pack has for them."""

COMMENTS: Final = _names("comment line_comment block_comment")

_ALIASES: Final[dict[str, str]] = {
    **dict.fromkeys(("py", "pyi", "python3", "python2", "py3", "pyw"), "python"),
    **dict.fromkeys(("js", "jsx", "mjs", "cjs", "node", "javascriptreact"), "javascript"),
    **dict.fromkeys(("ts", "mts", "cts"), "typescript"),
    **dict.fromkeys(("typescriptreact",), "tsx"),
    **dict.fromkeys(("golang",), "go"),
    **dict.fromkeys(("rs",), "rust"),
    **dict.fromkeys(("cc", "cxx", "c++", "hpp", "hxx", "hh", "h++", "inl", "cu", "cuh", "ino"), "cpp"),
    **dict.fromkeys(("rb", "rake", "gemspec", "rakefile", "gemfile"), "ruby"),
    **dict.fromkeys(("cs", "c#", "c_sharp", "csx"), "csharp"),
}


def named(name: str) -> str | None:
    """Tell the language a fence tag or a file name stands for.

    Args:
        name: Such as ``py``, ``c++``, ``TypeScript`` or ``src/app.tsx``.

    Returns:
        A key of :data:`GRAMMARS`, or None for a language that is not cut. A ``.h`` file is told by its content.
    """
    tag = re.split(r"[\\/]", name.strip().lower())[-1].rpartition(".")[2]
    return tag if tag in GRAMMARS else _ALIASES.get(tag)


_SIGNS: Final[dict[str, str]] = {
    "python": r"""^[ \t]*(?:async[ ]+)?def[ ]\w+\(.*|^[ \t]*class[ ]\w+(?:\(.*\))?:|^from[ ][\w.]+[ ]import\b|^import[ ][\w., ]+$
        |^[ \t]*(?:if|elif|for|while|with|try|except|else|finally)\b.*:[ \t]*$|\bself\.\w|\bNone\b""",
    "javascript": r"""^[ \t]*(?:export[ ]+)?(?:const|let|var)[ ][\w{\[]|\brequire\(['"]|\bmodule\.exports|\)[ ]?=>|\w[ ]=>[ ]
        |\bfunction\b[ *]*\w*[ ]?\(|[!=]==|^import[ ].*['"];?$|^export[ ]|\bundefined\b|\basync[ ]\w+\(""",
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
_FAMILY: Final[dict[str, tuple[str, ...]]] = {"typescript": ("javascript",), "cpp": ("c",)}
"""Languages that are written with the signs of another one as well."""
_SIGN_OF: Final = {name: re.compile(signs, re.MULTILINE | re.VERBOSE) for name, signs in _SIGNS.items()}
_SPOT: Final = 2_500
"""Characters looked at in the beginning, the middle and the end."""
_LEAST_SIGNS: Final = 2


def guess(code: str) -> tuple[str, ...]:
    """Guess the language from what stands in the code.

    Args:
        code: The code, without line numbers or fences.

    Returns:
        Keys of :data:`GRAMMARS` worth a parse, at most three, the best first; empty for what is no code.
    """
    middle = len(code) // 2
    sample = code[:_SPOT]
    if len(code) > _SPOT:
        sample += "\n" + code[max(_SPOT, middle - _SPOT // 2) : middle + _SPOT // 2] + "\n" + code[-_SPOT:]
    counts = {name: sum(1 for _ in sign.finditer(sample)) for name, sign in _SIGN_OF.items()}
    own = dict(counts)
    for name, bases in _FAMILY.items():
        if own[name] >= _LEAST_SIGNS:
            counts[name] += sum(own[base] for base in bases)
    best = max(counts.values())
    ranked = sorted(
        (name for name, count in counts.items() if count >= max(_LEAST_SIGNS, best / 4)),
        key=lambda name: -counts[name],
    )
    return tuple(ranked[:3])
