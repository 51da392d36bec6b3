"""Addresses of the pages about jobs."""

from __future__ import annotations

from django.urls import path

from bulk import beginning, import_views, mail_preview, password_views, views

urlpatterns = [
    path("", views.list_jobs, name="list_jobs"),
    path("begin/<str:noun>/", beginning.begin_job_on_rows, name="begin_job"),
    path("<int:job_id>/", views.show_job, name="show_job"),
    path("<int:job_id>/columns/", import_views.choose_columns, name="choose_columns"),
    path("<int:job_id>/progress/", views.watch_job, name="watch_job"),
    path("<int:job_id>/preview/", mail_preview.preview_job, name="preview_job"),
    path("<int:job_id>/plan/", views.download_plan, name="download_plan"),
    path("<int:job_id>/confirm/", views.confirm_job, name="confirm_job"),
    path("<int:job_id>/cancel/", views.cancel_job, name="cancel_job"),
    path("<int:job_id>/resume/", views.resume_job, name="resume_job"),
    path("<int:job_id>/passwords/", password_views.show_passwords, name="show_passwords"),
]
