// SPDX-License-Identifier: GPL-2.0-only OR MIT

package main

import "syscall"

// An MPTCP socket (262) that has a key, for connect() or listen(). Close it after an error.
func keyedSocket(family int, key []byte) (int, error) {
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM, 262)
	if err == nil { // EXTKEY_SOL, EXTKEY_SO_KEY
		err = syscall.SetsockoptString(fd, 25976, 1, string(key))
	}
	return fd, err
}
