# SPDX-License-Identifier: GPL-2.0-only
#
#	stream.py receive ADDR PORT [OPTION]	prints how many bytes the first connection brings
#	stream.py send ADDR PORT BYTES [OPTION]
#
# The option is the path of a key file, or "fastopen": with data in the SYN.
import socket
import sys



def parse(what, addr, port, *rest):
    return what, (addr, int(port)), rest[: what == "send"], rest[-1] if len(rest) > (what == "send") else None


what, addr, rest, option = parse(*sys.argv[1:])
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)  # IPPROTO_MPTCP
if option and option != "fastopen":
    with open(option) as file:
        # include/extkey_sockopt.h
        s.setsockopt(25976, 1, bytes.fromhex(file.read()))

if what == "receive":
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if option == "fastopen":
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 5)
    s.bind(addr)
    s.listen()
    connection, _ = s.accept()
    total = 0
    while block := connection.recv(65536):
        total += len(block)
    print(total)
else:
    data = bytes(int(rest[0]))
    sent = 0
    if option == "fastopen":
        sent = s.sendto(data[:1000], socket.MSG_FASTOPEN, addr)
    else:
        s.connect(addr)
    s.sendall(data[sent:])
