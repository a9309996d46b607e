"""Old addresses that lead to where their content is now."""

from django.db import models


class Redirect(models.Model):
    """``path`` (with its query, if it has one) leads to an article, wherever that is, or to a fixed ``target``."""

    path = models.CharField(max_length=700, unique=True)
    article = models.ForeignKey("articles.Article", models.CASCADE, null=True, blank=True, related_name="redirects")
    target = models.CharField(max_length=700, blank=True)
    permanent = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(condition=models.Q(path__startswith="/"), name="redirect_path_is_absolute"),
            models.CheckConstraint(
                condition=models.Q(article__isnull=False, target="") | models.Q(article__isnull=True) & ~models.Q(target=""),
                name="redirect_has_one_destination",
            ),
        ]

    def __str__(self) -> str:
        return self.path
