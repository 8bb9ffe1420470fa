"""Where each page is; `api.view.before_pages` answers /graphql before any of them."""

from django.contrib import admin
from django.urls import path

from waw_server.web import invitation

urlpatterns = [
    path("invitation/", invitation.Join.as_view(), name="invitation"),
    path("invitation/done", invitation.joined, name="invitation_done"),
    path("invitation/<str:token>", invitation.arrive, name="invitation_link"),
    path("admin/", admin.site.urls),
]
