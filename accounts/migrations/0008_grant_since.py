"""Since when a grant and a link are given, whose link it is; existing grants stay in force.

Not those of a domain that is in the log and not in `domains` any more: they are former ones.
"""

import accounts.models
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def judge_grants_without_a_domain(apps, schema_editor):
    there = _domains(schema_editor.connection)
    Entry = apps.get_model("audit", "Entry")
    for grant in apps.get_model("accounts", "Grant").objects.all():
        if grant.domain in there:
            continue
        turns = Entry.objects.filter(domain=grant.domain, object_type="domain").order_by("-pk")
        last = turns.values_list("pk", flat=True).first()
        if last is None:
            grant.ahead = True
        else:
            # From before it went, so that undo brings it back.
            grant.since = last - 1
        grant.save()


def _domains(connection):
    """Their names in lower case; none where `domains` is not made yet."""
    with connection.cursor() as cursor:
        if "domains" not in connection.introspection.table_names(cursor):
            return set()
        cursor.execute("SELECT domain FROM domains")
        names = [name for (name,) in cursor.fetchall()]
    # An older column may be of bytes.
    texts = [bytes(name).decode("utf-8", "replace") if not isinstance(name, str) else name for name in names if name is not None]
    return {text.lower() for text in texts}


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_known_place_user'),
        ('audit', '0004_turn'),
    ]

    operations = [
        migrations.AddField(
            model_name='grant',
            name='ahead',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='grant',
            name='since',
            field=models.BigIntegerField(default=accounts.models.now_in_the_log),
        ),
        migrations.AddField(
            model_name='onetimelink',
            name='inviter',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='onetimelink',
            name='since',
            field=models.BigIntegerField(default=accounts.models.now_in_the_log),
        ),
        migrations.RunPython(judge_grants_without_a_domain, migrations.RunPython.noop),
    ]
