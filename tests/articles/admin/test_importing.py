import gzip
import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from articles.models import ImportRun

ADD = reverse("admin:articles_importrun_add")

pytestmark = pytest.mark.django_db


def a_run(**fields) -> ImportRun:
    return ImportRun.objects.create(source_name="old.xml", upload="imports/x", **fields)


def address(page: str, run: ImportRun) -> str:
    return reverse(f"admin:articles_importrun_{page}", args=[run.pk])


def test_a_file_is_uploaded_and_the_run_is_shown(client_of, editor):
    export = SimpleUploadedFile("old.xml", b'<?xml version="1.0"?><rss version="2.0"><channel></channel></rss>')
    response = client_of(editor).post(ADD, {"upload": export, "dry_run": "on"}, follow=True)
    run = ImportRun.objects.get()
    assert (run.source_name, run.dry_run, run.started_by) == ("old.xml", True, editor)
    assert "Waiting for a worker" in response.content.decode()


def test_a_compressed_export_may_be_chosen_and_is_read(client_of, editor):
    assert 'accept=".xml,.wxr,.zip,.gz"' in client_of(editor).get(ADD).content.decode()
    export = (Path(__file__).parents[1] / "importing/samples/old.xml").read_bytes()
    client_of(editor).post(ADD, {"upload": SimpleUploadedFile("old.xml.gz", gzip.compress(export))})
    run = ImportRun.objects.get()
    run.perform()
    assert (run.state, run.report["articles"]["created"]) == ("done", 1)


def test_an_import_without_a_file_is_told(client_of, editor):
    assert "This field is required" in client_of(editor).post(ADD, {}).content.decode()


def test_only_those_who_may_import_see_imports(client_of, author):
    run = a_run()
    client = client_of(author)
    pages = [ADD, address("change", run), address("progress", run), address("report", run)]
    assert [client.get(page).status_code for page in pages] == [403] * 4
    assert client.get(reverse("admin:articles_importrun_changelist")).status_code == 403


def test_the_progress_is_shown_with_and_without_scripts(client_of, editor):
    run = a_run(state="running", done=30, total=120)
    page = client_of(editor).get(address("change", run)).content.decode()
    assert 'max="120" value="30"' in page
    assert '<noscript><meta http-equiv="refresh"' in page
    answer = client_of(editor).get(address("progress", run)).json()
    assert answer == {"state": "running", "label": "Running", "done": 30, "total": 120}


def test_the_report_is_shown_and_downloaded(client_of, editor):
    report = {
        "articles": {"created": 12, "updated": 1, "unchanged": 0, "skipped": 2},
        "problems": [{"item": "post <14>", "reason": "It has no date."}],
    }
    run = a_run(state="done", report=report)
    page = client_of(editor).get(address("change", run)).content.decode()
    assert "post &lt;14&gt;" in page
    assert "1 problem" in page
    response = client_of(editor).get(address("report", run))
    assert json.loads(response.content) == report
    assert "attachment" in response["Content-Disposition"]


def test_a_failed_import_says_why(client_of, editor):
    run = a_run(state="failed", error="The file ends in the middle.")
    assert "The file ends in the middle." in client_of(editor).get(address("change", run)).content.decode()


def test_a_run_that_is_not_there_is_told(client_of, editor):
    for key in ("abc", "99"):
        response = client_of(editor).get(reverse("admin:articles_importrun_change", args=[key]))
        assert response.status_code in (302, 404)
