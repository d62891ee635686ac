"""An nginx with a self-signed certificate in front of a console, as people put one there."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.infra.console import free_port, wait_for

_NGINX = """
pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{tls} ssl;
    ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    location / {{
      proxy_pass http://127.0.0.1:{port};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
    }}
  }}
}}
"""


@contextmanager
def tls_proxy(port: int, folder: Path, tool: Callable[[str], str]) -> Iterator[int]:
    """Its port; what it needs is written into `folder`."""
    tls = free_port()
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    files = ("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"))
    request = (tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names, *files)
    subprocess.run(request, check=True, capture_output=True)
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, tls=tls, port=port))
    process = subprocess.Popen([tool("nginx"), "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        wait_for((folder / "nginx.pid").exists, 10, "nginx runs")
        yield tls
    finally:
        process.terminate()
        process.wait(10)
