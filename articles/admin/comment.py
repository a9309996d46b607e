"""Imported comments: to read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import Truncator
from unfold.admin import ModelAdmin
from unfold.decorators import display

from articles.models import Comment


@admin.register(Comment)
class CommentAdmin(ModelAdmin):
    list_display = ("show_text", "author_name", "show_state", "article", "created_at")
    list_filter = ("state",)
    list_select_related = ("article",)
    search_fields = ("content", "author_name")
    ordering = ("-created_at", "-pk")
    fields = ("article", "parent", "author_name", "author_email", "author_url", "content", "state", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description="Comment")
    def show_text(self, comment: Comment) -> str:
        return Truncator(comment.content).words(16)

    @display(description="State", label={"Approved": "success", "Pending": "warning", "Spam": "danger"})
    def show_state(self, comment: Comment) -> str:
        return comment.get_state_display()
