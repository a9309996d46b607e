"""The least valid row of each model; traits name states."""

import datetime
import functools

import factory
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import User
from articles.models import Article, Category, Series, Tag

PASSWORD = "correct horse battery"


@functools.cache
def hashed(password: str) -> str:
    """Argon2 is slow on purpose; one hash serves all people in the tests."""
    return make_password(password)


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.Sequence(lambda n: f"person{n}@example.org")
    password = factory.LazyFunction(lambda: hashed(PASSWORD))

    @factory.post_generation
    def role(self, create, role, **kwargs):
        if create and role:
            self.assign_role(role)


class TagFactory(DjangoModelFactory):
    class Meta:
        model = Tag

    name = factory.Sequence(lambda n: f"Tag {n}")


class CategoryFactory(DjangoModelFactory):
    class Meta:
        model = Category

    name = factory.Sequence(lambda n: f"Category {n}")


class SeriesFactory(DjangoModelFactory):
    class Meta:
        model = Series

    name = factory.Sequence(lambda n: f"Series {n}")


class ArticleFactory(DjangoModelFactory):
    """A draft; ``published=True``, ``scheduled=True``, ``expired=True`` and ``page=True`` name other states."""

    class Meta:
        model = Article
        skip_postgeneration_save = True

    title = factory.Sequence(lambda n: f"Article {n}")
    content = "Some words about the tide."
    author = factory.SubFactory(UserFactory)

    class Params:
        published = factory.Trait(
            published_at=factory.LazyFunction(lambda: timezone.now() - datetime.timedelta(hours=1))
        )
        scheduled = factory.Trait(
            published_at=factory.LazyFunction(lambda: timezone.now() + datetime.timedelta(hours=1))
        )
        expired = factory.Trait(
            published_at=factory.LazyFunction(lambda: timezone.now() - datetime.timedelta(hours=2)),
            expires_at=factory.LazyFunction(lambda: timezone.now() - datetime.timedelta(hours=1)),
        )
        page = factory.Trait(kind=Article.Kind.PAGE)

    @factory.post_generation
    def tags(self, create, tags, **kwargs):
        if create and tags:
            self.tags.set(tags)
