import io

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage, storages
from django.db import IntegrityError, connection, transaction
from PIL import Image

from accounts import tasks
from accounts.models import Role, User, validate_links
from core.images import ImageError
from tests.factories import UserFactory
from tests.pictures import photo, turned_photo

pytestmark = pytest.mark.django_db


def test_an_email_is_stripped_and_in_lower_case_however_it_arrives():
    user = User.objects.create_user("  Anna@Example.ORG ", "correct horse battery", name="Anna")
    assert user.email == "anna@example.org"
    assert User.objects.get(email=" ANNA@example.org") == user
    assert User.objects.get_by_natural_key("Anna@EXAMPLE.org") == user
    assert authenticate(email="ANNA@example.org ", password="correct horse battery") == user


def test_an_email_belongs_to_one_person_in_any_case():
    UserFactory(email="anna@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(email="ANNA@Example.org")


def test_the_database_itself_refuses_the_same_email_in_another_case():
    UserFactory(email="anna@example.org")
    other = UserFactory()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET email = 'Anna@Example.Org' WHERE id = %s", [other.pk])


def test_many_may_have_no_email_and_cannot_log_in():
    users = [User.objects.create_user(email, name="Imported") for email in (None, "", "  ")]
    assert {user.email for user in users} == {None}
    assert not any(user.has_usable_password() for user in users)
    assert authenticate(email="", password="") is None


def test_passwords_are_hashed_with_argon2():
    assert User.objects.create_user("a@example.org", "correct horse battery", name="A").password.startswith("argon2$")


def test_an_old_hash_is_renewed_at_login():
    user = UserFactory(email="anna@example.org")
    User.objects.filter(pk=user.pk).update(password=make_password("correct horse battery", hasher="pbkdf2_sha256"))
    assert authenticate(email="anna@example.org", password="correct horse battery") == user
    user.refresh_from_db()
    assert user.password.startswith("argon2$")


def test_all_of_a_long_password_counts():
    User.objects.create_user("anna@example.org", "x" * 127 + "y", name="Anna")
    assert authenticate(email="anna@example.org", password="x" * 127 + "y")
    assert not authenticate(email="anna@example.org", password="x" * 127 + "z")


def test_the_roles_are_there():
    assert set(Group.objects.values_list("name", flat=True)) == set(Role.values)


@pytest.mark.parametrize(("role", "enters"), [("reader", False), ("author", True), ("editor", True)])
def test_everyone_but_readers_enters_the_admin(role, enters):
    user = UserFactory(role=role)
    assert (user.role, user.is_staff) == (role, enters)


def test_someone_has_one_role_and_may_lose_it():
    user = UserFactory(role="editor")
    user.assign_role("reader")
    assert User.objects.get(pk=user.pk).role == "reader"
    assert not User.objects.get(pk=user.pk).is_staff
    with pytest.raises(ValueError, match="emperor"):
        user.assign_role("emperor")


def test_a_superuser_is_an_administrator():
    user = User.objects.create_superuser("root@example.org", "correct horse battery", name="Root")
    assert (user.role, user.is_staff, user.is_superuser) == ("administrator", True, True)


def test_equal_names_get_slugs_of_their_own():
    assert [UserFactory(name="José Müller").slug for _ in range(3)] == ["jose-muller", "jose-muller-2", "jose-muller-3"]


@pytest.mark.parametrize(
    "links",
    [
        "https://example.org",
        [{"label": "x"}],
        [{"label": "x", "url": "javascript:alert(1)"}],
        [{"label": 1, "url": "https://example.org"}],
        [{"label": "x", "url": "https://example.org"}] * 11,
    ],
)
def test_links_that_are_none_are_refused(links):
    with pytest.raises(ValidationError):
        validate_links(links)


def opened(name: str) -> Image.Image:
    with default_storage.open(name) as file:
        return Image.open(io.BytesIO(file.read()))


def test_an_avatar_becomes_a_square_without_metadata(author):
    author.change_avatar(turned_photo())
    assert not author.avatar
    tasks.process_avatar(author.pk, author.avatar_upload.name)
    author.refresh_from_db()
    avatar = opened(author.avatar.name)
    assert (avatar.size, avatar.format) == ((512, 512), "WEBP")
    assert not avatar.getexif()
    assert author.avatar.name.startswith("avatars/")
    assert author.avatar_upload == ""


def test_a_new_avatar_takes_the_place_of_the_old(author, tmp_path):
    for size in (300, 301):
        author.change_avatar(photo(size, size))
        tasks.process_avatar(author.pk, author.avatar_upload.name)
        author.refresh_from_db()
    files = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert [str(path) for path in files] == [f"media/{author.avatar.name}"]


def test_an_avatar_that_was_replaced_before_it_was_made_is_not_made(author):
    author.change_avatar(photo(300, 300))
    first = author.avatar_upload.name
    author.change_avatar(photo(301, 301))
    tasks.process_avatar(author.pk, first)
    author.refresh_from_db()
    assert not author.avatar
    assert storages["uploads"].exists(author.avatar_upload.name)


def test_a_damaged_avatar_leaves_the_reason_and_the_old_one(author):
    data = bytearray(photo(300, 300, "PNG"))
    data[len(data) // 2] ^= 0xFF
    author.change_avatar(bytes(data))
    tasks.process_avatar(author.pk, author.avatar_upload.name)
    author.refresh_from_db()
    assert author.avatar_error.startswith("The image is damaged")
    assert not author.avatar_upload


def test_what_is_no_picture_is_refused_at_once(author):
    with pytest.raises(ImageError, match="no image"):
        author.change_avatar(b"words")


def test_an_avatar_whose_message_was_lost_is_made_later(author, monkeypatch, django_capture_on_commit_callbacks):
    author.change_avatar(photo())
    sent = []
    monkeypatch.setattr("core.jobs.send", lambda task, args, kwargs: sent.append(args))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.repair_avatars()
    assert sent == [(author.pk, author.avatar_upload.name)]


def test_someone_who_is_deleted_leaves_no_picture(author, tmp_path, django_capture_on_commit_callbacks):
    author.change_avatar(photo())
    tasks.process_avatar(author.pk, author.avatar_upload.name)
    author.refresh_from_db()
    author.change_avatar(photo(20, 20))
    with django_capture_on_commit_callbacks(execute=True):
        author.delete()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
