"""Articles, terms, authors and images as JSON; what may be written is listed apart from what is shown."""

from typing import Any
from urllib.parse import quote

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Q
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, PermissionDenied
from rest_framework.reverse import reverse

from accounts.models import User
from articles.models import Article, Category, Image, Rendition, Series, Tag
from core.addresses import absolute
from core.api.serializers import DateTimeField, StrictSerializer

MAX_TAGS = 50
MAX_CO_AUTHORS = 20
LANGUAGE_TAG = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$"


class ModelSerializer(serializers.ModelSerializer):
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: DateTimeField,
    }


@extend_schema_field(OpenApiTypes.URI)
class ApiAddress(serializers.Field):
    """The address of the row in the API."""

    def __init__(self, collection: str, key: str = "slug") -> None:
        self.collection = collection
        self.key = key
        super().__init__(source="*", read_only=True)

    def to_representation(self, row: Any) -> str:
        # Reversed once for each response: six times a row, it took as long as all the rest of a list.
        context: dict[str, Any] = self.context  # type: ignore[assignment]
        name = f"{self.collection}-list"
        if name not in context:
            context[name] = reverse(f"api:{name}", request=context["request"])
        return f"{context[name]}{quote(str(getattr(row, self.key)))}/"


class PublicPage(serializers.CharField):
    """The full address of the row's public page."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="get_absolute_url", read_only=True, **kwargs)

    def to_representation(self, value: str) -> str:
        return absolute(value)


@extend_schema_field({"type": "string", "format": "uri-reference", "maxLength": 500})
class CanonicalUrlField(serializers.URLField):
    """An address, or blank."""


# Terms and authors


class AuthorLinkSerializer(ModelSerializer):
    url = ApiAddress("author")

    class Meta:
        model = User
        fields = ["name", "slug", "url"]


class TagLinkSerializer(ModelSerializer):
    url = ApiAddress("tag")

    class Meta:
        model = Tag
        fields = ["name", "slug", "url"]


class CategoryLinkSerializer(ModelSerializer):
    url = ApiAddress("category")

    class Meta:
        model = Category
        fields = ["name", "slug", "url"]


class SeriesLinkSerializer(ModelSerializer):
    url = ApiAddress("series")

    class Meta:
        model = Series
        fields = ["name", "slug", "url"]


TERM_FIELDS = ["name", "slug", "url", "html_url", "description", "article_count"]
ARTICLE_COUNT = "Published articles."


class TagSerializer(ModelSerializer):
    url = ApiAddress("tag")
    html_url = PublicPage()
    article_count = serializers.IntegerField(read_only=True, help_text=ARTICLE_COUNT)

    class Meta:
        model = Tag
        fields = TERM_FIELDS


class CategorySerializer(ModelSerializer):
    url = ApiAddress("category")
    html_url = PublicPage()
    article_count = serializers.IntegerField(read_only=True, help_text=ARTICLE_COUNT)
    parent = CategoryLinkSerializer(allow_null=True, read_only=True)

    class Meta:
        model = Category
        fields = [*TERM_FIELDS, "parent"]


class SeriesSerializer(ModelSerializer):
    url = ApiAddress("series")
    html_url = PublicPage()
    article_count = serializers.IntegerField(read_only=True, help_text=ARTICLE_COUNT)

    class Meta:
        model = Series
        fields = TERM_FIELDS


class TermWriteSerializer(StrictSerializer, ModelSerializer):
    """The base of what may be written about a term. A replaced term loses the description that is not given."""

    description = serializers.CharField(max_length=1000, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "parent" in attrs and self.instance is not None:
            ancestor = attrs["parent"]
            while ancestor is not None:
                if ancestor.pk == self.instance.pk:
                    raise serializers.ValidationError({"parent": "A category cannot stand within itself."})
                ancestor = ancestor.parent
        return attrs


class TagWriteSerializer(TermWriteSerializer):
    class Meta:
        model = Tag
        fields = ["name", "slug", "description"]


class CategoryWriteSerializer(TermWriteSerializer):
    parent = serializers.SlugRelatedField(  # type: ignore[assignment]
        slug_field="slug",
        queryset=Category.objects.all(),
        allow_null=True,
        default=None,
        help_text="Slug of a category.",
    )

    class Meta:
        model = Category
        fields = ["name", "slug", "description", "parent"]


class SeriesWriteSerializer(TermWriteSerializer):
    class Meta:
        model = Series
        fields = ["name", "slug", "description"]


class ProfileLinkSerializer(serializers.Serializer):
    label = serializers.CharField()  # type: ignore[assignment]
    url = serializers.CharField()


class AuthorSerializer(ModelSerializer):
    """What is public about someone who has published something."""

    url = ApiAddress("author")
    html_url = PublicPage()
    avatar = serializers.SerializerMethodField()
    links = ProfileLinkSerializer(many=True, read_only=True)
    article_count = serializers.IntegerField(read_only=True, help_text=ARTICLE_COUNT)

    class Meta:
        model = User
        fields = ["name", "slug", "url", "html_url", "bio", "avatar", "links", "article_count"]

    def get_avatar(self, user: User) -> str | None:
        return absolute(user.avatar.url) if user.avatar else None


# Images


class RenditionSerializer(ModelSerializer):
    url = serializers.SerializerMethodField()

    class Meta:
        model = Rendition
        fields = ["url", "format", "width", "height", "size"]

    def get_url(self, rendition: Rendition) -> str:
        return absolute(rendition.file.url)


class CoverSerializer(ModelSerializer):
    """A picture as a reader's program shows it."""

    src = serializers.SerializerMethodField()
    renditions = RenditionSerializer(many=True, read_only=True)

    class Meta:
        model = Image
        fields = ["id", "src", "width", "height", "alt", "caption", "state", "renditions"]

    def get_src(self, image: Image) -> str:
        return absolute(str(default_storage.url(image.name)))


