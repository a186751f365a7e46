// SPDX-License-Identifier: GPL-2.0-only

// main connect|listen ADDR PORT KEY: with the socket of examples/keyed_socket.go
package main

import (
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"syscall"
)

func must(err error) {
	if err != nil {
		println(err.Error())
		os.Exit(1)
	}
}

func main() {
	var at syscall.SockaddrInet4
	var err error

	for i, digits := range strings.Split(os.Args[2], ".") {
		number, err := strconv.Atoi(digits)
		must(err)
		at.Addr[i] = byte(number)
	}
	at.Port, err = strconv.Atoi(os.Args[3])
	must(err)
	key, err := hex.DecodeString(os.Args[4])
	must(err)
	fd, err := keyedSocket(syscall.AF_INET, key)
	must(err)
	if os.Args[1] == "connect" {
		must(syscall.Connect(fd, &at))
		_, err = syscall.Write(fd, []byte("x"))
		must(err)
	} else {
		must(syscall.Bind(fd, &at))
		must(syscall.Listen(fd, 5))
	}
	os.Stdout.WriteString("ready\n")
	if os.Args[1] == "listen" {
		_, _, err = syscall.Accept(fd)
		must(err)
	}
	os.Stdin.Read(make([]byte, 1))
}
