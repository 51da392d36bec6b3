"""Which entries made or removed a domain, for an index."""

from django.db import migrations, models
from django.db.models import F


def note_turns(apps, schema_editor):
    apps.get_model("audit", "Entry").objects.filter(object_type="domain").update(turn=F("domain"))


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0003_undone_flag'),
    ]

    operations = [
        migrations.AddField(
            model_name='entry',
            name='turn',
            field=models.CharField(editable=False, max_length=255, null=True),
        ),
        migrations.RunPython(note_turns, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['turn', 'id'], name='mailadmin_audit_turn'),
        ),
    ]
