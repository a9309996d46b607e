"""Authors, tags, categories and series: found when they are here already, else made."""

from django.db.models import Q

from accounts.models import Role, User
from articles.importing.ancestry import ancestors
from articles.importing.fields import clean
from articles.importing.items import AuthorItem, TermItem
from articles.importing.ledger import Ledger
from articles.importing.records import Records, fingerprint
from articles.importing.report import Outcome, Report
from articles.models import Category, ImportedItem, Series, Tag
from core.slugs import slugify

# What ImportedItem.version says of people and terms: made by an import, or here before it and therefore left alone.
MADE, FOUND = 1, 0


class People:
    """Who wrote it. Nobody gets a way to log in by being named in a file: an author made here has no e-mail."""

    def __init__(self, ledger: Ledger, records: Records, report: Report, owner: User | None) -> None:
        self._ledger = ledger
        self._records = records
        self._report = report
        self._owner = owner

    def take(self, item: AuthorItem) -> Outcome:
        user, outcome = self._found(item)
        if user is None:
            name = clean(item.name, 120) or clean(item.key, 120) or "Unknown"
            user = User.objects.create_user(None, name=name, bio=clean(item.bio, 2000), role=Role.AUTHOR)
            self._records.put("author", item.key, user.pk, fingerprint(item), MADE)
        self._ledger.add("author", item.key, user.pk)
        return outcome

    def _found(self, item: AuthorItem) -> tuple[User | None, Outcome]:
        record = self._records.get("author", item.key)
        user = User.objects.filter(pk=record.object_id).first() if record else None
        if record and user:
            # Whoever can log in by now keeps their own profile.
            if record.fingerprint == fingerprint(item) or record.version == FOUND or user.email:
                return user, "unchanged"
            user.name = clean(item.name, 120) or user.name
            user.bio = clean(item.bio, 2000)
            user.save(update_fields=["name", "bio"])
            self._records.put("author", item.key, user.pk, fingerprint(item), MADE)
            return user, "updated"
        email = clean(item.email or "").lower()
        user = User.objects.filter(email=email).first() if email else None
        if user:
            self._records.put("author", item.key, user.pk, fingerprint(item), FOUND)
        return user, "unchanged" if user else "created"

    def writers(self, keys: list[str]) -> list[int]:
        """The users for these keys, each once; the owner of the import when there is none."""
        users = []
        for key in dict.fromkeys(key for key in keys if clean(key)):
            if self._ledger.find("author", key) is None:
                self._report.count("authors", self.take(AuthorItem(key, key)))
            users.append(self._ledger.find("author", key))
        return list(dict.fromkeys(user for user in users if user is not None)) or [self.owner().pk]

    def owner(self) -> User:
        """Whoever gets what names no author."""
        if self._owner is None:
            record = ImportedItem.objects.filter(source="", kind="author", key="").first()
            self._owner = User.objects.filter(pk=record.object_id).first() if record else None
        if self._owner is None:
            self._owner = User.objects.create_user(None, name="Imported", role=Role.AUTHOR)
            ImportedItem.objects.update_or_create(
                source="", kind="author", key="", defaults={"object_id": self._owner.pk, "fingerprint": ""}
            )
        return self._owner

    def forget(self) -> None:
        """After a transaction was rolled back: an owner made in it is no longer there."""
        if self._owner is not None and not User.objects.filter(pk=self._owner.pk).exists():
            self._owner = None


class Terms:
    def __init__(self, ledger: Ledger, records: Records, report: Report) -> None:
        self._ledger = ledger
        self._records = records
        self._report = report
        self._ours: set[tuple[str, int]] = set()

    def take(self, item: TermItem) -> Outcome:
        model = Category if item.kind == "category" else Tag
        record = self._records.get(item.kind, item.key)
        term = model.objects.filter(pk=record.object_id).first() if record else None
        if record and term:
            outcome = self._change(term, item, record)
        elif term := self._same(model, item):
            self._records.put(item.kind, item.key, term.pk, fingerprint(item), FOUND)
            outcome = "unchanged"
        else:
            slug = slugify(item.key, 100)
            free = slug and not model.objects.filter(slug=slug).exists()
            term = model(slug=slug if free else "")
            self._fill(term, item)
            term.save()
            self._records.put(item.kind, item.key, term.pk, fingerprint(item), MADE)
            outcome = "created"
        self._ledger.add(item.kind, item.key, term.pk)
        self._ours.add((item.kind, term.pk))
        return outcome

    def _change(self, term: Tag | Category, item: TermItem, record: ImportedItem) -> Outcome:
        if record.fingerprint == fingerprint(item) or record.version == FOUND:
            return "unchanged"
        self._fill(term, item)
        term.save()
        self._records.put(item.kind, item.key, term.pk, fingerprint(item), MADE)
        return "updated"

    def _same(self, model: type[Tag] | type[Category], item: TermItem) -> "Tag | Category | None":
        """A term that is here with the same slug or name, unless it came from the same source under another key."""
        slug = slugify(item.key, 100)
        imported = ImportedItem.objects.filter(source=self._records.source, kind=item.kind).values("object_id")
        same = Q(name__iexact=clean(item.name, 100)) | (Q(slug=slug) if slug else Q())
        found = model.objects.filter(same).exclude(pk__in=imported)
        candidates = [term for term in found if (item.kind, term.pk) not in self._ours]
        return next((term for term in candidates if term.slug == slug), candidates[0] if candidates else None)

    def _fill(self, term: Tag | Category, item: TermItem) -> None:
        term.name = clean(item.name, 100) or clean(item.key, 100)
        term.description = clean(item.description, 1000)
        if isinstance(term, Category):
            parent = self._ledger.find("category", item.parent) if item.parent else None
            term.parent_id = None if parent is None or self._stands_above(term, parent) else parent

    @staticmethod
    def _stands_above(term: Category, parent: int) -> bool:
        """Whether the parent is the category itself or one of those below it."""

        def parent_of(pk: int) -> int | None:
            return Category.objects.filter(pk=pk).values_list("parent_id", flat=True).first()

        return parent == term.pk or term.pk in ancestors(parent, parent_of)

    def find(self, kind: str, key: str) -> int:
        """The tag or category with this key, which is its name when no item described it."""
        found = self._ledger.find(kind, key)
        if found is None:
            if kind == "category":
                self._report.count("categories", self.take(TermItem("category", key, key)))
            else:
                self._report.count("tags", self.take(TermItem("tag", key, key)))
            return self.find(kind, key)
        return found

    def series(self, name: str) -> Series:
        name = clean(name, 100)
        same = Q(name__iexact=name) | Q(slug=slugify(name, 100))
        return Series.objects.filter(same).first() or Series.objects.create(name=name)
