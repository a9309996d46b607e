"""What each role may do with accounts and articles."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

AUTHOR = ["add_article", "change_article", "view_article", "add_image", "change_image", "view_image",
          "view_tag", "add_tag", "view_category", "view_series"]
EDITOR_EXTRA = ["delete_article", "publish_article", "import_content", "delete_image",
                *(f"{verb}_{noun}" for verb in ("add", "change", "delete", "view")
                  for noun in ("tag", "category", "series", "redirect", "comment", "coauthor")),
                "view_importrun", "add_importrun", "view_user"]


def grant(apps, schema_editor):
    # Permissions are made after all migrations; the groups need them now.
    for label in ("accounts", "articles"):
        app_config = apps.get_app_config(label)
        app_config.models_module = True
        create_permissions(app_config, apps=apps, verbosity=0)
        app_config.models_module = None
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    ours = Permission.objects.filter(content_type__app_label__in=["accounts", "articles"])
    Group.objects.get(name="author").permissions.add(*ours.filter(codename__in=AUTHOR))
    Group.objects.get(name="editor").permissions.add(*ours.filter(codename__in=AUTHOR + EDITOR_EXTRA))
    Group.objects.get(name="administrator").permissions.add(*ours)


class Migration(migrations.Migration):
    dependencies = [("articles", "0001_initial"), ("accounts", "0002_roles")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
