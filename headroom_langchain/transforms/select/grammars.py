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
