"""What can go wrong with articles; every message is one that an editor can act on."""


class ArticleError(Exception):
    """Base of the errors of this app."""


class MarkupError(ArticleError):
    """The Markdown is too large, too deeply nested or too costly to render."""


class NotPublishable(ArticleError):
    """The article lacks something that a public article must have.

    ``problems`` maps the name of a field to the message for it.
    """

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__(" ".join(problems.values()))


class ImageRefused(ArticleError):
    """The bytes are not an image that can be taken; the message says why and what to do."""


class ImportRefused(ArticleError):
    """The source cannot be imported at all; nothing was changed."""


class StaleArticle(ArticleError):
    """Someone saved the article since it was read; ``stored`` is the version that stands now."""

    def __init__(self, article: object, stored: int) -> None:
        self.article = article
        self.stored = stored
        super().__init__(
            f"“{article}” was changed by someone else meanwhile (it is now version {stored}). Load it again."
        )
