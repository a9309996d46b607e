import gzip
import stat
import zipfile

import pytest

from articles.errors import ImportRefused
from articles.importing import archives
from articles.importing.sources import open_source

POST = "---\ntitle: Tide\n---\nLow."


@pytest.fixture
def pack(tmp_path):
    """A zip with these files; a ZipInfo in place of a name sets everything else."""

    def make(files):
        path = tmp_path / "site.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files:
                archive.writestr(name, content)
        return path

    return make


def special(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def test_a_zip_with_a_base_folder_is_read(pack):
    path = pack([("my-site/posts/a.md", POST), ("__MACOSX/my-site/._a.md", "x"), ("my-site/.DS_Store", "x")])
    with open_source(path, name="my-site.zip") as reader:
        assert (reader.name, [item.title for item in reader.items()]) == ("markdown:my-site.zip", ["Tide"])


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([("../a.md", POST)], "leads out of its folder"),
        ([("a/../../b.md", POST)], "leads out of its folder"),
        ([("/etc/a.md", POST)], "leads out of its folder"),
        ([("..\\a.md", POST)], "leads out of its folder"),
        ([("C:/a.md", POST)], "leads out of its folder"),
        ([(special("a.md", stat.S_IFLNK | 0o777), "/etc/passwd")], "a link or a device"),
        ([(special("a.md", stat.S_IFIFO | 0o777), "")], "a link or a device"),
        ([("a.md", b"\0" * 20_000_000)], "100 times its size"),
        ([], "empty"),
        ([(f"{n}.md", "") for n in range(10_001)], "10,001 files"),
    ],
)
def test_a_hostile_zip_is_refused_before_anything_is_written(pack, tmp_path, files, reason):
    target = tmp_path / "target"
    target.mkdir()
    with pytest.raises(ImportRefused, match=reason):
        archives.unzip(pack(files), target)
    assert not list(target.iterdir())


def test_a_damaged_zip_is_refused(pack, tmp_path):
    path = pack([("a.md", POST * 500)])
    path.write_bytes(path.read_bytes()[:60] + b"\0" * 20 + path.read_bytes()[80:])
    with pytest.raises(ImportRefused, match="damaged"), open_source(path):
        pass


def test_an_encrypted_zip_is_refused(pack, tmp_path):
    path = pack([("a.md", POST)])
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    path.write_bytes(data)
    with pytest.raises(ImportRefused, match="encrypted"), open_source(path):
        pass


def test_a_gzip_bomb_is_refused(tmp_path):
    path = tmp_path / "export.xml.gz"
    path.write_bytes(gzip.compress(b"\0" * 20_000_000))
    with pytest.raises(ImportRefused, match="100 times its size"), open_source(path):
        pass


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "is empty"), (b"hello", "neither a WordPress export"), (b"\x1f\x8bx", "damaged")]
)
def test_what_is_no_source_is_refused_with_what_is_one(tmp_path, content, reason):
    (tmp_path / "x.bin").write_bytes(content)
    with pytest.raises(ImportRefused, match=reason), open_source(tmp_path / "x.bin"):
        pass


def test_what_does_not_exist_is_named(tmp_path):
    with pytest.raises(ImportRefused, match="no file or folder"), open_source(tmp_path / "missing"):
        pass
