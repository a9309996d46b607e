"""What generators of sites write into Markdown: Liquid, Nunjucks and Tera tags, and the shortcodes of Hugo.

What has a meaning in Markdown gets it; the rest is left out, since a reader should never see it. Code stays as it is.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from articles.importing import links
from articles.importing.frontmatter import text_of

_PROTECTED = re.compile("\ue000(\\d+)\ue001")
# Where a block begins; where it ends is looked for only once for each kind that never ends, so that no text costs more
# than its length.
_OPENING = re.compile(
    r"^(?P<indent>[ \t>]*(?:[-*+][ \t]+|\d{1,9}[.)][ \t]+)?)(?P<fence>`{3,}+|~{3,}+)(?P<info>[^\n]*)"
    r"|\{%-?\s*(?P<raw>raw|verbatim)\s*-?%\}"
    r"|\{%-?\s*(?P<block>highlight|codeblock|code)\b(?P<liquid>[^%]{0,300})%\}"
    r"|\{\{[<%]\s*(?P<short>highlight|hl|code|code-toggle)\b(?P<hugo>[^>%/]{0,300})[>%]\}\}"
    r"|\{\{(?P<open>[<%])/\*"
    r"|\{%-?\s*(?P<comment>comment)\b[^%]{0,300}%\}|(?P<nunjucks>\{\#)|(?P<hugo_comment>\{\{-?\s*/\*)"
    # The body of a loop says nothing without the data that it runs over.
    r"|\{%-?\s*(?P<loop>for|tablerow)\b[^%]{0,300}%\}"
    r"|\{%-?\s*(?P<other>else|elsif|elseif|elif)\b[^%]{0,300}%\}",
    re.MULTILINE,
)
_CLOSING = {
    "raw": re.compile(r"\{%-?\s*end(?:raw|verbatim)\s*-?%\}"),
    "block": re.compile(r"\{%-?\s*end(?:highlight|codeblock|code)\s*-?%\}"),
    "short": re.compile(r"\{\{[<%]\s*/\s*(?:highlight|hl|code|code-toggle)\s*[>%]\}\}"),
    "open": re.compile(r"\*/[>%]\}\}"),
    "comment": re.compile(r"\{%-?\s*endcomment\s*-?%\}"),
    "nunjucks": re.compile(r"\#\}"),
    "hugo_comment": re.compile(r"\*/\s*-?\}\}"),
    "loop": re.compile(r"\{%-?\s*end(?:for|tablerow)\s*-?%\}"),
    "other": re.compile(r"(?=\{%-?\s*end(?:if|unless|case)\b)"),
}
_LIQUID_ONLY = frozenset({"raw", "block", "comment", "nunjucks", "loop", "other"})
# So many beginnings of tags that are none may a text have; what follows is no text for people.
MAX_FAILURES = 200
_TAG = re.compile(
    r"\{%-?\s*(?P<tag>[\w.-]+)?(?P<tag_rest>(?:\"[^\"]*\"|'[^']*'|[^%\"']|%(?!\})|[\"'])*?)-?%\}"
    r"|\{\{(?P<kind>[<%])\s*(?P<slash>/?)\s*(?P<code>[\w./-]*)(?P<code_rest>(?:\"[^\"]*\"|`[^`]*`|[^\"`])*?)\s*/?\s*[>%]\}\}"
    r"|\{\{-?(?P<output>[^{}\n]*(?:\n[^{}\n]*){0,5}?)-?\}\}",
    re.DOTALL,
)
_ARGUMENT = re.compile(
    r"(?:(?P<name>[\w-]+)\s*[=:]\s*)?(?:\"(?P<double>(?:\\.|[^\"\\])*)\"|'(?P<single>(?:\\.|[^'\\])*)'|`(?P<tick>[^`]*)`|(?P<bare>[^\s,=\"'`(){}|]+))"
)
_IN_DESTINATION = re.compile(
    r"(?:\]\(\s*<?|(?:href|src)\s*=\s*[\"']?|^\s{0,3}\[[^\]\n]+\]:\s*<?|<)[^\s\"'<>()]*\Z", re.MULTILINE
)
_VARIABLE = re.compile(r"[A-Za-z_][\w.\[\]'\"-]*")
_ATTRIBUTE_LIST = re.compile(
    r"[ \t]{0,9}\{:[^{}\n]{0,300}\}|(?<=\S)[ \t]{1,9}\{[#.][\w-][^{}\n]{0,300}\}[ \t]{0,9}$", re.MULTILINE
)
_CONTENTS_MARK = re.compile(
    r"^(?:[-*+]|\d\.)[ \t]+.{0,40}\n\{:\s*toc[^{}\n]*\}|^\[{1,2}_?toc_?\]{1,2}[ \t]*$", re.MULTILINE | re.IGNORECASE
)
_ALERT = re.compile(
    r"^([ \t]*(?:>[ \t]*)+)\[!(NOTE|TIP|INFO|IMPORTANT|WARNING|CAUTION|DANGER)\][+-]?[ \t]*([^\n]*)$",
    re.MULTILINE | re.IGNORECASE,
)
# Kramdown reads Markdown within an element that says so; CommonMark only after a blank line.
_MARKDOWN_ELEMENT = re.compile(
    r"^[ \t]*<(?P<name>div|section|aside|p|article|details|figure|figcaption|blockquote|header|footer|main|td|th|li)\b"
    r"(?P<before>[^<>]{0,300}?)\s{1,9}markdown\s*=\s*[\"']?(?:1|block|span)[\"']?(?P<after>[^<>]*)>[ \t]*",
    re.MULTILINE | re.IGNORECASE,
)
_SILENT = frozenset(
    "if unless case when else elsif elseif elif endif endunless endcase assign capture endcapture set endset "
    "liquid import from comment endcomment raw endraw layout extends block endblock macro endmacro end break "
    "continue increment decrement newtemplatesystem toc table_of_contents spaceless endspaceless clear /if "
    "more".split()
)
_IMAGE_TAGS = re.compile(r"(image|img|picture|figure|photo|pic|respimg|resize_image|imgproc)(?:$|[_-])", re.IGNORECASE)
_IMAGE_NAMES = ("src", "image_path", "image", "url", "file", "path", "img", "filename")
_IMAGE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|svg|bmp|tiff?)(?:\?|#|$)", re.IGNORECASE)


@dataclass
class Site:
    """What tags can ask for: ``resolve(target, kind)`` gives the link to a file, ``include(path)`` the text of one."""

    resolve: Callable[[str, str], str]
    include: Callable[[str], str | None]
    variables: dict[str, Any] = field(default_factory=dict)
    # Go templates stand in the text of Hugo's own documentation; Liquid and Nunjucks do not.
    has_liquid: bool = True


@dataclass
class Arguments:
    positional: list[str] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)
    quoted: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, text: str) -> "Arguments":
        arguments = cls()
        for match in _ARGUMENT.finditer(text):
            quoted = next((match[name] for name in ("double", "single", "tick") if match[name] is not None), None)
            value = match["bare"] if quoted is None else re.sub(r"\\([\"'\\])", r"\1", quoted)
            if match["name"]:
                arguments.named[match["name"].lower()] = value
            else:
                arguments.positional.append(value)
                arguments.quoted += [] if quoted is None else [value]
        return arguments

    def get(self, *names: str, position: int | None = None) -> str:
        for name in names:
            if self.named.get(name):
                return self.named[name]
        return self.positional[position] if position is not None and position < len(self.positional) else ""


class Templating:
    """One text."""

    def __init__(self, site: Site, depth: int = 0) -> None:
        self._site = site
        self._depth = depth
        self._protected: list[str] = []
        self._failures = 0
        self.left_out: list[str] = []

    def render(self, text: str) -> str:
        """The text without tags."""
        text = text.replace("\ue000", "").replace("\ue001", "")
        text = self._without_blocks(text)
        text = _open_elements(_CONTENTS_MARK.sub("", text))
        pieces = [part.text if part.is_code else self._open_text(part.text) for part in links.segments(text)]
        return self._restore("".join(pieces))

    # Code is put aside, so that nothing below changes it

    def _protect(self, text: str) -> str:
        self._protected.append(text)
        return f"\ue000{len(self._protected) - 1}\ue001"

    def _restore(self, text: str) -> str:
        for _ in range(5):
            text, count = _PROTECTED.subn(lambda match: self._protected[int(match[1])], text)
            if not count:
                break
        return text

    def _without_blocks(self, text: str) -> str:
        """Puts code aside, and leaves out comments, loops and the branches of conditions."""
        pieces = []
        position = 0
        endless: set[str] = set()
        while opening := _OPENING.search(text, position):
            kind = next(name for name in ("fence", *_CLOSING) if opening[name] is not None)
            is_text = kind in endless or (kind in _LIQUID_ONLY and not self._site.has_liquid)
            end = None if is_text else _end_of(kind, opening, text)
            if end is None:
                endless |= {kind} - {"fence"}
                pieces.append(text[position : opening.end()])
                position = opening.end()
                continue
            pieces += [
                text[position : opening.start()],
                self._block(kind, opening, text[opening.end() : end[0]], text[opening.start() : end[1]]),
            ]
            position = end[1]
        return "".join([*pieces, text[position:]])

    def _block(self, kind: str, opening: re.Match[str], inner: str, whole: str) -> str:
        if kind == "fence":
            shown = re.sub(r"\{%-?\s*(?:end)?raw\s*-?%\}\n?", "", whole) if self._site.has_liquid else whole
            return self._protect(re.sub(r"\{\{([<%])/\*(.*?)\*/([>%])\}\}", r"{{\1\2\3}}", shown))
        if kind == "raw":
            return self._protect(inner)
        if kind in {"block", "short"}:
            return self._code(opening, inner)
        if kind == "open":
            return self._protect(f"{{{{{opening['open']}{inner}{whole[-3:]}")
        if kind == "loop":
            self.left_out.append("for")
        return ""

    def _code(self, opening: re.Match[str], inner: str) -> str:
        arguments = opening["liquid"] if opening["block"] else opening["hugo"]
        code = inner.strip("\n")
        language = Arguments.of(arguments).get("lang", "language", position=0)
        if opening["short"] == "code-toggle":
            language = "toml" if re.search(r"^\s*\[|^\S+\s*=", code, re.MULTILINE) else "yaml"
        if "hl_inline=true" in arguments or opening["short"] == "hl":
            return self._protect(code_span(code.strip()))
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", code) or [""]))
        language = language if re.fullmatch(r"[\w+#.-]*", language) else ""
        return "\n\n" + self._protect(f"{fence}{language}\n{code}\n{fence}") + "\n\n"

    # Tags

    def _open_text(self, text: str) -> str:
        text = _ALERT.sub(lambda match: f"{match[1]}**{match[3] or match[2].capitalize()}**  ", text)
        pieces = []
        position = 0
        for match in re.finditer(r"`+|\{[%{]|\ue000\d+\ue001", text):
            if match.start() < position:
                continue
            pieces.append(text[position : match.start()])
            if match[0][0] == "`":
                position = links.after_code_span(text, match.start())
                pieces.append(text[match.start() : position])
            elif match[0][0] == "\ue000":
                position = match.end()
                pieces.append(self._shown(match[0]))
            else:
                replacement, position = self._replace_tag(text, match.start(), "".join(pieces[-5:]))
                pieces.append(replacement)
        pieces.append(text[position:])
        joined = "".join(pieces)
        return "".join(self._without_attribute_lists(joined))

    @staticmethod
    def _without_attribute_lists(text: str) -> str:
        return _ATTRIBUTE_LIST.sub("", text) if "{" in text else text

    def _shown(self, placeholder: str) -> str:
        """Verbatim text outside code, which looks like a tag to a reader unless it is set as code."""
        verbatim = self._protected[int(placeholder[1:-1])]
        if "{" in verbatim and "\n" not in verbatim and "`" not in verbatim:
            return self._protect(code_span(verbatim.strip()))
        return placeholder

    def _replace_tag(self, text: str, start: int, before: str) -> tuple[str, int]:
        match = _TAG.match(text, start, min(len(text), start + 4000)) if self._failures < MAX_FAILURES else None
        if match is None:
            self._failures += 1
            return text[start : start + 2], start + 2
        in_destination = bool(_IN_DESTINATION.search(before[-500:]))
        if match["output"] is not None:
            result = self._output(match["output"].strip(" -\t\n"), match[0], in_destination=in_destination)
        elif match["kind"] is not None:
            alone = _is_alone(text, match)
            result = "" if match["slash"] else self._call(match["code"], match["code_rest"], in_destination, alone)
        elif not self._site.has_liquid and not match["tag"]:
            result = match[0]
        else:
            result = self._call(match["tag"] or "", match["tag_rest"], in_destination, _is_alone(text, match))
        return result, match.end()

    def _output(self, expression: str, whole: str, *, in_destination: bool) -> str:
        head, *filters = [part.strip() for part in expression.split("|")]
        literal = re.fullmatch(r"\"([^\"]*)\"|'([^']*)'", head)
        if literal:
            value = literal[1] or literal[2] or ""
            return quote(value, safe="%/:=&?~#+!$,;'@()*[]-._") if in_destination else value
        if call := re.fullmatch(r"(\w+)\s*\((.*)\)", head, re.DOTALL):
            return self._call(call[1], call[2], in_destination, alone=False)
        if not _VARIABLE.fullmatch(head):
            return (
                self._protect(code_span(whole))
                if not in_destination and "`" not in whole
                else self._unknown(head, in_destination)
            )
        value = self._site.variables.get(head.lower())
        if value is not None:
            return text_of(value)
        if not self._site.has_liquid and not filters:
            return whole
        return self._unknown(head, in_destination)

    def _unknown(self, name: str, in_destination: bool) -> str:
        """In a link an unknown value makes the whole address unknown; elsewhere it is left out."""
        self.left_out.append(name)
        return f"item:{quote(name, safe='')}" if in_destination else ""

    def _call(self, name: str, rest: str, in_destination: bool, alone: bool) -> str:
        arguments = Arguments.of(rest)
        key = name.lower()
        if key in _SILENT or key.startswith("end"):
            return ""
        if key in _LINKS:
            target = arguments.get("path", position=0) if key in {"ref", "relref"} else rest.strip().strip("\"'")
            return self._site.resolve(target, key)
        if key in _SIMPLE:
            return _SIMPLE[key](arguments)
        if key in {"include", "include_relative", "include_cached", "render", "readfile"}:
            return self._include(name, arguments)
        if key == "param":
            value = self._site.variables.get(f"page.{arguments.get(position=0).lower()}")
            return text_of(value)
        if _IMAGE_TAGS.match(key):
            return self._image(name, arguments)
        if in_destination:
            return self._unknown(f"{name} {rest.strip()}".strip(), in_destination)
        self.left_out.append(name)
        # Within a sentence the word that a shortcode was given is most likely the word that it showed.
        return "" if alone or len(arguments.quoted) != 1 or arguments.named else arguments.quoted[0]

    def _include(self, name: str, arguments: Arguments) -> str:
        path = arguments.get("file", "path", position=0)
        if any(_IMAGE_FILE.search(arguments.named.get(key, "")) for key in _IMAGE_NAMES):
            return self._image(name, arguments)
        if "youtube" in path and (video := arguments.get("id", "video", "video_id")):
            return _video("https://www.youtube.com/watch?v={}", video)
        text = self._site.include(path) if self._depth < 3 else None
        if text is None:
            self.left_out.append(f"{name} {path}".strip())
            return ""
        inner = Templating(self._site, self._depth + 1)
        rendered = inner.render(text).strip()
        self.left_out += inner.left_out
        return self._protect(rendered)

    def _image(self, name: str, arguments: Arguments) -> str:
        named = next((arguments.named[key] for key in _IMAGE_NAMES if arguments.named.get(key)), "")
        positional = arguments.positional[0] if arguments.positional else ""
        source = named if _IMAGE_FILE.search(named) or not positional else positional
        if not source:
            self.left_out.append(name)
            return ""
        position = 2 if "class" in name.lower() else 1
        quoted = arguments.quoted
        alt = arguments.get("alt", "alt_text", "title") or (quoted[position] if position < len(quoted) else "")
        caption = arguments.get("caption", "title")
        if "://" not in source:
            source = self._site.resolve(source, "image")
        target = quote(source, safe="%/:=&?~#+!$,;'@*[]-._")
        alt = _escape(alt or caption)
        shown = caption and caption != alt
        picture = f"![{alt}]({target}" + (
            ' "{}")'.format(caption.replace('"', "”").replace("\n", " ")) if shown else ")"
        )
        link = arguments.get("link", "href")
        return f"[{picture}]({quote(link, safe='%/:=&?~#+!$,;@*')})" if link else picture


def code_span(code: str) -> str:
    """Code within a line, whatever backticks it holds."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    mark = "`" * (longest + 1)
    pad = " " if code.startswith("`") or code.endswith("`") else ""
    return f"{mark}{pad}{code}{pad}{mark}"


def _end_of(kind: str, opening: re.Match[str], text: str) -> tuple[int, int] | None:
    """Where the closing tag of a block begins and ends. A fence that nothing closes goes on to the end."""
    if kind == "fence":
        if opening["fence"][0] == "`" and "`" in opening["info"]:
            return None
        closing = re.compile(rf"^[ \t>]*{re.escape(opening['fence'])}[`~]*[ \t]*$", re.MULTILINE)
    else:
        closing = _CLOSING[kind]
    found = closing.search(text, opening.end())
    if found is None:
        return (len(text), len(text)) if kind == "fence" else None
    return found.span()


