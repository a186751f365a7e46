# SPDX-License-Identifier: GPL-2.0-only
"""main connect|listen ADDR PORT KEY: with the socket of examples/keyed_socket.py"""
import socket
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "examples")
from keyed_socket import keyed_socket

verb, addr, port, key = sys.argv[1:]
s = keyed_socket(socket.AF_INET, bytes.fromhex(key))
if verb == "connect":
    s.connect((addr, int(port)))
    s.sendall(b"x")
else:
    s.bind((addr, int(port)))
    s.listen(5)
print("ready", flush=True)
if verb == "listen":
    accepted = s.accept()
sys.stdin.readline()
