"""What articles are filed under: tags, one category, ordered series."""

from typing import Any

from django.db import models
from django.urls import reverse

from core.slugs import SlugField, numbered, slugify


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
            base = slugify(self.name, 100) or self._meta.model_name or "term"
            others = type(self)._default_manager.filter(slug__startswith=base).exclude(pk=self.pk)
            taken = set(others.values_list("slug", flat=True))
            candidates = (base if n == 1 else numbered(base, n, 120) for n in range(1, len(taken) + 2))
            self.slug = next(slug for slug in candidates if slug not in taken)
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
