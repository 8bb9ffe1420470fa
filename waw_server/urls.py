"""Where each thing is."""

from django.contrib import admin
from django.urls import path

from waw_server.api.schema import schema
from waw_server.api.view import ApiView

urlpatterns = [
    path("graphql", ApiView.as_view(schema=schema)),
    path("admin/", admin.site.urls),
]
