"""What is switched off is counted beside the verdict, and told of apart from what DNS says."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


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


class Migration(migrations.Migration):

    dependencies = [
        ("dnshealth", "0004_background_runs_and_mails"),
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
        migrations.RunPython(count_what_is_switched_off, migrations.RunPython.noop),
    ]
