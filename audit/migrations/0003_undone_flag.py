"""Whether an entry is taken back as a flag (what took it back has it in `undoes`); two indexes."""

from django.db import migrations, models


def mark_what_is_undone(apps, schema_editor):
    Entry = apps.get_model("audit", "Entry")
    Entry.objects.filter(undone_by__isnull=False).update(undone=True)


def name_what_took_it_back(apps, schema_editor):
    """On the way back to 0002: the last one that took an entry back."""
    Entry = apps.get_model("audit", "Entry")
    undoing = Entry.objects.filter(undoes__undone=True).order_by("pk")
    for pk, undone in undoing.values_list("pk", "undoes"):
        Entry.objects.filter(pk=undone).update(undone_by=pk)


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0002_undo'),
    ]

    operations = [
        migrations.AddField(
            model_name='entry',
            name='undone',
            field=models.BooleanField(default=False),
        ),
        migrations.RunPython(mark_what_is_undone, name_what_took_it_back),
        migrations.RemoveField(
            model_name='entry',
            name='undone_by',
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['object_type', 'id'], name='mailadmin_audit_kind'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['address', 'id'], name='mailadmin_audit_address'),
        ),
    ]
