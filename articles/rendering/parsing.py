"""The Markdown parser: CommonMark with named extensions, and a bound on what any text can cost.

Time is not measured, because the same text must be accepted or refused on every machine. Instead each step of the
parser is charged to a budget that grows with the length of the text.
"""

import re
from collections.abc import Callable, Container, Sequence
from functools import cache
from typing import Any
from unicodedata import east_asian_width

from markdown_it import MarkdownIt, rules_block, rules_inline
from markdown_it.parser_block import ParserBlock
from markdown_it.parser_inline import ParserInline
from markdown_it.presets import commonmark
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict, PresetType
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from articles.errors import MarkupError
from articles.rendering.autolinks import autolinks_plugin
from articles.rendering.highlighting import Highlighter

MAX_NESTING = 100
MAX_LINKS = 2_000
MAX_IMAGES = 2_000
MAX_PARAGRAPH = 100_000
# Prose takes a step for every ten bytes at most, a novel of short dialogue one for every four, so that 1 MiB of
# either fits. Short articles may be denser: that is what the constant part is for.
STEPS = 80_000
STEPS_PER_BYTE = 0.25
# Where a run of plain text ends: before a mark that may begin something here, not at any that might elsewhere. An
# underscore within a word, a "w" of an ordinary word or a colon in a sentence is plain text.
STOP = re.compile(
    r"[\n*~\[\]`\\<!&:w_](?:(?<=[\n*~\[\]`\\<])|(?<=!)(?=\[)|(?<=&)(?=[#A-Za-z])|(?<=:)(?=//)"
    r"|(?<=w)(?<![^\s*_~(]w)(?=ww\.)|(?<=_)(?:(?<![^\W_]_)|(?![^\W_])))"
)
# Marks after which a rule may read on to the end of the paragraph.
FAR_READING = frozenset("[]!<&:`w")
# Reference definitions repeat their address at each use, which would make a long output of a short text.
MAX_ADDRESSES = 1_000_000

GFM = ("tables", "strikethrough", "autolinks", "tasklists")
EXTENSIONS = (*GFM, "footnotes", "deflists", "classes")


class Budget:
    """What is left to spend on one text. Raises MarkupError, with the line, when that is nothing."""

    __slots__ = ("addresses", "depth", "images", "line", "links", "steps")

    def __init__(self, size: int) -> None:
        self.steps = STEPS + size * STEPS_PER_BYTE
        self.links = MAX_LINKS
        self.images = MAX_IMAGES
        self.addresses = MAX_ADDRESSES
        self.depth = 0
        self.line = 1

    def charge_lines(self, content: str) -> None:
        lines = content.count("\n")
        # Every block is tried on every line that is not blank.
        self.steps -= 2 * (lines - content.count("\n\n"))
        if self.steps < 0:
            raise MarkupError(f"The text has {lines:,} lines, too many for its length. Split it into several articles.")

    def charge(self, steps: float = 1) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise MarkupError(
                f"The text is too intricate near line {self.line}: it has more marks, such as * _ [ ] ` < or |, than "
                "an article of its length may have. Simplify that passage, or put it into a fenced code block."
            )

    def enter(self, level: int) -> None:
        if level > MAX_NESTING:
            raise MarkupError(
                f"The text near line {self.line} is nested more than {MAX_NESTING} levels deep. "
                "Use fewer lists, quotes or brackets inside each other there."
            )

    def spend_links(self, number: int) -> None:
        self.links -= number
        if self.links < 0:
            raise MarkupError(
                f"The article has more than {MAX_LINKS:,} links; the first too many is near line {self.line}. "
                "Split it into several articles."
            )

    def spend_images(self, number: int) -> None:
        self.images -= number
        if self.images < 0:
            raise MarkupError(
                f"The article has more than {MAX_IMAGES:,} pictures; the first too many is near line {self.line}. "
                "Split it into several articles."
            )

    def spend_address(self, token: Token) -> None:
        self.addresses -= sum(len(str(value)) for value in token.attrs.values())
        if self.addresses < 0:
            raise MarkupError(
                f"The addresses and titles of the links up to line {self.line} add up to more than {MAX_ADDRESSES:,} "
                "characters. Shorten them."
            )


def budget_of(state: StateBlock | StateInline | StateCore) -> Budget:
    budget: Budget | None = state.env.get("budget")
    if budget is None:
        budget = state.env["budget"] = Budget(len(state.src.encode("utf-8", "surrogatepass")))
    return budget


class ChargedStateBlock(StateBlock):
    def push(self, ttype: str, tag: str, nesting: Any) -> Token:
        budget_of(self).charge(3)
        return super().push(ttype, tag, nesting)


