"""Where each page is; `api.view.before_pages` answers /graphql before any of them."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("admin/", admin.site.urls),
]
