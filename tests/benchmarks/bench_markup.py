"""How long hostile Markdown takes, beside an ordinary article of the same size.

    python -m tests.benchmarks.bench_markup [--json INPUTS.json] [--size BYTES]

Each line is one input: rendered or refused, its CPU time, and the ratio to an ordinary article of its length.
``--json`` adds the texts of a file that maps names to texts.
"""

import argparse
import json
import time
from pathlib import Path

from django.conf import settings

if not settings.configured:
    settings.configure(MEDIA_URL="/media/")

from articles import markup

MIB = 1024 * 1024
PARAGRAPH = (
    "The harbour lay under a *thin* mist, and nobody on the quay could say whether the tide had turned. "
    "A pilot read the `gauge`, wrote **4.2 m** into his book and went back to bed.\n"
)
ORDINARY = (
    f"## The morning\n\nBy a [pilot](/articles/pilots/). {PARAGRAPH * 3}\n"
    f"- one thing\n- another thing\n\n> {PARAGRAPH}\n{PARAGRAPH * 2}\n"
)

# A pattern that is repeated up to the size, and what stands before it.
PATTERNS: dict[str, tuple[str, str]] = {
    "emphasis, nested": ("*a **a ", ""),
    "emphasis, closers": ("a_ ", ""),
    "emphasis, openers": ("_a ", ""),
    "emphasis, mixed": ("*a_ ", ""),
    "emphasis, one run": ("*", ""),
    "strikethrough": ("~~a ", ""),
    "brackets": ("[", ""),
    "bracket openers": ("[a", ""),
    "bracket closers": ("a]", ""),
    "brackets and emphasis": ("[ a_", ""),
    "brackets and parentheses": ("[ (](", ""),
    "images in images": ("![[]()", ""),
    "image openers": ("![", ""),
    "links, unclosed": ("[a](<b", ""),
    "links, unclosed, plain": ("[a](b", ""),
    "links, real": ("[a](b) ", ""),
    "images, real": ("![a](b) ", ""),
    "images, one a paragraph": ("![a](b)\n\n", ""),
    "quotes": ("> ", ""),
    "quotes, ten deep": ("> > > > > > > > > > a\n", ""),
    "quotes, ninety deep": ("> " * 90 + "a\n", ""),
    "lists on one line": ("* ", ""),
    "list": ("* a\n", ""),
    "list, loose": ("* a\n\n", ""),
    "list, ninety deep": ("".join(f"{'  ' * i}* a\n" for i in range(90)), ""),
    "list, lazy lines": ("a\n", "* " * 50),
    "backticks": ("`a``b```c````", ""),
    "backtick runs": ("".join("e" + "`" * i for i in range(300)), ""),
    "comments, unclosed": ("</<!--", ""),
    "instructions, unclosed": ("<?", ""),
    "instructions in a line": ("a<?", ""),
    "declarations in a line": ("a<!A ", ""),
    "CDATA in a line": ("a<![CDATA[", ""),
    "angles": ("<", ""),
    "tags in a line": ("a<b ", ""),
    "tags, never closed": ("<b>", ""),
    "tags, closed": ("<b></b>", ""),
    "blocks, never closed": ("<div>", ""),
    "blocks, closed": ("<div></div>\n", ""),
    "paragraphs in open elements": ("<p>", '<font size="1"><b><i><u>' * 12),
    "Markdown in open elements": ("a\n\n", "<b><i><u><s><em><strong>" * 6),
    "attributes": (' a="b"', "<div"),
    "attributes, valueless": (" a", "<div"),
    "table, wide": ("x|", ""),
    "table, wide with rule": ("|-", "|x" * 1000 + "\n"),
    "table, short rows": ("x\n", "|a|b|c|d|e|f|g|h\n|-|-|-|-|-|-|-|-\n"),
    "table, hundred columns": ("x\n", "|a" * 100 + "\n" + "|-" * 100 + "\n"),
    "table, full": ("|x|y|z|\n", "|a|b|c|\n|-|-|-|\n"),
    "definitions of references": ("[a]: u\n", ""),
    "references, long address": ("[a] ", "[a]: " + "u" * 20_000 + "\n\n"),
    "references, long title": ("[a] ", "[a]: u '" + "u" * 20_000 + "'\n\n"),
    "addresses": ("http://", ""),
    "addresses, real": ("http://a.b ", ""),
    "protocols": ("http:", ""),
    "colons": (":", ""),
    "colons and slashes": ("://", ""),
    "www": ("www.", ""),
    "www, spaced": ("www.a ", ""),
    "at": ("a@", ""),
    "mail": ("a@b.c ", ""),
    "entities": ("&amp", ""),
    "entities, real": ("&amp;", ""),
    "ampersands": ("&", ""),
    "escapes": ("\\", ""),
    "heading": ("a ", "###### "),
    "headings": ("# a\n", ""),
    "headings, underlined": ("a\n=\n", ""),
    "underline candidates": ("a\n", ""),
    "rules": ("* * *\n", ""),
    "one line": ("a", ""),
    "one word a line, spaced": ("a  \n", ""),
    "tabs": ("\t", ""),
    "spaces": (" ", ""),
    "line ends": ("\n", ""),
    "spaces in a sentence": ("    ", "a"),
    "spaces in a heading": ("    ", "# a"),
    "tabs after HTML": ("\t", "</div>"),
    "footnotes": ("[^1] ", "[^1]: a\n\n"),
    "footnotes in themselves": ("[^1]", "[^1]: "),
    "footnote openers": ("[^", "[^1]: a\n\n"),
    "footnote definitions": ("[^a]: b\n", ""),
    "footnote definitions, nested": ("[^a]: ", ""),
    "terms": ("a\n: b\n\n", ""),
    "terms, colons": (": ", "a\n"),
    "tasks": ("- [ ] a\n", ""),
    "code, fenced": ("def f(x): return x\n", "```python\n"),
    "code, many fences": ("```python\nx = 1\n```\n", ""),
    "code, unclosed strings": ("'\"", "```python\n"),
    "fences, unclosed": ("```\n> ", ""),
    "videos": ("https://youtu.be/abc\n\n", ""),
    "frames": ('<iframe src="https://a.b/"></iframe>\n\n', ""),
    "anchors": ('<a id="x"></a>', ""),
    "ideographs": ("漢字　", ""),
    "combining marks": ("\u0301", "a"),
    "family": ("👩\u200d👧", ""),
    "directions": ("\u202eabc", ""),
    "quotation marks": ('"', ""),
    "nothing": ("\0", ""),
}


