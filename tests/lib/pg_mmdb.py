# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Writes small databases in MaxMind's format: a tree of bits, 24 to a record,
followed by data. @see https://maxmind.github.io/MaxMind-DB/"""

import ipaddress
import struct

STRING, UINT16, UINT32, MAP, UINT64, ARRAY = 2, 5, 6, 7, 9, 11


def control(kind, size):
    more = bytes([size - 29]) if size >= 29 else b""
    size = min(size, 29)
    return (bytes([kind << 5 | size]) if kind < 8
            else bytes([size, kind - 7])) + more


def encode(value, kind=None):
    if isinstance(value, dict):
        return control(MAP, len(value)) + b"".join(
            encode(k) + encode(v) for k, v in value.items())
    if isinstance(value, list):
        return control(ARRAY, len(value)) + b"".join(map(encode, value))
    if isinstance(value, int):
        raw = value.to_bytes(8, "big").lstrip(b"\0")
        return control(kind or UINT32, len(raw)) + raw
    raw = value.encode()
    return control(STRING, len(raw)) + raw


def tree(networks):
    """Nodes as [left, right]; None: nothing, bytes: an entry."""
    nodes = [[None, None]]
    for network, entry in networks.items():
        net = ipaddress.ip_network(network)
        bits = f"{int(net.network_address):0{net.max_prefixlen}b}"
        bits = ("" if net.version == 6 else "0" * 96) + bits
        end = net.prefixlen + (0 if net.version == 6 else 96)
        at = 0
        for n in range(end - 1):
            side = int(bits[n])
            if nodes[at][side] is None:
                nodes.append([None, None])
                nodes[at][side] = len(nodes) - 1
            at = nodes[at][side]
        nodes[at][int(bits[end - 1])] = encode(entry)
    return nodes


def write(path, networks):
    """networks: {"203.0.113.0/24": {"country": {"iso_code": "JP"}}, ...}"""
    nodes, data, records = tree(networks), b"", b""
    for node in nodes:
        for side in node:
            if isinstance(side, bytes):
                value = len(nodes) + 16 + len(data)
                data += side
            else:
                value = len(nodes) if side is None else side
            records += struct.pack(">I", value)[1:]
    about = control(MAP, 9) + b"".join(encode(k) + encode(v, kind) for
                                       k, v, kind in (
        ("node_count", len(nodes), UINT32), ("record_size", 24, UINT16),
        ("ip_version", 6, UINT16), ("database_type", "Test", None),
        ("binary_format_major_version", 2, UINT16),
        ("binary_format_minor_version", 0, UINT16),
        ("languages", ["en"], None), ("description", {"en": "Test"}, None),
        ("build_epoch", 1400000000, UINT64)))
    path.write_bytes(records + bytes(16) + data
                     + b"\xab\xcd\xefMaxMind.com" + about)
    return path
