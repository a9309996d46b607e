"""People at the desk: who they are, and the one role that each has."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm
from unfold.widgets import INPUT_CLASSES, TEXTAREA_CLASSES, UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget

from accounts.forms import LinksField
from accounts.models import Role, User
from accounts.tasks import send_password_reset
from core.jobs import enqueue

ROLE_HELP = (
    "Readers only read. Authors write and change their own articles. Editors change and publish all articles and "
    "import sites. Administrators also look after people."
)


class UserForm(forms.ModelForm):
    """``user`` is the administrator at the desk, set for each request."""

    user: User

    role = forms.ChoiceField(
        choices=Role.choices, initial=Role.AUTHOR, widget=UnfoldAdminSelectWidget(), help_text=ROLE_HELP
    )
    links = LinksField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": " ".join([*TEXTAREA_CLASSES, "max-w-2xl"])}),
        help_text="One a line: a label, a space, the address. At most ten.",
    )

    class Meta:
        model = User
        fields = ("name", "email", "slug", "bio", "links", "is_active")
        help_texts = {
            "email": "For logging in. Without one, nobody can log in as this person.",
            "slug": "Last part of the address of the profile. Left empty, it is made from the name.",
            "is_active": "Switched off, nobody can log in as this person; what they wrote stays.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["role"] = self.instance.role

    def _get_validation_exclusions(self) -> set[str]:
        # An empty slug is made from the name by the save; until then the database's rule on it does not hold.
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return exclusions if self.cleaned_data.get("slug") else {*exclusions, "slug"}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk and self.instance.role == Role.ADMINISTRATOR:
            if cleaned.get("role", Role.ADMINISTRATOR) != Role.ADMINISTRATOR:
                self.keep_administrator("role", "Another administrator must change your role.")
            if not cleaned.get("is_active", True):
                self.keep_administrator("is_active", "Another administrator must switch you off.")
        return cleaned

    def keep_administrator(self, field: str, if_own: str) -> None:
        if self.instance.pk == self.user.pk:
            self.add_error(field, f"You would lock yourself out. {if_own}")
        elif is_last_administrator(self.instance):
            self.add_error(field, "This is the last administrator. Make someone else one first.")


class NewUserForm(UserForm):
    password = forms.CharField(
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password", "class": " ".join(INPUT_CLASSES)}),
        help_text="Left empty, nobody can log in until you send them a mail to set one (a button on the next page).",
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password, User(name=self.data.get("name", ""), email=self.data.get("email", "")))
        return password

    def save(self, commit: bool = True) -> User:
        self.instance.set_password(self.cleaned_data["password"] or None)
        saved: User = super().save(commit)
        return saved


class PasswordForm(AdminPasswordChangeForm):
    """A new password set by an administrator; its owner is told."""

    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit)
        user.password_was_changed()
        return user


def is_last_administrator(user: User) -> bool:
    administrators = User.objects.filter(Q(groups__name=Role.ADMINISTRATOR) | Q(is_superuser=True), is_active=True)
    return not administrators.exclude(pk=user.pk).exists()


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    form = UserForm
    add_form = NewUserForm
    change_password_form = PasswordForm
    change_form_template = None
    add_form_template = None
    list_display = ("name", "email", "show_role", "is_active", "last_login")
    list_filter = ("groups", "is_active")
    search_fields = ("name", "slug", "email")
    ordering = ("name", "pk")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("name", "email", "role", "is_active")}),
        ("Public profile", {"fields": ("slug", "bio", "links")}),
    )
    add_fieldsets = (
        (None, {"fields": ("name", "email", "role", "password")}),
        ("Public profile", {"fields": ("slug", "bio", "links")}),
    )
    compressed_fields = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people = super().get_queryset(request).prefetch_related("groups")
        if is_autocomplete(request):
            # Writers are offered, and those who were imported and have no role; readers never.
            return people.filter(is_active=True).exclude(groups__name=Role.READER)
        return people

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only administrators see people; everyone who writes may name an author or a co-author."""
        if is_autocomplete(request):
            return request.user.has_perm("articles.change_article")
        return self.has_change_permission(request, obj)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        # Searching by e-mail would tell a writer who has which address.
        return ("name", "slug") if is_autocomplete(request) else self.search_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and not (obj and (obj.pk == request.user.pk or is_last_administrator(obj)))

    def get_actions(self, request: HttpRequest) -> Any:
        # Deleting many at once would not ask whether an administrator stays.
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type("UserForm", (form,), {"user": request.user})

    @display(description="Role")
    def show_role(self, user: User) -> str:
        return Role(user.role).label

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change or "role" in form.changed_data:
            form.instance.assign_role(form.cleaned_data["role"])

    def get_urls(self) -> list[URLPattern]:
        invite = self.admin_site.admin_view(require_POST(self.invite_view))
        return [path("<int:pk>/invite/", invite, name="accounts_user_invite"), *super().get_urls()]

    def invite_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Sends the mail with which someone sets their password."""
        user = get_object_or_404(User, pk=pk)
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if user.is_active and user.email:
            enqueue(send_password_reset, user.email)
            self.message_user(request, f"A mail to set the password is on its way to {user.email}.", messages.SUCCESS)
        else:
            self.message_user(request, f"{user} needs an e-mail address, and must be active.", messages.ERROR)
        return HttpResponseRedirect(reverse("admin:accounts_user_change", args=[pk]))


def is_autocomplete(request: HttpRequest) -> bool:
    return request.resolver_match is not None and request.resolver_match.url_name == "autocomplete"
