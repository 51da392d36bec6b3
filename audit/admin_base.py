"""What the model admins of the four tables share: every write is a service's, every read bounded.

The stock Django admin writes through `obj.save()` and counts whole tables. Here a form's `clean`
calls the service, so that a refusal is an error at its field, and nothing is left to save.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.paginator import Paginator
from django.db import models, transaction
from django.db.models import QuerySet
from django.forms.models import BaseModelFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from audit.access import actor_of
from audit.actions import one_action
from audit.actor import Actor
from audit.models import Entry
from audit.reading import action_words
from audit.recent import ask_again, recent_sign_in_required, signed_in_recently
from audit.refusals import NeedsConfirmation

# Pages go by offset in Django admin; behind so many rows the search is the way.
REACHED = 10_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than REACHED: a whole table is never counted."""

    @cached_property
    def count(self) -> int:
        """The number of rows, REACHED at most."""
        rows: Any = self.object_list
        return int(rows.order_by().values_list("pk")[:REACHED].count())


class KeyedChangeList(ChangeList):
    """Rows in the order that the queryset has: an index gives it, Django's own choice is sorted."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return list(queryset.query.order_by) or ["pk"]


class ServiceModelForm(forms.ModelForm):  # type: ignore[type-arg]
    """`carry_out` is the service; it runs when the form itself has nothing to complain of."""

    force = forms.BooleanField(required=False, label=_("Do it all the same"))
    state = forms.CharField(required=False, widget=forms.HiddenInput)

    # Set by the model admin: who acts.
    actor: ClassVar[Actor]
    # The service's name of a field -> this form's.
    field_of: ClassVar[dict[str, str]] = {}
    # In a list of forms, the list carries them out together.
    in_list: ClassVar[bool] = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The key as it is stored; the instance gets what was typed.
        self.key = "" if self.instance._state.adding else str(self.instance.pk)
        if "state" in self.fields:
            self.fields["state"].initial = self.present_state() if self.key else ""
        forced = self.is_bound and bool(self.data.get("force"))
        if "force" in self.fields and not forced:
            self.fields["force"].widget = forms.HiddenInput()

    def present_state(self) -> str:
        """The state of the row as it stands."""
        return ""

    def carry_out(self) -> models.Model:
        """Call the service. Raises its ValidationError."""
        raise TypeError(f"{type(self).__name__} has no service")

    def validate_unique(self) -> None:
        """The service knows what is taken, and says it in its own words."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not self.in_list:
            self.run()
        return cleaned

    def run(self) -> bool:
        """Call the service and take its refusal back into the form; whether it is done."""
        try:
            self.instance = self.carry_out()
            # It stands in the table now, whoever made the object.
            self.instance._state.adding = False
        except ValidationError as error:
            if isinstance(error, NeedsConfirmation) and "force" in self.fields:
                self.fields["force"].widget = forms.CheckboxInput()
            self._take_back(error)
            return False
        except ObjectDoesNotExist:
            gone = _("This row was deleted or renamed meanwhile. Nothing was saved.")
            self.add_error(None, forms.ValidationError(gone, "gone"))
            return False
        return True

    def _take_back(self, error: ValidationError) -> None:
        by_field = getattr(error, "error_dict", None) or {"__all__": error.error_list}
        for name, errors in by_field.items():
            mine = self.field_of.get(name, name)
            self.add_error(mine if mine in self.fields else None, list(errors))

    def _post_clean(self) -> None:
        """Nothing is copied onto the instance: what the service stored is what counts."""

    def save(self, commit: bool = True) -> Any:
        """The service has saved already."""
        self.save_m2m = lambda: None  # type: ignore[method-assign]
        return self.instance


class ServiceFormSet(BaseModelFormSet):  # type: ignore[type-arg]
    """The rows edited in a list: all that changed are saved, or none."""

    def clean(self) -> None:
        changed = [form for form in self.initial_forms if form.has_changed() and not form.errors]
        try:
            with transaction.atomic(), one_action():
                done = [form.run() for form in changed]  # type: ignore[attr-defined]
                if not all(done):
                    raise _SomeRefused
        except _SomeRefused:
            return


