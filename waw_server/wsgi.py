"""The HTTP entry point: `granian --interface wsgi waw_server.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

from waw_server.ops import database

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "waw_server.settings")
database.export_url()
application = get_wsgi_application()
