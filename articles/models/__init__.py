from articles.models.article import Article, CoAuthor
from articles.models.comment import Comment
from articles.models.image import Image, Rendition
from articles.models.importing import ImportedItem, ImportRun
from articles.models.redirect import Redirect
from articles.models.taxonomy import Category, Series, Tag

__all__ = [
    "Article",
    "Category",
    "CoAuthor",
    "Comment",
    "Image",
    "ImportRun",
    "ImportedItem",
    "Redirect",
    "Rendition",
    "Series",
    "Tag",
]
