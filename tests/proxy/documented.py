"""The configurations of docs/OPERATIONS.md, with addresses of this machine in the place of those of the text."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

NGINX = """
daemon off;
pid nginx.pid;
error_log stderr notice;
events { worker_connections 512; }
http {
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
"""

CADDY = """{
    admin off
    skip_install_trust
    auto_https disable_redirects
}
"""


def snippets():
    """By language, in the order of the text."""
    text = (ROOT / "docs/OPERATIONS.md").read_text()
    found = {}
    for language, snippet in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S):
        found.setdefault(language, []).append(snippet)
    return found


def replaced(text, changes):
    for old, new in changes.items():
        assert old in text, f"the document has no `{old}`"
        text = text.replace(old, new)
    return text


def router(port):
    (server,) = [snippet for snippet in snippets()["toml"] if "trusted_proxies" in snippet]
    return f'{server}\nport = {port}\nbase_path = "/llm/"\n'


def nginx(router_port, ports):
    whole, below = snippets()["nginx"]
    changes = {
        "127.0.0.1:8000": f"127.0.0.1:{router_port}",
        "llm.example.com;": "localhost;",
        "/etc/ssl/llm.example.com.pem": "certificate.pem",
        "/etc/ssl/private/llm.example.com.key": "certificate.key",
    }
    whole = replaced(whole, changes)
    server = whole[whole.index("server {\n    listen") :]
    beginning = "    location / {\n        proxy_pass http://llm_router;\n"
    second = replaced(server, {beginning: below, "listen 443 ": f"listen 127.0.0.1:{ports[1]} "})
    return NGINX + replaced(whole, {"listen 443 ": f"listen 127.0.0.1:{ports[0]} "}) + second + "}\n"


def caddy(router_port, ports):
    sites = snippets()["caddy"]
    assert len(sites) == len(ports)
    text = CADDY
    for site, port in zip(sites, ports, strict=True):
        begin = f"https://localhost:{port} {{\n    bind 127.0.0.1\n    tls internal\n"
        text += replaced(site, {"llm.example.com {\n": begin, "127.0.0.1:8000": f"127.0.0.1:{router_port}"})
    return text
