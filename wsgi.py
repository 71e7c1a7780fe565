"""``gunicorn wsgi:app`` serves what the ODATA_… variables of the environment say; see ``odata_service/config.py``."""

from odata_service.web.app import create_app

app = create_app()
