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
        migrations.RunPython(count_what_is_switched_off, migrations.RunPython.noop),
    ]
