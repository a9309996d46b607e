"""Who someone is: the user, the roles, and the public profile of those who write."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models, transaction
from django.db.models.functions import Lower
from django.urls import reverse

from core.slugs import SlugField, numbered, slugify


class Role(models.TextChoices):
    """What someone may do; each role is a group of the same name, made by a migration."""

    READER = "reader", "Reader"
    AUTHOR = "author", "Author"
    EDITOR = "editor", "Editor"
    ADMINISTRATOR = "administrator", "Administrator"


class LoginEmailField(models.EmailField):
    """An address that is stripped and lower-cased wherever it is stored or looked up; blank becomes null."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return (value.strip().lower() or None) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(self.to_python(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.to_python(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str | None, password: str | None = None, **fields: Any) -> "User":
        """Saves a user. Without a password nobody can log in as them until they reset it."""
        role = fields.pop("role", None)
        user = self.model(email=email, **fields)
        user.set_password(password)
        with transaction.atomic():
            user.save(using=self._db)
            if role:
                user.assign_role(role)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **{"is_superuser": True, "role": Role.ADMINISTRATOR, **fields})


def validate_links(links: Any) -> None:
    """Links are a list of ``{"label": str, "url": str}``, at most ten."""
    if not isinstance(links, list) or len(links) > 10:
        raise ValidationError("Links must be a list of at most 10.")
    for link in links:
        if not isinstance(link, dict) or set(link) != {"label", "url"} or not all(isinstance(v, str) for v in link.values()):
            raise ValidationError("Each link must have a label and a url.")
        URLValidator(["http", "https"], message=f"“{link['url']}” is not an address that begins with https://.")(link["url"])


class User(AbstractBaseUser, PermissionsMixin):
    """Someone who logs in by e-mail. An author who was only imported has no e-mail and cannot log in."""

    email = LoginEmailField("e-mail", unique=True, null=True, blank=True)
    name = models.CharField(max_length=120)
    slug = SlugField(max_length=120, unique=True, blank=True)
    bio = models.TextField(blank=True, max_length=2000)
    avatar = models.FileField(upload_to="avatars/", blank=True, editable=False)
    links = models.JSONField(default=list, blank=True, validators=[validate_links])
    is_active = models.BooleanField("active", default=True)
    is_staff = models.BooleanField("may enter the admin", default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique_in_any_case"),
            models.CheckConstraint(condition=~models.Q(email=""), name="user_email_not_blank"),
            models.CheckConstraint(condition=~models.Q(slug=""), name="user_slug_not_blank"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or f"user {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.slug:
            self.slug = self.free_slug()
        super().save(*args, **kwargs)

    def free_slug(self) -> str:
        """A slug from the name that no other user has."""
        base = slugify(self.name, 100) or "author"
        taken = set(User.objects.filter(slug__startswith=base).exclude(pk=self.pk).values_list("slug", flat=True))
        candidates = (base if n == 1 else numbered(base, n, 120) for n in range(1, len(taken) + 2))
        return next(slug for slug in candidates if slug not in taken)

    def get_absolute_url(self) -> str:
        return reverse("articles:author", args=[self.slug])

    def get_short_name(self) -> str:
        return self.name

    get_full_name = get_short_name

    @property
    def role(self) -> str:
        """The highest role that the user holds; ``reader`` without any group."""
        held = {group.name for group in self.groups.all()}
        return next((role for role in reversed(Role.values) if role in held), Role.READER)

    def assign_role(self, role: str) -> None:
        """Puts the user into the role's group and out of the others; everyone but readers may enter the admin."""
        with transaction.atomic():
            self.groups.remove(*Group.objects.filter(name__in=Role.values))
            self.groups.add(Group.objects.get(name=Role(role)))
            self.is_staff = self.is_superuser or role != Role.READER
            self.save(update_fields=["is_staff"])