class ImageSerializer(CoverSerializer):
    """A picture as its editors see it. It can be shown once its state is ``ready``."""

    url = ApiAddress("image", key="pk")
    markdown = serializers.SerializerMethodField(help_text="How a text shows it.")
    uploaded_by = AuthorLinkSerializer(allow_null=True, read_only=True)

    class Meta:
        model = Image
        fields = [
            "id", "url", "src", "markdown", "original_name", "width", "height", "alt", "caption", "state", "error",
            "uploaded_by", "created_at", "renditions",
        ]  # fmt: skip

    def get_markdown(self, image: Image) -> str:
        alt = image.alt.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
        return f"![{alt}]({default_storage.url(image.name)})"


class ImageUploadSerializer(StrictSerializer):
    file = serializers.FileField(max_length=255, help_text="JPEG, PNG, WebP, AVIF, GIF and the like.")
    alt = serializers.CharField(max_length=500, allow_blank=True, required=False, help_text="What the picture shows.")
    caption = serializers.CharField(max_length=500, allow_blank=True, required=False)


class ImageTextSerializer(StrictSerializer, ModelSerializer):
    alt = serializers.CharField(max_length=500, allow_blank=True, default="", help_text="What the picture shows.")
    caption = serializers.CharField(max_length=500, allow_blank=True, default="")

    class Meta:
        model = Image
        fields = ["alt", "caption"]


# Articles


class TocEntrySerializer(serializers.Serializer):
    level = serializers.IntegerField()
    id = serializers.CharField()
    text = serializers.CharField()


class ArticleSummarySerializer(ModelSerializer):
    """An article as a list shows it, without its text."""

    url = ApiAddress("article")
    html_url = PublicPage()
    status = serializers.SerializerMethodField()
    author = AuthorLinkSerializer(read_only=True)
    co_authors = serializers.SerializerMethodField()
    category = CategoryLinkSerializer(allow_null=True, read_only=True)
    tags = TagLinkSerializer(many=True, read_only=True)
    series = SeriesLinkSerializer(allow_null=True, read_only=True)
    cover = CoverSerializer(allow_null=True, read_only=True)
    reading_minutes = serializers.IntegerField(read_only=True)

    class Meta:
        model = Article
        fields = [
            "id", "url", "html_url", "kind", "title", "slug", "summary", "language", "status", "featured", "author",
            "co_authors", "category", "tags", "series", "series_position", "cover", "word_count", "reading_minutes",
            "published_at", "expires_at", "created_at", "updated_at", "version",
        ]  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(["draft", "scheduled", "published", "expired"]))
    def get_status(self, article: Article) -> str:
        return article.status_at(article.clock)  # type: ignore[attr-defined]

    @extend_schema_field(AuthorLinkSerializer(many=True))
    def get_co_authors(self, article: Article) -> Any:
        return AuthorLinkSerializer(article.authors[1:], many=True, context=self.context).data


class ArticleSerializer(ArticleSummarySerializer):
    """An article with its text, as Markdown and as HTML that is safe to show."""

    toc = TocEntrySerializer(many=True, read_only=True, help_text="Its headings.")
    canonical_url = CanonicalUrlField(read_only=True)

    class Meta:
        model = Article
        fields = [
            *ArticleSummarySerializer.Meta.fields,
            "content", "content_html", "toc", "seo_title", "seo_description", "canonical_url",
        ]  # fmt: skip


class AuthorsField(serializers.ListField):
    """Users by their slugs, in order; asked for at once."""

    child = serializers.CharField(max_length=120)

    def to_internal_value(self, data: Any) -> list[User]:
        slugs: list[str] = super().to_internal_value(data)
        found = {user.slug: user for user in User.objects.filter(slug__in=slugs)}
        if missing := [slug for slug in slugs if slug not in found]:
            raise serializers.ValidationError([f"There is no author “{slug}”." for slug in missing])
        if len(set(slugs)) < len(slugs):
            raise serializers.ValidationError("Someone is named twice.")
        return [found[slug] for slug in slugs]


