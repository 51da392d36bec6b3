"""What somebody sets for a domain; the state "switched off" comes between "ok" and "notice"."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F

# The rank of "notice" before.
NOTICE = 3


def make_room(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for name in ("Health", "Finding"):
        model = apps.get_model("dnshealth", name)
        model.objects.filter(rank__gte=NOTICE).update(rank=F("rank") + 1)


def close_up(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for name in ("Health", "Finding"):
        model = apps.get_model("dnshealth", name)
        model.objects.filter(rank__gt=NOTICE).update(rank=F("rank") - 1)


class Migration(migrations.Migration):

    dependencies = [
        ("dnshealth", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="DnsSettings",
            fields=[
                ("domain", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("row_key", models.CharField(max_length=255)),
                (
                    "role",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "It sends and receives mail through our server"),
                            ("send_only", "It only sends: nobody gets mail in it"),
                            (
                                "receives_elsewhere",
                                "It sends through ours, and receives elsewhere",
                            ),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                ("selectors", models.JSONField(default=list)),
                ("switched_off", models.JSONField(default=dict)),
                ("entry", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "mailadmin_dns_settings",
            },
        ),
        migrations.RunPython(make_room, close_up),
    ]