class _SomeRefused(Exception):
    pass


class ServiceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A table whose rows are read by `visible_to` and written by services."""

    paginator = BoundedPaginator
    show_full_result_count = False
    # A facet counts the whole table for each choice of a filter.
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 50
    sortable_by = ()
    search_fields = ("pk",)
    actions_selection_counter = True
    form = ServiceModelForm

    # Also for the adding of virtual domains and their deletion: superadmins only.
    superadmins_add: ClassVar[bool] = False

    # Reading

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: Any = self.model._default_manager.all()
        return rows.visible_to(actor_of(request)).order_by("pk")  # type: ignore[no-any-return]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KeyedChangeList

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        rows: Any = self.get_queryset(request)
        return rows.by_key(object_id)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()
        rows: Any = queryset
        return (rows.matching(text) if text else rows), False

    # Access

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only the list's own filters: `?password__startswith=` would tell a hash bit by bit."""
        return lookup in {getattr(one, "parameter_name", "") for one in self.list_filter}

    def has_module_permission(self, request: HttpRequest) -> bool:
        return actor_of(request).is_operator

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request).is_operator

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request).is_operator

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return actor.is_operator and (actor.touches_everything or not self.superadmins_add)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)

    # Writing

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"actor": actor_of(request)})

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        base = type(self.form.__name__, (self.form,), {"in_list": True})
        return type(base.__name__, (base,), {"actor": actor_of(request)})

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_formset(request, formset=ServiceFormSet, **kwargs)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Without Django's transaction around the whole: the service has its own, as short as can
        be. A password is hashed before it begins, and a deadlock is tried again."""
        if (
            request.method == "POST"
            and self.is_dangerous(request, unquote(object_id) if object_id else "")
            and not signed_in_recently(request)
        ):
            return ask_again(request)
        return self._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[attr-defined]

    def is_dangerous(self, request: HttpRequest, key: str) -> bool:
        """Whether what is posted to the form of this row, "" for a new one, asks for the password
        again once the sign-in is old: as the panel's own pages do."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The form's service has written the row and the change log."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing hangs on these rows by a foreign key."""

    def delete_row(self, actor: Actor, key: str) -> None:
        """The service that deletes one row."""
        raise TypeError(f"{type(self).__name__} has no service")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_row(actor_of(request), str(obj.pk))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        rows = [str(one) for one in objs[:REACHED]]
        lost = [line for one in objs[:20] for line in self.lost_with(one, actor_of(request))]
        count = {self.opts.verbose_name_plural: len(rows)}
        perms: set[str] = set()
        if not self.has_delete_permission(request):
            perms.add(str(self.opts.verbose_name))
        return [*rows[:200], *lost], count, perms, []

    def lost_with(self, obj: Any, actor: Actor) -> list[str]:
        """What else goes, in words, for the page that asks before deleting."""
        return []

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Deleting asks for the password again once the sign-in is old, as the panel does."""

        def view(request: HttpRequest) -> Any:
            return super(ServiceAdmin, self).delete_view(request, object_id, extra_context)

        return recent_sign_in_required(view)(request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """So do an action on many rows and a list that is saved."""
        acts = any(request.POST.getlist("action")) or "_save" in request.POST
        if acts and not signed_in_recently(request):
            return ask_again(request)
        return super().changelist_view(request, extra_context)

    # The change log is ours

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The service has logged it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The service has logged it."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """The service has logged it."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The entries of the panel's change log for this row."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            redirect: HttpResponseRedirect = self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]
                request, self.opts, object_id
            )
            return redirect
        # Under a former key as well; and none of a namesake's by another collation.
        seen = Entry.objects.visible_to(actor_of(request))
        found = seen.about(str(self.opts.model_name), obj.pk).order_by("-id")[:200]
        entries = [
            {"entry": one, "words": action_words(one.action)}
            for one in found
            if obj.pk in (one.object_key, one.former_key or one.object_key)
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Change history: %s") % obj.pk,
            "opts": self.opts,
            "object": obj,
            "entries": entries,
        }
        return TemplateResponse(request, "admin/mail_history.html", context)
