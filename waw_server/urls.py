"""Where each page is; `api.view.before_pages` answers /graphql before any of them."""

from django.contrib import admin
from django.urls import path

from waw_server.api.playground import start
from waw_server.web import invitation, oidc, reset
from waw_server.web.playground import for_staff, playground

urlpatterns = [
    path("invitation/", invitation.Join.as_view(), name="invitation"),
    path("invitation/done", invitation.joined, name="invitation_done"),
    path("invitation/<str:token>", invitation.arrive, name="invitation_link"),
    path("auth/google/", oidc.start, name="oidc_start"),
    path("auth/google/callback", oidc.callback, name="oidc_callback"),
    path("auth/signed-in", oidc.signed_in, name="signed_in"),
    path("password/reset", reset.Ask.as_view(), name="password_reset"),
    path("password/reset/sent", reset.sent, name="password_reset_sent"),
    path("password/reset/new", reset.Choose.as_view(), name="password_reset_new"),
    path("password/reset/done", reset.done, name="password_reset_done"),
    path("password/reset/<str:carried>", reset.arrive, name="password_reset_link"),
    path("playground", for_staff(playground), name="playground"),
    path("playground/start", for_staff(start), name="playground_start"),
    path("admin/", admin.site.urls),
]