class ChargedBlocks(ParserBlock):
    def tokenize(self, state: StateBlock, startLine: int, endLine: int) -> None:  # noqa: N803
        budget = budget_of(state)
        budget.line = startLine + 1
        budget.depth += 1
        budget.enter(budget.depth - 1)
        budget.charge(4)
        if state.parentType == "blockquote":
            # Each level of quotes reads all its lines again.
            budget.charge(endLine - startLine)
        super().tokenize(state, startLine, endLine)
        budget.depth -= 1

    def parse(self, src: str, md: MarkdownIt, env: EnvType, outTokens: list[Token]) -> list[Token] | None:  # noqa: N803
        if not src:
            return None
        state = ChargedStateBlock(src, md, env, outTokens)
        self.tokenize(state, state.line, state.lineMax)
        return state.tokens


class ChargedInlines(ParserInline):
    def __init__(self) -> None:
        super().__init__()
        self.terminator_re = STOP

    def skipToken(self, state: StateInline) -> None:  # noqa: N802
        budget = budget_of(state)
        budget.charge(0.5)
        budget.enter(state.level)
        super().skipToken(state)

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        state = StateInline(src, md, env, tokens)
        budget = budget_of(state)
        if len(src) > MAX_PARAGRAPH:
            raise MarkupError(
                f"The paragraph on line {budget.line} has {len(src):,} characters; at most {MAX_PARAGRAPH:,} are "
                "allowed. Break it into several paragraphs, or put it into a fenced code block."
            )
        budget.depth += 1
        budget.enter(budget.depth)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        budget.depth -= 1
        return state.tokens


def charged_text(state: StateInline, silent: bool) -> bool:
    """The first rule at every position, hence the place to charge for the position."""
    far = (state.posMax - state.pos) / 4096 if state.src[state.pos] in FAR_READING else 0
    budget_of(state).charge(1 + far)
    return rules_inline.text(state, silent)


def charged_inline(state: StateCore) -> None:
    budget = budget_of(state)
    for token in state.tokens:
        if token.type == "inline":
            budget.line = token.map[0] + 1 if token.map else budget.line
            token.children = token.children or []
            state.md.inline.parse(token.content, state.md, state.env, token.children)


def charged_reference(state: StateBlock, startLine: int, endLine: int, silent: bool) -> bool:  # noqa: N803
    found = rules_block.reference(state, startLine, endLine, silent)
    if found:
        budget = budget_of(state)
        budget.line = startLine + 1
        budget.charge(12)
    return found


def inspect(state: StateCore) -> None:
    """Counts links and pictures."""
    budget = budget_of(state)
    for token in state.tokens:
        budget.line = token.map[0] + 1 if token.map else budget.line
        if token.type == "html_block":
            html = token.content.lower()
            budget.spend_links(html.count("<a ") + html.count("<iframe"))
            budget.spend_images(html.count("<img"))
        for child in token.children or ():
            _inspect_child(child, budget)


def _inspect_child(token: Token, budget: Budget) -> None:
    if token.type == "link_open":
        budget.spend_links(1)
        budget.spend_address(token)
    elif token.type == "image":
        budget.spend_images(1)
        budget.spend_address(token)
    elif token.type == "footnote_ref":
        # There, and back.
        budget.spend_links(2)
    elif token.type == "html_inline":
        html = token.content.lower()
        budget.spend_links(html.startswith(("<a ", "<iframe")))
        budget.spend_images(html.startswith("<img"))


TASK = re.compile(r"\[([ xX])](?=\s)")


def task_lists(state: StateCore) -> None:
    """A list item that begins with ``[ ]`` or ``[x]`` gets a checkbox."""
    lists: list[Token] = []
    before: tuple[str, ...] = ("", "")
    for index, token in enumerate(state.tokens):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(token)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif token.type == "inline" and before == ("list_item_open", "paragraph_open") and TASK.match(token.content):
            _make_task(token, item=state.tokens[index - 2], of=lists[-1])
        before = (before[1], token.type)


def _make_task(token: Token, item: Token, of: Token) -> None:
    text = token.children[0] if token.children else None
    task = TASK.match(text.content) if text else None
    if text is None or task is None or token.children is None:
        return
    text.content = text.content[3:]
    checked = "" if task[1] == " " else ' checked=""'
    checkbox = Token("html_inline", "", 0, content=f'<input type="checkbox" disabled=""{checked}>')
    token.children.insert(0, checkbox)
    item.attrs["class"] = "task-list-item"
    of.attrs["class"] = "contains-task-list"


def align_by_class(state: StateCore) -> None:
    """Table cells get a class instead of a style, and header cells their scope."""
    for token in state.tokens:
        if token.type in ("th_open", "td_open"):
            align = str(token.attrs.pop("style", "")).removeprefix("text-align:")
            if align:
                token.attrs["class"] = f"align-{align}"
            if token.type == "th_open":
                token.attrs["scope"] = "col"


LONE_IMAGE = re.compile(r"\s*<img\s[^<>]*>\s*", re.IGNORECASE)


