"""Code blocks with CSS classes for their colours; ``articles/static/articles/code.css`` holds the colours."""

from functools import lru_cache
from html import escape
from time import thread_time

from pygments import lex
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES, _TokenType
from pygments.util import ClassNotFound

CLASSES = frozenset(name for name in STANDARD_TYPES.values() if name)
# Longer blocks stay plain.
MAX_BLOCK = 10_000
# Seconds of CPU time for one article. Some text makes any lexer slow; what is left then stays plain too.
MAX_SECONDS = 0.06
# Languages in one article. The first use of a language in a process compiles its rules.
MAX_LANGUAGES = 12

# Languages whose lexers are not held up for long by a single token, whatever the text.
LANGUAGES = frozenset(
    """
    abap ada agda apacheconf apl arduino awk bash batch bibtex c clojure cmake cobol coffeescript common-lisp
    coq cpp cr csharp css cuda cypher d dart delphi diff django docker elixir elm emacs-lisp erb erlang fish
    fortran fsharp gas gdscript glsl go graphql graphviz groovy haml handlebars haskell hlsl html html+django
    html+php html+twig http idris iex java javascript json json5 jsx julia kotlin lean less liquid llvm lua make
    markdown meson mysql nasm nginx nimrod nixos objective-c octave org output perl php postgresql postscript
    powershell prolog properties protobuf pug purescript pycon pytb python racket rego restructuredtext ruby
    rust sass scala scheme scss solidity sparql splus sql sqlite3 swift systemd tcl terraform tex text toml tsx
    turtle twig typescript vb.net verilog vhdl vim vue wast wgsl wikitext xml yaml zig
    """.split()
)
# Languages whose lexers are: short blocks are coloured nevertheless.
SLOW_LANGUAGES = frozenset("console ini matlab ocaml reasonml smalltalk".split())
MAX_SLOW_BLOCK = 1_500


@lru_cache(maxsize=256)
def lexer_for(language: str) -> Lexer | None:
    """The lexer of a language that is known and whose rules stay fast on any text."""
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
    return lexer if lexer.aliases[0] in LANGUAGES | SLOW_LANGUAGES else None


class Highlighter:
    """Colours the blocks of one article until they have had their time."""

    def __init__(self) -> None:
        self.left = MAX_SECONDS
        self.languages: set[str] = set()

    def block(self, code: str, language: str) -> str:
        lexer = self._lexer(language)
        longest = MAX_SLOW_BLOCK if lexer and lexer.aliases[0] in SLOW_LANGUAGES else MAX_BLOCK
        coloured = self._coloured(code, lexer) if lexer and len(code) <= longest else None
        label = f' data-language="{escape(lexer.name)}"' if lexer else ""
        # A block that scrolls sideways must be reachable by keyboard.
        return (
            f'<pre class="highlight" tabindex="0"{label}><code>{coloured or escape(code, quote=False)}</code></pre>\n'
        )

    def _lexer(self, language: str) -> Lexer | None:
        if len(self.languages) < MAX_LANGUAGES or language in self.languages:
            self.languages.add(language)
            return lexer_for(language.lower()) if language else None
        return None

    def _coloured(self, code: str, lexer: Lexer) -> str | None:
        """The code with its tokens in spans; None when there was not enough time."""
        if self.left <= 0:
            return None
        started = thread_time()
        parts: list[str] = []
        for kind, value in lex(code, lexer):
            parts.append(_span(_css_class(kind), value))
            if thread_time() - started > self.left:
                self.left = 0
                return None
        self.left -= thread_time() - started
        return "".join(parts)


def _css_class(kind: _TokenType) -> str:
    known = next(ancestor for ancestor in reversed(kind.split()) if ancestor in STANDARD_TYPES)
    return STANDARD_TYPES[known]


def _span(css_class: str, value: str) -> str:
    text = escape(value, quote=False)
    return f'<span class="{css_class}">{text}</span>' if css_class not in ("", "w") and value.strip() else text
