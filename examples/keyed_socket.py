# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""An MPTCP socket that has a key, for connect() or listen(); or OSError"""
import socket

IPPROTO_MPTCP, EXTKEY_SOL, EXTKEY_SO_KEY = 262, 25976, 1


def keyed_socket(family, key):
    s = socket.socket(family, socket.SOCK_STREAM, IPPROTO_MPTCP)
    s.setsockopt(EXTKEY_SOL, EXTKEY_SO_KEY, key)
    return s
