// SPDX-License-Identifier: GPL-2.0-only

// Sends or receives a number of bytes. With "mptcp" its socket is made by system calls, as
// Go's own package net opens none of MPTCP before Go 1.21; with "tcp" by that package.
//
//	stream receive mptcp|tcp ADDR PORT	prints how many bytes the first connection brings
//	stream send mptcp|tcp ADDR PORT BYTES
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "stream:", err)
		os.Exit(1)
	}
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	check(err)
	return n
}

func mptcpSocket(addr string, port string) (int, *syscall.SockaddrInet4) {
	to := &syscall.SockaddrInet4{Port: number(port)}
	copy(to.Addr[:], net.ParseIP(addr).To4())
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 262) // IPPROTO_MPTCP
	check(os.NewSyscallError("socket", err))
	return fd, to
}

func listen(proto string, addr string, port string) net.Listener {
	if proto == "tcp" {
		l, err := net.Listen("tcp", net.JoinHostPort(addr, port))
		check(err)
		return l
	}
	fd, at := mptcpSocket(addr, port)
	check(syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1))
	check(os.NewSyscallError("bind", syscall.Bind(fd, at)))
	check(os.NewSyscallError("listen", syscall.Listen(fd, 5)))
	l, err := net.FileListener(os.NewFile(uintptr(fd), "listener"))
	check(err)
	return l
}

func dial(proto string, addr string, port string) net.Conn {
	if proto == "tcp" {
		c, err := net.Dial("tcp", net.JoinHostPort(addr, port))
		check(err)
		return c
	}
	fd, to := mptcpSocket(addr, port)
	check(os.NewSyscallError("connect", syscall.Connect(fd, to)))
	file := os.NewFile(uintptr(fd), "connection")
	c, err := net.FileConn(file) // which has a copy of it
	check(err)
	check(file.Close())
	return c
}

func main() {
	proto, addr, port := os.Args[2], os.Args[3], os.Args[4]
	if os.Args[1] == "receive" {
		c, err := listen(proto, addr, port).Accept()
		check(err)
		n, err := io.Copy(io.Discard, c)
		check(err)
		fmt.Println(n)
		return
	}
	c := dial(proto, addr, port)
	_, err := c.Write(make([]byte, number(os.Args[5])))
	check(err)
	check(c.Close())
}
