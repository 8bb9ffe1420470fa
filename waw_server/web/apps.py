"""Which admin site is ours."""

from django.contrib.admin import apps


class AdminConfig(apps.AdminConfig):
    """Django's admin, on a site that asks for a second step."""

    default = False  # it is not the configuration of `waw_server.web`
    default_site = "waw_server.web.site.TwoStepSite"
