"""Comments that came with imported articles."""

from django.db import models


class Comment(models.Model):
    """A reader's remark; ``content`` is plain text. A reply names its parent."""

    class State(models.TextChoices):
        APPROVED = "approved", "Approved"
        PENDING = "pending", "Pending"
        SPAM = "spam", "Spam"

    article = models.ForeignKey("articles.Article", models.CASCADE, related_name="comments")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="replies")
    author_name = models.CharField(max_length=200, blank=True)
    author_email = models.EmailField(blank=True)
    author_url = models.URLField(blank=True, max_length=500)
    content = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [
            # The conversation under one article, oldest first.
            models.Index(fields=["article", "created_at"], name="comment_of_article"),
        ]

    def __str__(self) -> str:
        return f"{self.author_name or 'Someone'}: {self.content[:60]}"
