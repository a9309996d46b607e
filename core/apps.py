from django.apps import AppConfig
from django.contrib.admin import apps
from django.db.backends.signals import connection_created

from core.timing import watch_connection


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        connection_created.connect(watch_connection, dispatch_uid="core.timing.watch_connection")


class BroadsheetAdminConfig(apps.AdminConfig):
    """Django's admin, with the site of ``core.admin``."""

    default = False
    default_site = "core.admin.AdminSite"
