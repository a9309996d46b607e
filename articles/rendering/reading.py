"""What a reader reads: the text of a page, its number of words, and its beginning."""

import re
from html import unescape

from articles.rendering.rewriting import ATTRIBUTES, FOOTNOTE_REFERENCE, TAG

BLOCK_TAG = re.compile(
    r"</?(?:p|div|li|ul|ol|dl|dt|dd|tr|td|th|table|caption|figure|figcaption|blockquote|pre|h[1-6]|hr|br|details|summary)"
    rf"{ATTRIBUTES}>"
)
UNREAD = re.compile(rf'<a class="footnote-backref"{ATTRIBUTES}>[^<]*</a>|<rp>[^<]*</rp>')
PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)
# Chinese and Japanese are written without spaces; a word has about two characters.
UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
LETTER = re.compile(r"\w")
SENTENCE_END = re.compile(r"""[.!?…۔؟][)\]"'”’»]*(?=\s|$)|[。！？][」』）]*""")


def text_of(html: str) -> str:
    """The text of sanitised HTML: one line for each block."""
    html = UNREAD.sub("", FOOTNOTE_REFERENCE.sub("", html))
    text = unescape(TAG.sub("", BLOCK_TAG.sub("\n", html)))
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def lead_of(html: str, length: int = 300) -> str:
    """The beginning of the running text, without headings, code and tables."""
    paragraphs: list[str] = []
    size = 0
    for match in PARAGRAPH.finditer(html):
        paragraphs.append(text_of(match[1]))
        size += len(paragraphs[-1]) + 1
        if size > length:
            break
    return excerpt(" ".join(paragraphs), length)


def count_words(text: str) -> int:
    unspaced = len(UNSPACED.findall(text)) if not text.isascii() else 0
    if unspaced:
        text = UNSPACED.sub(" ", text)
    return sum(1 for word in text.split() if LETTER.search(word)) + (unspaced + 1) // 2


def excerpt(text: str, length: int = 300) -> str:
    """The beginning of a text, at most so many characters: whole sentences, else whole words and an ellipsis."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    ends = [match.end() for match in SENTENCE_END.finditer(text, 0, length + 1) if match.end() <= length]
    if ends and ends[-1] >= length * 0.4:
        return text[: ends[-1]]
    head, space, _ = text[:length].rpartition(" ")
    if not space or len(head) < length * 0.4:
        head = text[: length - 1]
    return head.rstrip(" ,;:–—-、，") + "…"
