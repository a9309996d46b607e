"""What HTML may stand on a page: allow-lists of elements, attributes, classes and schemes; all else is dropped."""

import re

import nh3

from articles.rendering import embeds, highlighting

TEXT = set(
    "a abbr b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption figure "
    "h1 h2 h3 h4 h5 h6 hr i img input ins kbd li mark ol p pre q rp rt ruby s samp small span strong sub summary sup "
    "table tbody td tfoot th thead time tr u ul var wbr audio video source track".split()
)
# Elements whose content is no text of the article either.
HIDDEN = set(
    "script style template noscript noembed noframes object embed applet svg math title head "
    "textarea select xmp".split()
)
ATTRIBUTES: dict[str, set[str]] = {
    "*": {"dir", "id", "lang", "title"},
    "a": {"aria-label", "href", "rel"},
    "audio": {"loop", "src"},
    "blockquote": {"cite"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"cite"},
    "details": {"open"},
    "div": {"aria-label"},
    "img": {"alt", "height", "src", "width"},
    "input": {"checked", "disabled"},
    "ins": {"cite"},
    "li": {"value"},
    "ol": {"reversed", "start"},
    "pre": {"data-language"},
    "q": {"cite"},
    "source": {"src", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"abbr", "colspan", "rowspan"},
    "time": {"datetime"},
    "track": {"kind", "label", "src", "srclang"},
    "video": {"height", "loop", "poster", "src", "width"},
}
# Only what articles.markup itself writes has these, and only after the first cleaning.
GENERATED_ATTRIBUTES = {
    "audio": {"controls", "preload"},
    "img": {"decoding", "loading", "sizes", "srcset"},
    "input": {"aria-label"},
    "source": {"height", "sizes", "srcset", "width"},
    "video": {"controls", "preload"},
}
VALUES = {
    "a": {"role": {"doc-backlink", "doc-noteref"}},
    "div": {"role": {"doc-endnotes", "region"}, "tabindex": {"0"}},
    "input": {"type": {"checkbox"}},
    "ol": {"type": {"1", "a", "A", "i", "I"}},
    "pre": {"tabindex": {"0"}},
    "th": {"scope": {"col", "row", "colgroup", "rowgroup"}},
}
CELL_CLASSES = {"align-left", "align-center", "align-right"}
FIGURE_CLASSES = {"align-left", "align-center", "align-right", "wide", "full"}
CLASSES: dict[str, set[str]] = {
    "a": {"footnote-backref"},
    "div": {"footnotes", "gallery", "table-scroll"},
    "figure": FIGURE_CLASSES,
    "img": FIGURE_CLASSES,
    "li": {"task-list-item"},
    "p": set(embeds.CLASSES),
    "pre": {"highlight"},
    "span": {"embed-title", "embed-site", *highlighting.CLASSES},
    "sup": {"footnote-ref"},
    "td": CELL_CLASSES,
    "th": CELL_CLASSES,
    "ul": {"contains-task-list"},
}
SCHEMES = {"http", "https", "mailto"}
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
FORMS = {
    "cite": re.compile(r"[^\s\"<>\\^`{|}]+"),
    "colspan": re.compile(r"0*[1-9][0-9]{0,2}"),
    "datetime": re.compile(
        r"P(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?(?<!P)|\d{4}(?:-W\d\d)?"
        r"|\d{4}-(?:0[1-9]|1[0-2])|(?:\d{4}-)?(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
        r"|(?:\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[T ])?"
        r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,3})?)?(?:Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?"
    ),
    "dir": re.compile(r"ltr|rtl|auto"),
    "height": re.compile(r"[0-9]{1,6}"),
    "id": re.compile(r"\S+"),
    "kind": re.compile(r"subtitles|captions|descriptions|chapters|metadata"),
    "label": re.compile(r".*\S.*"),
    "lang": LANGUAGE,
    "rowspan": re.compile(r"[0-9]{1,4}"),
    "span": re.compile(r"0*[1-9][0-9]{0,2}"),
    "srclang": LANGUAGE,
    "start": re.compile(r"-?[0-9]{1,6}"),
    "type": re.compile(r"checkbox|[1aAiI]|[\w.+-]+/[\w.+-]+(?:;.*)?"),
    "value": re.compile(r"-?[0-9]{1,6}"),
    "width": re.compile(r"[0-9]{1,6}"),
}
BOOLEAN = {"checked", "disabled", "loop", "open", "reversed"}

ADDRESSES = {"cite", "href", "poster", "src"}
# Characters that nobody sees, and that one program or another skips when it looks for the scheme.
INVISIBLE = re.compile("[\\s\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+")
RUNNING = re.compile(r"(?:javascript|vbscript|data|blob|file|about|view-source):", re.IGNORECASE)


def _in_form(element: str, attribute: str, value: str) -> str | None:
    if attribute in ADDRESSES and RUNNING.match(INVISIBLE.sub("", value)):
        return None
    if attribute in BOOLEAN:
        return ""
    form = FORMS.get(attribute)
    return value if form is None or form.fullmatch(value) else None


def _merged(*tables: dict[str, set[str]]) -> dict[str, set[str]]:
    names = {name for table in tables for name in table}
    return {name: set().union(*(table.get(name, set()) for table in tables)) for name in names}


_first = nh3.Cleaner(
    tags=TEXT | {"iframe"},
    clean_content_tags=HIDDEN,
    attributes=_merged(ATTRIBUTES, {"a": {"name"}, "iframe": {"src"}}),
    attribute_filter=_in_form,
    tag_attribute_values=VALUES,
    allowed_classes=CLASSES,
    url_schemes=SCHEMES,
    link_rel=None,
)
_last = nh3.Cleaner(
    tags=TEXT | {"picture"},
    clean_content_tags=HIDDEN | {"iframe"},
    attributes=_merged(ATTRIBUTES, GENERATED_ATTRIBUTES),
    attribute_filter=_in_form,
    tag_attribute_values=VALUES,
    allowed_classes=CLASSES,
    url_schemes=SCHEMES,
    link_rel=None,
)


def normalise(html: str) -> str:
    """Well-formed HTML without anything dangerous, so that it can be rewritten; frames are still in it."""
    return _first.clean(html).replace(' class=""', "")


def sanitise(html: str) -> str:
    """HTML that may stand on a page. Nothing may be done to it afterwards."""
    return _last.clean(html)