def lone_images(state: StateCore) -> None:
    """A picture in raw HTML that stands alone is a paragraph, as one in Markdown is."""
    for token in state.tokens:
        if token.type == "html_block" and LONE_IMAGE.fullmatch(token.content):
            token.content = f"<p>{token.content.strip()}</p>\n"


class SpecificationRenderer(RendererHTML):
    """HTML exactly as the specifications show it, where the library's own differs."""

    def blockquote_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        html = self.renderToken(tokens, idx, options, env)
        return html if html.endswith("\n") else html + "\n"

    def s_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "<del>"

    def s_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</del>"


class ArticleRenderer(SpecificationRenderer):
    """Code with classes for its colours, and footnotes that a screen reader can announce."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        language = tokens[idx].info.split(maxsplit=1)[0] if tokens[idx].info.strip() else ""
        highlighter: Highlighter = env.setdefault("highlighter", Highlighter())
        return highlighter.block(tokens[idx].content, language)

    def softbreak(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        # Chinese and Japanese have no spaces, so the end of a line in the source must not become one.
        before = tokens[idx - 1].content[-1:] if idx else ""
        after = tokens[idx + 1].content[:1] if idx + 1 < len(tokens) else ""
        wide = before and after and all(east_asian_width(c) in "WF" for c in (before, after))
        return "" if wide else "\n"

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        highlighter: Highlighter = env.setdefault("highlighter", Highlighter())
        return highlighter.block(tokens[idx].content, "")

    def footnote_ref(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        number, nth = _footnote(tokens[idx])
        return (
            f'<sup class="footnote-ref"><a href="#footnote-{number}" id="footnote-ref-{number}{nth}" '
            f'role="doc-noteref" aria-label="Footnote {number}">{number}</a></sup>'
        )

    def footnote_block_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return '<div class="footnotes" role="doc-endnotes" aria-label="Footnotes">\n<ol>\n'

    def footnote_block_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</ol>\n</div>\n"

    def footnote_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<li id="footnote-{_footnote(tokens[idx])[0]}">'

    def footnote_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</li>\n"

    def footnote_anchor(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        number, nth = _footnote(tokens[idx])
        return (
            f' <a class="footnote-backref" href="#footnote-ref-{number}{nth}" role="doc-backlink" '
            f'aria-label="Back to reference {number}{nth}">↩︎</a>'
        )


def _footnote(token: Token) -> tuple[int, str]:
    """The number of a footnote, and which of its references this is: nothing for the first, then ``-2``, ``-3``."""
    nth = token.meta.get("subId", 0)
    return token.meta["id"] + 1, f"-{nth + 1}" if nth > 0 else ""


class ArticleParser(MarkdownIt):
    """``MarkdownIt`` whose block and inline parsers charge what they do."""

    def __init__(self, extensions: Container[str]) -> None:
        super().__init__("zero", renderer_cls=ArticleRenderer if "classes" in extensions else SpecificationRenderer)
        self.block = ChargedBlocks()
        self.inline = ChargedInlines()
        self.configure(_commonmark())
        self.core.ruler.at("inline", charged_inline)
        self.inline.ruler.at("text", charged_text)
        self.block.ruler.at("reference", charged_reference)


def _commonmark() -> PresetType:
    preset = commonmark.make()
    # Beyond its limit the library drops text without a word; the budget refuses long before this.
    preset["options"]["maxNesting"] = 10 * MAX_NESTING
    preset["options"]["strikethrough_single_tilde"] = True
    return preset


@cache
def parser(extensions: tuple[str, ...] = EXTENSIONS) -> MarkdownIt:
    """A parser with the given extensions. Without any it gives CommonMark as the specification has it, unsanitised."""
    md = ArticleParser(extensions)
    md.enable([rule for rule, name in (("table", "tables"), ("strikethrough", "strikethrough")) if name in extensions])
    plugins: dict[str, Callable[[MarkdownIt], None]] = {
        "autolinks": autolinks_plugin,
        "tasklists": _tasklists,
        "footnotes": _footnotes,
        "deflists": deflist_plugin,
        "classes": _classes,
    }
    for name, plug in plugins.items():
        if name in extensions:
            plug(md)
    md.core.ruler.push("inspect", inspect)
    return md


def _tasklists(md: MarkdownIt) -> None:
    md.core.ruler.after("inline", "task_lists", task_lists)


def _classes(md: MarkdownIt) -> None:
    md.core.ruler.push("align_by_class", align_by_class)
    md.core.ruler.push("lone_images", lone_images)


def _footnotes(md: MarkdownIt) -> None:
    footnote_plugin(md, inline=False)
    if isinstance(md.renderer, ArticleRenderer):
        # The plugin has put its own rules over the renderer's methods of the same names.
        for name in ("ref", "block_open", "block_close", "open", "close", "anchor"):
            md.renderer.rules[f"footnote_{name}"] = getattr(md.renderer, f"footnote_{name}")
