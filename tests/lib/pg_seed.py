# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Four relay attempts that a honeypot caught in 2014, with documentation names
in place of the masked ones."""

from collections import namedtuple

Attempt = namedtuple("Attempt", "name meaning octets class_id family status")


def _octets(*lines):
    return "\r\n".join([*lines, "", ""]).encode()


SEED = (
    Attempt(
        "GET of a site",
        "can any site be reached through this server?",
        _octets("GET http://www.example.com/ HTTP/1.1",
                "Host: www.example.com",
                "Accept: */*",
                "Content-Type: text/html",
                "Proxy-Connection: Keep-Alive",
                "Content-length: 0"),
        "absolute", "get", 421),
    Attempt(
        "GET of a picture",
        "can a file be fetched through it?",
        _octets("GET http://6.example.cn/zc/chs/img/body.png HTTP/1.1",
                "Host: 6.example.cn",
                "Proxy-Connection: keep-alive",
                "Accept: text/html,application/xhtml+xml,application/xml;"
                "q=0.9,*/*;q=0.8",
                "User-Agent: Mozilla/4.0 (compatible; MSIE 7.0; "
                "Windows NT 6.3; Trident/7.0; .NET4.0E; .NET4.0C; "
                ".NET CLR 3.5.3072; .NET CLR 2.0.50727; "
                ".NET CLR 3.0.30729; Tablet PC 2.0)",
                "Accept-Encoding: gzip,deflate",
                "Accept-Language: zh-CN,zh;q=0.8",
                "Accept-Charset: iso-8859-1,*,utf-8"),
        "absolute", "get", 421),
    Attempt(
        "CONNECT to a web server",
        "browsing through a tunnel",
        _octets("CONNECT www.example.com:443 HTTP/1.0"),
        "connect-tls", "connect", 405),
    Attempt(
        "CONNECT to a mail server",
        "sending mail through a tunnel: spam",
        _octets("CONNECT mx0.example.com.tw:25 HTTP/1.0"),
        "connect-mail", "connect", 405),
)
