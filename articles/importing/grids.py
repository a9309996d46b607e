"""HTML tables that Markdown can say: one row of headings, then rows of the same number of cells."""

import re

from articles.importing.tree import Element

_RULES = {"": "---", "left": ":---", "center": ":---:", "right": "---:"}


def rule_below(cell: Element) -> str:
    """The dashes that stand below a heading, with the alignment of its column."""
    return _RULES[_alignment(cell)]


def is_grid(table: Element, rows: list[Element]) -> bool:
    """Whether it has exactly what a Markdown table has: one row of headings, then rows of the same number of cells."""
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        return False
    if any(
        True for _ in table.iter("caption", "ul", "ol", "pre", "blockquote", "tfoot", "figure", "hr", "dl", "details")
    ):
        return False
    if any(cell.get("colspan", "1") != "1" or cell.get("rowspan", "1") != "1" for row in rows for cell in row):
        return False
    heads = set(table.iter("thead"))
    headed = [all(cell.tag == "th" for cell in row) or row.getparent() in heads for row in rows]
    return headed[0] and not any(headed[1:]) and all(cell.tag == "td" for row in rows[1:] for cell in row)


def _alignment(cell: Element) -> str:
    style = re.search(r"text-align:\s*(left|center|right)", cell.get("style", ""))
    classes = re.search(r"has-text-align-(left|center|right)", cell.get("class", ""))
    found = style[1] if style else classes[1] if classes else cell.get("align", "")
    return found if found in _RULES else ""
