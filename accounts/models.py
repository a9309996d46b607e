"""Who someone is: the user, the roles, and the public profile of those who write."""

import datetime
import hashlib
import uuid
from functools import partial
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.validators import URLValidator
from django.db import models, transaction
from django.db.models.functions import Lower
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts import login_limits
from accounts.mail import send_mail
from core.addresses import absolute
from core.images import ImageError, decode, probe
from core.jobs import enqueue
from core.media import replace_file, upload_storage
from core.slugs import SlugField, free_slug, slugify

AVATAR_SIDE = 512


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
        if (
            not isinstance(link, dict)
            or set(link) != {"label", "url"}
            or not all(isinstance(v, str) for v in link.values())
        ):
            raise ValidationError("Each link must have a label and a url.")
        URLValidator(["http", "https"], message=f"“{link['url']}” is not an address that begins with https://.")(
            link["url"]
        )


class User(AbstractBaseUser, PermissionsMixin):
    """Someone who logs in by e-mail. An author who was only imported has no e-mail and cannot log in."""

    email = LoginEmailField("e-mail", unique=True, null=True, blank=True)
    name = models.CharField(max_length=120)
    slug = SlugField(max_length=120, unique=True, blank=True)
    bio = models.TextField(blank=True, max_length=2000)
    avatar = models.FileField(upload_to="avatars/", blank=True, editable=False)
    # The bytes as they came, until a worker has made the avatar of them; then why it could not.
    avatar_upload = models.FileField(storage=upload_storage, upload_to="avatars/", blank=True, editable=False)
    avatar_error = models.CharField(max_length=300, blank=True, editable=False)
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
            models.CheckConstraint(condition=~models.Q(email=models.Value("")), name="user_email_not_blank"),
            models.CheckConstraint(condition=~models.Q(slug=""), name="user_slug_not_blank"),
        ]
        indexes = [
            # The periodic repair: avatars that still wait for a worker.
            models.Index(fields=["id"], name="user_avatar_waiting", condition=~models.Q(avatar_upload="")),
        ]

    def __str__(self) -> str:
        return self.name or self.email or f"user {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.slug:
            self.slug = free_slug(User.objects.exclude(pk=self.pk), slugify(self.name, 100) or "author", max_length=120)
        super().save(*args, **kwargs)

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

    def mail_password_reset(self) -> None:
        """Sends the link with which a password is set. Only workers do this; the link is good once, for an hour."""
        uid = urlsafe_base64_encode(force_bytes(self.pk))
        path = reverse("accounts:password_reset_confirm", args=[uid, default_token_generator.make_token(self)])
        send_mail("password_reset", str(self.email), {"name": self.name, "link": absolute(path)})

    def password_was_changed(self) -> None:
        """Ends the pauses after wrong passwords, and tells the owner, who may not be the one who changed it."""
        from accounts.tasks import send_mail_message  # tasks know the models, so the models cannot know them earlier

        if self.email:
            login_limits.forget(self.email)
            link = absolute(reverse("accounts:password_reset"))
            enqueue(send_mail_message, "password_changed", self.email, {"name": self.name, "link": link})

    def change_avatar(self, data: bytes) -> None:
        """Takes the bytes of a picture, of which a worker makes the avatar. Raises ImageError."""
        probe(data)
        digest = hashlib.sha256(f"{self.pk}:".encode() + data).hexdigest()[:20]
        self.avatar_upload.name = replace_file(upload_storage(), f"avatars/{digest}", data)
        self.avatar_error = ""
        self.save(update_fields=["avatar_upload", "avatar_error"])
        self.send_avatar_to_worker()

    def send_avatar_to_worker(self) -> None:
        from accounts.tasks import process_avatar  # tasks know the models, so the models cannot know them earlier

        enqueue(process_avatar, self.pk, self.avatar_upload.name)

    def make_avatar(self, upload: str) -> None:
        """Makes a square of an uploaded picture, unless it was made already or another was uploaded since."""
        waiting = User.objects.filter(pk=self.pk, avatar_upload=upload)
        try:
            with upload_storage().open(upload) as file:
                square = decode(file.read()).square(AVATAR_SIDE).encode("webp")
        except (ImageError, FileNotFoundError) as error:
            reason = str(error) if isinstance(error, ImageError) else "The file is gone. Upload it again."
            waiting.update(avatar_upload="", avatar_error=reason[:300])
        else:
            former = waiting.values_list("avatar", flat=True).first()
            made = replace_file(default_storage, f"{upload}.webp", square)
            obsolete = former if waiting.update(avatar=made, avatar_upload="", avatar_error="") else made
            if obsolete and not User.objects.filter(pk=self.pk, avatar=obsolete).exists():
                default_storage.delete(obsolete)
        upload_storage().delete(upload)

    def remove_avatar(self) -> None:
        avatar = self.avatar.name
        self.avatar = self.avatar_upload = self.avatar_error = ""
        self.save(update_fields=["avatar", "avatar_upload", "avatar_error"])
        if avatar:
            transaction.on_commit(partial(default_storage.delete, avatar))


@receiver(post_delete, sender=User)
def delete_avatar(instance: User, **kwargs: Any) -> None:
    for file in (instance.avatar, instance.avatar_upload):
        if file:
            transaction.on_commit(partial(file.delete, save=False))


class TokenFamily(models.Model):
    """One log-in of a program: the refresh tokens that followed from it, of which only the newest is good.

    ``generation`` is the number of that newest token. Without its row a family is revoked, and with it every access
    token that came from it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="token_families")
    generation = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "token families"
        indexes = [
            # The nightly deletion of what has expired.
            models.Index(fields=["expires_at"], name="token_family_expired"),
        ]

    def __str__(self) -> str:
        return f"{self.user}, since {self.created_at:%Y-%m-%d}"

    def advance(self, expires_at: datetime.datetime) -> bool:
        """Moves to the next generation. False when another refresh with the same token was there first."""
        current = TokenFamily.objects.filter(pk=self.pk, generation=self.generation)
        self.generation += 1
        return bool(current.update(generation=self.generation, expires_at=expires_at))
