"""A Django project that hands files to nginx by django-downloadview, with the
applications and middleware that `django-admin startproject` gives.

It serves the folder "files" beside this file.
"""

import os

from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    DEBUG=False,
    SECRET_KEY="of a benchmark on loopback, nothing is signed",
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        "django_downloadview.SmartDownloadMiddleware",
    ],
    DOWNLOADVIEW_BACKEND="django_downloadview.nginx.XAccelRedirectMiddleware",
    DOWNLOADVIEW_RULES=[{"source_url": "/media/", "destination_url": "/_internal/"}],
)

from django.core.files.storage import FileSystemStorage  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402
from django_downloadview import StorageDownloadView  # noqa: E402

location = os.path.join(os.path.dirname(__file__), "files")
storage = FileSystemStorage(location=location, base_url="/media/")
urlpatterns = [path("files/<path:path>", StorageDownloadView.as_view(storage=storage))]
application = get_wsgi_application()
