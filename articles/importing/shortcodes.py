"""WordPress shortcodes: those of WordPress itself become HTML, those of plugins leave what they enclose."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from articles.importing.attachments import Attachment, Library

_SHORTCODE = re.compile(
    r"(?P<escaped>\[(?=\[))?\[(?P<closes>/)?(?P<name>[A-Za-z][\w-]{0,60})"
    r"(?P<attributes>(?:=[^\s\[\]<>\"']{1,500})?(?:\s(?:[^\[\]\"'<>]|\"[^\"]{0,1000}\"|'[^']{0,1000}'){0,2000}?)?)"
    r"\s*(?P<alone>/)?\](?P<escape_end>\])?"
)
_ATTRIBUTE = re.compile(
    r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|[”“″]([^”“″]*)[”“″]|([^\s\"']+))|\"([^\"]*)\"|'([^']*)'|(\S+)"
)
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)?[^<>]*>")
_WHOLE_VALUE = re.compile(r"\b(?:href|src)\s*=\s*(?:\"\s*\[/?[a-z][^\"\[\]]*\]\s*\"|'\s*\[/?[a-z][^'\[\]]*\]\s*')")
_BEFORE_ALONE = re.compile(r"(?:\A|\n|<(?:p|div|br)\b[^<>]*>|\])[ \t]*\Z", re.IGNORECASE)
_AFTER_ALONE = re.compile(r"[ \t]*(?:\Z|\n|</(?:p|div)>|<br\b|\[)", re.IGNORECASE)
_PICTURE = re.compile(r"\s*(?:<p>\s*)?(?:<a\b[^<>]*>\s*)?<img\b[^<>]*>(?:\s*</a>)?", re.IGNORECASE)

_LANGUAGES = {
    "actionscript3", "as3", "bash", "shell", "clojure", "clj", "coldfusion", "cf", "cpp", "c", "csharp", "css",
    "delphi", "pas", "diff", "patch", "erlang", "fsharp", "groovy", "html", "java", "javafx", "javascript", "js",
    "jscript", "latex", "matlab", "objc", "perl", "pl", "php", "plain", "powershell", "ps", "python", "py", "rails",
    "ruby", "rb", "scala", "sql", "text", "vb", "vbnet", "xhtml", "xml", "xslt", "yaml", "r", "go",
}  # fmt: skip
_CODE = {"code", "sourcecode", "source", *_LANGUAGES}
_FOOTNOTES = {"footnote", "footnotes", "ref", "fn", "efn_note", "mfn", "note"}
_SITES = {
    "youtube": "https://www.youtube.com/watch?v={}",
    "vimeo": "https://vimeo.com/{}",
    "dailymotion": "https://www.dailymotion.com/video/{}",
    "ted": "https://www.ted.com/talks/{}",
    "instagram": "https://www.instagram.com/p/{}/",
    **dict.fromkeys(("tweet", "twitter", "spotify", "soundcloud", "gist", "facebook", "tiktok", "slideshare"), ""),
}  # fmt: skip


@dataclass
class Shortcode:
    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)
    inner: str | None = None


@dataclass
class Expansion:
    """Expands the shortcodes of one post; ``unknown`` collects the names of those that only a plugin knows."""

    library: Library
    post: int = 0
    unknown: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    footnotes: list[str] = field(default_factory=list)

    def expand(self, text: str, *, certain: bool = False) -> str:
        """The text without shortcodes; ``certain`` says that it holds nothing else."""
        if "[" not in text:
            return text
        text = _TAG.sub(lambda tag: _WHOLE_VALUE.sub(self._without_address, tag[0]) if "[" in tag[0] else tag[0], text)
        found = _outside_of_code(text)
        return self._between(text, found, _partners(found), 0, len(found), (0, len(text)), certain)

    def _without_address(self, attribute: re.Match[str]) -> str:
        """A link whose address only a plugin knew."""
        self.unknown.update(re.findall(r"\[/?([a-z][\w-]*)", attribute[0]))
        return 'href=""'

    def _between(
        self,
        text: str,
        found: list[re.Match[str]],
        partners: dict[int, int],
        first: int,
        last: int,
        span: tuple[int, int],
        certain: bool,
    ) -> str:
        written = []
        position, end = span
        at = first
        while at < last:
            match = found[at]
            written.append(text[position : match.start()])
            partner = partners.get(at)
            if match["escaped"] and match["escape_end"]:
                written.append(html.escape(match[0][1:-1], quote=False).replace("[", "&#91;"))
            elif not (certain or self._is_shortcode(text, match, partner is not None)):
                written.append(match[0])
                partner = None
            elif match["closes"]:
                self.unknown.update({match["name"].lower()} - _KNOWN.keys())
            else:
                inner = None
                if partner is not None:
                    within = (match.end(), found[partner].start())
                    verbatim = match["name"].lower() in _CODE
                    inner = (
                        text[slice(*within)]
                        if verbatim
                        else self._between(text, found, partners, at + 1, partner, within, False)
                    )
                written.append(self._replace(_read(match, inner)))
            position = found[partner].end() if partner is not None else match.end()
            at = partner + 1 if partner is not None else at + 1
        return "".join([*written, text[position:end]])

    @staticmethod
    def _is_shortcode(text: str, match: re.Match[str], has_partner: bool) -> bool:
        """Whether it is one, and not words in square brackets such as ``[sic]`` or ``[2020]``."""
        name, attributes = match["name"], match["attributes"].strip()
        if match["closes"] or has_partner or name in _KNOWN or name in _SITES:
            return name not in _CODE | _FOOTNOTES or has_partner
        if match["alone"] or "_" in name or re.search(r"(?:^|\s)[\w-]+=[\"'”“\w]", attributes):
            return True
        if name != name.lower() or len(attributes.split()) > 1 or (attributes and not re.search(r"\d|/", attributes)):
            return False
        return bool(
            _BEFORE_ALONE.search(text, max(0, match.start() - 200), match.start())
            and _AFTER_ALONE.match(text, match.end())
        )

    def _replace(self, code: Shortcode) -> str:
        if code.name in _CODE:
            return _source_code(code)
        if code.name in _SITES:
            return self._site(code)
        if code.name in _FOOTNOTES and code.inner is not None:
            self.footnotes.append(code.inner)
            return f'<sup data-fn="{len(self.footnotes)}"></sup>'
        if code.name in _KNOWN:
            return _KNOWN[code.name](self, code)
        self.unknown.add(code.name)
        return code.inner or ""

    def _site(self, code: Shortcode) -> str:
        values = [*code.arguments, *code.attributes.values(), _without_tags(code.inner or "")]
        urls = [value.lstrip("=") for value in values if re.match(r"=?(?:https?:)?//", value.strip())]
        if urls:
            return _embedded(urls[0])
        names = [value.lstrip("=") for value in values if re.fullmatch(r"=?[\w-]{4,40}", value)]
        if names and _SITES[code.name]:
            return _embedded(_SITES[code.name].format(names[0]))
        self.unknown.add(code.name)
        return ""

    def caption(self, code: Shortcode) -> str:
        inner = code.inner or ""
        picture = _PICTURE.match(inner)
        if not picture:
            return inner
        text = inner[picture.end() :].strip() or html.unescape(code.attributes.get("caption", ""))
        return f"\n\n<figure>{picture[0].strip().removeprefix('<p>')}<figcaption>{text}</figcaption></figure>\n\n"

    def gallery(self, code: Shortcode) -> str:
        named = code.attributes.get("ids") or code.attributes.get("include")
        if named:
            pictures = [found for number in re.findall(r"\d+", named) if (found := self.library.get(number))]
        else:
            owner = code.attributes.get("id", "")
            excluded = set(re.findall(r"\d+", code.attributes.get("exclude", "")))
            pictures = self.library.of_post(int(owner) if owner.isdecimal() else self.post)
            pictures = [picture for picture in pictures if str(picture.id) not in excluded]
        shown = [picture for picture in pictures if picture.is_image]
        if not shown:
            self.notes.append(
                "A gallery is left out, because its pictures are not in the export. Export “All content”."
            )
            return ""
        return f'\n\n<figure class="wp-block-gallery">{"".join(map(_pictured, shown))}</figure>\n\n'

    def embed(self, code: Shortcode) -> str:
        url = _without_tags(code.inner or "").strip() or code.attributes.get("src", "")
        return _embedded(url)

    def media(self, code: Shortcode) -> str:
        tag = "video" if code.name in ("video", "wpvideo") else "audio"
        values = [
            value for key, value in code.attributes.items() if key not in ("poster", "preload", "width", "height")
        ]
        urls = [
            v.split("|")[0]
            for v in [*values, *code.arguments, _without_tags(code.inner or "")]
            if re.match(r"https?://|/", v.strip())
        ]
        if not urls:
            attached = self.library.get(code.attributes.get("id"))
            urls = [attached.url] if attached else []
        if not urls:
            self.notes.append(f"A player ({tag}) is left out, because it names no file.")
            return ""
        return f'\n\n<{tag} controls src="{html.escape(urls[0].strip())}"></{tag}>\n\n'

    def playlist(self, code: Shortcode) -> str:
        files = [found for n in re.findall(r"\d+", code.attributes.get("ids", "")) if (found := self.library.get(n))]
        if not files:
            self.notes.append("A playlist is left out, because its files are not in the export.")
        entries = "".join(f'<li><a href="{html.escape(f.url)}">{html.escape(f.title or f.url)}</a></li>' for f in files)
        return f"\n\n<ul>{entries}</ul>\n\n" if entries else ""


_KNOWN: dict[str, Callable[[Expansion, Shortcode], str]] = {
    "caption": Expansion.caption,
    "wp_caption": Expansion.caption,
    "gallery": Expansion.gallery,
    "embed": Expansion.embed,
    "audio": Expansion.media,
    "video": Expansion.media,
    "wpvideo": Expansion.media,
    "playlist": Expansion.playlist,
}


def _outside_of_code(text: str) -> list[re.Match[str]]:
    """What looks like a shortcode and begins neither within a tag nor in preformatted text."""
    found = []
    position = 0
    for start, end in _text_spans(text):
        position = max(position, start)
        while (bracket := text.find("[", position, end)) >= 0:
            match = _SHORTCODE.match(text, bracket)
            if match:
                found.append(match)
            position = match.end() if match else bracket + 1
    return found


def _text_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where running text stands."""
    position = 0
    code = ""
    for tag in _TAG.finditer(text):
        if not code and position < tag.start():
            yield position, tag.start()
        position = tag.end()
        name = (tag[2] or "").lower()
        if code:
            code = "" if tag[1] and name == code else code
        elif name in ("pre", "code", "script", "style") and not tag[1]:
            code = name
    if not code:
        yield position, len(text)


