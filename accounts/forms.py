"""Forms with which people log in and look after their account."""

from typing import Any

from django import forms
from django.contrib.auth import forms as auth_forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from accounts.models import User, validate_links
from accounts.tasks import send_password_reset
from core.images import ImageError, probe
from core.jobs import enqueue

AVATAR_MAX_BYTES = 10 * 1024 * 1024
CHOOSING = (
    "At least 12 characters, the longer the better. A few words that have nothing to do with each other are good."
)


class LoginEmailField(forms.EmailField):
    """The address as it is stored: in lower case."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).lower()


def email_field() -> LoginEmailField:
    widget = forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    return LoginEmailField(label="E-mail", max_length=254, widget=widget)


def password_field(label: str, autocomplete: str, help_text: str = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=1024, strip=False, widget=widget, help_text=help_text)


class LoginForm(auth_forms.AuthenticationForm):
    """Says the same for a wrong password and for an address that nobody has."""

    error_messages = {
        "invalid_login": "The e-mail and the password do not belong together. Check both, or set a new password.",
        "inactive": "The e-mail and the password do not belong together. Check both, or set a new password.",
    }

    username = email_field()
    password = password_field("Password", "current-password")


class PasswordResetForm(forms.Form):
    email = email_field()

    def save(self, **options: Any) -> None:
        """Has the mail sent, if there is someone to send it to."""
        enqueue(send_password_reset, self.cleaned_data["email"])


class SetPasswordForm(auth_forms.SetPasswordForm):
    error_messages = {"password_mismatch": "These are two different passwords. Type the same one twice."}

    new_password1 = password_field("New password", "new-password", CHOOSING)
    new_password2 = password_field("The same again", "new-password")


class PasswordChangeForm(auth_forms.PasswordChangeForm):
    error_messages = {
        **SetPasswordForm.error_messages,
        "password_incorrect": "This is not your present password. If you forgot it, log out and set a new one.",
    }

    old_password = password_field("Present password", "current-password")
    new_password1 = password_field("New password", "new-password", CHOOSING)
    new_password2 = password_field("The same again", "new-password")


class LinksField(forms.CharField):
    """Links of a profile, one a line: a label, a space, and the address."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return "\n".join(f"{link['label']} {link['url']}" for link in value)
        return value

    def clean(self, value: Any) -> list[dict[str, str]]:
        links = []
        for line in (super().clean(value) or "").splitlines():
            label, _, url = line.strip().rpartition(" ")
            if url and not label:
                raise ValidationError(f"“{url}” has no label. Write the label, a space and the address.")
            if url:
                links.append({"label": label.strip(), "url": url})
        validate_links(links)
        return links

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial or []) != (data or "").replace("\r\n", "\n").strip())


class ProfileForm(forms.ModelForm):
    links = LinksField(
        required=False,
        max_length=4000,
        help_text="One a line: a label, a space and the address, like “Mastodon https://social.example/@me”.",
    )
    new_avatar = forms.FileField(
        label="Picture",
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/*"}),
        help_text="JPEG, PNG, WebP, GIF or AVIF. Its middle becomes a square.",
    )
    remove_avatar = forms.BooleanField(label="Remove the picture", required=False)

    class Meta:
        model = User
        fields = ["name", "bio", "links"]
        labels = {"bio": "About you"}
        help_texts = {
            "name": "As it stands under what you write.",
            "bio": "A few sentences for the page of your articles.",
        }
        widgets = {"bio": forms.Textarea(attrs={"rows": 5}), "name": forms.TextInput(attrs={"autocomplete": "name"})}

    def clean_new_avatar(self) -> bytes | None:
        upload: UploadedFile | None = self.cleaned_data["new_avatar"]
        if upload is None:
            return None
        if (upload.size or 0) > AVATAR_MAX_BYTES:
            raise ValidationError(f"The file is larger than {AVATAR_MAX_BYTES // 1024**2} MB. Scale the picture down.")
        data: bytes = upload.read()
        try:
            probe(data)
        except ImageError as error:
            raise ValidationError(f"{upload.name}: {error}") from error
        return data

    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit)
        if data := self.cleaned_data["new_avatar"]:
            user.change_avatar(data)
        elif self.cleaned_data["remove_avatar"]:
            user.remove_avatar()
        return user
