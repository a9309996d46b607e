"""The full-text index, kept by triggers: a row that is written in any way is found at once, in the same transaction.

A later migration that makes SQLite build `articles_article` anew drops these triggers with the old table;
it must then run this migration's `create_on_sqlite` again. The tests of the search fail until it does.
"""

from django.db import migrations

SQLITE = [
    """
    CREATE VIRTUAL TABLE IF NOT EXISTS articles_search USING fts5(
        title, summary, content_text,
        content='articles_article', content_rowid='id', prefix='2 3',
        tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"
    )
    """,
    """
    CREATE TRIGGER articles_search_insert AFTER INSERT ON articles_article BEGIN
        INSERT INTO articles_search(rowid, title, summary, content_text)
        VALUES (new.id, new.title, new.summary, new.content_text);
    END
    """,
    """
    CREATE TRIGGER articles_search_delete AFTER DELETE ON articles_article BEGIN
        INSERT INTO articles_search(articles_search, rowid, title, summary, content_text)
        VALUES ('delete', old.id, old.title, old.summary, old.content_text);
    END
    """,
    """
    CREATE TRIGGER articles_search_update AFTER UPDATE OF id, title, summary, content_text ON articles_article BEGIN
        INSERT INTO articles_search(articles_search, rowid, title, summary, content_text)
        VALUES ('delete', old.id, old.title, old.summary, old.content_text);
        INSERT INTO articles_search(rowid, title, summary, content_text)
        VALUES (new.id, new.title, new.summary, new.content_text);
    END
    """,
    "INSERT INTO articles_search(articles_search) VALUES ('rebuild')",
]

# Accents are folded, and punctuation becomes space so that PostgreSQL's parser sees words only, not hosts and paths.
# A tsvector holds at most 1 MiB; 200,000 characters stay below it whatever they are.
POSTGRESQL = [
    "ALTER TABLE articles_article ADD COLUMN search_vector tsvector",
    r"""
    CREATE FUNCTION articles_search_words(value text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT to_tsvector('simple', lower(translate(
            regexp_replace(normalize(left(value, 200000), NFKD), '[\u0300-\u036f]', '', 'g'),
            E'!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~“”‘’„‚«»‹›–—…·¿¡',
            repeat(' ', 64)
        ){collation}))
    $$
    """,
    # Without a list of columns and without WHEN: either would forbid later migrations to alter those columns.
    """
    CREATE FUNCTION articles_search_update() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' OR NEW.title IS DISTINCT FROM OLD.title OR NEW.summary IS DISTINCT FROM OLD.summary
           OR NEW.content_text IS DISTINCT FROM OLD.content_text OR NEW.search_vector IS NULL THEN
            NEW.search_vector := setweight(articles_search_words(NEW.title), 'A')
                || setweight(articles_search_words(NEW.summary), 'B')
                || setweight(articles_search_words(NEW.content_text), 'D');
        END IF;
        RETURN NEW;
    END
    $$
    """,
    "CREATE TRIGGER articles_search BEFORE INSERT OR UPDATE ON articles_article "
    "FOR EACH ROW EXECUTE FUNCTION articles_search_update()",
    "UPDATE articles_article SET search_vector = NULL",
    "CREATE INDEX article_search ON articles_article USING gin (search_vector)",
]


def create_on_sqlite(schema_editor):
    for statement in SQLITE:
        schema_editor.execute(statement)


def create_on_postgresql(schema_editor):
    with schema_editor.connection.cursor() as cursor:
        # Where the database's own locale is C, lower() knows ASCII letters only.
        cursor.execute("SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu' LIMIT 1")
        collation = ' COLLATE "und-x-icu"' if cursor.fetchone() else ""
        for statement in POSTGRESQL:
            cursor.execute(statement.replace("{collation}", collation))


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        create_on_postgresql(schema_editor)
    else:
        create_on_sqlite(schema_editor)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER articles_search ON articles_article")
        schema_editor.execute("DROP FUNCTION articles_search_update()")
        schema_editor.execute("ALTER TABLE articles_article DROP COLUMN search_vector")
        schema_editor.execute("DROP FUNCTION articles_search_words(text)")
    else:
        for name in ("insert", "update", "delete"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS articles_search_{name}")
        schema_editor.execute("DROP TABLE articles_search")


class Migration(migrations.Migration):
    dependencies = [("articles", "0002_permissions")]
    operations = [migrations.RunPython(create, drop)]
