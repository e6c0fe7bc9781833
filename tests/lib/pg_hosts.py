# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Virtual hosts on ports of their own, in addition to the plain main server
that tests ask for the status."""

import socket

from pg_httpd import OWN, free_port


def free_ports(count):
    """So many different ones."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


def host_on(port, conf, name=OWN, address="127.0.0.1"):
    """A virtual host that is alone on a loopback port."""
    return (f"Listen {address}:{port}\n<VirtualHost {address}:{port}>\n"
            f"ServerName {name}\n{conf}\n</VirtualHost>\n")


def tls_on(port, certificate, conf="", name=OWN, address="127.0.0.1"):
    """The same with TLS; certificate is the value of the fixture."""
    return host_on(port, f"SSLEngine On\nSSLCertificateFile {certificate[0]}"
                   f"\nSSLCertificateKeyFile {certificate[1]}\n{conf}", name,
                   address)


__all__ = ["free_port", "free_ports", "host_on", "tls_on"]
