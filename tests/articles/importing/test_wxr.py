"""What of an export file is read at all: hostile and broken files are refused as a whole, with one clear message."""

import subprocess
import sys
from pathlib import Path

import pytest

from articles.errors import ImportRefused
from articles.importing.wordpress import WordPressExport
from articles.importing.wxr import MisplacedEnd, WxrFile

SAMPLE = (Path(__file__).parent / "samples" / "old.xml").read_bytes()
LAUGHS = b'<!DOCTYPE x [<!ENTITY a0 "ha">' + b"".join(
    b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)
)
PARAMETERS = b'<!DOCTYPE x [<!ENTITY % a "ha"><!ENTITY % b "%a;%a;%a;">%b;]>'


@pytest.fixture
def refusal(tmp_path):
    """The message with which a file of these bytes is refused."""

    def refuse(content: bytes) -> str:
        path = tmp_path / "export.xml"
        path.write_bytes(content)
        with pytest.raises(ImportRefused) as refused:
            WordPressExport(path)
        return str(refused.value)

    return refuse


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an XML file"),
        (bytes(range(256)) * 20, "not an XML file"),
        (b'{"posts": []}', "not an XML file"),
        (b"<!DOCTYPE html><html><body>Log in<br></body></html>", "HTML page"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'/>", "begins with <feed>"),
        (b"<rss><channel><title>News</title></channel></rss>", "wxr_version is missing"),
        (SAMPLE.replace(b">1.0</wp:wxr", b">9.9</wp:wxr"), "“9.9” (line 9)"),
        (SAMPLE.replace(b">1.0</wp:wxr", b">abc</wp:wxr"), "“abc” (line 9)"),
        (SAMPLE[:1200], "ends in the middle (line"),
        (SAMPLE[:-8], "ends in the middle (line"),
        (SAMPLE.replace(b"</item>", b"</itm>"), "not well-formed XML (line 29"),
        (SAMPLE + b"<more/>", "not well-formed XML (line"),
        (SAMPLE.replace(b"An old", "Größe".encode("latin-1")), "not in the encoding which it declares (line 7"),
        (SAMPLE.replace(b"UTF-8", b"X-NONE"), "not in the encoding which it declares (line 1"),
        (SAMPLE.replace(b"An old", b"An&nbsp;old"), "an entity that XML does not know (line 7"),
        (SAMPLE.replace(b"An old", b"old" * 3_500_000), "more than 10 million characters"),
        (SAMPLE.replace(b"<item>", b"<a>" * 1000 + b"</a>" * 1000 + b"<item>"), "nested more than 100"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_file_is_refused_with_what_is_wrong_and_where(refusal, content, message):
    assert message in refusal(content)


@pytest.mark.parametrize(
    "declaration",
    [
        LAUGHS + b"]>",
        PARAMETERS,
        b'<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/hostname">]>',
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
    ids=["laughs", "parameters", "file", "dtd"],
)
def test_a_file_that_declares_entities_is_refused(refusal, declaration):
    content = SAMPLE.replace(b"<rss", declaration + b"<rss", 1).replace(b"An old", b"&a9;&file;")
    assert "document type" in refusal(content) or "not well-formed" in refusal(content)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf\n  " + SAMPLE,
        SAMPLE.replace(b"An old", b"An\x0b old\x00\xef\xbf\xbe"),
        SAMPLE.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        SAMPLE.replace(b"UTF-8", b"ISO-8859-1"),
    ],
    ids=["blank lines before it", "control characters", "UTF-16", "Latin-1"],
)
def test_what_real_exports_get_wrong_does_no_harm(tmp_path, content):
    path = tmp_path / "export.xml"
    path.write_bytes(content)
    assert next(r.text for r in WxrFile(path).records() if r.name == "title") == "An old diary"


def test_a_nested_cdata_section_is_text(tmp_path):
    path = tmp_path / "export.xml"
    path.write_bytes(SAMPLE.replace(b"second", b"<![CDATA[ second ]]> :)"))
    file = WxrFile(path)
    with pytest.raises(MisplacedEnd):
        list(file.records())
    file.repair_cdata()
    post = list(file.records())[-1]
    assert post.get("content:encoded").endswith("<![CDATA[ second ]]> :) * paragraph")
    assert list(WordPressExport(path).items())[-1].content.endswith(":) * paragraph")


def test_a_large_export_is_read_in_little_memory(tmp_path):
    head, post, tail = SAMPLE.partition(b"<item>")[0], *SAMPLE[SAMPLE.index(b"<item>") :].rpartition(b"</item>")[::2]
    path = tmp_path / "export.xml"
    with path.open("wb") as file:
        file.write(head)
        for number in range(1500):
            larger = post.replace(b"second", b"word " * 4_000).replace(b">3<", b">%d<" % number)
            file.write(larger + b"</item>")
        file.write(tail)
    assert path.stat().st_size > 30_000_000
    script = (
        "import resource, sys; from pathlib import Path; from articles.importing.wxr import WxrFile;"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "print(sum(1 for _ in WxrFile(Path(sys.argv[1])).records()),"
        " resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    records, growth = map(int, result.stdout.split())
    kilobytes = growth if sys.platform != "darwin" else growth // 1024
    assert records == 1506
    assert kilobytes < 10_000
