import pytest
from django.template import Context, Template

from articles import tasks
from articles.models import Image
from tests.pictures import photo

pytestmark = pytest.mark.django_db


def rendered(tag: str, image: Image) -> str:
    return Template("{% load pictures %}" + tag).render(Context({"image": image}))


@pytest.fixture
def image():
    image = Image.objects.store(photo(400, 300), alt='The "tide" <b>')
    tasks.process_image(image.pk)
    return Image.objects.get()


def test_a_picture_has_every_format_its_size_and_its_text(image):
    html = rendered('{% picture image sizes="50vw" %}', image)
    assert html.count("<source") == 3
    assert html.index("image/avif") < html.index("image/webp") < html.index("image/jpeg")
    assert 'sizes="50vw"' in html
    assert f'src="/media/{image.name}" width="400" height="300" alt="The &quot;tide&quot; &lt;b&gt;"' in html
    assert 'loading="lazy"' in html


def test_the_picture_that_readers_see_first_is_fetched_at_once(image):
    html = rendered('{% picture image priority=True css_class="cover" %}', image)
    assert 'fetchpriority="high"' in html
    assert 'class="cover"' in html
    assert "lazy" not in html


def test_a_decorative_picture_has_an_empty_text(image):
    assert 'alt=""' in rendered('{% picture image alt="" %}', image)


def test_before_a_worker_is_done_there_is_the_image_alone():
    html = rendered("{% picture image %}", Image.objects.store(photo()))
    assert "<source" not in html
    assert "<img" in html