def _partners(found: list[re.Match[str]]) -> dict[int, int]:
    """The position of the closing tag for that of each opening tag which has one."""
    partners: dict[int, int] = {}
    opened: dict[str, list[int]] = {}
    for at, match in enumerate(found):
        if match["escaped"] and match["escape_end"]:
            continue
        name = match["name"]
        if not match["closes"] and not match["alone"]:
            opened.setdefault(name, []).append(at)
        elif openers := opened.get(name):
            partners[openers.pop()] = at
    return _nested(partners)


def _nested(partners: dict[int, int]) -> dict[int, int]:
    """Without the pairs that cross another one."""
    kept: dict[int, int] = {}
    ends: list[int] = []
    for start in sorted(partners):
        while ends and ends[-1] < start:
            ends.pop()
        if len(ends) < 50 and (not ends or partners[start] < ends[-1]):
            kept[start] = partners[start]
            ends.append(partners[start])
    return kept


def _read(match: re.Match[str], inner: str | None) -> Shortcode:
    code = Shortcode(match["name"].lower(), inner=inner)
    for key, *values, quoted, single, bare in _ATTRIBUTE.findall(match["attributes"]):
        if key:
            code.attributes[key.lower()] = html.unescape(next(filter(None, values), ""))
        else:
            code.arguments.append(html.unescape(quoted or single or bare))
    return code


def _source_code(code: Shortcode) -> str:
    language = code.attributes.get("language") or code.attributes.get("lang") or ""
    if not language and code.name in _LANGUAGES - {"plain", "text"}:
        language = code.name
    source = code.inner or ""
    # The visual editor stores the code escaped, the text editor as it was typed.
    if "<" not in source:
        source = html.unescape(source)
    source = html.escape(source.strip("\n"), quote=False)
    return f'\n\n<pre data-language="{html.escape(language)}"><code>{source}</code></pre>\n\n'


def _pictured(picture: Attachment) -> str:
    caption = f"<figcaption>{html.escape(picture.caption)}</figcaption>" if picture.caption else ""
    return f'<figure><img src="{html.escape(picture.url)}" alt="{html.escape(picture.alt)}">{caption}</figure>'


def _embedded(url: str) -> str:
    return f"\n\n<p>{html.escape(html.unescape(url.strip()), quote=False)}</p>\n\n" if url.strip() else ""


def _without_tags(text: str) -> str:
    return re.sub(r"<[^<>]*>", "", text).strip()
