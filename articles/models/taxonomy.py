"""What articles are filed under: tags, one category, ordered series."""

from typing import Any

from django.db import models
from django.urls import reverse

from core.slugs import SlugField, free_slug, slugify


class Term(models.Model):
    """A name with an address and a line about it."""

    name = models.CharField(max_length=100)
    slug = SlugField(max_length=120, unique=True, blank=True)
    description = models.TextField(blank=True, max_length=1000)

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.slug:
            others = type(self)._default_manager.exclude(pk=self.pk)
            base = slugify(self.name, 100) or str(self._meta.model_name)
            self.slug = free_slug(others, base, max_length=120)
        super().save(*args, **kwargs)


class Tag(Term):
    def get_absolute_url(self) -> str:
        return reverse("articles:tag", args=[self.slug])


class Category(Term):
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")

    class Meta(Term.Meta):
        verbose_name_plural = "categories"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("id")),
                name="category_is_not_its_own_parent",
            )
        ]

    def get_absolute_url(self) -> str:
        return reverse("articles:category", args=[self.slug])


class Series(Term):
    class Meta(Term.Meta):
        verbose_name_plural = "series"

    def get_absolute_url(self) -> str:
        return reverse("articles:series", args=[self.slug])
