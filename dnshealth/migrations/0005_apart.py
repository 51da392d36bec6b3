"""What is kept apart: what is switched off from what is in order, a former domain's results from the
present one's, runs and updates whose program was stopped, mails that a worker is sending.
"""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


SEEN_AT = {"Health": "checked_at", "PastVerdict": "first_seen", "Run": "started_at"}


def count_what_is_switched_off(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Else a fault that is switched on again would be told as if DNS had got worse."""
    Health = apps.get_model("dnshealth", "Health")
    Finding = apps.get_model("dnshealth", "Finding")
    settings = apps.get_model("dnshealth", "DnsSettings").objects
    for name, switched_off in settings.values_list("pk", "switched_off"):
        row = Health.objects.filter(pk=name).first()
        if row is None or not switched_off:
            continue
        rows = Finding.objects.filter(health=row).values_list("checks", "known_checks")
        for checks, known in rows:
            for check in [*checks, *(known or [])]:
                key = check.get("params", {}).get("off")
                if key and check["status"] == "skipped":
                    row.off[key] = ""
        row.told_off = sorted(row.off) if row.told else []
        row.save(update_fields=["off", "told_off"])


def place_what_is_stored(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """All of it is of the present domains, but what was seen before their names changed hands."""
    Entry = apps.get_model("audit", "Entry")
    newest = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    turns = Entry.objects.order_by().filter(turn__isnull=False).values("turn")
    changed = turns.annotate(n=models.Count("pk")).filter(n__gt=1)
    names = list(changed.values_list("turn", flat=True))
    for model, column in SEEN_AT.items():
        rows = apps.get_model("dnshealth", model).objects
        rows.update(place=newest)
        for name in names:
            seen = rows.filter(domain=name).exclude(**{column: None})
            for pk, at in list(seen.values_list("pk", column)):
                before = Entry.objects.filter(turn=name, time__lte=at).order_by("-pk")
                place = before.values_list("pk", flat=True).first() or 0
                rows.filter(pk=pk).update(place=place)


class Migration(migrations.Migration):

    dependencies = [
        ("dnshealth", "0004_background_runs_and_mails"),
        ("audit", "0004_turn"),
    ]

    operations = [
        migrations.AddField(
            model_name="health",
            name="off",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="health",
            name="told_off",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="run",
            name="process",
            field=models.CharField(blank=True, default="", max_length=120),
        ),
        migrations.AlterField(
            model_name="run",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("running", "under way"),
                    ("done", "done"),
                    ("resolver_down", "no resolver answered"),
                    ("failed", "ended by a fault of this program"),
                    ("cancelled", "stopped"),
                    ("lost", "ended with the program that did it"),
                ],
                default="running",
                max_length=20,
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["outcome", "started_at"], name="mailadmin_dns_run_outcome"),
        ),
        migrations.AddField(
            model_name="notice",
            name="claimed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="Sending",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("domain", models.CharField(max_length=255)),
                ("zone", models.CharField(db_index=True, max_length=255)),
                ("address", models.CharField(max_length=45)),
                ("port", models.PositiveIntegerField()),
                ("changes", models.JSONField()),
                ("undoes", models.JSONField(default=list)),
                ("actor_kind", models.CharField(max_length=20)),
                ("actor", models.CharField(max_length=254)),
                ("actor_address", models.CharField(blank=True, max_length=45)),
                ("started_at", models.DateTimeField()),
                ("process", models.CharField(blank=True, max_length=120)),
            ],
            options={
                "db_table": "mailadmin_dns_sending",
            },
        ),
        migrations.AddField(
            model_name="health",
            name="place",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="pastverdict",
            name="place",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="run",
            name="place",
            field=models.BigIntegerField(default=0),
        ),
        migrations.RunPython(place_what_is_stored, migrations.RunPython.noop),
        migrations.RunPython(count_what_is_switched_off, migrations.RunPython.noop),
    ]
