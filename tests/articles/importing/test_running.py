import datetime
import io
import json
import zipfile

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.utils import timezone

from articles.importing import importer
from articles.models import Article, ImportRun
from articles.models.importing import ImportTakenOver
from articles.tasks import resume_imports, run_import

pytestmark = pytest.mark.django_db


def site(content="Low.", name="site.zip") -> ContentFile:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.md", f"---\ntitle: Tide\ndate: 2020-01-01\n---\n{content}")
        archive.writestr("b.md", "---\ntitle: [\n---\n")
    return ContentFile(buffer.getvalue(), name)


def test_an_upload_is_imported_by_the_worker_and_reported(editor):
    run = ImportRun.objects.start(site(), by=editor)
    run_import(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done, run.total, run.percent, run.error) == ("done", 2, 2, 100, "")
    assert run.report["articles"] == {"created": 1, "updated": 0, "unchanged": 0, "skipped": 1}
    assert run.report["problems"][0]["item"] == "b.md"
    assert Article.objects.get().author == editor
    assert storages["uploads"].listdir("imports")[1] == []


def test_the_same_upload_again_changes_nothing(editor):
    for _ in range(2):
        run = ImportRun.objects.start(site(), by=editor)
        run.perform()
    assert run.report["articles"]["unchanged"] == 1


def test_a_trial_stores_nothing(editor):
    run = ImportRun.objects.start(site(), by=editor, dry_run=True)
    run.perform()
    assert (run.report["articles"]["created"], run.report["dry_run"], Article.objects.exists()) == (1, True, False)


def test_an_upload_that_is_refused_fails_with_the_reason(editor):
    run = ImportRun.objects.start(ContentFile(b"nonsense", "x.bin"), by=editor)
    run.perform()
    run.refresh_from_db()
    assert (run.state, "neither a WordPress export" in run.error) == ("failed", True)


def test_two_workers_never_have_the_same_run(editor):
    run = ImportRun.objects.start(site(), by=editor)
    other = ImportRun.objects.get()
    assert run.claim()
    assert not other.claim()


def left_behind(run: ImportRun) -> ImportRun:
    ImportRun.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - datetime.timedelta(minutes=6))
    return ImportRun.objects.get(pk=run.pk)


def test_a_run_whose_worker_died_is_taken_over_and_the_first_worker_stops(
    editor, django_capture_on_commit_callbacks, settings
):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    run = ImportRun.objects.start(site(), by=editor)
    run.claim()
    assert left_behind(run).claim()
    with pytest.raises(ImportTakenOver):
        run.beat(1, 2)


def test_only_runs_without_a_worker_are_resumed(editor, monkeypatch):
    sent = []
    monkeypatch.setattr("articles.models.importing.enqueue", lambda task, pk: sent.append(pk))
    fresh, dead = (ImportRun.objects.start(site(), by=editor) for _ in range(2))
    sent.clear()
    assert fresh.claim()
    assert dead.claim()
    left_behind(dead)
    resume_imports()
    assert sent == [dead.pk]


def test_a_run_that_kills_its_workers_is_given_up(editor):
    run = ImportRun.objects.start(site(), by=editor)
    for _ in range(3):
        assert left_behind(run).claim()
    left_behind(run)
    resume_imports()
    run.refresh_from_db()
    assert (run.state, run.error[:21]) == ("failed", "It broke off 3 times.")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.md").write_text("---\ntitle: Tide\n---\nLow.")
    return tmp_path


def test_the_command_writes_a_report_as_text_and_as_json(folder, tmp_path, capsys):
    call_command("import_content", str(folder), report=tmp_path / "r.json")
    report = json.loads((tmp_path / "r.json").read_text())
    kinds = {"articles", "pages", "images", "comments", "tags", "categories", "authors", "redirects"}
    assert set(report) == {*kinds, "source", "dry_run", "problems"}
    assert report["articles"] == {"created": 1, "updated": 0, "unchanged": 0, "skipped": 0}
    assert "articles              1          0          0          0" in capsys.readouterr().out


def test_the_command_reads_several_sources_in_order(folder, tmp_path, capsys):
    call_command("import_content", str(folder), str(folder), dry_run=True)
    assert capsys.readouterr().out.count("This was a trial") == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"media": "missing"}, "--media: there is no folder"),
        ({"report": "missing/r.json"}, "--report: there is no folder"),
        ({"base_url": "old.example"}, "--base-url"),
        ({"author": "nobody@example.org"}, "no user with the e-mail"),
    ],
)
def test_a_wrong_option_is_named(folder, options, message):
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    with pytest.raises(CommandError, match=message):
        call_command("import_content", str(folder), *arguments)


def test_a_source_that_is_refused_is_one_clear_line():
    with pytest.raises(CommandError, match=r"^/nowhere: There is no file or folder"):
        call_command("import_content", "/nowhere")


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "total"),
    [("jekyll-posts", 102), ("python-frontmatter-tests", 11), ("opensource-guide-i18n", 77)],
)
def test_a_real_collection_arrives_whole_and_only_once(shared_data, capsys, name, total):
    statistics = json.loads((shared_data / "markdown" / "STATS.json").read_text())[name]
    from articles.importing.markdown import MarkdownFolder

    for _ in range(2):
        report = importer.Importer(MarkdownFolder(shared_data / "markdown" / name)).run()
    assert total == statistics["files"] == sum(sum(report.counts[kind].values()) for kind in ("articles", "pages"))
    assert report.counts["articles"]["created"] == report.counts["articles"]["updated"] == 0
    assert not Article.objects.filter(content_html__contains="<script").exists()