def _open_elements(text: str) -> str:
    """Blank lines around the tags of elements whose content is Markdown; paragraphs need no tags then."""
    names = {match["name"].lower() for match in _MARKDOWN_ELEMENT.finditer(text)}
    if not names:
        return text

    def opened(match: re.Match[str]) -> str:
        if match["name"].lower() == "p":
            return "\n\n"
        return f"\n\n<{match['name']}{match['before']}{match['after']}>\n\n"

    text = _MARKDOWN_ELEMENT.sub(opened, text)
    closing = re.compile(rf"^[ \t]*</({'|'.join(names)})>[ \t]*$", re.MULTILINE | re.IGNORECASE)
    return closing.sub(lambda match: "\n" if match[1].lower() == "p" else f"\n{match[0].strip()}\n", text)


def _is_alone(text: str, match: re.Match[str]) -> bool:
    """Whether the tag is all that stands in its line."""
    line_start = text.rfind("\n", 0, match.start()) + 1
    line_end = text.find("\n", match.end())
    rest = text[line_start : match.start()] + text[match.end() : line_end if line_end >= 0 else len(text)]
    return not rest.strip()


def _escape(text: str) -> str:
    return re.sub(r"([\[\]\\])", r"\\\1", " ".join(text.split()))


def _video(pattern: str, identity: str) -> str:
    identity = identity.strip()
    if not re.fullmatch(r"[\w./-]{1,100}", identity):
        return ""
    return f"\n\n{pattern.format(identity)}\n\n"


