"""What workers do for articles."""

from celery import shared_task

from articles import renditions
from articles.models import Image, ImportRun


@shared_task(soft_time_limit=240, time_limit=300)
def process_image(pk: int) -> None:
    for image in Image.objects.filter(pk=pk):
        renditions.prepare(image)


@shared_task
def repair_images() -> None:
    renditions.repair()


# An import of a gigabyte takes hours; a worker that dies in it is noticed by the missing heartbeat.
@shared_task(soft_time_limit=12 * 3600, time_limit=12 * 3600 + 60)
def run_import(pk: int) -> None:
    for run in ImportRun.objects.filter(pk=pk):
        run.perform()


@shared_task
def resume_imports() -> None:
    ImportRun.objects.resume()