def hostile(size: int) -> dict[str, str]:
    """A text of each pattern that has about so many bytes."""
    texts = {}
    for name, (pattern, before) in PATTERNS.items():
        number = max(1, (size - len(before)) // len(pattern.encode()))
        texts[name] = before + pattern * number
    return texts


def ordinary(size: int) -> str:
    return (ORDINARY * (size // len(ORDINARY) + 1))[:size]


def measure(text: str) -> tuple[float, str]:
    """Seconds of CPU time, and what became of the text."""
    started = time.process_time()
    try:
        outcome = f"{len(markup.render(text, {}).html):,} characters"
    except markup.MarkupError as error:
        outcome = f"refused: {str(error)[:70]}"
    return time.process_time() - started, outcome


def report(title: str, texts: dict[str, str]) -> None:
    print(f"\n{title}\n{'input':32} {'bytes':>9} {'ms':>8} {'ratio':>6}  outcome")
    known: dict[int, float] = {}
    for name, text in texts.items():
        size = len(text.encode())
        rounded = max(1000, min(size, MIB - 1) // 1000 * 1000)
        if rounded not in known:
            known[rounded] = measure(ordinary(rounded))[0]
        seconds, outcome = measure(text)
        print(f"{name:32} {size:9,} {seconds * 1000:8.1f} {seconds / known[rounded]:6.2f}  {outcome}", flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--json", type=Path, help="a file that maps names to texts")
    options.add_argument("--size", type=int, action="append", help="bytes of each text (20000 and 1048000 by default)")
    arguments = options.parse_args()
    measure(ordinary(20_000))
    for size in arguments.size or [20_000, MIB - 1000]:
        report(f"{size:,} bytes each", {"ordinary article": ordinary(size), **hostile(size)})
    if arguments.json:
        report(arguments.json.name, json.loads(arguments.json.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