def _youtube(arguments: Arguments) -> str:
    return _video(
        "https://www.youtube.com/watch?v={}",
        arguments.get("id", "video_id", position=0).rpartition("v=")[2].rpartition("/")[2],
    )


def _vimeo(arguments: Arguments) -> str:
    return _video("https://vimeo.com/{}", arguments.get("id", position=0).rpartition("/")[2])


def _gist(arguments: Arguments) -> str:
    place = "/".join(arguments.positional[:2]) or arguments.get("id", "gist_id")
    return _video("https://gist.github.com/{}", place)


def _tweet(arguments: Arguments) -> str:
    user, identity = arguments.get("user") or "i", arguments.get("id", position=-1 if arguments.positional else None)
    if "://" in identity:
        return f"\n\n{identity}\n\n"
    return _video(f"https://x.com/{user}/status/{{}}", identity)


def _instagram(arguments: Arguments) -> str:
    return _video("https://www.instagram.com/p/{}/", arguments.get("id", position=0))


def _details(arguments: Arguments) -> str:
    summary = arguments.get("summary", "title", position=0) or "Details"
    return f"**{summary}**\n"


_LINKS = frozenset({"ref", "relref", "post_url", "link"})
_SIMPLE: dict[str, Callable[[Arguments], str]] = {
    "youtube": _youtube, "youtubeplayer": _youtube, "vimeo": _vimeo, "gist": _gist, "x": _tweet, "tweet": _tweet,
    "twitter": _tweet, "twitter_simple": _tweet, "x_simple": _tweet, "instagram": _instagram,
    "instagram_simple": _instagram, "details": _details,
}  # fmt: skip