class TagsField(serializers.ListField):
    """Tags by slug or by name. A name that is new makes a tag, for those who may add one."""

    child = serializers.CharField(max_length=100)

    def to_internal_value(self, data: Any) -> list[Tag]:
        names: list[str] = super().to_internal_value(data)
        if not names:
            return []
        named = Q.create([Q(slug=name) | Q(name__iexact=name) for name in names], connector=Q.OR)
        known: dict[str, Tag] = {}
        for tag in Tag.objects.filter(named).order_by("-pk"):
            known[tag.name.casefold()] = tag
        known |= {tag.slug: tag for tag in known.values()}
        chosen: dict[int, Tag] = {}
        for name in names:
            tag = known.get(name) or known.get(name.casefold()) or self.new(name)
            known[name.casefold()] = tag
            chosen[id(tag)] = tag
        return list(chosen.values())

    def new(self, name: str) -> Tag:
        """A tag that is not saved yet."""
        if not self.context["request"].user.has_perm("articles.add_tag"):
            raise serializers.ValidationError(f"There is no tag “{name}”, and your role may not add one.")
        tag = Tag(name=name)
        try:
            tag.full_clean(exclude=["slug"])
        except DjangoValidationError as error:
            raise serializers.ValidationError([f"Tag “{name[:50]}”: {text}" for text in error.messages]) from error
        return tag


class ArticleWriteSerializer(StrictSerializer, ModelSerializer):
    """What may be written about an article. Publishing is an action of its own.

    An article that is replaced loses what is not given, but for its slug and what only editors decide.
    """

    content = serializers.CharField(allow_blank=True, trim_whitespace=False, default="", help_text="Markdown.")
    summary = serializers.CharField(max_length=600, allow_blank=True, default="")
    language = serializers.RegexField(
        LANGUAGE_TAG, max_length=20, required=False, help_text="BCP 47, for example pt-BR."
    )
    author = serializers.SlugRelatedField(
        slug_field="slug", queryset=User.objects.all(), required=False, help_text="Slug of the author. For editors."
    )
    co_authors = AuthorsField(max_length=MAX_CO_AUTHORS, default=list, help_text="Slugs, in order.")
    category = serializers.SlugRelatedField(
        slug_field="slug", queryset=Category.objects.all(), allow_null=True, default=None, help_text="Slug."
    )
    tags = TagsField(max_length=MAX_TAGS, default=list, help_text="Slugs or names. A new name makes a new tag.")
    series = serializers.SlugRelatedField(
        slug_field="slug", queryset=Series.objects.all(), allow_null=True, default=None, help_text="Slug."
    )
    series_position = serializers.IntegerField(min_value=0, max_value=32767, allow_null=True, default=None)
    cover = serializers.PrimaryKeyRelatedField(
        queryset=Image.objects.all(), allow_null=True, default=None, help_text="Id of an image."
    )
    seo_title = serializers.CharField(max_length=200, allow_blank=True, default="")
    seo_description = serializers.CharField(max_length=320, allow_blank=True, default="")
    canonical_url = CanonicalUrlField(max_length=500, allow_blank=True, default="")

    class Meta:
        model = Article
        fields = [
            "kind", "title", "slug", "content", "summary", "language", "author", "co_authors", "category", "tags",
            "series", "series_position", "cover", "featured", "seo_title", "seo_description", "canonical_url",
            "expires_at",
        ]  # fmt: skip
        extra_kwargs = {
            "kind": {"help_text": "For editors."},
            "featured": {"help_text": "Stands first on the home page. For editors."},
            "expires_at": {"help_text": "From then on it is no longer public. For editors."},
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        user = self.context["request"].user
        standing = self.instance or Article(author=user)
        if not user.has_perm("articles.publish_article"):
            given = [name for name in Article.FOR_PUBLISHERS if name in attrs]
            refused = [name for name in given if attrs[name] != getattr(standing, name)]
            if refused:
                message = ErrorDetail("Only editors decide this. Leave it out.", "for_editors")
                raise PermissionDenied({name: [message] for name in refused})
        author = attrs.get("author", standing.author)
        co_authors = attrs.get("co_authors", standing.authors[1:] if standing.pk else [])
        if author in co_authors:
            raise serializers.ValidationError({"co_authors": "The author is named already. Take them out here."})
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Article:
        return self.write(Article(author=self.context["request"].user), validated_data)

    def update(self, instance: Article, validated_data: dict[str, Any]) -> Article:
        return self.write(instance, validated_data)

    def write(self, article: Article, values: dict[str, Any]) -> Article:
        """Saves the article with its tags and co-authors. Raises StaleArticle."""
        tags: list[Tag] | None = values.pop("tags", None)
        co_authors: list[User] | None = values.pop("co_authors", None)
        for name, value in values.items():
            setattr(article, name, value)
        try:
            article.full_clean(exclude=[] if article.slug else ["slug"])
        except DjangoValidationError as error:
            raise serializers.ValidationError(serializers.as_serializer_error(error)) from error
        with transaction.atomic():
            article.save()
            if co_authors is not None:
                article.set_co_authors(co_authors)
            if tags is not None:
                for tag in tags:
                    if tag.pk is None:
                        tag.save()
                article.tags.set(tags)
        return article


class PublishSerializer(StrictSerializer):
    at = DateTimeField(required=False, allow_null=True, help_text="When it goes public; now, if not given.")
